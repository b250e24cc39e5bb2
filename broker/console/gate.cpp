// The gate: what a call must be and bring, in this order: a row of the table, a session, the right to that page, the token against
// forged requests, a query and a body as the row lists them, a fresh factor. Then the handler.
#include "broker/console/gate.h"

#include <boost/json.hpp>

#include <charconv>

#include "base/log.h"
#include "broker/console/factor.h"
#include "broker/console/me.h"
#include "broker/console/problem.h"
#include "broker/console/reading.h"
#include "broker/talk/words.h"

namespace anteroom::console {

namespace json = boost::json;

namespace {

constexpr const char* signed_out = "Nobody is signed in here, or not any more. Please sign in.";

// How a call is refused by the gate itself.
struct Refusal {
    std::uint16_t status = 403;
    std::string sentence;
};
using Judged = Result<std::optional<Refusal>>;

std::optional<std::string_view> page_of(Needs needs) {
    switch (needs) {
        case Needs::recordings_page: return "recordings";
        case Needs::breakglass_page: return "breakglass";
        case Needs::audit_page: return "audit";
        case Needs::policy_page: return "policy";
        case Needs::people_page: return "people";
        default: return std::nullopt;
    }
}

// Of the caller; everything about the object is the handler's.
Judged judge_caller(Call& call, const Route& route) {
    using Maybe = std::optional<Refusal>;
    if (route.needs == Needs::nobody) return Maybe();
    call.session = TRY(call.sessions.find(call.asked.session));
    if (!call.session) return Maybe(Refusal{401, signed_out});
    if (call.session->enrolling && route.needs != Needs::enrolling) return Maybe(Refusal{403, "First a password and a code, or a passkey, have to be set up."});
    if (route.method == "POST" && !equal_in_constant_time(view(call.asked.csrf), view(call.session->csrf)))
        return Maybe(Refusal{403, "This page is of an earlier sign-in; load it anew."});
    if (const auto page = page_of(route.needs); page && !pages_of(call.here, call.person()).contains(*page))
        return Maybe(Refusal{403, "The policy does not name you for this page."});
    return Maybe();
}

control::WebAnswer web_answer(const Call& call, const Result<Answer>& given) {
    control::WebAnswer out;
    out.number = call.asked.number;
    if (!given) {
        const auto status = status_of(given.error().kind);
        if (status == 500) log::error("console.failed", {{"path", call.asked.path}, {"error", given.error().detail}});
        out = problem_of(call.here, out.number, status, status == 500 ? "That cannot be done right now." : talk::sentence_of(given.error()));
        return out;
    }
    out.status = given->status;
    auto body = given->body;
    if (auto* object = body.if_object(); object != nullptr && out.status >= 400) (*object)["instance"] = call.asked.path;
    out.json = json::serialize(body);
    out.etag = given->etag;
    out.known = call.session.has_value();
    out.session = given->session.duplicate();
    out.forget_session = given->forget_session;
    out.retry_after = given->retry_after;
    return out;
}

// After a code that was used the next one has a moment of its own: the page counts down to what the sentence says.
control::WebAnswer refused_factor(const Call& call, const Error& error) {
    constexpr std::string_view before = "the next one in ";
    if (error.kind != ErrorKind::refused) return web_answer(call, fail(error));
    std::uint32_t wait = 0;
    const auto found = error.detail.find(before);
    if (found != std::string::npos) std::from_chars(error.detail.data() + found + before.size(), error.detail.data() + error.detail.size(), wait);
    return problem_of(call.here, call.asked.number, 403, talk::sentence_of(error), wait);
}

std::string route_text(const Route& route) { return std::string(route.method) + " " + std::string(route.path); }

// What somebody who is known was refused. Counted where it repeats itself: a flood does not fill the disk, and one of strangers writes nothing.
void audit_refusal(const Call& call, const Route& route, std::uint16_t status, const std::string& why) {
    if (!call.session || status < 400 || status == 401) return;
    const audit::Record record{
        audit::Kind::console_refused,
        call.person().str(),
        "",
        "",
        {{"call", route_text(route)}, {"path", call.asked.path}, {"why", why}, {"status", std::to_string(status)}, {"source", call.asked.source}}};
    const auto key = call.person().str() + "|" + route_text(route) + "|" + std::to_string(status);
    if (auto noted = call.here.log->append_coalesced(key, record); !noted) log::error("audit", {{"error", noted.error().detail}});
}

// Before it is shown: who reads the audit log, the policy and the list of people. The pages of one reading are one record.
Status audit_looking(const Call& call, const Route& route) {
    audit::Record record{audit::Kind::console_looked, call.person().str(), "", "", {{"call", route_text(route)}, {"source", call.asked.source}}};
    auto key = call.person().str() + "|" + route_text(route);
    for (std::size_t i = 0; i < call.in_path.size(); ++i) record.fields["in_path." + std::to_string(i)] = call.in_path[i], key += "|" + call.in_path[i];
    for (const auto& [name, value] : call.query) {
        if (name == "before") continue;
        record.fields["query." + name] = value;
        key += "|" + name + "=" + value;
    }
    for (const auto& [name, value] : call.body) {
        if (!value.is_string() || value.get_string().size() > 256) continue;
        auto& asked = record.fields["asked." + std::string(name)];
        asked = std::string(value.get_string());
        key += "|" + std::string(name) + "=" + asked;
    }
    return call.here.log->append_coalesced(key, record);
}

}  // namespace

Gate::Gate(installation::Installation& here, admin::Live& live, Door door)
    : here_(here),
      live_(live),
      door_(std::move(door)),
      sessions_(here),
      events_(here, live.access(), sessions_),
      watches_(here, sessions_, live),
      challenges_(here.clock) {}

void Gate::handle(control::WebCall asked, Give give) {
    const auto number = asked.number;
    auto found = match(asked.method, asked.path);
    if (found.route == nullptr) {
        const std::uint16_t status = found.other_method ? 405 : 404;
        return give(problem_of(here_, number, status, found.other_method ? "This address takes another method." : "There is nothing at this address."));
    }
    const Route& route = *found.route;
    const auto call = std::make_shared<Call>(Call{here_, live_, sessions_, events_, watches_, std::move(asked), door_, challenges_});
    call->in_path = std::move(found.in_path);
    const auto refuse = [&](std::uint16_t status, const std::string& sentence) {
        audit_refusal(*call, route, status, sentence);
        give(problem_of(here_, number, status, sentence));
    };
    const auto judged = judge_caller(*call, route);
    if (!judged) return give(web_answer(*call, fail(judged.error())));
    if (*judged) return refuse((*judged)->status, (*judged)->sentence);
    auto query = read_query(route, call->asked.query);
    if (!query) return refuse(400, talk::sentence_of(query.error()));
    call->query = std::move(*query);
    auto body = read_body(route, call->asked.body);
    if (!body) return refuse(422, talk::sentence_of(body.error()));
    call->body = std::move(body->members);
    // Input of the person. What a page does by itself is a GET, or said so in its row, and keeps nothing alive.
    if (call->session && route.method == "POST" && !route.by_itself)
        if (auto touched = sessions_.touch(*call->session); !touched) return give(web_answer(*call, fail(touched.error())));
    if (route.proof == Proof::fresh_factor && !call->session->enrolling) {
        auto proven = prove_factor(*call, body->factor ? &*body->factor : nullptr);
        if (!proven) return give(refused_factor(*call, proven.error()));
        call->factor = std::move(*proven);
    }
    if (route.audited == Audited::before)
        if (auto recorded = audit_looking(*call, route); !recorded) return give(web_answer(*call, fail(recorded.error())));
    const auto done = [call, give, &route](Result<Answer> given) {
        auto out = web_answer(*call, given);
        if (out.status >= 400) audit_refusal(*call, route, out.status, given ? "" : given.error().detail);
        give(std::move(out));
    };
    if (route.later != nullptr) return route.later(call, done);
    done(route.now(*call));
}

Result<std::uint64_t> Gate::listen(const control::WebListen& asked, Events::Ear ear) {
    auto session = TRY(sessions_.find(asked.session));
    if (!session) return fail(ErrorKind::not_found, signed_out);
    if (session->enrolling) return fail(ErrorKind::refused, "There is nothing to hear of yet.");
    return events_.open(std::move(*session), asked.session.duplicate(), asked.after, std::move(ear));
}

void Gate::tick() {
    constexpr unsigned forget_every = 10;  // the record of a session that silence ended stands soon after
    events_.tick();
    watches_.tick();
    if (ticks_++ % forget_every != 0) return;
    if (auto forgotten = sessions_.forget_ended(); !forgotten) log::error("console.forget", {{"error", forgotten.error().detail}});
}

}  // namespace anteroom::console
