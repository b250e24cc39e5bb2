// The console's one gate: every HTTP call of the web server comes through here, with a console session's token or without one.
// The table (routes.h) says for each route who may call it and what they must prove; what is not in it does not exist, and nothing
// is routed by anything but an exact match of the path as it was sent. The web server itself is believed nothing but addresses.
#pragma once

#include <functional>

#include "broker/access/challenges.h"
#include "broker/admin/admin.h"
#include "broker/console/events.h"
#include "broker/console/sessions.h"
#include "broker/console/watches.h"
#include "broker/control/messages.h"

namespace anteroom::console {

class Gate {
public:
    // What only the daemon can do: judge a sign-in as the SSH login does (slow, on the password pool).
    struct Door {
        // Name, password (or the code of an invitation) and code. Answers later, on the same thread, exactly once.
        struct SignIn {
            std::string user;
            Secret password, code;
            std::string source, agent;
        };
        struct SignInAnswer {
            std::optional<PersonId> person;  // none: refused
            bool enrolling = false;          // by an invitation: factors may be made, and nothing else
            std::string factors;             // "password+code", for the records
            std::string sentence;            // why not, for the person: the same for strangers
            std::uint32_t retry_after = 0;   // seconds: a used code, or too many attempts
            bool too_many = false;           // from this address
        };
        std::function<void(SignIn, std::function<void(SignInAnswer)>)> sign_in;
        // Argon2 on the pool: the encoded hash of a new password.
        std::function<void(Secret, std::function<void(Result<std::string>)>)> hash_password;
        // A sign-in by passkey, slowed as one by an SSH key is: counted for its address, then judged; `then` is called at once when that
        // was good, and after the delay that is due when it was not.
        std::function<void(const std::string& source, const std::function<bool()>& judge, std::function<void()> then)> attempt;
        // For how long nothing more is taken from this address.
        std::function<Duration(const std::string& source)> refused_for;
    };
    Gate(installation::Installation& here, admin::Live& live, Door door);

    // Answers exactly once, at once or later. The pieces of a long answer are the peer's business: `json` is whole here.
    using Give = std::function<void(control::WebAnswer)>;
    void handle(control::WebCall call, Give give);

    // Streams of events and watches: what is opened is named by a key until close().
    using End = std::function<void(const std::string& sentence)>;
    // Errors: `not_found` for no session, `refused` for one that may not, `conflict` for too many. A problem is made by problem_of().
    Result<std::uint64_t> listen(const control::WebListen& asked, Events::Ear ear);
    Result<Watches::Opened> watch(const control::WebWatch& asked, End end) { return watches_.open(asked, std::move(end)); }

    Result<Watches::Exported> export_one(const control::WebFetch& asked, End end) { return watches_.export_one(asked, std::move(end)); }

    // About once a second.
    void tick();

    Sessions& sessions() { return sessions_; }
    Events& events() { return events_; }
    Watches& watches() { return watches_; }

private:
    installation::Installation& here_;
    admin::Live& live_;
    Door door_;
    Sessions sessions_;
    Events events_;
    Watches watches_;
    access::Challenges challenges_;
    unsigned ticks_ = 0;
};

}  // namespace anteroom::console
