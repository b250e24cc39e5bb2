// Break-glass in the console: what has to be reviewed, the next due first, and the review by somebody else, who has watched what mattered.
#include <boost/json.hpp>

#include <algorithm>
#include <charconv>

#include "broker/access/telling.h"
#include "broker/admin/requests.h"
#include "broker/console/handlers.h"
#include "broker/console/me.h"
#include "broker/console/problem.h"
#include "broker/console/reading.h"
#include "broker/console/recorded.h"

namespace anteroom::console {

namespace json = boost::json;

namespace {

constexpr std::size_t most_due = 100, most_done = 50, most_touched = 12;
// Of one emergency's sessions: in its row; those it is chosen from, the ones that are still to be watched first; judged by a review.
constexpr std::size_t most_sessions = 20, most_looked_at = 100, most_judged = 2000;
constexpr std::size_t told_of_due = 3000, told_of_done = 40;

json::value time_or_null(const std::optional<Time>& time) { return time ? json::value(rfc3339(*time)) : json::value(nullptr); }

bool is_reader(Call& call) { return pages_of(call.here, call.person()).contains("audit"); }

// What stands in the way of a review, of one session.
struct Watching {
    store::Session session;
    ToWatch to_watch;
};

Result<std::vector<Watching>> watching_of(Call& call, Looker& looker, const access::Request& request) {
    std::vector<Watching> out;
    if (request.drill) return out;
    for (auto& one : TRY(store::Recordings(call.here.database).of_request(request.id, most_judged))) {
        const auto told = TRY(told_of(call, one.session.id, told_of_due));
        auto watch = TRY(to_watch(call, looker, one.session, told));
        out.push_back({std::move(one.session), std::move(watch)});
    }
    return out;
}

std::string not_yet(const Call& call, const Watching& one) {
    const auto* moment = one.to_watch.first_missing();
    const auto missing = one.to_watch.missing();
    return "Watch it first: " + std::to_string(missing) + (missing == 1 ? " moment" : " moments") + " of the session on " + one.session.target.str() + " of " +
           call.here.time_text(one.session.started) + (missing == 1 ? " was" : " were") + " not seen, the first at " + place_text(moment->required.at_ms) +
           " (" + moment->required.text + ").";
}

// Known to the caller: they are to review it, or read the audit log.
Result<access::Request> emergency_in_path(Call& call) {
    const auto& text = call.in_path.front();
    const auto none = fail(ErrorKind::not_found, "There is no emergency " + text + ".");
    std::int64_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc() || end != text.data() + text.size() || id <= 0 || std::to_string(id) != text) return none;
    auto found = TRY(call.live.access().find(id));
    if (!found || !found->emergency) return none;
    const auto reviewing = TRY(call.live.access().reviewing(call.person(), {*found}));
    if (!reviewing.front().named && !is_reader(call)) return none;
    return std::move(*found);
}

Result<json::object> session_row(Call& call, Looker& looker, const store::Session& session, const access::Request& request) {
    const bool due = request.outcome.empty();
    const auto told = TRY(told_of(call, session.id, due ? told_of_due : told_of_done));
    const auto watch = due && !request.drill ? TRY(to_watch(call, looker, session, told)) : ToWatch();
    return json::object{{"id", session.id.str()},
                        {"target", session.target.str()},
                        {"account", session.account.str()},
                        {"started", rfc3339(session.started)},
                        {"ended", time_or_null(session.ended)},
                        {"touched", json::value_from(touched_by(told, most_touched))},
                        {"unwatched", watch.missing()},
                        {"excused", watch.excused}};
}

// Who connects often hides nothing by it: what is to be watched stands before what has been.
Result<json::array> session_rows(Call& call, Looker& looker, const std::vector<store::Recorded>& all, const access::Request& request) {
    json::array unseen, seen;
    for (std::size_t i = 0; i < std::min(most_looked_at, all.size()); ++i) {
        auto row = TRY(session_row(call, looker, all[i].session, request));
        auto& which = all.size() > most_sessions && row.at("unwatched").to_number<std::uint64_t>() > 0 ? unseen : seen;
        which.push_back(std::move(row));
    }
    for (auto& row : seen) unseen.push_back(std::move(row));
    if (unseen.size() > most_sessions) unseen.resize(most_sessions);
    return unseen;
}

Answer too_late(Call& call, const access::Request& request, const std::string& sentence) {
    auto out = problem_answer(call.here, 409, sentence);
    if (!request.outcome.empty())
        out.body.as_object()["settled"] = json::object{
            {"by", request.reviewed_by.str()}, {"at", rfc3339(request.reviewed.value_or(request.created))}, {"state", access::name(request.state)}};
    return out;
}

}  // namespace

