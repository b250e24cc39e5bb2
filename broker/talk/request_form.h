// The questions of a request, one after the other: reason, ticket where one is wanted, for how long. Knows neither terminal nor
// protocol; whoever holds it shows prompt() and hands over what was typed.
#pragma once

#include "broker/talk/conversation.h"

namespace anteroom::talk {

class RequestForm {
public:
    enum class Field { reason, ticket, length, done };
    RequestForm(const installation::Installation& here, access::Questions questions) : here_(&here), questions_(std::move(questions)) {}

    Field field() const { return field_; }
    bool done() const { return field_ == Field::done; }
    std::string prompt() const;  // "Reason: ", "Ticket (CHG-[0-9]+): ", "For how long [4h]: "
    // An error is the sentence to show before the same question is asked again.
    Status take(const Secret& line);
    access::NewRequest filled(const PersonId& person, std::vector<policy::Ask> asks, const std::string& source_ip) const;
    const access::Questions& questions() const { return questions_; }

private:
    Status take_length(const std::string& typed);

    const installation::Installation* here_;
    access::Questions questions_;
    Field field_ = Field::reason;
    std::string reason_, ticket_;
    Duration length_{};
    std::optional<Time> not_before_;
};

}  // namespace anteroom::talk
