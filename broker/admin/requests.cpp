// Requests for access from the command line: asked for and decided on in a person's name, with that person's code each time.
// Nothing is decided here: broker/access does, by the policy in force.
#include "broker/admin/requests.h"

#include <boost/json.hpp>

#include <charconv>

#include "broker/admin/commands.h"
#include "broker/talk/words.h"
#include "policy/explain.h"

namespace anteroom::admin {

namespace json = boost::json;

namespace {

json::value seconds_or_null(Duration length) {
    return length > Duration(0) ? json::value(std::chrono::ceil<std::chrono::seconds>(length).count()) : json::value(nullptr);
}

json::array yeses_of(const std::vector<access::Yes>& list) {
    json::array rows;
    for (const auto& yes : list)
        rows.push_back({{"by", yes.by.str()},
                        {"standing_in_for", yes.standing_in_for ? json::value(yes.standing_in_for->str()) : json::value(nullptr)},
                        {"at", rfc3339(yes.at)},
                        {"seconds", seconds_or_null(yes.length.value_or(Duration(0)))}});
    return rows;
}

json::array places_of(const access::Card& card) {
    json::array rows;
    for (const auto& place : card.places) {
        json::array words;
        for (const auto& capability : place.capabilities) words.emplace_back(talk::capability_words(capability));
        rows.push_back({{"target", place.target},
                        {"account", place.account},
                        {"description", place.description},
                        {"privileged", place.privileged},
                        {"capabilities", texts(place.capabilities)},
                        {"capability_words", std::move(words)},
                        {"rule", place.rule},
                        {"grace_seconds", seconds_or_null(place.grace.value_or(Duration(0)))},
                        {"confirm", texts(place.confirm)}});
    }
    return rows;
}

json::array visits_of(const access::Card& card) {
    json::array rows;
    for (const auto& visit : card.visits)
        rows.push_back({{"started", rfc3339(visit.started)},
                        {"ended", time_or_null(visit.ended)},
                        {"target", visit.target},
                        {"account", visit.account},
                        {"ticket", visit.ticket}});
    return rows;
}

bool is_waiting(const access::Request& request) { return request.state == access::RequestState::requested || request.extension.has_value(); }

Result<std::vector<policy::Ask>> asks_of(Call& call) {
    if (call.asked.list.empty()) return fail(ErrorKind::invalid, "request create needs at least one target");
    const auto facts = TRY(call.here.facts_of(call.actor, ""));
    std::vector<policy::Ask> asks;
    for (const auto& text : call.asked.list) {
        auto ask = TRY(ask_of(call.here, facts, text));
        if (std::find(asks.begin(), asks.end(), ask) != asks.end()) return fail(ErrorKind::invalid, place_text(ask) + " was named twice");
        asks.push_back(std::move(ask));
    }
    return asks;
}

// A moment, or how long from now.
Result<std::optional<Time>> beginning(const Call& call) {
    if (!call.given("at")) return std::optional<Time>();
    if (const auto time = parse_rfc3339(call.argument("at"))) return std::optional(*time);
    if (const auto wait = parse_duration(call.argument("at"))) return std::optional(call.now() + *wait);
    return fail(ErrorKind::invalid, quoted(call.argument("at")) + " is no time; 2026-01-02T03:04:05Z is, or 2h for two hours from now");
}

Outcome answer_with(Call& call, const access::Request& request, const std::string& sentence) {
    const auto card = call.live.access().card(request);
    TRY(call.rows.add(card ? card_row(*card) : request_row(request)));  // it is done, whatever can be shown of it
    std::string waiting;
    if (card)
        for (const auto& one : card->waiting_for) waiting += (waiting.empty() ? "" : " and ") + one;
    return done(call, is_waiting(request) && !waiting.empty() ? sentence + "; it waits for " + waiting : sentence);
}

}  // namespace

Result<policy::Ask> ask_of(installation::Installation& here, const policy::Facts& facts, const std::string& text) {
    const auto cut = text.find_first_of("+:");
    const auto target = TargetId::parse(text.substr(0, cut));
    if (!target) return fail(ErrorKind::invalid, quoted(text) + " is no target; TARGET or TARGET+ACCOUNT is");
    if (cut != std::string::npos) {
        const auto account = AccountId::parse(text.substr(cut + 1));
        if (!account) return fail(ErrorKind::invalid, quoted(text) + " names no account; TARGET+ACCOUNT does");
        return policy::Ask{*target, *account};
    }
    const auto& document = here.policy.document;
    if (const auto account = policy::default_account(document, facts, *target, here.clock.now())) return policy::Ask{*target, *account};
    std::string list;
    for (const auto& account : policy::accounts_for(document, facts, *target, here.clock.now())) list += (list.empty() ? "" : ", ") + account.str();
    if (list.empty()) return fail(ErrorKind::refused, "there is nothing on " + target->str() + " that " + facts.person.str() + " could ask for");
    return fail(ErrorKind::invalid, "say which account: " + target->str() + "+ACCOUNT, with one of " + list);
}

std::string place_text(const policy::Ask& ask) { return ask.target.str() + "+" + ask.account.str(); }

json::object request_row(const access::Request& request) {
    json::array targets;
    for (const auto& wanted : request.wanted) targets.emplace_back(place_text(wanted.ask));
    json::value extension(nullptr);
    if (request.extension)
        extension = {
            {"seconds", seconds_or_null(request.extension->by)}, {"asked", rfc3339(request.extension->asked)}, {"yeses", yeses_of(request.extension->yeses)}};
    return {{"id", request.id},
            {"kind", !request.emergency ? "request"
                     : request.drill    ? "drill"
                                        : "break-glass"},
            {"state", access::name(request.state)},
            {"person", request.person.str()},
            {"targets", std::move(targets)},
            {"reason", request.reason},
            {"ticket", request.ticket},
            {"source", request.source},
            {"created", rfc3339(request.created)},
            {"asked_seconds", seconds_or_null(request.asked)},
            {"not_before", time_or_null(request.not_before)},
            {"unusual", texts(request.unusual)},
            {"waits_until", request.state == access::RequestState::requested ? json::value(rfc3339(request.waits_until)) : json::value(nullptr)},
            {"escalated", request.escalated},
            {"yeses", yeses_of(request.yeses)},
            {"granted_seconds", seconds_or_null(request.length)},
            {"clock", request.clock == policy::GrantClock::approval ? "approval" : "first-connection"},
            {"starts", time_or_null(request.starts)},
            {"ends", time_or_null(request.ends)},
            {"extension", std::move(extension)},
            {"decided", time_or_null(request.decided)},
            {"decided_by", request.decided_by.str()},
            {"decision", request.decision}};
}

json::object card_row(const access::Card& card) {
    auto row = request_row(card.request);
    row["person_name"] = card.person_name;
    row["vendor"] = card.vendor;
    row["agreement"] = card.agreement;
    row["places"] = places_of(card);
    row["visits"] = visits_of(card);
    row["waiting_for"] = texts(card.waiting_for);
    row["notified"] = time_or_null(card.notified);
    row["confirm"] = texts(card.confirm);
    row["max_seconds"] = seconds_or_null(card.max);
    return row;
}

std::string request_text(const access::Request& request) { return "request " + std::to_string(request.id) + " of " + request.person.str(); }

std::string term_text(const Call& call, const access::Request& request) {
    const bool later = request.starts && *request.starts > call.now();
    const std::string from = later ? "from " + call.here.time_text(*request.starts) + " " : "";
    if (request.ends) return from + "until " + call.here.time_text(*request.ends);
    return from + "for " + duration_text(request.length) + " from the first connection on";
}

Result<Duration> length_argument(const Call& call, std::string_view name) {
    const auto& text = call.argument(name);
    auto length = text.empty() ? fail(ErrorKind::invalid, "") : parse_duration(text);
    if (!length || *length <= Duration(0)) return fail(ErrorKind::invalid, quoted(text) + " is no length of time; 90s, 30m, 4h or 2d is");
    return length;
}

Result<access::Request> known_request(Call& call) {
    const auto& text = call.argument("id");
    std::int64_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc() || end != text.data() + text.size() || id <= 0)
        return fail(ErrorKind::invalid, quoted(text) + " is no request's number; `anteroom request list --all` shows them");
    auto found = TRY(call.live.access().find(id));
    if (!found) return fail(ErrorKind::not_found, "there is no request " + std::to_string(id));
    return std::move(*found);
}

