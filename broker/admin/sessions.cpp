// Sessions: who is where now and was before, and ending one. Ending is the safe direction: whoever holds the admin socket may,
// as long as an enabled person stands behind it with a fresh code.
#include <boost/json.hpp>

#include "broker/admin/commands.h"

namespace anteroom::admin {

namespace json = boost::json;

namespace {

constexpr std::size_t shown_at_most = 1000;

using LiveSessions = std::map<SessionId, LiveSession>;
LiveSessions live_sessions(Call& call) {
    LiveSessions live;
    for (auto& session : call.live.sessions()) live[session.id] = session;
    return live;
}

json::value whole_seconds(Duration length) { return std::chrono::ceil<std::chrono::seconds>(std::max(length, Duration(0))).count(); }

json::object row_of(const store::Session& session, const LiveSessions& live, Time now) {
    const auto running = live.find(session.id);
    const LiveSession* facts = running == live.end() ? nullptr : &running->second;
    json::value left(nullptr), idle(nullptr), request(nullptr);
    if (!session.ended && session.deadline) left = whole_seconds(*session.deadline - now);
    if (facts != nullptr && facts->last_growth) idle = whole_seconds(now - *facts->last_growth);
    if (facts != nullptr && facts->request != 0) request = facts->request;
    return {{"id", session.id.str()},
            {"person", session.person.str()},
            {"target", session.target.str()},
            {"account", session.account.str()},
            {"since", rfc3339(session.started)},
            {"ends", time_or_null(session.deadline)},
            {"expires", time_or_null(facts == nullptr ? std::nullopt : facts->expires)},
            {"ended", time_or_null(session.ended)},
            {"seconds_left", std::move(left)},
            {"idle_seconds", std::move(idle)},
            {"rule", session.rule},
            {"request", std::move(request)},
            {"source", session.source},
            {"protocol", session.protocol},
            {"bytes", facts != nullptr ? static_cast<std::int64_t>(facts->bytes_recorded) : session.commit.bytes}};
}

std::string as_sentence(std::string text) {
    if (std::string_view(".!?").find(text.back()) == std::string_view::npos) text += '.';
    return text;
}

}  // namespace

Outcome session_list(Call& call) {
    const auto which = call.given("all") ? store::Sessions::Which::all : store::Sessions::Which::live;
    const auto live = live_sessions(call);
    for (const auto& session : TRY(call.here.sessions.list(which, shown_at_most))) TRY(call.rows.add(row_of(session, live, call.now())));
    return done(call);
}

Outcome session_show(Call& call) {
    const auto session = TRY(known_session(call));
    auto row = row_of(session, live_sessions(call), call.now());
    row["policy_version"] = session.policy_version;
    row["factors"] = session.factors;
    row["key_fingerprint"] = session.key_fingerprint;
    row["reason"] = session.reason;
    row["ticket"] = session.ticket;
    row["end_reason"] = session.end_reason;
    row["recording_state"] = session.recording_state;
    TRY(call.rows.add(std::move(row)));
    return done(call);
}

Outcome session_terminate(Call& call) {
    const auto session = TRY(known_session(call));
    if (session.ended) return fail(ErrorKind::conflict, "session " + session.id.str() + " has ended already");
    const auto by = TRY(take_factor(call));
    auto record =
        call.record(audit::Kind::session_terminated, {{"reason", call.argument("reason")}, {"of", session.person.str()}, {"account", session.account.str()}});
    record.target = session.target.str();
    record.session = session.id.str();
    TRY(call.append(record));
    auto ended = call.live.terminate(session.id, "This session was ended by " + by.person().str() + ": " + as_sentence(call.argument("reason")));
    if (!ended && ended.error().kind == ErrorKind::not_found) return fail(ErrorKind::not_found, "session " + session.id.str() + " is not live any more");
    TRY(std::move(ended));
    return done(call, "session " + session.id.str() + " of " + session.person.str() + " is being ended");
}

}  // namespace anteroom::admin