Result<json::object> emergency_row(Call& call, Looker& looker, const access::Request& request, const access::Access::Reviewing& reviewing) {
    json::array targets;
    const auto all = TRY(store::Recordings(call.here.database).of_request(request.id, most_judged));
    auto sessions = TRY(session_rows(call, looker, all, request));
    const auto more_sessions = all.size() - sessions.size();
    for (const auto& wanted : request.wanted) targets.emplace_back(admin::place_text(wanted.ask));
    const bool over = !access::is_open(request.state) || (request.ends && *request.ends <= call.now());
    return json::object{{"request", request.id},
                        {"kind", request.drill ? "drill" : "break-glass"},
                        {"person", request.person.str()},
                        {"person_name", looker.display(request.person)},
                        {"targets", std::move(targets)},
                        {"reason", request.reason},
                        {"began", rfc3339(request.starts.value_or(request.created))},
                        {"ended", over ? time_or_null(request.ends) : json::value(nullptr)},
                        {"due", time_or_null(request.review_due)},
                        {"overdue", request.outcome.empty() && request.review_due && *request.review_due <= call.now()},
                        {"sessions", std::move(sessions)},
                        {"more_sessions", more_sessions},
                        {"may_review", reviewing.why_not.empty()},
                        {"why_not", reviewing.why_not},
                        {"outcome", request.outcome},
                        {"note", request.review_note},
                        {"follow_up", request.follow_up},
                        {"reviewed_by", request.reviewed_by.str()},
                        {"reviewed", time_or_null(request.reviewed)}};
}

Result<Answer> emergencies(Call& call) {
    auto looker = TRY(Looker::of(call));
    auto& access = call.live.access();
    const auto list = TRY(access.emergencies(true));
    const auto reviewing = TRY(access.reviewing(call.person(), list));
    const bool reader = is_reader(call);
    std::vector<std::size_t> due, done;
    for (std::size_t i = 0; i < list.size(); ++i)
        if (reader || reviewing[i].named) (list[i].outcome.empty() ? due : done).push_back(i);
    std::sort(due.begin(), due.end(), [&](auto a, auto b) { return std::tie(*list[a].review_due, list[a].id) < std::tie(*list[b].review_due, list[b].id); });
    std::sort(done.begin(), done.end(), [&](auto a, auto b) { return std::tie(list[a].reviewed, list[a].id) > std::tie(list[b].reviewed, list[b].id); });
    const auto rows = [&](const std::vector<std::size_t>& which, std::size_t most) -> Result<json::array> {
        json::array out;
        for (std::size_t i = 0; i < std::min(most, which.size()); ++i) out.push_back(TRY(emergency_row(call, looker, list[which[i]], reviewing[which[i]])));
        return out;
    };
    auto owed = TRY(rows(due, most_due));
    auto settled = TRY(rows(done, most_done));
    Answer out;
    out.body = json::object{{"due", std::move(owed)}, {"done", std::move(settled)}};
    return out;
}

Result<Answer> emergency_review(Call& call) {
    auto looker = TRY(Looker::of(call));
    auto& access = call.live.access();
    const auto request = TRY(emergency_in_path(call));
    const auto outcome = TRY(line_of(call, "outcome", 32));
    const auto note = TRY(line_of(call, "note", access::longest_note, false));
    const auto follow_up = TRY(line_of(call, "follow_up", access::longest_note, false));
    const auto reviewing = TRY(access.reviewing(call.person(), {request}));
    if (!reviewing.front().why_not.empty() && !request.outcome.empty()) return too_late(call, request, reviewing.front().why_not);
    if (!reviewing.front().why_not.empty()) return fail(ErrorKind::refused, reviewing.front().why_not);
    audit::Fields said{{"way", "console"}, {"source", call.asked.source}};
    for (const auto& one : TRY(watching_of(call, looker, request))) {
        if (one.to_watch.first_missing() != nullptr) return too_late(call, request, not_yet(call, one));
        if (one.to_watch.excused.empty()) continue;
        if (note.empty())
            return fail(ErrorKind::invalid,
                        "The session on " + one.session.target.str() + " cannot be watched: " + one.to_watch.excused + ". The note has to say so.");
        auto& unseen = said["unwatched"];
        unseen += (unseen.empty() ? "" : "; ") + one.session.id.str() + ": " + one.to_watch.excused;
    }
    auto by = std::move(*call.factor);
    call.factor.reset();
    const auto after = access.review(request.id, std::move(by), outcome, note, follow_up, said);
    if (!after && after.error().kind == ErrorKind::conflict) return too_late(call, request, after.error().detail);
    if (!after) return fail(after.error());
    const auto now = TRY(access.reviewing(call.person(), {*after}));
    Answer out;
    out.body = TRY(emergency_row(call, looker, *after, now.front()));
    return out;
}

}  // namespace anteroom::console