Result<access::Request> decide(Call& call, std::int64_t id, const Deciding& deciding) {
    auto by = TRY(take_factor(call));
    audit::Fields fields{{"outcome", "begun"}};
    if (id != 0) fields["request"] = std::to_string(id);
    TRY(call.append(call.record(audit::Kind::admin_command, std::move(fields))));
    auto decided = deciding(std::move(by));
    if (!decided) call.recorded = false;  // that it was refused is recorded too
    return decided;
}

Outcome request_list(Call& call) {
    for (const auto& request : TRY(call.live.access().list(call.given("all")))) {
        auto row = request_row(request);
        row["waiting_for"] = json::array();
        if (is_waiting(request)) {
            const auto card = TRY(call.live.access().card(request));
            row["waiting_for"] = texts(card.waiting_for);
        }
        TRY(call.rows.add(std::move(row)));
    }
    return done(call);
}

Outcome request_show(Call& call) {
    const auto request = TRY(known_request(call));
    const auto card = TRY(call.live.access().card(request));
    TRY(call.rows.add(card_row(card)));
    return done(call);
}

Outcome request_create(Call& call) {
    access::NewRequest wanted;
    wanted.person = call.actor;
    wanted.asks = TRY(asks_of(call));
    wanted.reason = call.argument("reason");
    wanted.ticket = call.argument("ticket");
    if (call.given("for")) wanted.length = TRY(length_argument(call, "for"));
    wanted.not_before = TRY(beginning(call));
    wanted.made_by = "unix:" + call.caller.unix_user;
    const auto made = TRY(decide(call, 0, [&](const access::SecondFactor&) { return call.live.access().create(wanted); }));
    return answer_with(call, made, request_text(made) + " is made");
}

