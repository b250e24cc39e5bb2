// Events: what has changed, for the consoles that are open. Each says only what is to be asked for anew, and goes only to whom the
// thing itself is shown: the person, deciders of a request, reviewers of a target. The last thousand are kept, so that a browser whose
// line dropped goes on where it was; one that was away for longer is told so.
#pragma once

#include <boost/json/object.hpp>

#include <deque>
#include <functional>
#include <map>
#include <set>

#include "broker/access/access.h"
#include "broker/console/sessions.h"
#include "broker/console/sight.h"
#include "broker/control/messages.h"

namespace anteroom::console {

class Events {
public:
    // Events of before the broker started are gone: ids begin at the time of its start, in microseconds.
    Events(installation::Installation& here, access::Access& access, Sessions& sessions);

    // ---- what happened
    void request(const access::Request& request);
    // `state`: "live", "changed", "ended".
    void session(const Seen& seen, std::string_view state);
    // For its reviewers; `state`: "ended", "noted", "signed-off", "asked" (for consent), "consented". A session that ends says so by itself.
    void recording(const store::Session& session, std::string_view state);
    // By this person, who alone hears of it: of an emergency, whose review waits for that.
    void watched(const store::Session& session, const PersonId& by);
    void me(const PersonId& person);  // their factors or console sessions; streams of sessions that are over end
    void people();                    // somebody was added, changed, disabled, reviewed
    void policy();                    // another version is in force

    // ---- who listens
    struct Ear {
        std::function<void(control::WebEvent)> hear;  // `number` is to be set by whoever passes it on
        std::function<void(const std::string& sentence)> end;
    };
    // A stream for a session that was found for this token. Its first event, "hello", and what is behind `after` (0: nothing) have
    // been heard when this returns. `refused`: there are too many streams.
    Result<std::uint64_t> open(Session session, Secret token, std::uint64_t after, Ear ear);
    void close(std::uint64_t stream);
    // About once a second: streams whose session is over end, at most 5 s later.
    void tick();
    std::uint64_t last() const { return last_; }
    std::size_t streams() const { return streams_.size(); }

    static constexpr std::size_t kept = 1000, most_streams = 2000, most_of_a_session = 16;

private:
    struct Event {
        std::uint64_t id = 0;
        std::string topic;
        boost::json::object data;
        std::set<PersonId> seen_by, fresh_for;
        // Of a session: whom its target lets look is asked when it is passed on.
        std::optional<Seen> session;
        std::optional<store::Session> recording;  // the same, for reviewers alone
        bool everybody = false, people_page = false;
    };
    struct Stream {
        Session session;
        Secret token;
        Ear ear;
        std::optional<policy::Facts> facts;  // none: to be read anew
        Monotonic checked{};
    };
    using Waiting = std::map<PersonId, std::int64_t>;
    void add(Event event);
    bool sees(const Event& event, const policy::Facts& facts) const;
    void pass_on(Stream& stream, const Event& event, const Waiting& waiting);
    const policy::Facts* facts_of(Stream& stream);
    bool still_good(Stream& stream);
    void end_what_is_over();

    installation::Installation& here_;
    access::Access& access_;
    Sessions& sessions_;
    std::deque<Event> ring_;
    std::uint64_t last_ = 0, next_stream_ = 1;
    std::map<std::uint64_t, Stream> streams_;
    std::map<std::int64_t, std::set<PersonId>> known_deciders_;  // of requests that wait: who has heard of them
};

}  // namespace anteroom::console
