// LoginDriver: carries out for one connection what identity::Login asks for (look-ups, passwords on the pool, codes) and
// hands back its answers, slowed where they must be. It decides nothing; it records everything that was refused.
#pragma once

#include <boost/asio/steady_timer.hpp>

#include "broker/control/messages.h"
#include "broker/daemon/shared.h"
#include "broker/identity/login.h"

namespace anteroom::daemon {

class LoginDriver : public std::enable_shared_from_this<LoginDriver> {
public:
    using Give = std::function<void(control::LoginAnswer)>;
    // `at`: where somebody signs on, for the records, when it is not an SSH or RDP connection ("console").
    LoginDriver(Shared& shared, std::string source, Bytes session_id, Give give, std::string at = "");

    Status step(control::LoginStep step);
    void stop();  // no answer is given any more
    const std::optional<identity::SignedIn>& signed_in() const { return signed_in_; }
    // "publickey+code", "password+recovery-code", "invitation", for the records.
    std::string factors() const;
    std::string key_fingerprint() const;
    // What the latest code was worth, where it was really somebody's that was checked.
    const std::optional<identity::CodeVerdict>& last_code() const { return last_code_; }

private:
    identity::login::Event event_of(control::LoginStep step) const;
    void take(identity::login::Step step);
    void carry_out(identity::login::Effect effect);
    void look_up(const identity::login::LookUp& effect);
    void check_password(identity::login::CheckPassword effect);
    void record(const identity::login::Fact& fact);
    void answer(identity::login::Answer answer, Duration delay);
    std::optional<control::LoginAnswer> told(identity::login::Answer answer);
    Status accept(identity::login::Accepted accepted);
    identity::Attempt attempt(std::string_view name, bool known, identity::AttemptKind kind) const { return {source_, name, known, kind}; }

    Shared& shared_;
    std::string source_;
    Bytes session_id_;
    Give give_;
    identity::Login login_;
    boost::asio::steady_timer timer_;
    std::optional<identity::SignedIn> signed_in_;
    std::optional<identity::CodeVerdict> last_code_;
    std::string at_;
    std::string name_;         // as typed, printable, for the records
    std::string person_name_;  // the person in it; empty when it names none
    bool known_ = false, stopped_ = false, answering_ = false;
};

}  // namespace anteroom::daemon
