// Deciding: what waits for me, and the decisions, each with a fresh factor and with the state of the request that was looked at. Who was
// first has decided; whoever comes second reads who that was.
#include <boost/json.hpp>

#include "broker/access/telling.h"
#include "broker/console/cards.h"
#include "broker/console/handlers.h"
#include "broker/console/problem.h"
#include "broker/console/reading.h"
#include "broker/talk/words.h"

namespace anteroom::console {

namespace json = boost::json;
using access::RequestState;

namespace {

constexpr Duration settled_shown = std::chrono::hours(24);
constexpr std::size_t most_settled = 10;

using Deciding = std::function<Result<access::Request>(std::int64_t id, access::SecondFactor by)>;

// Who settled it, when, and how.
json::object settled_member(const access::Request& request) {
    return {{"by", request.decided_by.str()},
            {"at", request.decided ? json::value(rfc3339(*request.decided)) : json::value(rfc3339(request.created))},
            {"state", access::name(request.state)}};
}

Answer too_late(Call& call, const access::Request& request, const std::string& sentence) {
    auto out = problem_answer(call.here, 409, sentence);
    out.body.as_object()["settled"] = settled_member(request);
    return out;
}

// Whoever lost the answer and tries again is told so.
Answer counted_already(Call& call, const access::Request& request, const access::Yes& yes) {
    auto out = problem_answer(call.here, 409, "Your yes counts already. It still waits for somebody else's.");
    out.body.as_object()["settled"] = {{"by", yes.by.str()}, {"at", rfc3339(yes.at)}, {"state", access::name(request.state)}};
    return out;
}

bool waits(const access::Request& request) { return request.state == RequestState::requested; }
bool asks_for_more(const access::Request& request) { return request.extension.has_value(); }
bool runs(const access::Request& request) { return access::is_open(request.state); }

// `is_open`: what this decides on is still there to be decided.
Result<Answer> decide(Call& call, bool (*is_open)(const access::Request&), const Deciding& deciding) {
    const auto request = TRY(request_in_path(call));
    if (call.asked.if_match.empty()) return problem_answer(call.here, 428, "This call has to say which state of the request it decides on (If-Match).");
    const bool unchanged = equal_in_constant_time(view(call.asked.if_match), view(etag_of(request)));
    if (!unchanged && !is_open(request)) {
        const bool runs_on = request.state == RequestState::approved || request.state == RequestState::active;
        const auto settled = access::settled(request, [&](Time time) { return call.here.time_text(time); });
        return too_late(call, request, runs_on && is_open == asks_for_more ? "It has been decided already whether there is more time." : settled);
    }
    if (!unchanged && call.asked.path.ends_with("/approve"))
        for (const auto& yes : request.yeses)
            if (yes.by == call.person()) return counted_already(call, request, yes);
    if (!unchanged) return problem_answer(call.here, 412, "The request has changed since you looked at it. Look again, and decide then.");
    auto by = std::move(*call.factor);
    call.factor.reset();
    const auto after = deciding(request.id, std::move(by));
    if (!after && after.error().kind == ErrorKind::conflict) {
        const auto now = TRY(call.live.access().find(request.id));
        return too_late(call, now.value_or(request), talk::sentence_of(after.error()));
    }
    if (!after) return fail(after.error());
    return card_answer(call, *after);
}

}  // namespace

Result<Answer> approvals(Call& call) {
    auto& access = call.live.access();
    const auto open = TRY(access.waiting_for(call.person()));
    const auto over = TRY(access.settled_for(call.person(), call.now() - settled_shown, most_settled));
    auto waiting = TRY(cards_of(call, open));
    auto settled = TRY(cards_of(call, over));
    Answer out;
    out.body = json::object{{"waiting", std::move(waiting)}, {"settled", std::move(settled)}};
    return out;
}

Result<Answer> request_approve(Call& call) {
    const auto length = TRY(seconds_of(call, "seconds"));
    const bool confirmed = TRY(truth_of(call, "confirmed", false));
    return decide(call, waits, [&](std::int64_t id, access::SecondFactor by) { return call.live.access().approve(id, std::move(by), length, confirmed); });
}

Result<Answer> request_deny(Call& call) {
    const auto reason = TRY(line_of(call, "reason", access::longest_reason));
    return decide(call, waits, [&](std::int64_t id, access::SecondFactor by) { return call.live.access().deny(id, std::move(by), reason); });
}

Result<Answer> request_extend(Call& call) {
    const bool yes = TRY(truth_of(call, "yes", false));
    const bool confirmed = TRY(truth_of(call, "confirmed", false));
    return decide(call, asks_for_more, [&](std::int64_t id, access::SecondFactor by) { return call.live.access().extend(id, std::move(by), yes, confirmed); });
}

Result<Answer> request_revoke(Call& call) {
    const auto reason = TRY(line_of(call, "reason", access::longest_reason));
    return decide(call, runs, [&](std::int64_t id, access::SecondFactor by) { return call.live.access().revoke(id, std::move(by), reason); });
}

}  // namespace anteroom::console
