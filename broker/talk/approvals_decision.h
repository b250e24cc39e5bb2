// One decision of an approver, question by question: the sentences to confirm, then a code of its own. Knows neither terminal nor
// protocol. What the card showed may be old by then: who may decide is looked at before the first question and, by Access, at the end.
#pragma once

#include "broker/talk/conversation.h"

namespace anteroom::talk {

class Decision {
public:
    struct Wish {
        bool yes = false;
        std::optional<Duration> length;  // of a yes: shorter than asked
        std::string reason;              // of a no
    };
    enum class Field { reason, confirm, code, done, left };

    // An error is the sentence why there is nothing for this person to decide.
    static Result<Decision> begin(const Party& party, std::int64_t id, Wish wish);

    Field field() const { return field_; }
    std::string prompt() const;
    // An error is the sentence to show: then the question is asked again, or field() is `left` and nothing was decided.
    Status take(const Secret& line);
    std::int64_t id() const { return id_; }
    std::string outcome();  // once done

private:
    Decision(Party party, std::int64_t id, Wish wish) : party_(std::move(party)), id_(id), wish_(std::move(wish)) {}
    Status prepare();
    void next();
    Status leave(const std::string& sentence);
    Status take_code(const Secret& line);
    Result<access::Request> decide(access::SecondFactor factor);

    Party party_;
    std::int64_t id_;
    Wish wish_;
    bool extension_ = false;
    std::vector<std::string> confirm_;
    std::size_t confirmed_ = 0;
    Field field_ = Field::code;
    std::optional<access::Request> decided_;
};

}  // namespace anteroom::talk
