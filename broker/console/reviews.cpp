// What a reviewer leaves at a recording: notes, what was watched, a sign-off; and consents, asked for and given. Notes, ranges and sign-offs
// come from those alone who have opened it.
#include <boost/json.hpp>

#include "broker/access/circle.h"
#include "broker/access/telling.h"
#include "broker/console/handlers.h"
#include "broker/console/problem.h"
#include "broker/console/reading.h"
#include "broker/console/recorded.h"
#include "policy/explain.h"

namespace anteroom::console {

namespace json = boost::json;

namespace {

constexpr std::size_t longest_note = 2000, most_told_ranges = 200;
constexpr Duration consent_lasts = std::chrono::hours(1);
constexpr std::string_view outcomes[] = {"fine", "follow-up", "incident"};

struct Opened {
    Looker looker;
    store::Recorded recorded;
    store::Watched watched;
};

Result<Opened> opened_in_path(Call& call) {
    auto looker = TRY(Looker::of(call));
    auto recorded = TRY(recording_in_path(call, looker));
    auto watched = TRY(opened_by(call, recorded.session.id, call.person()));
    if (!watched) return fail(ErrorKind::conflict, "Open the recording first: this is for who has looked into it.");
    return Opened{std::move(looker), std::move(recorded), std::move(*watched)};
}

Result<std::int64_t> at_of(const Call& call, std::int64_t length) {
    const auto* at = call.body.if_contains("at");
    const auto* number = at == nullptr ? nullptr : at->if_int64();
    if (number == nullptr || *number < 0 || *number > length) return fail(ErrorKind::invalid, "at must be a moment of the recording, in whole milliseconds");
    return *number;
}

Result<Ranges> told_ranges(const Call& call) {
    const auto wrong = fail(ErrorKind::invalid, "ranges must be a list of at most " + std::to_string(most_told_ranges) + " pairs of whole milliseconds");
    const auto* list = call.body.at("ranges").if_array();
    if (list == nullptr || list->size() > most_told_ranges) return wrong;
    Ranges out;
    for (const auto& item : *list) {
        const auto* pair = item.if_array();
        if (pair == nullptr || pair->size() != 2) return wrong;
        const auto *from = (*pair)[0].if_int64(), *to = (*pair)[1].if_int64();
        if (from == nullptr || to == nullptr || *from < 0 || *to < *from) return wrong;
        out.emplace_back(*from, *to);
    }
    return out;
}

// The effect and its record, both or neither; then those who review it hear of it.
Status change(Call& call, const store::Session& session, const audit::Record& record, std::string_view state, const std::function<Status()>& effect) {
    TRY(call.here.database.transaction([&]() -> Status {
        TRY(effect());
        TRY(call.here.log->append(record));
        return ok();
    }));
    call.events.recording(session, state);
    return ok();
}

// Lines that show as they stand: nothing that turns or hides what is beside it.
bool is_text(std::string text) {
    std::erase_if(text, [](char c) { return c == '\n' || c == '\r' || c == '\t'; });
    return printable(text, text.size()) == text;
}

Result<bool> same_human(Call& call, const PersonId& one, const PersonId& other) {
    const auto circle = TRY(access::Circle::load(call.here));
    return circle.human(one) == circle.human(other);
}

// Once there are as many consents as it takes, nobody is asked any more; when they are over, the asker asks again.
Status answer_asked(Call& call, const store::Session& session, const PersonId& asker) {
    const auto facts = TRY(call.here.facts_of(asker, ""));
    const auto needed = policy::review_consent(call.here.policy.document, facts, session.target, admin::PastLabels(call.here).of(session), call.now());
    if (!TRY(admin::consent_of(call.here, asker, session, needed.value_or(0))).enough()) return ok();
    return store::Reviews(call.here.database).forget_asked(session.id, asker);
}

}  // namespace

Result<Answer> recording_note(Call& call) {
    auto open = TRY(opened_in_path(call));
    const auto& session = open.recorded.session;
    const auto at = TRY(at_of(call, length_ms(session, call.now())));
    const auto text = TRY(text_of(call, "text", longest_note));
    if (text.find_first_not_of(" \t\r\n") == std::string::npos) return fail(ErrorKind::invalid, "the note is empty");
    if (!is_text(text)) return fail(ErrorKind::invalid, "the note has characters in it that cannot be seen: only line breaks may be");
    const auto record = record_about(call, audit::Kind::recording_noted, session, {{"at_ms", std::to_string(at)}, {"text", text}});
    TRY(change(call, session, record, "noted", [&]() -> Status {
        TRY(store::Reviews(call.here.database).add_note({0, session.id, at, text, call.person(), call.now()}));
        return ok();
    }));
    return recording_answer(call, open.looker, std::move(open.recorded));
}

Result<Answer> recording_watched(Call& call) {
    auto open = TRY(opened_in_path(call));
    auto& watched = open.watched;
    const auto more = TRY(told_ranges(call));
    const auto before = TRY(ranges_of(watched.ranges));
    const auto after = joined(before, more, length_ms(open.recorded.session, call.now()));
    if (after != before) {
        watched.ranges = text_of(after);
        watched.updated = call.now();
        TRY(store::Reviews(call.here.database).keep_watched(watched));
        // Their queue of reviews may stand open already: what a page says when it is left comes late.
        if (open.recorded.grounds.emergency) call.events.watched(open.recorded.session, call.person());
    }
    Answer out;
    out.body = json::object{{"watched", ranges_json(after)}};
    return out;
}

Result<Answer> recording_sign_off(Call& call) {
    auto open = TRY(opened_in_path(call));
    const auto& session = open.recorded.session;
    const auto outcome = TRY(line_of(call, "outcome", 32));
    if (std::find(std::begin(outcomes), std::end(outcomes), outcome) == std::end(outcomes))
        return fail(ErrorKind::invalid, "The outcome is fine, follow-up or incident.");
    const auto note = TRY(line_of(call, "note", access::longest_note, outcome != "fine"));
    if (!session.ended) return fail(ErrorKind::conflict, "It is still running. It is signed off when it has ended.");
    if (TRY(same_human(call, call.person(), session.person)))
        return fail(ErrorKind::refused, "Nobody signs off a recording of their own, with another account either.");
    auto fields = call.factor->evidence();
    call.factor.reset();
    fields.insert({{"outcome", outcome}, {"note", note}, {"watched", open.watched.ranges}});
    const auto record = record_about(call, audit::Kind::recording_reviewed, session, std::move(fields));
    TRY(change(call, session, record, "signed-off",
               [&] { return store::Reviews(call.here.database).sign_off({session.id, call.person(), outcome, note, call.now()}); }));
    return recording_answer(call, open.looker, std::move(open.recorded));
}

Result<Answer> recording_ask_consent(Call& call) {
    auto looker = TRY(Looker::of(call));
    auto recorded = TRY(recording_in_path(call, looker));
    const auto& session = recorded.session;
    const auto reason = TRY(line_of(call, "reason", access::longest_reason));
    if (looker.consent(session).value_or(0) == 0) return fail(ErrorKind::conflict, "You need nobody's consent to open this recording.");
    const auto record = record_about(call, audit::Kind::recording_consented, session, {{"step", "asked"}, {"reason", reason}});
    TRY(change(call, session, record, "asked",
               [&] { return store::Reviews(call.here.database).ask_consent({session.id, call.person(), reason, call.now()}); }));
    return recording_answer(call, looker, std::move(recorded));
}

Result<Answer> recording_consent(Call& call) {
    auto looker = TRY(Looker::of(call));
    auto recorded = TRY(recording_in_path(call, looker));
    const auto& session = recorded.session;
    const auto asker = PersonId::parse(TRY(line_of(call, "person", 64)));
    if (!asker) return fail(ErrorKind::invalid, "person is no name");
    store::Reviews reviews(call.here.database);
    const auto asked = TRY(reviews.asked(session.id, *asker));
    if (!asked || asked->asked < call.now() - consent_waits)
        return fail(ErrorKind::conflict, asker->str() + " has not asked for anybody's consent to this recording.");
    auto by = std::move(*call.factor);
    call.factor.reset();
    TRY(admin::may_consent(call.here, by.person(), *asker, session));
    if (call.here.policy.document.self_enrolled_mfa && !by.self_enrolled())
        return fail(ErrorKind::refused, "This takes codes that you enrolled yourself; somebody else has issued yours. Enrol new ones in My security.");
    const auto until = call.now() + consent_lasts;
    auto fields = by.evidence();
    fields.insert({{"step", "given"}, {"to", asker->str()}, {"reason", asked->reason}, {"until", rfc3339(until)}});
    const auto record = record_about(call, audit::Kind::recording_consented, session, std::move(fields));
    TRY(change(call, session, record, "consented", [&]() -> Status {
        TRY(reviews.give_consent({session.id, *asker, by.person(), call.now(), until}));
        return answer_asked(call, session, *asker);
    }));
    return recording_answer(call, looker, std::move(recorded));
}

}  // namespace anteroom::console
