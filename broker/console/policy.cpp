// The policy page: the version in force, why somebody may or may not, who can reach a target, what another text would change.
#include <boost/json.hpp>

#include "broker/console/handlers.h"
#include "broker/console/names.h"
#include "broker/console/reading.h"
#include "policy/diff.h"
#include "policy/explain.h"
#include "policy/parser.h"

namespace anteroom::console {

namespace json = boost::json;

namespace {

constexpr std::size_t longest_name = 64, longest_capability = 300, longest_policy = 60 * 1024;

Result<TargetId> target_of(const Call& call) {
    const auto text = TRY(line_of(call, "target", longest_name));
    auto target = TargetId::parse(text);
    if (!target) return fail(ErrorKind::invalid, "target is no name for a target");
    return target;
}

json::array considered_rows(const std::vector<policy::Considered>& list) {
    json::array rows;
    for (const auto& one : list) rows.push_back({{"rule", one.rule}, {"forbid", one.forbid}, {"applies", one.applies}, {"why", one.why}});
    return rows;
}

}  // namespace

Result<Answer> policy_current(Call& call) {
    const auto latest = TRY(call.here.policy_versions.latest());
    if (!latest) return fail(ErrorKind::not_found, "There is no policy yet.");
    Answer out;
    out.body = json::object{{"version", latest->version},
                            {"applied", rfc3339(latest->applied_at)},
                            {"applied_by", latest->applied_by},
                            {"text", latest->text},
                            {"warnings", json::value_from(call.here.policy.document.warnings)}};
    return out;
}

Result<Answer> policy_names(Call& call) {
    const auto names = TRY(Names::load(call.here));
    json::array people, targets;
    for (const auto& person : names.people())
        people.push_back({{"name", person.name.str()}, {"display_name", names.display(person.name)}, {"vendor", names.vendor(person.name)}});
    for (const auto& [id, target] : call.here.policy.document.targets) {
        json::array accounts;
        for (const auto& [account, terms] : target.accounts) accounts.emplace_back(account.str());
        targets.push_back({{"target", id.str()},
                           {"description", target.description},
                           {"accounts", std::move(accounts)},
                           {"protocol", target.protocol == policy::Protocol::rdp ? "rdp" : "ssh"}});
    }
    Answer out;
    out.body = json::object{{"people", std::move(people)}, {"targets", std::move(targets)}, {"capabilities", json::value_from(policy::capability_kinds())}};
    return out;
}

Result<Answer> policy_explain(Call& call) {
    const auto person = PersonId::parse(TRY(line_of(call, "person", longest_name)));
    const auto target = TRY(target_of(call));
    const auto account = AccountId::parse(TRY(line_of(call, "account", longest_name)));
    const auto capability = TRY(line_of(call, "capability", longest_capability));
    const auto use = TRY(policy::parse_use(capability));
    const auto at = TRY(time_of(call, "at")).value_or(call.now());
    if (!person || !TRY(call.here.people.find(*person))) return fail(ErrorKind::invalid, "there is no person of that name");
    if (!account) return fail(ErrorKind::invalid, "account is no name for an account");
    const auto facts = TRY(call.here.facts_of(*person, ""));
    const auto& document = call.here.policy.document;
    const policy::Ask ask{target, *account};
    const auto it = policy::explanation(document, facts, ask, use, at);
    const auto decision = policy::evaluate(document, facts, ask, at);
    Answer out;
    out.body = json::object{{"verdict", verdict_word(it.verdict)},
                            {"rule", it.rule},
                            {"sentence", it.sentence},
                            {"considered", considered_rows(it.considered)},
                            {"changes", json::value_from(it.changes)},
                            {"allow", json::value_from(decision.allow)},
                            {"forbid", json::value_from(decision.forbid)},
                            {"ends", it.ends ? json::value(rfc3339(*it.ends)) : json::value(nullptr)}};
    return out;
}

Result<Answer> policy_who_can(Call& call) {
    const auto target = TRY(target_of(call));
    const auto& document = call.here.policy.document;
    if (!document.targets.contains(target)) return fail(ErrorKind::invalid, "the policy in force has no target of that name");
    const auto names = TRY(Names::load(call.here));
    std::map<PersonId, policy::Facts> facts;
    std::vector<policy::Facts> everybody;
    for (const auto& person : names.people()) {
        everybody.push_back(Names::facts(person));
        facts[person.name] = everybody.back();
    }
    json::array rows;
    for (const auto& one : policy::who_can(document, everybody, target, call.now())) {
        const auto decision = policy::evaluate(document, facts.at(one.person), {target, one.account}, call.now());
        rows.push_back({{"person", one.person.str()},
                        {"name", names.display(one.person)},
                        {"vendor", names.vendor(one.person)},
                        {"account", one.account.str()},
                        {"verdict", verdict_word(one.verdict)},
                        {"rule", one.rule},
                        {"capabilities", json::value_from(decision.allow)}});
    }
    Answer out;
    out.body = json::object{{"rows", std::move(rows)}};
    return out;
}

Result<Answer> policy_diff(Call& call) {
    const auto text = TRY(text_of(call, "text", longest_policy));
    const auto document = policy::parse(text, "policy.yaml");
    Answer out;
    if (!document) {
        out.body = json::object{{"changes", json::array()}, {"warnings", json::array()}, {"problem", document.error().detail}};
        return out;
    }
    out.body = json::object{{"changes", json::value_from(policy::diff(call.here.policy.document, *document))},
                            {"warnings", json::value_from(document->warnings)},
                            {"problem", nullptr}};
    return out;
}

}  // namespace anteroom::console
