// Live sessions: those that somebody may see, ending one, and the way to watching one.
#include <boost/json.hpp>

#include <algorithm>

#include "broker/access/telling.h"
#include "broker/admin/looking.h"
#include "broker/console/handlers.h"
#include "broker/console/names.h"
#include "broker/console/reading.h"
#include "broker/console/sight.h"
#include "policy/explain.h"

namespace anteroom::console {

namespace json = boost::json;

namespace {

json::value time_or_null(const std::optional<Time>& time) { return time ? json::value(rfc3339(*time)) : json::value(nullptr); }

// What the daemon knows of each, and who looks.
struct Looking {
    std::map<SessionId, admin::LiveSession> live;
    policy::Facts facts;
    Names names;
    admin::PastLabels labels;
};

Result<Looking> looking(Call& call) {
    Looking out{{}, TRY(call.here.facts_of(call.person(), "")), TRY(Names::load(call.here)), admin::PastLabels(call.here)};
    for (auto& session : call.live.sessions()) out.live[session.id] = session;
    return out;
}

json::object row_of(Call& call, Looking& looking, const store::Session& session, const admin::LiveSession& live) {
    const auto consent = policy::review_consent(call.here.policy.document, looking.facts, session.target, looking.labels.of(session), call.now());
    json::value idle(nullptr);
    if (live.last_growth) idle = std::chrono::ceil<std::chrono::seconds>(std::max(call.now() - *live.last_growth, Duration(0))).count();
    return {{"id", session.id.str()},
            {"person", session.person.str()},
            {"person_name", looking.names.display(session.person)},
            {"vendor", looking.names.vendor(session.person)},
            {"target", session.target.str()},
            {"account", session.account.str()},
            {"protocol", session.protocol},
            {"since", rfc3339(session.started)},
            {"expires", time_or_null(live.expires)},
            {"ends", time_or_null(session.deadline)},
            {"idle_seconds", std::move(idle)},
            {"source", session.source},
            {"rule", session.rule},
            {"request", live.request == 0 ? json::value(nullptr) : json::value(live.request)},
            {"emergency", live.emergency},
            {"reason", session.reason},
            {"ticket", session.ticket},
            {"bytes", live.bytes_recorded},
            {"refusals", live.refusals},
            {"mine", session.person == call.person()},
            {"may_watch", consent.has_value() && *consent == 0},
            {"may_terminate", true}};
}

// The live session of {id}, where the caller may see it. One that is over, another's and one that never was read the same.
Result<store::Session> session_in_path(Call& call) {
    const auto none = fail(ErrorKind::not_found, "There is no live session " + call.in_path.front() + ".");
    const auto id = SessionId::parse(call.in_path.front());
    if (!id) return none;
    const auto list = call.live.sessions();
    const auto live = std::find_if(list.begin(), list.end(), [&](const admin::LiveSession& one) { return one.id == *id; });
    if (live == list.end()) return none;
    auto found = TRY(call.here.sessions.find(*id));
    if (!found || found->ended) return none;
    const auto facts = TRY(call.here.facts_of(call.person(), ""));
    if (!sees(call.here, facts, {*found, live->emergency}, call.now())) return none;
    return std::move(*found);
}

audit::Record record_of(const Call& call, audit::Kind kind, const store::Session& session, audit::Fields fields) {
    audit::Record record{kind, call.person().str(), session.target.str(), session.id.str(), std::move(fields)};
    record.fields.insert({{"of", session.person.str()}, {"account", session.account.str()}, {"way", "console"}, {"source", call.asked.source}});
    return record;
}

}  // namespace

Result<Answer> live_sessions(Call& call) {
    constexpr std::size_t shown_at_most = 1000;
    auto who = TRY(looking(call));
    json::array rows;
    for (const auto& session : TRY(call.here.sessions.list(store::Sessions::Which::live, shown_at_most))) {
        const auto live = who.live.find(session.id);
        if (live != who.live.end() && sees(call.here, who.facts, {session, live->second.emergency}, call.now()))
            rows.push_back(row_of(call, who, session, live->second));
    }
    Answer out;
    out.body = json::object{{"sessions", std::move(rows)}};
    return out;
}

Result<Answer> session_terminate(Call& call) {
    const auto session = TRY(session_in_path(call));
    const auto reason = TRY(line_of(call, "reason", access::longest_reason));
    auto fields = call.factor->evidence();
    fields["reason"] = reason;
    call.factor.reset();
    TRY(call.here.log->append(record_of(call, audit::Kind::session_terminated, session, std::move(fields))));
    const bool closed = std::string_view(".!?").find(reason.back()) != std::string_view::npos;
    auto ended = call.live.terminate(session.id, "This session was ended by " + call.person().str() + ": " + reason + (closed ? "" : "."));
    if (!ended && ended.error().kind == ErrorKind::not_found) return fail(ErrorKind::not_found, "There is no live session " + session.id.str() + ".");
    TRY(std::move(ended));
    Answer out;
    out.body = json::object{{"sentence", "The session of " + session.person.str() + " on " + session.target.str() + " is being ended."}};
    return out;
}

Result<Answer> session_watch(Call& call) {
    const auto session = TRY(session_in_path(call));
    auto by = std::move(*call.factor);
    call.factor.reset();
    if (auto permitted = admin::may_look(call.here, by.person(), session, by.self_enrolled()); !permitted) {
        auto fields = by.evidence();
        fields.insert({{"outcome", "refused"}, {"why", permitted.error().detail}});
        TRY(call.here.log->append(record_of(call, audit::Kind::session_watched, session, std::move(fields))));
        return fail(permitted.error());
    }
    const auto ticket = TRY(call.watches.issue(*call.session, session.id, std::move(by), Watches::Purpose::watch));
    Answer out;
    out.body = json::object{{"ticket", ticket.expose_text()}, {"seconds", std::chrono::floor<std::chrono::seconds>(Watches::ticket_lasts).count()}};
    return out;
}

}  // namespace anteroom::console
