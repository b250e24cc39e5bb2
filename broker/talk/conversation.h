// A conversation with a person on their first channel, before there is a target: the menu, a request that waits, approvals, enrolment,
// My security. Lines go out and lines come in; nothing is repainted. It knows no SSH: RDP's lobby can hold the same conversations.
#pragma once

#include "broker/access/access.h"
#include "broker/control/messages.h"

namespace anteroom::talk {

// Who is there.
struct Party {
    installation::Installation& here;
    access::Access& access;
    PersonId person;
    std::string source_ip;
    Time factor_at;          // when the second factor was proven
    bool enrolling = false;  // came in by an invitation: nothing but enrolment is open to them
    // Makes the hash off the broker's loop and calls back on it. Empty: hashed at once.
    using Hashed = std::function<void(Result<std::string>)>;
    std::function<void(Secret password, Hashed done)> hash_password = {};
    policy::Protocol protocol = policy::Protocol::ssh;  // what they came by: targets that speak it are what they can be connected to
};

// What a conversation can do to the world. Calls come back as Conversation's functions, never from inside these.
class Stage {
public:
    virtual ~Stage() = default;
    virtual void say(const std::string& text) = 0;               // lines, appended
    virtual void ask(const std::string& prompt, bool echo) = 0;  // one question at a time; a newer one takes its place
    // Goes for the target; decided by the one gate. When that needs something else (an approval), a new conversation begins.
    virtual void connect(const policy::Ask& ask) = 0;
    virtual void end(int status, const std::string& sentence) = 0;  // the connection ends with this sentence, and whom to call behind it
    // Another conversation goes on from here.
    virtual void hand_over(std::unique_ptr<class Conversation> next) = 0;
};

class Conversation {
public:
    virtual ~Conversation() = default;
    // Once, when somebody is there to hear. Also after a hand-over.
    virtual void begin(const control::Audience& audience) = 0;
    virtual void answered(Secret line) = 0;
    virtual void left() = 0;  // Ctrl-C, Ctrl-D, Esc in the lobby, end of input
    virtual void tick() {}    // about once a second
    virtual void changed(const access::Request&) {}
    // It may stand at a question for hours: whoever waits there for others is not signed off.
    virtual bool patient() const { return false; }
    // Whether a command's standard input belongs to it (BeginTalk::reads).
    virtual bool reads() const { return true; }
};

// The first word of the person's choice: `command` is what a client without a shell asked for ("approvals").
std::unique_ptr<Conversation> menu(Party party, Stage& stage);
// Asks for reason, ticket and duration unless a request is open already, then waits and connects by itself.
std::unique_ptr<Conversation> request_and_wait(Party party, Stage& stage, policy::Ask ask);
std::unique_ptr<Conversation> approvals(Party party, Stage& stage);
std::unique_ptr<Conversation> my_security(Party party, Stage& stage);
std::unique_ptr<Conversation> enrolment(Party party, Stage& stage);

}  // namespace anteroom::talk
