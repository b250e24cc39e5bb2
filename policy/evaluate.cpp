// How rules, forbids and grants are put together into one decision.
#include "policy/evaluate.h"

#include <fmt/format.h>

#include <algorithm>

#include "policy/capability.h"
#include "policy/matching.h"

namespace anteroom::policy {
namespace {

using Verdict = Decision::Verdict;
using Reason = Decision::Reason;

// One sentence for "no such target", "no such account" and "no rule": whoever asks learns nothing about which names exist.
constexpr const char* nothing_there = "You have no access to a target and account of that name.";

void add_missing(std::vector<std::string>& to, const std::vector<std::string>& from) {
    for (const auto& text : from)
        if (std::find(to.begin(), to.end(), text) == to.end()) to.push_back(text);
}

void keep_smaller(std::optional<Duration>& kept, const std::optional<Duration>& other) {
    if (other && (!kept || *other < *kept)) kept = other;
}

// What cannot be read permits nothing. At an ssh target, what is for desktops is nothing.
bool leaves_nothing(std::vector<std::string> allow, const std::vector<std::string>& forbid, Protocol protocol) {
    if (protocol == Protocol::ssh) std::erase_if(allow, [](const std::string& text) { return text.starts_with("rdp:"); });
    if (protocol == Protocol::rdp) std::erase_if(allow, [](const std::string& text) { return !text.starts_with("rdp:"); });
    const auto set = CapabilitySet::parse(std::move(allow), forbid);
    return !set || set->empty();
}

// A desktop without a picture is none, whatever else is allowed there.
bool opens(const std::vector<std::string>& allow, const std::vector<std::string>& forbid, Protocol protocol) {
    if (protocol == Protocol::ssh) return true;
    const auto set = CapabilitySet::parse(allow, forbid);
    return set && set->permits({"rdp:display", ""});
}

Decision deny(const Ask& ask, Reason reason, std::string rule, std::string sentence, std::vector<std::string> changes) {
    Decision out;
    out.ask = ask;
    out.reason = reason;
    out.rule = std::move(rule);
    out.sentence = std::move(sentence);
    out.changes = std::move(changes);
    return out;
}

struct Found {
    const Rule* rule;
    RuleState state;
};

// What the rules say, sorted by what they do.
struct Sorted {
    Protocol protocol = Protocol::ssh;  // of the target
    std::vector<std::string> forbid;    // capability texts
    const Rule* whole = nullptr;        // forbids everything
    const Rule* partial = nullptr;      // the first that forbids something
    std::optional<Time> forbid_starts;
    std::vector<Found> standing, on_request, closed;
    bool about() const { return !standing.empty() || !on_request.empty() || !closed.empty(); }
};

Sorted sort_rules(const Document& document, const Membership& membership, const Ask& ask, const Target& target, Time now, bool approval_only) {
    Sorted out;
    out.protocol = target.protocol;
    for (const auto& rule : document.rules) {
        const auto state = state_of(rule, membership, ask, target.labels, now, approval_only);
        if (!state.about()) continue;
        if (!rule.forbid) {
            auto& list = state.match == Match::standing ? out.standing : state.match == Match::on_request ? out.on_request : out.closed;
            list.push_back({&rule, state});
        } else if (!state.applies()) {
            keep_earlier(out.forbid_starts, state.changes);
        } else {
            if (forbids_everything(rule) && out.whole == nullptr) out.whole = &rule;
            if (out.partial == nullptr) out.partial = &rule;
            add_missing(out.forbid, rule.allow);
        }
    }
    return out;
}

Decision forbidden(const Ask& ask, const Rule* by, bool about) {
    const std::string rule = by == nullptr ? "default-deny" : by->id;
    return deny(ask, Reason::forbidden, rule, about ? "The policy forbids this access." : nothing_there,
                {by == nullptr ? "allow capabilities that can be read" : fmt::format("forbid {} would have to be narrowed or removed", rule)});
}

// Rules apply, and it is not a forbid that takes everything away: what they allow does not fit the target.
std::optional<Decision> of_another_protocol(const Ask& ask, const Sorted& sorted) {
    std::vector<std::string> all;
    std::string rule;
    for (const auto* list : {&sorted.standing, &sorted.on_request})
        for (const auto& found : *list) {
            add_missing(all, found.rule->allow);
            if (rule.empty()) rule = found.rule->id;
        }
    const bool fits = !leaves_nothing(all, {}, sorted.protocol) && opens(all, {}, sorted.protocol);
    if (rule.empty() || fits) return std::nullopt;
    if (sorted.protocol == Protocol::ssh)
        return deny(ask, Reason::protocol, rule, "What you are allowed on this target is for desktops (RDP), and it speaks SSH.",
                    {fmt::format("rule {} would have to allow something of SSH, as shell", rule)});
    return deny(ask, Reason::protocol, rule, "You are not allowed to see this desktop: no rule gives you rdp:display on it.",
                {fmt::format("rule {} would have to allow rdp:display", rule)});
}

Decision closed(const Ask& ask, const std::vector<Found>& rules) {
    const Found* first = &rules.front();
    for (const auto& found : rules)
        if (found.state.changes && (!first->state.changes || *found.state.changes < *first->state.changes)) first = &found;
    const auto& rule = *first->rule;
    // Open, and yet it does not apply: outside of the vendor's networks, with nobody to ask.
    if (!rule.when || first->state.by_network)
        return deny(ask, Reason::network, rule.id, "Your company's people are let in from its own networks only.",
                    {fmt::format("connect from a network of the vendor, or give rule {} an approval", rule.id)});
    if (!first->state.changes)
        return deny(ask, Reason::schedule, rule.id, "This access is closed at this time.", {fmt::format("rule {} never opens", rule.id)});
    const auto opens = local_text(*first->state.changes, rule.when->zone);
    return deny(ask, Reason::schedule, rule.id, fmt::format("This access is closed at this time. It opens next at {}.", opens),
                {fmt::format("wait until {}", opens), fmt::format("rule {} is open {}", rule.id, schedule_text(*rule.when))});
}

void add_terms(Decision& out, const Rule& rule) {
    if (out.rule.empty()) {
        out.rule = rule.id;
        out.at_expiry = rule.at_expiry;
    }
    add_missing(out.allow, rule.allow);
    keep_smaller(out.max, rule.max);
    keep_smaller(out.idle, rule.idle);
    keep_smaller(out.grace, rule.grace);
    if (rule.at_expiry == AtExpiry::cut) out.at_expiry = AtExpiry::cut;
    out.self_enrolled_mfa = out.self_enrolled_mfa || rule.self_enrolled_mfa;
    if (rule.screen == Kept::everything) out.screen = Kept::everything;
    if (rule.clipboard == Kept::everything) out.clipboard = Kept::everything;
    out.keystrokes_sealed = out.keystrokes_sealed || rule.keystrokes_sealed;
}

// The grant that keeps an on-request rule open the longest, if any.
std::optional<Time> granted_until(const Rule& rule, std::span<const Grant> grants, Time now) {
    std::optional<Time> out;
    for (const auto& grant : grants)
        if (grant.rule == rule.id && grant.ends > now && (!out || grant.ends > *out)) out = grant.ends;
    return out;
}

Decision begin(const Document& document, const Ask& ask, const Bar& bar, const Sorted& sorted) {
    Decision out;
    out.ask = ask;
    out.forbid = sorted.forbid;
    out.ends = bar.ends;
    keep_earlier(out.ends, sorted.forbid_starts);
    out.self_enrolled_mfa = document.self_enrolled_mfa;
    return out;
}

std::optional<Decision> permit(Decision out, const Sorted& sorted, std::span<const Grant> grants, Time now) {
    out.verdict = Verdict::permit;
    out.sentence = "You may connect.";
    out.screen = Kept::facts;  // until a rule says otherwise
    // A rule of which the forbids leave nothing takes no part: neither its name nor its limits.
    for (const auto& [rule, state] : sorted.standing) {
        if (leaves_nothing(rule->allow, sorted.forbid, sorted.protocol)) continue;
        add_terms(out, *rule);
        keep_earlier(out.ends, state.changes);
    }
    for (const auto& [rule, state] : sorted.on_request) {
        const auto until = granted_until(*rule, grants, now);
        if (!until || leaves_nothing(rule->allow, sorted.forbid, sorted.protocol)) continue;
        add_terms(out, *rule);
        keep_earlier(out.ends, state.changes);
        keep_earlier(out.ends, until);
    }
    if (out.allow.empty() || !opens(out.allow, sorted.forbid, sorted.protocol)) return std::nullopt;
    return out;
}

std::optional<Decision> ask_approval(Decision out, const Sorted& sorted) {
    out.verdict = Verdict::needs_approval;
    out.sentence = "This access needs an approval.";
    std::vector<std::string> standing;
    for (const auto& found : sorted.standing) add_missing(standing, found.rule->allow);
    for (const auto& [rule, state] : sorted.on_request) {
        if (leaves_nothing(rule->allow, sorted.forbid, sorted.protocol)) continue;
        auto granted = standing;
        add_missing(granted, rule->allow);
        if (!opens(granted, sorted.forbid, sorted.protocol)) continue;  // an approval that would open nothing
        out.on_request.push_back(rule->id);
        if (!out.rule.empty()) continue;
        add_terms(out, *rule);
        if (rule->approval) keep_smaller(out.max, rule->approval->max);
        keep_earlier(out.ends, state.changes);
        out.changes.push_back(fmt::format("an approval under rule {}", rule->id));
    }
    if (out.rule.empty()) return std::nullopt;
    return out;
}

}  // namespace

std::string_view name(Verdict verdict) {
    switch (verdict) {
        case Verdict::permit: return "permit";
        case Verdict::needs_approval: return "needs_approval";
        case Verdict::deny: return "deny";
    }
    return "";
}

std::string_view name(Reason reason) {
    switch (reason) {
        case Reason::none: return "none";
        case Reason::unknown_target: return "unknown_target";
        case Reason::unknown_account: return "unknown_account";
        case Reason::no_rule: return "no_rule";
        case Reason::forbidden: return "forbidden";
        case Reason::disabled: return "disabled";
        case Reason::person_expired: return "person_expired";
        case Reason::agreement_missing: return "agreement_missing";
        case Reason::agreement_not_yet: return "agreement_not_yet";
        case Reason::agreement_expired: return "agreement_expired";
        case Reason::network: return "network";
        case Reason::schedule: return "schedule";
        case Reason::protocol: return "protocol";
    }
    return "";
}

Decision evaluate(const Document& document, const Facts& facts, const Ask& ask, Time now, std::span<const Grant> grants) {
    // What stands against the person comes first: the answer must not depend on whether the target exists.
    const auto bar = bar_against(document, facts, now);
    if (bar.reason != Reason::none) return deny(ask, bar.reason, bar.rule, bar.sentence, {bar.change});
    const auto target = document.targets.find(ask.target);
    if (target == document.targets.end()) return deny(ask, Reason::unknown_target, "default-deny", nothing_there, {"add the target to the policy"});
    if (!target->second.accounts.contains(ask.account))
        return deny(ask, Reason::unknown_account, "default-deny", nothing_there, {"add the account to the target"});

    const auto sorted = sort_rules(document, Membership(document, facts), ask, target->second, now, bar.approval_only);
    if (sorted.whole != nullptr) return forbidden(ask, sorted.whole, sorted.about());
    const auto start = begin(document, ask, bar, sorted);
    const auto asked = ask_approval(start, sorted);
    if (auto permitted = permit(start, sorted, grants, now)) {
        if (asked) permitted->on_request = asked->on_request;
        return *permitted;
    }
    if (asked) return *asked;
    if (const auto other = of_another_protocol(ask, sorted)) return *other;
    if (!sorted.standing.empty() || !sorted.on_request.empty()) return forbidden(ask, sorted.partial, true);
    if (!sorted.closed.empty()) return closed(ask, sorted.closed);
    return deny(ask, Reason::no_rule, "default-deny", nothing_there,
                {fmt::format("a rule that names {} and selects {} with account {}", facts.person.str(), ask.target.str(), ask.account.str())});
}

Decision evaluate_break_glass(const Document& document, const Facts& facts, const Ask& ask, Time now) {
    const auto bar = bar_against(document, facts, now);
    if (bar.reason != Reason::none) return deny(ask, bar.reason, bar.rule, bar.sentence, {bar.change});
    const auto target = document.targets.find(ask.target);
    auto none = deny(ask, Reason::no_rule, "default-deny", nothing_there, {"a break_glass entry that names the person and selects target and account"});
    if (target == document.targets.end() || !target->second.accounts.contains(ask.account)) return none;
    const Membership membership(document, facts);
    const auto sorted = sort_rules(document, membership, ask, target->second, now, false);
    bool about = false;
    for (const auto& entry : document.break_glass) {
        if (!membership.any_of(entry.who) || !selects(entry.to, ask.target, target->second.labels) || !selects(entry.to, ask.account)) continue;
        about = true;
        if (sorted.whole != nullptr || leaves_nothing(entry.allow, sorted.forbid, sorted.protocol)) continue;
        if (!opens(entry.allow, sorted.forbid, sorted.protocol)) continue;
        auto out = begin(document, ask, bar, sorted);
        out.verdict = Verdict::permit;
        out.rule = entry.id;
        out.allow = entry.allow;
        out.max = entry.max;
        out.idle = entry.idle;
        out.sentence = "You may connect in an emergency. It is reported at once and reviewed.";
        return out;
    }
    return about ? forbidden(ask, sorted.whole != nullptr ? sorted.whole : sorted.partial, true) : none;
}

bool AuthorizedTarget::lossless() const {
    const auto is = [&](const char* label, std::string_view value) {
        const auto found = target_.labels.find(label);
        return found != target_.labels.end() && found->second == value;
    };
    return is("display", "lossless") || is("use", "diagnostic");
}

AuthorizedTarget::Login AuthorizedTarget::login() const {
    const std::string& login = account_.login;
    const auto cut = login.find('\\');
    if (login.empty()) return {ask_.account.str(), ""};
    return cut == std::string::npos ? Login{login, ""} : Login{login.substr(cut + 1), login.substr(0, cut)};
}

std::optional<AuthorizedTarget> AuthorizedTarget::from(const Decision& decision, const Document& document, const Ask& ask) {
    // A decision is good for what it was made for, and for nothing else.
    if (decision.verdict != Verdict::permit || decision.ask != ask) return std::nullopt;
    const auto target = document.targets.find(ask.target);
    if (target == document.targets.end()) return std::nullopt;
    const auto account = target->second.accounts.find(ask.account);
    if (account == target->second.accounts.end() || target->second.host_keys.empty()) return std::nullopt;
    return AuthorizedTarget(decision, target->second, account->second, ask);
}

}  // namespace anteroom::policy
