// The administrator's commands, as the broker carries them out. One table (commands.h) says what each takes, whether it
// names its person (`--as`, with a fresh code) and which function does it; whatever is not in it is refused. Every call
// leaves an audit record: before it decides or looks into a recording, and with the Unix user behind it otherwise.
#pragma once

#include <functional>
#include <optional>
#include <set>

#include "broker/access/access.h"
#include "broker/control/messages.h"
#include "broker/installation/installation.h"

namespace anteroom::admin {

// Who is at the other end of the admin socket, from SO_PEERCRED.
struct Caller {
    unsigned uid = 0;
    std::string unix_user;
};

struct LiveSession {
    SessionId id;
    std::uint64_t bytes_recorded = 0;
    std::optional<Time> expires = {};      // what was approved; the session's deadline is later where a grace follows
    std::optional<Time> last_growth = {};  // when its recording last grew: silence in both directions since then
    std::int64_t request = 0;              // whose grant it uses; 0: none
    bool emergency = false;                // that request is a break-glass
    std::uint64_t refusals = 0;            // what it tried and was refused
};

// What the daemon alone can do for a command.
class Live {
public:
    virtual ~Live() = default;
    virtual std::vector<LiveSession> sessions() = 0;
    // `not_found` when it is not live. The sentence is shown to the person.
    virtual Status terminate(const SessionId& id, const std::string& sentence) = 0;
    // Facts or policy changed: sessions that are no longer permitted end within 5 s.
    virtual void reconsider() = 0;
    virtual access::Access& access() = 0;
    // The alert channels that the courier can serve; none: no courier is connected.
    virtual std::optional<std::set<std::string>> courier_channels() { return std::nullopt; }
    // Somebody was added or changed: consoles that show people look again.
    virtual void people_changed() {}
    // Ends every connection of a person, also such as have no session (yet).
    virtual void end_person(const PersonId&, const std::string& /*sentence*/) {}
    // Somebody wants the index beside that recording: it is made where there is none, and followed while the session is live. `damaged`: the
    // one that is there is, and is made anew. Nothing is answered; whoever waits looks again.
    virtual void index(const SessionId&, bool /*damaged*/ = false) {}
};

// How a command answers: any number of rows and indexes, at most one recording, then once `done` (the daemon closes the channel).
struct Reply {
    // An array of rows in JSON, at most 100 KiB a time: several rows travel in one message.
    std::function<Status(std::string json)> row;
    std::function<Status(control::AdminRecording recording, int file)> recording;
    std::function<Status(control::AdminIndex index, int file)> index = {};  // any number of them
};

// Runs one command to its end. What it returns becomes AdminDone; an error's detail is the sentence on stderr. The `json` of
// what was done is an object: "zone" (the site's, for times shown to people), for some verbs more, and "next" (arguments) when
// there is more than one answer holds: the command line then calls again with those arguments added.
Result<control::AdminDone> handle(installation::Installation& here, Live& live, const Caller& caller, control::AdminCall call, const Reply& reply);

}  // namespace anteroom::admin
