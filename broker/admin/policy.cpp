// The policy: what a new one would change, putting it in force, and explaining the one that is. A document with a fault
// changes nothing.
#include <boost/json.hpp>

#include "broker/admin/commands.h"
#include "broker/installation/keystroke_recipient.h"
#include "policy/diff.h"
#include "policy/explain.h"
#include "policy/network.h"
#include "policy/parser.h"

namespace anteroom::admin {

namespace json = boost::json;

namespace {

Status add_lines(Call& call, const char* what, const std::vector<std::string>& lines) {
    for (const auto& line : lines) TRY(call.rows.add({{"kind", what}, {"line", line}}));
    return ok();
}

// What the document says, and what this installation lacks for it.
Status add_warnings(Call& call, const policy::Document& document) {
    TRY(add_lines(call, "warning", document.warnings));
    if (TRY(installation::keystroke_recipient(call.here.settings))) return ok();
    for (const auto& rule : document.rules)
        if (rule.keystrokes_sealed)
            TRY(add_lines(call, "warning",
                          {"rule " + rule.id +
                           ": keystrokes: sealed, and there is no key to seal them to: its sessions will be refused until "
                           "`anteroom key keystrokes --out FILE` made one"}));
    return ok();
}

json::array lines_of(std::string_view text) {
    json::array lines;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        lines.emplace_back(line);
        text.remove_prefix(std::min(text.size(), line.size() + 1));
    }
    return lines;
}

Status check_source(const std::string& source) {
    if (source.empty() || policy::Network::parse(source)) return ok();
    return fail(ErrorKind::invalid, quoted(source) + " is no address to come from");
}

Result<TargetId> known_target(Call& call) {
    const auto target = TargetId::parse(call.argument("target"));
    if (!target) return fail(ErrorKind::invalid, quoted(call.argument("target")) + " is no name for a target");
    if (!call.here.policy.document.targets.contains(*target)) return fail(ErrorKind::not_found, "the policy in force has no target " + target->str());
    return *target;
}

json::array considered_rows(const std::vector<policy::Considered>& list) {
    json::array rows;
    for (const auto& one : list) rows.push_back({{"rule", one.rule}, {"forbid", one.forbid}, {"applies", one.applies}, {"why", one.why}});
    return rows;
}

// An unbroken text is the one in force already.
Result<bool> is_in_force(Call& call) {
    const auto latest = TRY(call.here.policy_versions.latest());
    return latest && latest->text == call.asked.text;
}

}  // namespace

Outcome policy_diff(Call& call) {
    const auto document = TRY(policy::parse(call.asked.text, call.argument("file")));
    const auto changes = policy::diff(call.here.policy.document, document);
    TRY(add_lines(call, "change", changes));
    TRY(add_warnings(call, document));
    return done(call, changes.empty() ? "nothing would change" : "");
}

// The person at the other end has the differences before the policy takes effect: a reader that is gone ends it.
Outcome policy_apply(Call& call) {
    const std::string& file = call.argument("file");
    const auto document = policy::parse(call.asked.text, file);
    if (!document) {
        TRY(call.append(call.record(audit::Kind::policy_refused, {{"file", file}, {"why", document.error().detail}})));
        return fail(document.error());
    }
    TRY(add_lines(call, "change", policy::diff(call.here.policy.document, *document)));
    TRY(add_warnings(call, *document));
    TRY(call.rows.flush());
    const auto in_force = std::to_string(call.here.policy.version);
    if (call.given("dry_run")) {
        TRY(call.append(call.record(audit::Kind::admin_command, {{"file", file}, {"outcome", "dry run"}})));
        return done(call, "nothing was applied (--dry-run); version " + in_force + " is in force");
    }
    if (TRY(is_in_force(call))) {
        TRY(call.append(call.record(audit::Kind::admin_command, {{"file", file}, {"outcome", "already in force"}})));
        return done(call, "this is version " + in_force + ", which is in force already", {{"version", call.here.policy.version}});
    }
    const auto version = TRY(call.here.apply_policy(call.asked.text, file, "unix:" + call.caller.unix_user));
    call.recorded = true;
    call.live.reconsider();
    return done(call, "version " + std::to_string(version) + " is in force", {{"version", version}});
}

Outcome policy_explain(Call& call) {
    const auto person = TRY(known_person(call, call.argument("person")));
    const auto account = AccountId::parse(call.argument("account"));
    const auto target = TargetId::parse(call.argument("target"));
    if (!target) return fail(ErrorKind::invalid, quoted(call.argument("target")) + " is no name for a target");
    if (!account) return fail(ErrorKind::invalid, quoted(call.argument("account")) + " is no name for an account");
    const auto use = TRY(policy::parse_use(call.argument("capability")));
    TRY(check_source(call.argument("from")));
    Time at = call.now();
    if (call.given("at")) {
        const auto parsed = parse_rfc3339(call.argument("at"));
        if (!parsed) return fail(ErrorKind::invalid, quoted(call.argument("at")) + " is no time; 2026-01-02T03:04:05Z is");
        at = *parsed;
    }
    const auto facts = TRY(call.here.facts_of(person.name, call.argument("from")));
    const auto& document = call.here.policy.document;
    const auto it = policy::explanation(document, facts, {*target, *account}, use, at);
    TRY(call.rows.add({{"verdict", policy::name(it.verdict)},
                       {"rule", it.rule},
                       {"sentence", it.sentence},
                       {"ends", time_or_null(it.ends)},
                       {"considered", considered_rows(it.considered)},
                       {"changes", texts(it.changes)},
                       {"text", lines_of(policy::explain(document, facts, *target, *account, use, at))}}));
    return done(call);
}

Outcome policy_who_can(Call& call) {
    const auto target = TRY(known_target(call));
    TRY(check_source(call.argument("from")));
    std::vector<policy::Facts> everybody;
    for (const auto& person : TRY(call.here.people.list())) everybody.push_back(TRY(call.here.facts_of(person.name, call.argument("from"))));
    for (const auto& one : policy::who_can(call.here.policy.document, everybody, target, call.now()))
        TRY(call.rows.add({{"person", one.person.str()}, {"account", one.account.str()}, {"verdict", policy::name(one.verdict)}, {"rule", one.rule}}));
    return done(call);
}

}  // namespace anteroom::admin
