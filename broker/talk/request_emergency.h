// Breaking the glass, question by question: what the emergency is, a fresh code where the last is not fresh, YES. Knows neither
// terminal nor protocol. Whether the person may at all, Access decides anew when it comes to it.
#pragma once

#include "broker/talk/conversation.h"

namespace anteroom::talk {

// "break-glass" or "break-glass drill", as typed at a prompt.
struct EmergencyWord {
    bool drill = false;
};
std::optional<EmergencyWord> emergency_word(const Secret& line);

class Emergency {
public:
    enum class Field { reason, code, confirm, done, left };
    Emergency(Party party, policy::Ask ask, bool drill) : party_(std::move(party)), ask_(std::move(ask)), drill_(drill) {}

    // Three lines of what will happen; an error is the sentence why it is not open to this person.
    Result<std::string> explanation();
    Field field() const { return field_; }
    std::string prompt() const;
    // An error is the sentence to show: then the question is asked again, or field() is `left` and nothing was done.
    Status take(const Secret& line);
    const access::Request& granted() const { return *granted_; }  // once done
    Time factor_at() const { return party_.factor_at; }

private:
    bool fresh() const;
    Status take_code(const Secret& line);
    Status take_confirmation(const std::string& typed);
    Status go();

    Party party_;
    policy::Ask ask_;
    bool drill_, confirmed_ = false;
    Field field_ = Field::reason;
    std::string reason_;
    std::optional<access::Request> granted_;
};

}  // namespace anteroom::talk
