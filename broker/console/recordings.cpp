// Recordings in the console: those that somebody reviews, what is known of one, and the way to looking into it. That somebody looks at the
// list has been written down by the gate; what opens one is written down when it opens.
#include <boost/json.hpp>

#include <algorithm>
#include <charconv>

#include "broker/console/cards.h"
#include "broker/console/handlers.h"
#include "broker/console/reading.h"
#include "broker/console/recorded.h"
#include "broker/talk/words.h"
#include "policy/explain.h"

namespace anteroom::console {

namespace json = boost::json;

namespace {

constexpr std::size_t usual_page = 50, largest_page = 200;
// Somebody who reviews little among much: a call looks at so many, and the next one goes on behind them.
constexpr std::size_t most_looked_at = 2000, at_once = 250;
constexpr std::size_t most_asked = 20, most_asked_looked_at = 500, most_moments = 500, most_told = 3000;

Result<store::RecordingFilter> filter_of(const Call& call) {
    store::RecordingFilter filter;
    filter.since = TRY(queried_time(call, "since"));
    filter.until = TRY(queried_time(call, "until"));
    filter.before = TRY(queried_time(call, "before"));
    filter.person = queried(call, "person");
    filter.target = queried(call, "target");
    return filter;
}

struct Page {
    std::vector<SessionId> ids;
    std::optional<Time> before;  // where the next one begins
};

// Sessions that began at the same time stay on one page: the next one begins before that time.
Result<Page> page_of(Call& call, Looker& looker, store::RecordingFilter filter, std::size_t limit) {
    store::Recordings recordings(call.here.database);
    Page out;
    std::size_t looked_at = 0;
    while (true) {
        auto list = TRY(recordings.outlines(filter, at_once));
        const bool more = list.size() == at_once;
        // The last of them may have a twin on the next page: they are taken from there.
        const auto twins = std::find_if(list.begin(), list.end(), [&](const auto& one) { return more && one.started == list.back().started; });
        if (twins != list.begin()) list.erase(twins, list.end());
        for (const auto& one : list) {
            if (filter.before && one.started != *filter.before && (out.ids.size() >= limit || looked_at >= most_looked_at)) {
                out.before = filter.before;
                return out;
            }
            ++looked_at;
            if (looker.consent(one.target, one.policy_version)) out.ids.push_back(one.id);
            filter.before = one.started;
        }
        if (!more) return out;
    }
}

// Whether this consent is still waited for, and the caller may give it.
Result<bool> waits_for_me(Call& call, Looker& looker, const store::ConsentAsked& asked, const store::Session& session) {
    if (asked.asker == call.person() || session.person == call.person() || !looker.consent(session)) return false;
    const auto facts = call.here.facts_of(asked.asker, "");
    if (!facts) return false;
    const auto needed = policy::review_consent(call.here.policy.document, *facts, session.target, admin::PastLabels(call.here).of(session), call.now());
    if (!needed || *needed == 0) return false;
    auto given = TRY(admin::consent_of(call.here, asked.asker, session, *needed));
    std::erase_if(given.given, [&](const store::ConsentGiven& one) { return one.given < asked.asked; });
    const bool mine = std::any_of(given.given.begin(), given.given.end(), [&](const auto& one) { return one.giver == call.person(); });
    return !given.enough() && !mine && admin::may_consent(call.here, call.person(), asked.asker, session).has_value();
}

Result<json::array> asked_of_me(Call& call, Looker& looker) {
    json::array out;
    for (const auto& asked : TRY(store::Reviews(call.here.database).asked_since(call.now() - consent_waits, most_asked_looked_at))) {
        if (out.size() >= most_asked) break;
        const auto session = TRY(call.here.sessions.find(asked.session));
        if (!session || !TRY(waits_for_me(call, looker, asked, *session))) continue;
        out.push_back({{"id", asked.session.str()},
                       {"person", asked.asker.str()},
                       {"person_name", looker.display(asked.asker)},
                       {"reason", asked.reason},
                       {"at", rfc3339(asked.asked)}});
    }
    return out;
}

Result<json::object> consent_member(Call& call, Looker& looker, const store::Session& session) {
    const auto needed = looker.consent(session).value_or(0);
    const auto asked = TRY(store::Reviews(call.here.database).asked(session.id, call.person()));
    const auto consent = TRY(admin::consent_of(call.here, call.person(), session, needed));
    json::value question(nullptr), answer(nullptr);
    if (asked && asked->asked >= call.now() - consent_waits) question = {{"at", rfc3339(asked->asked)}, {"reason", asked->reason}};
    if (needed > 0 && consent.enough()) {
        std::vector<std::string> by;
        auto until = consent.given.front().until;
        for (const auto& one : consent.given) by.push_back(one.giver.str()), until = std::min(until, one.until);
        answer = {{"by", talk::listed(by, " and ")}, {"until", rfc3339(until)}};
    }
    return json::object{{"needed", needed > 0}, {"asked", std::move(question)}, {"given", std::move(answer)}};
}

// What the log says of this session; the roots of its recording, one a minute, are left out.
Result<json::array> audit_member(Call& call, const store::Session& session) {
    json::array out;
    for (const auto& row : TRY(store::Recordings(call.here.database).moments(call.here.log->chain(), session.id, {}, most_moments))) {
        const auto offset = (micros(row.time) - micros(session.started)) / 1000;
        out.push_back(
            {{"seq", row.seq}, {"at", rfc3339(row.time)}, {"kind", row.kind}, {"offset", std::clamp<std::int64_t>(offset, 0, length_ms(session, call.now()))}});
    }
    return out;
}

// Written down of sessions only since they are: of an older one the record of its beginning says it.
Result<store::Grounds> grounds_of(Call& call, const store::Recorded& recorded) {
    if (recorded.grounds.request) return recorded.grounds;
    auto out = recorded.grounds;
    for (const auto& row : TRY(store::Recordings(call.here.database).moments(call.here.log->chain(), recorded.session.id, {"session.start"}, 1))) {
        const auto entry = audit::parse_body(row.body);
        if (!entry || !entry->fields.contains("request")) continue;
        const auto& text = entry->fields.at("request");
        std::int64_t number = 0;
        if (const auto [last, error] = std::from_chars(text.data(), text.data() + text.size(), number); error != std::errc()) continue;
        out.request = number;
        out.emergency = entry->fields.contains("emergency");
    }
    return out;
}

std::string factors_text(const store::Session& session) {
    return session.key_fingerprint.empty() ? session.factors : session.factors + " (" + session.key_fingerprint + ")";
}

}  // namespace

Result<Answer> recordings(Call& call) {
    auto looker = TRY(Looker::of(call));
    const auto filter = TRY(filter_of(call));
    const auto limit = TRY(queried_number(call, "limit", usual_page, largest_page));
    const auto page = TRY(page_of(call, looker, filter, static_cast<std::size_t>(limit)));
    const auto signed_off = TRY(store::Reviews(call.here.database).last_sign_offs(page.ids));
    json::array rows;
    for (const auto& one : TRY(store::Recordings(call.here.database).find(page.ids))) {
        const auto last = signed_off.find(one.session.id);
        rows.push_back(TRY(recording_row(call, looker, one, last == signed_off.end() ? std::nullopt : std::optional(last->second))));
    }
    auto asked = filter.before ? json::array() : TRY(asked_of_me(call, looker));
    Answer out;
    out.body = json::object{
        {"recordings", std::move(rows)}, {"before", page.before ? json::value(rfc3339(*page.before)) : json::value(nullptr)}, {"asked", std::move(asked)}};
    return out;
}

namespace {

Status add_grounds(Call& call, Looker& looker, const store::Grounds& grounds, json::object& out) {
    out["request"] = nullptr;
    out["emergency_review"] = nullptr;
    if (!grounds.request) return ok();
    const auto request = TRY(call.live.access().find(*grounds.request));
    if (!request) return ok();
    out["request"] = TRY(card_of(call, *request));
    if (!request->emergency) return ok();
    const auto reviewing = TRY(call.live.access().reviewing(call.person(), {*request}));
    out["emergency_review"] = TRY(emergency_row(call, looker, *request, reviewing.front()));
    return ok();
}

Status add_watched(Call& call, Looker& looker, const store::Recorded& recorded, json::object& out) {
    json::array watchers, mine, required;
    for (const auto& one : TRY(watchers_of(call, recorded.session.id))) {
        const auto ranges = ranges_json(TRY(ranges_of(one.ranges)));
        if (one.person == call.person()) mine = ranges;
        watchers.push_back({{"person", one.person.str()}, {"at", rfc3339(one.opened)}, {"watched", ranges}});
    }
    if (recorded.grounds.emergency) {
        const auto told = TRY(told_of(call, recorded.session.id, most_told));
        for (const auto& one : TRY(to_watch(call, looker, recorded.session, told)).moments)
            required.push_back({{"at", one.required.at_ms}, {"text", one.required.text}, {"watched", one.watched}});
    }
    out["watched"] = std::move(mine);
    out["watchers"] = std::move(watchers);
    out["required"] = std::move(required);
    return ok();
}

}  // namespace

Result<Answer> recording_answer(Call& call, Looker& looker, store::Recorded recorded) {
    recorded.grounds = TRY(grounds_of(call, recorded));
    const auto& session = recorded.session;
    store::Reviews reviews(call.here.database);
    json::array notes, signed_off;
    for (const auto& one : TRY(reviews.notes(session.id)))
        notes.push_back({{"id", one.id}, {"at", one.at_ms}, {"text", one.text}, {"by", one.person.str()}, {"written", rfc3339(one.written)}});
    const auto sign_offs = TRY(reviews.sign_offs(session.id));
    for (const auto& one : sign_offs) signed_off.push_back({{"by", one.person.str()}, {"at", rfc3339(one.at)}, {"outcome", one.outcome}, {"note", one.note}});
    auto out = TRY(recording_row(call, looker, recorded, sign_offs.empty() ? std::nullopt : std::optional(sign_offs.back())));
    out["source"] = session.source;
    out["rule"] = session.rule;
    out["policy_version"] = session.policy_version;
    out["reason"] = session.reason;
    out["factors"] = factors_text(session);
    out["ended_why"] = session.end_reason;
    out["notes"] = std::move(notes);
    out["sign_offs"] = std::move(signed_off);
    TRY(add_grounds(call, looker, recorded.grounds, out));
    TRY(add_watched(call, looker, recorded, out));
    out["consent"] = TRY(consent_member(call, looker, session));
    out["audit"] = TRY(audit_member(call, session));
    const auto exports = exports_of(call.here, session, out["may_open"].as_bool());
    out["exports"] = json::array(exports.begin(), exports.end());
    Answer answer;
    answer.body = std::move(out);
    return answer;
}

Result<Answer> recording(Call& call) {
    auto looker = TRY(Looker::of(call));
    auto recorded = TRY(recording_in_path(call, looker));
    return recording_answer(call, looker, std::move(recorded));
}

audit::Record record_about(const Call& call, audit::Kind kind, const store::Session& session, audit::Fields fields) {
    audit::Record record{kind, call.person().str(), session.target.str(), session.id.str(), std::move(fields)};
    record.fields.insert({{"of", session.person.str()}, {"account", session.account.str()}, {"way", "console"}, {"source", call.asked.source}});
    return record;
}

Result<access::SecondFactor> factor_to_look(Call& call, const store::Session& session, audit::Kind kind) {
    auto by = std::move(*call.factor);
    call.factor.reset();
    const auto permitted = admin::may_look(call.here, by.person(), session, by.self_enrolled());
    if (permitted) return by;
    auto fields = by.evidence();
    fields.insert({{"outcome", "refused"}, {"why", permitted.error().detail}});
    TRY(call.here.log->append(record_about(call, kind, session, std::move(fields))));
    return fail(permitted.error());
}

Result<Answer> recording_open(Call& call) {
    auto looker = TRY(Looker::of(call));
    const auto recorded = TRY(recording_in_path(call, looker));
    auto by = TRY(factor_to_look(call, recorded.session, audit::Kind::recording_view));
    if (state_of(call.here, recorded.session) == "gone") return fail(ErrorKind::conflict, "The recording is gone: its file is not there any more.");
    call.live.index(recorded.session.id);  // where there is none, or one that nobody goes on with: that of a live session is there at once
    const auto ticket = TRY(call.watches.issue(*call.session, recorded.session.id, std::move(by), Watches::Purpose::replay));
    Answer out;
    out.body = json::object{{"ticket", ticket.expose_text()}, {"seconds", std::chrono::floor<std::chrono::seconds>(Watches::ticket_lasts).count()}};
    return out;
}

}  // namespace anteroom::console
