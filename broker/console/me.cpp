// Me, and the pages that the policy in force gives somebody.
#include "broker/console/me.h"

#include <boost/json.hpp>

#include <algorithm>

#include "policy/deciding.h"

namespace anteroom::console {

namespace json = boost::json;

namespace {

constexpr std::string_view in_order[] = {"home", "approvals", "live", "recordings", "breakglass", "audit", "policy", "people", "me"};

std::vector<policy::Facts> everybody(installation::Installation& here) {
    std::vector<policy::Facts> out;
    const auto people = here.people.list();
    if (!people) return out;
    for (const auto& person : *people) {
        policy::Facts facts{person.name, person.groups, std::nullopt, person.disabled, person.expires, ""};
        if (!person.vendor.empty()) facts.vendor = VendorId(person.vendor);
        out.push_back(std::move(facts));
    }
    return out;
}

std::int64_t seconds_until(Time then, Time now) { return std::max<std::int64_t>(0, std::chrono::floor<std::chrono::seconds>(then - now).count()); }

}  // namespace

bool is_approver(installation::Installation& here, const PersonId& person) {
    const auto now = here.clock.now();
    const auto people = everybody(here);
    const auto& document = here.policy.document;
    // Asked long ago: whoever it escalates to counts as well.
    return std::any_of(document.rules.begin(), document.rules.end(), [&](const policy::Rule& rule) {
        return rule.approval && !policy::decides_as(document, *rule.approval, people, person, Time{}, now).empty();
    });
}

std::set<std::string_view> pages_of(installation::Installation& here, const PersonId& person) {
    const auto facts = here.facts_of(person, "");
    if (!facts) return {};
    const auto& document = here.policy.document;
    const auto named = [&](const policy::Subjects& subjects) { return policy::is_one_of(document, *facts, subjects); };
    const bool approver = is_approver(here, person);
    const bool reviewer = std::any_of(document.reviewers.begin(), document.reviewers.end(), [&](const auto& entry) { return named(entry.who); });
    std::set<std::string_view> pages{"home", "me"};
    if (approver) pages.insert("approvals");
    if (approver || reviewer) pages.insert("live");
    if (reviewer) pages.insert("recordings");
    // Whoever reads the audit log sees who owes a review.
    const auto& emergencies = document.break_glass;
    if (std::any_of(emergencies.begin(), emergencies.end(), [&](const auto& entry) { return named(entry.review_by); }) || named(document.console.audit))
        pages.insert("breakglass");
    if (named(document.console.audit)) pages.insert("audit");
    if (named(document.console.policy)) pages.insert("policy");
    if (named(document.console.people)) pages.insert("people");
    return pages;
}

Result<json::object> me_of(installation::Installation& here, const Session& session, std::uint64_t event) {
    const auto now = here.clock.now();
    const auto person = TRY(here.people.find(session.person));
    if (!person) return fail(ErrorKind::not_found, "there is no person named " + session.person.str());
    const auto codes = TRY(here.totp.find(session.person));
    const auto passkeys = TRY(here.passkeys.count(session.person));
    const auto shown = session.enrolling ? std::set<std::string_view>() : pages_of(here, session.person);
    json::array pages;
    for (const auto page : in_order)
        if (shown.contains(page)) pages.emplace_back(page);
    const json::object factors{{"password", person->password_hash.has_value()}, {"codes", codes.has_value()}, {"passkeys", passkeys}};
    return json::object{{"person", session.person.str()},
                        {"name", printable(person->display_name.empty() ? session.person.str() : person->display_name)},
                        {"csrf", session.csrf},
                        {"enrolling", session.enrolling},
                        {"pages", std::move(pages)},
                        {"idle_seconds", seconds_until(session.idle_ends, now)},
                        {"seconds", seconds_until(session.ends, now)},
                        {"idle_limit_seconds", std::chrono::floor<std::chrono::seconds>(here.config.web.idle).count()},
                        {"factors", factors},
                        {"zone", here.config.zone},
                        {"help", here.config.help},
                        {"now", rfc3339(now)},
                        {"approver", shown.contains("approvals")},
                        {"event", event}};
}

}  // namespace anteroom::console
