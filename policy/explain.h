// For people: why a decision is what it is, what somebody may reach, who can reach a target, who may see its recordings.
#pragma once

#include "policy/capability.h"
#include "policy/evaluate.h"

namespace anteroom::policy {

struct Explanation {
    Decision::Verdict verdict = Decision::Verdict::deny;  // for the use, not only for the target
    std::string rule;                                     // that decided
    std::string sentence;
    std::vector<Considered> considered;
    std::vector<std::string> changes;
    std::optional<Time> ends;
};
Explanation explanation(const Document& document, const Facts& facts, const Ask& ask, const Use& use, Time now);
std::string explain(const Document& document, const Facts& facts, const TargetId& target, const AccountId& account, const Use& use, Time now);

struct Reachable {
    TargetId target;
    AccountId account;
    Decision::Verdict verdict = Decision::Verdict::deny;
    std::string sentence;
    std::string description;   // of the target
    bool break_glass = false;  // an emergency entry would permit it
};
// Everything the person has a rule or a break-glass entry for, also where it is closed now. In order of target and account.
std::vector<Reachable> reachable(const Document& document, const Facts& facts, Time now);

// The accounts of a target that `reachable` would list, and the one of them when it is the only one.
std::vector<AccountId> accounts_for(const Document& document, const Facts& facts, const TargetId& target, Time now);
std::optional<AccountId> default_account(const Document& document, const Facts& facts, const TargetId& target, Time now);

// The kinds of capabilities that there are, in the order of the table, for forms.
std::vector<std::string> capability_kinds();

struct WhoCan {
    PersonId person;
    AccountId account;
    Decision::Verdict verdict = Decision::Verdict::deny;
    std::string rule;
};
// Permits and those who may ask; break-glass is not among them.
std::vector<WhoCan> who_can(const Document& document, std::span<const Facts> people, const TargetId& target, Time now);

// How many further people have to consent; none: may not review. Of several reviewer entries the most lenient counts.
// `labels` are those the target had when it was recorded: it may be gone since.
std::optional<int> review_consent(const Document& document, const Facts& facts, const TargetId& target, const Labels& labels, Time now);
bool may_review(const Document& document, const Facts& facts, const TargetId& target, const Labels& labels, Time now);

}  // namespace anteroom::policy
