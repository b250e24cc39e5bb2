// Each thing of a policy is turned into (part -> texts); two things differ in the parts whose texts differ. One way to compare all.
#include "policy/diff.h"

#include <fmt/format.h>

#include <algorithm>

namespace anteroom::policy {
namespace {

using Texts = std::vector<std::string>;
struct Part {
    std::string name;
    Texts texts;
    bool operator==(const Part&) const = default;
};
struct Thing {
    std::string kind, name;
    std::vector<Part> parts;
};

std::string day_text(Day day) { return rfc3339(Time(day)).substr(0, 10); }
Texts one(std::string text) { return text.empty() ? Texts{} : Texts{std::move(text)}; }
Texts span_of(const std::optional<Duration>& duration) { return duration ? one(duration_text(*duration)) : Texts{}; }
Texts flag(bool on) { return one(on ? "yes" : "no"); }

Texts texts(const Subjects& subjects) {
    Texts out;
    for (const auto& subject : subjects) out.push_back(to_text(subject));
    return out;
}

Texts texts(const Selector& selector) {
    Texts out;
    for (const auto& [label, values] : selector.labels) out.push_back(fmt::format("{}={}", label, fmt::join(values, "|")));
    for (const auto& target : selector.targets) out.push_back("target " + target.str());
    for (const auto& account : selector.accounts) out.push_back("account " + account.str());
    return out;
}

void add_approval(std::vector<Part>& parts, const std::optional<Approval>& approval) {
    const Approval a = approval.value_or(Approval{});
    parts.push_back({"approval by", texts(a.by)});
    parts.push_back({"approval count", approval ? one(std::to_string(a.count)) : Texts{}});
    parts.push_back({"approval max", span_of(a.max)});
    parts.push_back({"approval ticket", one(a.ticket)});
    parts.push_back({"approval escalates to", a.escalate ? texts(a.escalate->to) : Texts{}});
    parts.push_back({"approval escalates after", a.escalate ? span_of(a.escalate->after) : Texts{}});
    parts.push_back({"approval confirm", one(a.confirm)});
    parts.push_back({"approval clock", approval ? one(a.clock == GrantClock::approval ? "approval" : "first-connection") : Texts{}});
}

Thing thing(const Rule& rule) {
    Thing out{rule.forbid ? "forbid" : "rule", rule.id, {}};
    out.parts = {{"who", texts(rule.who)}, {"to", texts(rule.to)}, {rule.forbid ? "forbids" : "allow", rule.allow}};
    if (!rule.forbid) out.parts.push_back({"access", one(rule.access == Access::standing ? "standing" : "on-request")});
    add_approval(out.parts, rule.approval);
    out.parts.push_back({"when", rule.when ? one(schedule_text(*rule.when) + (rule.when->otherwise == Otherwise::ask ? ", otherwise ask" : "")) : Texts{}});
    out.parts.push_back({"max", span_of(rule.max)});
    out.parts.push_back({"idle", span_of(rule.idle)});
    out.parts.push_back({"grace", span_of(rule.grace)});
    out.parts.push_back({"at expiry", one(rule.at_expiry == AtExpiry::cut ? "cut" : "grace")});
    out.parts.push_back({"self-enrolled mfa", flag(rule.self_enrolled_mfa)});
    out.parts.push_back({"record", one(rule.screen == Kept::everything ? "full" : "facts")});
    out.parts.push_back({"record clipboard", one(rule.clipboard == Kept::everything ? "text" : "facts")});
    out.parts.push_back({"keystrokes", one(rule.keystrokes_sealed ? "sealed" : "counted")});
    return out;
}

Thing thing(const VendorId& id, const Vendor& vendor) {
    Texts networks;
    for (const auto& network : vendor.networks) networks.push_back(network.text());
    const auto& agreement = vendor.agreement;
    return {"vendor",
            id.str(),
            {{"name", one(vendor.name)},
             {"agreement", agreement ? one(day_text(agreement->signed_on) + " to " + day_text(agreement->expires_on)) : Texts{}},
             {"networks", networks},
             {"outside of them", one(vendor.outside == Otherwise::ask ? "ask" : "refuse")}}};
}

Thing thing(const TargetId& id, const Target& target) {
    Texts labels, accounts;
    for (const auto& [label, value] : target.labels) labels.push_back(label + "=" + value);
    for (const auto& [account, terms] : target.accounts) {
        const char* secret = terms.secret == SecretSource::stored ? "stored" : terms.secret == SecretSource::none ? "none" : "ask";
        const auto login = terms.login.empty() ? std::string() : ", login " + terms.login;
        accounts.push_back(fmt::format("{} (secret {}{}{})", account.str(), secret, terms.privileged ? ", privileged" : "", login));
    }
    return {"target",
            id.str(),
            {{"address", one(fmt::format("{} {}", target.host, target.port))},
             {"protocol", one(target.protocol == Protocol::ssh ? "ssh" : "rdp")},
             {"host key", target.host_keys},
             {"labels", labels},
             {"accounts", accounts},
             {"description", one(target.description)}}};
}

Thing thing(const BreakGlass& entry) {
    return {"break-glass",
            entry.id,
            {{"who", texts(entry.who)},
             {"to", texts(entry.to)},
             {"allow", entry.allow},
             {"max", one(duration_text(entry.max))},
             {"idle", span_of(entry.idle)},
             {"alert", entry.alert},
             {"review by", texts(entry.review_by)},
             {"review within", one(duration_text(entry.review_within))}}};
}

// Reviewers have no id: who they are is their name.
Thing thing(const Reviewer& reviewer) {
    return {"reviewer",
            fmt::format("{} of {}", fmt::join(texts(reviewer.who), ", "), fmt::join(texts(reviewer.of), ", ")),
            {{"consent", one(std::to_string(reviewer.consent))}}};
}

// Nor have delegations.
Thing thing(const Delegation& delegation) {
    return {"delegation",
            fmt::format("of {} to {}", delegation.from.str(), delegation.to.str()),
            {{"days", one(day_text(delegation.since) + " to " + day_text(delegation.until))}}};
}

// Two delegations between the same people are one thing with two spans of days.
void add(std::vector<Thing>& to, Thing one) {
    const auto same = std::find_if(to.begin(), to.end(), [&](const Thing& t) { return t.kind == one.kind && t.name == one.name; });
    if (same == to.end()) return to.push_back(std::move(one));
    auto& days = same->parts.front().texts;
    days.insert(days.end(), one.parts.front().texts.begin(), one.parts.front().texts.end());
}

std::vector<Thing> things(const Document& document) {
    std::vector<Thing> out{{"policy", "", {{"self-enrolled mfa", flag(document.self_enrolled_mfa)}}}};
    for (const auto& [id, vendor] : document.vendors) out.push_back(thing(id, vendor));
    for (const auto& [id, members] : document.roles) out.push_back({"role", id, {{"members", texts(members)}}});
    for (const auto& [id, target] : document.targets) out.push_back(thing(id, target));
    for (const auto& rule : document.rules) out.push_back(thing(rule));
    for (const auto& reviewer : document.reviewers) out.push_back(thing(reviewer));
    for (const auto& entry : document.break_glass) out.push_back(thing(entry));
    for (const auto& delegation : document.delegations) add(out, thing(delegation));
    const auto& console = document.console;
    out.push_back({"console", "", {{"audit", texts(console.audit)}, {"policy", texts(console.policy)}, {"people", texts(console.people)}}});
    return out;
}

Texts without(const Texts& from, const Texts& what) {
    Texts out;
    std::copy_if(from.begin(), from.end(), std::back_inserter(out), [&](const auto& t) { return std::find(what.begin(), what.end(), t) == what.end(); });
    return out;
}

void compare_part(const std::string& head, const std::string& name, const Texts& before, const Texts& after, Texts& out) {
    if (before == after) return;
    const auto added = without(after, before), removed = without(before, after);
    std::string line = head + ": " + name + ": ";
    if (before.size() == 1 && after.size() == 1) line += fmt::format("{} -> {}", before[0], after[0]);
    else if (added.empty() && removed.empty()) line += "another order";
    else if (added.empty()) line += fmt::format("removed {}", fmt::join(removed, ", "));
    else if (removed.empty()) line += fmt::format("added {}", fmt::join(added, ", "));
    else line += fmt::format("added {}, removed {}", fmt::join(added, ", "), fmt::join(removed, ", "));
    out.push_back(line);
}

void compare(const Thing& before, const Thing& after, Texts& out) {
    const auto head = before.name.empty() ? "~ " + before.kind : "~ " + before.kind + " " + before.name;
    const auto texts_of = [](const Thing& thing, const std::string& part) {
        for (const auto& p : thing.parts)
            if (p.name == part) return p.texts;
        return Texts{};
    };
    for (const auto& part : before.parts) compare_part(head, part.name, part.texts, texts_of(after, part.name), out);
    for (const auto& part : after.parts)
        if (std::none_of(before.parts.begin(), before.parts.end(), [&](const Part& p) { return p.name == part.name; }))
            compare_part(head, part.name, {}, part.texts, out);
}

const Thing* find(const std::vector<Thing>& list, const Thing& wanted) {
    auto at = std::find_if(list.begin(), list.end(), [&](const Thing& t) { return t.kind == wanted.kind && t.name == wanted.name; });
    return at == list.end() ? nullptr : &*at;
}

}  // namespace

std::vector<std::string> diff(const Document& before, const Document& after) {
    const auto old_things = things(before), new_things = things(after);
    Texts out;
    for (const auto& thing : old_things) {
        const auto* now = find(new_things, thing);
        if (now == nullptr) out.push_back("- " + thing.kind + " " + thing.name);
        else compare(thing, *now, out);
    }
    for (const auto& thing : new_things)
        if (find(old_things, thing) == nullptr) out.push_back("+ " + thing.kind + " " + thing.name);
    return out;
}

}  // namespace anteroom::policy
