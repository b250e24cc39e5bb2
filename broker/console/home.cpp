// Home: what one person may reach, with what they hold and wait for; and the ways from there: a ticket, a request, break-glass.
#include <boost/json.hpp>

#include <algorithm>

#include "broker/access/telling.h"
#include "broker/admin/rdp_ticket.h"
#include "broker/admin/requests.h"
#include "broker/console/cards.h"
#include "broker/console/connect.h"
#include "broker/console/handlers.h"
#include "broker/console/reading.h"
#include "broker/talk/request_standing.h"
#include "broker/talk/words.h"
#include "policy/deciding.h"
#include "policy/explain.h"

namespace anteroom::console {

namespace json = boost::json;
using access::RequestState;
using Verdict = policy::Decision::Verdict;

namespace {

constexpr std::size_t most_own = 200, longest_place = 200;

json::value time_or_null(const std::optional<Time>& time) { return time ? json::value(rfc3339(*time)) : json::value(nullptr); }
json::value seconds_or_null(Duration length) {
    return length > Duration(0) ? json::value(std::chrono::ceil<std::chrono::seconds>(length).count()) : json::value(nullptr);
}

// Where somebody stands with one place, in people's words.
struct Standing {
    const char* state = "refused";
    std::string why;
    std::optional<Time> ends;
    std::vector<std::string> allow;
    std::string rule;
    std::int64_t request = 0;
};

std::string as_sentence(std::string text) {
    if (!text.empty() && text.front() >= 'a' && text.front() <= 'z') text.front() = static_cast<char>(text.front() - 'a' + 'A');
    if (!text.empty() && std::string_view(".?!").find(text.back()) == std::string_view::npos) text += '.';
    return text;
}

Standing of_emergency(Call& call, const access::Request& emergency) {
    Standing out{"ready", as_sentence(talk::state_text(call.here, emergency)), emergency.ends, {}, emergency.wanted.front().rule, emergency.id};
    if (const auto* entry = call.here.policy.document.emergency(out.rule)) out.allow = entry->allow;
    return out;
}

// Not open now, whatever is waited for.
Result<Standing> of_waiting(Call& call, Standing out, const access::Request& request) {
    out.state = "waiting";
    out.request = request.id;
    if (request.state != RequestState::requested) {
        out.why = as_sentence(talk::state_text(call.here, request));
        return out;
    }
    const auto card = TRY(call.live.access().card(request));
    out.why = as_sentence(talk::waiting_for_text(card));
    return out;
}

std::string approvers_text(const policy::Document& document, const std::string& rule) {
    const auto* found = document.rule(rule);
    if (found == nullptr || !found->approval) return "It takes an approval.";
    return "It takes an approval by " + talk::listed(policy::in_words(found->approval->by), " or ") + ".";
}

Result<Standing> standing_at(Call& call, const policy::Ask& ask, policy::Protocol protocol, const policy::Facts& facts, const access::Access::Own& own) {
    const talk::Party party{call.here, call.live.access(), call.person(), call.asked.source, call.now(), false, {}, protocol};
    const auto found = talk::standing_of(party, ask, facts, own);
    if (found.emergency) return of_emergency(call, *found.emergency);
    const auto& decision = found.decision;
    Standing out{"refused", printable(decision.sentence, 400), std::nullopt, decision.allow, decision.rule, 0};
    if (decision.verdict == Verdict::permit) {
        const bool granted = found.request && found.request->grants(call.now());
        out.state = "ready";
        out.ends = decision.ends;
        out.request = granted ? found.request->id : 0;
        out.why = decision.ends ? "Until " + call.here.time_text(*decision.ends) + (granted ? " (request " + std::to_string(out.request) + ")." : ".") : "";
        return out;
    }
    if (found.request) return of_waiting(call, std::move(out), *found.request);
    if (decision.verdict == Verdict::needs_approval) {
        out.state = "needs-approval";
        out.why = approvers_text(call.here.policy.document, decision.rule);
    } else if (decision.reason == policy::Decision::Reason::schedule) {
        out.state = "outside-hours";
    }
    return out;
}

bool moves_files(const std::vector<std::string>& allow) {
    return std::any_of(allow.begin(), allow.end(), [](const std::string& one) { return one.starts_with("sftp:") || one.starts_with("scp:"); });
}

json::value connect_of(Call& call, const policy::Ask& ask, policy::Protocol protocol, const Standing& standing, bool only_account) {
    if (std::string_view(standing.state) != "ready") return nullptr;
    json::object out{{"ssh", nullptr}, {"putty", nullptr}, {"winscp", nullptr}, {"rdp", false}};
    if (protocol == policy::Protocol::rdp) {
        out["rdp"] = call.here.config.rdp.on();
        return out;
    }
    const Way way{ssh_door(call.here.config), call.person(), ask, only_account, moves_files(standing.allow)};
    out["ssh"] = ssh_line(way);
    out["putty"] = json::object{{"name", "anteroom-" + ask.target.str() + ".reg"}, {"text", putty_profile(way)}};
    if (way.files) out["winscp"] = winscp_address(way);
    return out;
}

Result<json::array> places(Call& call) {
    json::array out;
    const auto& document = call.here.policy.document;
    const auto facts = TRY(call.here.facts_of(call.person(), call.asked.source));
    const auto own = TRY(call.live.access().own(call.person()));
    const auto list = policy::reachable(document, facts, call.now());
    for (const auto& one : list) {
        const policy::Ask ask{one.target, one.account};
        const auto protocol = document.targets.at(one.target).protocol;
        const auto standing = TRY(standing_at(call, ask, protocol, facts, own));
        const auto accounts = std::count_if(list.begin(), list.end(), [&](const auto& other) { return other.target == one.target; });
        out.push_back({{"place", admin::place_text(ask)},
                       {"target", one.target.str()},
                       {"account", one.account.str()},
                       {"description", one.description},
                       {"protocol", protocol == policy::Protocol::rdp ? "rdp" : "ssh"},
                       {"state", standing.state},
                       {"why", standing.why},
                       {"rule", standing.rule},
                       {"capabilities", words_of(standing.allow)},
                       {"ends", time_or_null(standing.ends)},
                       {"break_glass", one.break_glass},
                       {"request", standing.request == 0 ? json::value(nullptr) : json::value(standing.request)},
                       {"connect", connect_of(call, ask, protocol, standing, accounts == 1)}});
    }
    return out;
}

json::object grant_row(Call& call, const access::Request& request) {
    json::array list;
    for (const auto& wanted : request.wanted) list.emplace_back(admin::place_text(wanted.ask));
    json::value extension(nullptr);
    if (request.extension) extension = {{"seconds", seconds_or_null(request.extension->by)}, {"asked", rfc3339(request.extension->asked)}};
    const bool running = request.ends && *request.ends > call.now() && (!request.starts || *request.starts <= call.now());
    return {{"request", request.id},
            {"places", std::move(list)},
            {"state", access::name(request.state)},
            {"starts", time_or_null(request.starts)},
            {"ends", time_or_null(request.ends)},
            {"granted_seconds", std::chrono::ceil<std::chrono::seconds>(request.length).count()},
            {"extendable", running && !request.emergency && !request.extension},
            {"extension", std::move(extension)}};
}

}  // namespace

Result<Answer> home(Call& call) {
    json::array grants, waiting;
    for (const auto& request : TRY(call.live.access().of_person(call.person(), most_own))) {
        const bool granted = request.state == RequestState::approved || request.state == RequestState::active;
        if (granted && (!request.ends || *request.ends > call.now())) grants.push_back(grant_row(call, request));
        if (request.state == RequestState::requested) waiting.push_back(admin::request_row(request));
    }
    const auto door = ssh_door(call.here.config);
    json::value rdp(nullptr);
    if (call.here.config.rdp.on()) rdp = {{"address", call.here.config.rdp.reached_at()}};
    auto list = TRY(places(call));
    Answer out;
    out.body = json::object{{"places", std::move(list)},
                            {"grants", std::move(grants)},
                            {"requests", std::move(waiting)},
                            {"ssh", {{"host", door.host}, {"port", door.port}, {"host_key", call.here.host_keys.fingerprint()}}},
                            {"rdp", std::move(rdp)}};
    return out;
}

Result<Answer> rdp_ticket(Call& call) {
    if (!call.here.config.rdp.on()) return fail(ErrorKind::refused, "RDP is not served here.");
    const auto target = TargetId::parse(TRY(line_of(call, "target", 64)));
    const auto account = AccountId::parse(TRY(line_of(call, "account", 64)));
    if (!target) return fail(ErrorKind::invalid, "target is no target's name");
    if (!account) return fail(ErrorKind::invalid, "account is no account's name");
    const auto to = TRY(admin::ticket_to(call.here, call.live.access(), {call.person(), *target, *account}));
    audit::Record record{audit::Kind::ticket_issued, "", "", "", call.factor->evidence()};
    record.fields["way"] = "console";
    record.fields["source"] = call.asked.source;
    const auto made = TRY(admin::issue_rdp_ticket(call.here, call.factor->person(), to, std::move(record)));
    call.factor.reset();
    Answer out;
    out.body = json::object{{"name", target->str() + ".rdp"}, {"text", made.text}, {"ends", rfc3339(made.ends)}};
    return out;
}

Result<Answer> request_form(Call& call) {
    if (!call.query.contains("place")) return fail(ErrorKind::invalid, "the query needs a place");
    const auto ask = TRY(place_of(call, call.query.at("place")));
    const auto questions = TRY(call.live.access().questions(call.person(), {ask}, call.asked.source));
    json::object out{{"place", admin::place_text(ask)},
                     {"possible", questions.possible},
                     {"sentence", questions.sentence},
                     {"ticket", questions.ticket},
                     {"ticket_pattern", questions.ticket_pattern},
                     {"max_seconds", std::chrono::floor<std::chrono::seconds>(questions.max).count()},
                     {"description", ""},
                     {"capabilities", json::array()}};
    out["approvers"] = json::value_from(questions.approvers);
    out["unusual"] = json::value_from(questions.unusual);
    // What a place is called, and what could be done there, is for those who may ask for it.
    if (questions.possible) {
        const auto& document = call.here.policy.document;
        const auto facts = TRY(call.here.facts_of(call.person(), call.asked.source));
        const auto decision = policy::evaluate(document, facts, ask, call.now());
        if (const auto target = document.targets.find(ask.target); target != document.targets.end()) out["description"] = target->second.description;
        const auto* rule = decision.on_request.empty() ? nullptr : document.rule(decision.on_request.front());
        out["capabilities"] = words_of(rule == nullptr ? decision.allow : rule->allow);
    }
    Answer answer;
    answer.body = std::move(out);
    return answer;
}

Result<Answer> break_glass(Call& call) {
    const auto place = TRY(line_of(call, "place", longest_place));
    const auto ask = TRY(place_of(call, place));
    const auto reason = TRY(line_of(call, "reason", access::longest_reason));
    const auto by = std::move(*call.factor);
    call.factor.reset();
    const auto made = TRY(call.live.access().break_glass(by.person(), ask, reason, call.asked.source, by.at(), false, by.evidence()));
    return card_answer(call, made);
}

}  // namespace anteroom::console
