// Explanations and lists, all of them made by asking evaluate.
#include "policy/explain.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "policy/matching.h"

namespace anteroom::policy {
namespace {

using Verdict = Decision::Verdict;

std::string why(const Rule& rule, const RuleState& state) {
    switch (state.match) {
        case Match::not_who: return "is not about this person";
        case Match::not_target: return "is not about this target";
        case Match::not_account: return "is not about this account";
        case Match::closed:
            if (state.by_network) return "does not hold outside of the vendor's networks";
            return fmt::format("{} now ({})", rule.forbid ? "does not hold" : "is closed", schedule_text(*rule.when));
        case Match::on_request: return "applies, on request";
        case Match::standing: return rule.forbid ? (forbids_everything(rule) ? "forbids everything" : "forbids some capabilities") : "applies, standing";
    }
    return "";
}

bool within(const Rule& rule, const std::vector<std::string>& forbid, const Use& use) {
    const auto set = CapabilitySet::parse(rule.allow, forbid);
    return set && set->permits(use);
}

// The forbid in force that names the use.
std::string forbidding_rule(const Document& document, const std::vector<Considered>& list, const Use& use) {
    for (const auto& one : list) {
        const auto* rule = one.forbid && one.applies ? document.rule(one.rule) : nullptr;
        if (rule == nullptr) continue;
        const auto set = CapabilitySet::parse({}, rule->allow);
        if (rule->allow.empty() || !set || set->forbids(use)) return rule->id;
    }
    return "";
}

std::string use_text(const Use& use) { return use.detail.empty() ? use.kind : use.kind + ":" + use.detail; }

// The rule that permits the use among those that apply with `match`.
std::string permitting_rule(const Document& document, const Decision& decision, const Membership& membership, const Ask& ask, const Use& use, Time now,
                            Match match, bool approval_only) {
    const auto& labels = document.targets.at(ask.target).labels;
    for (const auto& rule : document.rules)
        if (!rule.forbid && state_of(rule, membership, ask, labels, now, approval_only).match == match && within(rule, decision.forbid, use)) return rule.id;
    return "";
}

void explain_use(Explanation& out, const Document& document, const Facts& facts, const Decision& decision, const Use& use, Time now) {
    const Membership membership(document, facts);
    const bool approval_only = bar_against(document, facts, now).approval_only;
    if (auto rule = permitting_rule(document, decision, membership, decision.ask, use, now, Match::standing, approval_only); !rule.empty()) {
        out.verdict = Verdict::permit;
        out.rule = rule;
        return;
    }
    if (auto rule = permitting_rule(document, decision, membership, decision.ask, use, now, Match::on_request, approval_only); !rule.empty()) {
        out.verdict = Verdict::needs_approval;
        out.rule = rule;
        out.sentence = "This needs an approval.";
        out.changes = {fmt::format("an approval under rule {}", rule)};
        return;
    }
    out.verdict = Verdict::deny;
    out.rule = forbidding_rule(document, out.considered, use);
    out.sentence = "The session would be let in, this use of it would be refused.";
    out.changes = {out.rule.empty() ? fmt::format("a rule that applies and allows {}", printable(use_text(use)))
                                    : fmt::format("forbid {} would have to be narrowed or removed", out.rule)};
    if (out.rule.empty()) out.rule = "default-deny";
}

bool has_rule(const Document& document, const Membership& membership, const Ask& ask, const Labels& labels) {
    const auto about = [&](const auto& rule) { return membership.any_of(rule.who) && selects(rule.to, ask.target, labels) && selects(rule.to, ask.account); };
    return std::any_of(document.rules.begin(), document.rules.end(), [&](const Rule& r) { return !r.forbid && about(r); }) ||
           std::any_of(document.break_glass.begin(), document.break_glass.end(), about);
}

}  // namespace

std::vector<Considered> considered(const Document& document, const Facts& facts, const Ask& ask, Time now) {
    std::vector<Considered> out;
    const auto target = document.targets.find(ask.target);
    if (target == document.targets.end()) return out;
    const Membership membership(document, facts);
    const bool approval_only = bar_against(document, facts, now).approval_only;
    for (const auto& rule : document.rules) {
        const auto state = state_of(rule, membership, ask, target->second.labels, now, approval_only);
        out.push_back({rule.id, rule.forbid, state.applies(), why(rule, state)});
    }
    return out;
}

Explanation explanation(const Document& document, const Facts& facts, const Ask& ask, const Use& use, Time now) {
    const auto decision = evaluate(document, facts, ask, now);
    Explanation out{decision.verdict, decision.rule, decision.sentence, considered(document, facts, ask, now), decision.changes, decision.ends};
    if (decision.verdict == Verdict::deny) return out;
    const bool desktop = document.targets.at(ask.target).protocol == Protocol::rdp;
    if (desktop != use.kind.starts_with("rdp:")) {
        out.verdict = Verdict::deny;
        out.rule = "default-deny";
        out.sentence = fmt::format("The session would be let in; it is one of {}, which knows no such thing.", desktop ? "RDP" : "SSH");
        out.changes = {fmt::format("ask about a capability of {}", desktop ? "rdp, as rdp:display" : "ssh, as shell")};
        return out;
    }
    explain_use(out, document, facts, decision, use, now);
    return out;
}

std::string explain(const Document& document, const Facts& facts, const TargetId& target, const AccountId& account, const Use& use, Time now) {
    const auto it = explanation(document, facts, {target, account}, use, now);
    auto out = fmt::format("{} wants {} on {} as {}, at {}\n{}: by {}\n", printable(facts.person.str()), printable(use_text(use)), printable(target.str()),
                           printable(account.str()), rfc3339(now), name(it.verdict), it.rule);
    if (!it.sentence.empty()) out += fmt::format("the person reads: {}\n", it.sentence);
    if (it.ends) out += fmt::format("it would end at {} at the latest\n", rfc3339(*it.ends));
    if (it.verdict != Verdict::deny && evaluate(document, facts, {target, account}, now).keystrokes_sealed) out += "its keystrokes would be kept sealed\n";
    if (!it.considered.empty()) out += "rules:\n";
    for (const auto& one : it.considered) out += fmt::format("  {} {}{}: {}\n", one.applies ? "*" : "-", one.forbid ? "forbid " : "", one.rule, one.why);
    if (!it.changes.empty()) out += "what would change it:\n";
    for (const auto& change : it.changes) out += fmt::format("  {}\n", change);
    return out;
}

std::vector<Reachable> reachable(const Document& document, const Facts& facts, Time now) {
    std::vector<Reachable> out;
    const Membership membership(document, facts);
    for (const auto& [id, target] : document.targets)
        for (const auto& [account, terms] : target.accounts) {
            const Ask ask{id, account};
            if (!has_rule(document, membership, ask, target.labels)) continue;
            const auto decision = evaluate(document, facts, ask, now);
            const bool emergency = evaluate_break_glass(document, facts, ask, now).verdict == Verdict::permit;
            out.push_back({id, account, decision.verdict, decision.sentence, target.description, emergency});
        }
    return out;
}

std::vector<AccountId> accounts_for(const Document& document, const Facts& facts, const TargetId& target, Time) {
    std::vector<AccountId> out;
    const auto found = document.targets.find(target);
    if (found == document.targets.end()) return out;
    const Membership membership(document, facts);
    for (const auto& [account, terms] : found->second.accounts)
        if (has_rule(document, membership, {target, account}, found->second.labels)) out.push_back(account);
    return out;
}

std::optional<AccountId> default_account(const Document& document, const Facts& facts, const TargetId& target, Time now) {
    const auto accounts = accounts_for(document, facts, target, now);
    return accounts.size() == 1 ? std::optional(accounts.front()) : std::nullopt;
}

std::vector<WhoCan> who_can(const Document& document, std::span<const Facts> people, const TargetId& target, Time now) {
    std::vector<WhoCan> out;
    const auto found = document.targets.find(target);
    if (found == document.targets.end()) return out;
    for (const auto& facts : people)
        for (const auto& [account, terms] : found->second.accounts) {
            const auto decision = evaluate(document, facts, {target, account}, now);
            if (decision.verdict != Verdict::deny) out.push_back({facts.person, account, decision.verdict, decision.rule});
        }
    return out;
}

std::optional<int> review_consent(const Document& document, const Facts& facts, const TargetId& target, const Labels& labels, Time now) {
    if (facts.disabled || (facts.person_expires && *facts.person_expires <= now)) return std::nullopt;
    const Membership membership(document, facts);
    std::optional<int> out;
    for (const auto& reviewer : document.reviewers)
        if (membership.any_of(reviewer.who) && selects(reviewer.of, target, labels)) out = std::min(out.value_or(reviewer.consent), reviewer.consent);
    return out;
}

bool may_review(const Document& document, const Facts& facts, const TargetId& target, const Labels& labels, Time now) {
    return review_consent(document, facts, target, labels, now).has_value();
}

}  // namespace anteroom::policy
