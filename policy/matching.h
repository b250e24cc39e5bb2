// Inside policy/: which rules are about whom and what, and whether their conditions hold now. evaluate, explain and the menu all ask
// here, so that an explanation cannot disagree with the decision.
#pragma once

#include <set>

#include "policy/evaluate.h"

namespace anteroom::policy {

// The roles a person is in, nested ones included; ends also for roles that contain each other.
class Membership {
public:
    Membership(const Document& document, const Facts& facts);
    bool any_of(const Subjects& subjects) const;

private:
    bool is(const Subject& subject) const;
    const Facts& facts_;
    std::set<std::string> roles_;
};

// What stands against the person whatever they ask for.
struct Bar {
    Decision::Reason reason = Decision::Reason::none;  // none: nothing
    std::string rule, sentence, change;
    bool approval_only = false;  // outside of the vendor's networks, with otherwise: ask
    std::optional<Time> ends;    // of the person or the agreement, when nothing stands against them yet
};
Bar bar_against(const Document& document, const Facts& facts, Time now);

enum class Match { not_who, not_target, not_account, closed, on_request, standing };
struct RuleState {
    Match match = Match::not_who;
    std::optional<Time> changes;  // closed: opens; otherwise: when it stops to apply (of a forbid in force: none)
    bool by_network = false;      // closed by the vendor's networks, not by its hours
    bool about() const { return match >= Match::closed; }
    bool applies() const { return match >= Match::on_request; }
};
RuleState state_of(const Rule& rule, const Membership& membership, const Ask& ask, const Labels& labels, Time now, bool approval_only);

bool forbids_everything(const Rule& forbid);

inline void keep_earlier(std::optional<Time>& kept, const std::optional<Time>& other) {
    if (other && (!kept || *other < *kept)) kept = other;
}

}  // namespace anteroom::policy
