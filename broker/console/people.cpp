// The people page: who has access, by what, and when somebody last looked whether they still need it. Keeping, disabling and enabling
// are decisions with a fresh factor and a record each.
#include <boost/json.hpp>

#include <algorithm>
#include <limits>

#include "broker/access/console_sessions.h"
#include "broker/access/telling.h"
#include "broker/audit/record.h"
#include "broker/console/handlers.h"
#include "broker/console/names.h"
#include "broker/console/reading.h"
#include "policy/explain.h"

namespace anteroom::console {

namespace json = boost::json;

namespace {

constexpr std::size_t looked_back = 5000, visits_shown = 20;

json::value time_or_null(const std::optional<Time>& time) { return time ? json::value(rfc3339(*time)) : json::value(nullptr); }

struct Reviewed {
    Time at{};
    std::string by;
};
// What the audit log says of people: one pass over the newest records of a kind for all of them.
struct Known {
    std::map<std::string, Time> seen;
    std::map<std::string, Reviewed> reviewed;
};

std::string who_reviewed(const store::AuditRow& row) {
    const auto entry = audit::parse_body(row.body);
    return entry && entry->fields.contains("by") ? entry->fields.at("by") : "";
}

Result<Known> known(Call& call, const std::string& person) {
    Known out;
    store::AuditRecords records(call.here.database, call.here.log->chain());
    const auto newest = [&](audit::Kind kind) {
        store::AuditFilter filter;
        filter.kind = audit::name_of(kind);
        filter.person = person;
        return records.page_before(filter, std::numeric_limits<std::int64_t>::max(), person.empty() ? looked_back : 1);
    };
    for (const auto& row : TRY(newest(audit::Kind::login_accepted))) out.seen.emplace(row.person, row.time);
    for (const auto& row : TRY(newest(audit::Kind::access_reviewed))) out.reviewed.try_emplace(row.person, Reviewed{row.time, who_reviewed(row)});
    return out;
}

Result<json::object> row_of(Call& call, const store::Person& person, const Known& known) {
    auto& here = call.here;
    const auto codes = TRY(here.totp.find(person.name));
    const auto keys = TRY(here.person_keys.of(person.name));
    const auto passkeys = TRY(here.passkeys.count(person.name));
    const auto visits = TRY(here.sessions.of_person(person.name, 1));
    const auto seen = known.seen.find(person.name.str());
    const auto reviewed = known.reviewed.find(person.name.str());
    json::value review(nullptr);
    if (reviewed != known.reviewed.end()) review = {{"at", rfc3339(reviewed->second.at)}, {"by", reviewed->second.by}};
    return json::object{
        {"name", person.name.str()},
        {"display_name", person.display_name.empty() ? person.name.str() : person.display_name},
        {"email", person.email},
        {"vendor", person.vendor},
        {"groups", json::value_from(person.groups)},
        {"disabled", person.disabled},
        {"expires", time_or_null(person.expires)},
        {"mark", person.mark},
        {"last_seen", seen == known.seen.end() ? json::value(nullptr) : json::value(rfc3339(seen->second))},
        {"last_session", visits.empty() ? json::value(nullptr) : json::value(rfc3339(visits.front().started))},
        {"factors", {{"password", person.password_hash.has_value()}, {"codes", codes.has_value()}, {"passkeys", passkeys}, {"keys", keys.size()}}},
        {"reviewed", std::move(review)}};
}

Result<Answer> detail(Call& call, const PersonId& name) {
    const auto person = TRY(call.here.people.find(name));
    if (!person) return fail(ErrorKind::not_found, "There is no person named " + name.str() + ".");
    const auto facts = TRY(call.here.facts_of(name, ""));
    const auto& document = call.here.policy.document;
    json::array reach, visits;
    for (const auto& one : policy::reachable(document, facts, call.now())) {
        const auto decision = policy::evaluate(document, facts, {one.target, one.account}, call.now());
        reach.push_back({{"target", one.target.str()},
                         {"account", one.account.str()},
                         {"verdict", one.verdict == policy::Decision::Verdict::deny && one.break_glass ? "break-glass" : verdict_word(one.verdict)},
                         {"rule", decision.rule}});
    }
    for (const auto& visit : TRY(call.here.sessions.of_person(name, visits_shown)))
        visits.push_back(
            {{"started", rfc3339(visit.started)}, {"ended", time_or_null(visit.ended)}, {"target", visit.target.str()}, {"account", visit.account.str()}});
    const auto what_is_known = TRY(known(call, name.str()));
    auto out = TRY(row_of(call, *person, what_is_known));
    out["reach"] = std::move(reach);
    out["visits"] = std::move(visits);
    Answer answer;
    answer.body = std::move(out);
    return answer;
}

Result<store::Person> person_in_path(Call& call) {
    const auto& text = call.in_path.front();
    const auto none = fail(ErrorKind::not_found, "There is no person named " + text + ".");
    const auto name = PersonId::parse(text);
    if (!name) return none;
    auto found = TRY(call.here.people.find(*name));
    if (!found) return none;
    return std::move(*found);
}

audit::Record decision_record(Call& call, audit::Kind kind, const store::Person& person, const char* why_field, const std::string& why) {
    audit::Record record{kind, person.name.str(), "", "", call.factor->evidence()};
    record.fields.insert({{"by", call.person().str()}, {"through", "console"}, {"source", call.asked.source}, {why_field, why}});
    call.factor.reset();
    return record;
}

// Nobody decides about their own access, in either direction.
Status check_other(const Call& call, const store::Person& person) {
    if (person.name != call.person()) return ok();
    return fail(ErrorKind::refused, "Nobody decides about their own access.");
}

Result<Answer> set_disabled(Call& call, bool disabled) {
    const auto person = TRY(person_in_path(call));
    const auto reason = TRY(line_of(call, "reason", access::longest_reason));
    TRY(check_other(call, person));
    if (person.disabled == disabled) return fail(ErrorKind::conflict, person.name.str() + (disabled ? " is disabled already." : " is not disabled."));
    const auto record = decision_record(call, disabled ? audit::Kind::person_disabled : audit::Kind::person_enabled, person, "reason", reason);
    TRY(call.here.database.transaction([&]() -> Status {
        TRY(call.here.people.set_disabled(person.name, disabled));
        if (disabled) TRY(access::end_console_sessions(call.here, person.name, "disabled"));
        TRY(call.here.log->append(record));
        return ok();
    }));
    call.live.reconsider();  // consoles hear of it too
    call.events.me(person.name);
    return detail(call, person.name);
}

}  // namespace

Result<Answer> people_list(Call& call) {
    const auto what_is_known = TRY(known(call, ""));
    json::array rows;
    for (const auto& person : TRY(call.here.people.list())) rows.push_back(TRY(row_of(call, person, what_is_known)));
    Answer out;
    out.body = json::object{{"people", std::move(rows)}};
    return out;
}

Result<Answer> person_detail(Call& call) {
    const auto person = TRY(person_in_path(call));
    return detail(call, person.name);
}

Result<Answer> person_keep(Call& call) {
    const auto person = TRY(person_in_path(call));
    const auto note = TRY(line_of(call, "note", access::longest_note, false));
    TRY(check_other(call, person));
    TRY(call.here.log->append(decision_record(call, audit::Kind::access_reviewed, person, "note", note)));
    call.events.people();
    return detail(call, person.name);
}

Result<Answer> person_disable(Call& call) { return set_disabled(call, true); }
Result<Answer> person_enable(Call& call) { return set_disabled(call, false); }

}  // namespace anteroom::console