Outcome request_withdraw(Call& call) {
    const auto request = TRY(known_request(call));
    const auto after = TRY(decide(call, request.id, [&](const access::SecondFactor& by) { return call.live.access().withdraw(request.id, by.person()); }));
    return answer_with(call, after, request_text(after) + " is withdrawn");
}

Outcome request_approve(Call& call) {
    const auto request = TRY(known_request(call));
    std::optional<Duration> length;
    if (call.given("for")) length = TRY(length_argument(call, "for"));
    const auto after = TRY(decide(
        call, request.id, [&](access::SecondFactor by) { return call.live.access().approve(request.id, std::move(by), length, call.given("confirm")); }));
    const bool counted_only = after.state == access::RequestState::requested;
    return answer_with(call, after,
                       counted_only ? "the yes of " + call.actor.str() + " to " + request_text(after) + " counts"
                                    : request_text(after) + " is approved " + term_text(call, after));
}

Outcome request_deny(Call& call) {
    const auto request = TRY(known_request(call));
    const auto after =
        TRY(decide(call, request.id, [&](access::SecondFactor by) { return call.live.access().deny(request.id, std::move(by), call.argument("reason")); }));
    return answer_with(call, after, request_text(after) + " is denied");
}

Outcome request_extend(Call& call) {
    const auto request = TRY(known_request(call));
    const bool yes = !call.given("no");
    const auto after = TRY(
        decide(call, request.id, [&](access::SecondFactor by) { return call.live.access().extend(request.id, std::move(by), yes, call.given("confirm")); }));
    if (!yes) return answer_with(call, after, request_text(after) + " gets no more time");
    return answer_with(call, after,
                       after.extension ? "the yes of " + call.actor.str() + " to more time for " + request_text(after) + " counts"
                                       : request_text(after) + " goes on " + term_text(call, after));
}

Outcome request_revoke(Call& call) {
    const auto request = TRY(known_request(call));
    const auto after =
        TRY(decide(call, request.id, [&](access::SecondFactor by) { return call.live.access().revoke(request.id, std::move(by), call.argument("reason")); }));
    return answer_with(call, after, request_text(after) + " is revoked");
}

}  // namespace anteroom::admin
