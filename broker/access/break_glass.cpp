// Emergencies: permitted at once by an entry of the policy, told to everybody it names in the same transaction, limited, and reviewed
// by somebody else. Nothing here waits for anybody.
#include <algorithm>

#include "broker/access/access.h"
#include "broker/access/telling.h"
#include "policy/explain.h"

namespace anteroom::access {

namespace {

using installation::AlertEvent;

constexpr Duration factor_lasts = std::chrono::minutes(5);

// Of a request that is an emergency. The entry may be gone from the policy since.
const policy::BreakGlass* entry_of(const policy::Document& document, const Request& request) { return document.emergency(request.wanted.front().rule); }

Status refuse(std::string sentence) { return fail(ErrorKind::refused, std::move(sentence)); }

// Who reviews: those whom the entry names; where it is gone, those who may open the target's recordings.
bool reviews(const policy::Document& document, const Circle& circle, const Request& request, const PersonId& person, Time now) {
    if (const auto* entry = entry_of(document, request)) return circle.is_one_of(person, entry->review_by, now);
    const auto& target = request.wanted.front().ask.target;
    const auto at = document.targets.find(target);
    return policy::may_review(document, circle.facts_of(person, ""), target, at == document.targets.end() ? policy::Labels() : at->second.labels, now);
}

Status check_outcome(const std::string& outcome, const std::string& note) {
    if (outcome != "justified" && outcome != "partly" && outcome != "unjustified") return refuse("The outcome is justified, partly or unjustified.");
    return check_line(note, "note", longest_note, outcome != "justified");
}

}  // namespace

std::vector<std::string> alert_channels(const policy::Document& document, const Request& emergency) {
    const auto* entry = entry_of(document, emergency);
    return entry == nullptr ? std::vector<std::string>() : entry->alert;
}

std::vector<PersonId> reviewers(const policy::Document& document, const Circle& circle, const Request& emergency, Time now) {
    std::vector<PersonId> out;
    for (const auto& facts : circle.facts())
        if (circle.human(facts.person) != circle.human(emergency.person) && reviews(document, circle, emergency, facts.person, now))
            out.push_back(facts.person);
    return out;
}

Result<bool> Access::may_break_glass(const PersonId& person, const policy::Ask& ask, const std::string& source_ip) {
    const auto time = TRY(now());
    const auto facts = TRY(here_.facts_of(person, source_ip));
    return policy::evaluate_break_glass(here_.policy.document, facts, ask, time).verdict == policy::Decision::Verdict::permit;
}

Result<Request> Access::break_glass(const PersonId& person, const policy::Ask& ask, const std::string& reason, const std::string& source_ip, Time factor_at,
                                    bool drill, const audit::Fields& evidence) {
    const auto time = TRY(now());
    const auto facts = TRY(here_.facts_of(person, source_ip));
    const auto& document = here_.policy.document;
    const auto decision = policy::evaluate_break_glass(document, facts, ask, time);
    const auto* entry = document.emergency(decision.rule);
    if (decision.verdict != policy::Decision::Verdict::permit || entry == nullptr) return fail(ErrorKind::refused, decision.sentence);
    if (time - factor_at > factor_lasts || factor_at - time > factor_lasts) return fail(ErrorKind::refused, "This takes a fresh code.");
    TRY(check_line(reason, "reason", longest_reason));
    // A drill never stands in for the emergency that comes in its midst.
    if (auto running = TRY(emergency_of(person, ask)); running && (drill || !running->drill)) return std::move(*running);
    return create_with([&](std::int64_t id) -> Result<Change> {
        const auto circle = TRY(Circle::load(here_));
        Request request;
        request.id = id;
        request.person = person;
        request.wanted = {{ask, entry->id}};
        request.reason = reason;
        request.source = source_ip;
        request.asked = request.length = entry->max;
        request.created = request.waits_until = time;
        request.state = RequestState::active;
        request.starts = time;
        request.ends = time + entry->max;
        request.emergency = true;
        request.drill = drill;
        request.review_due = time + entry->review_within;
        request.unusual = TRY(unusual(facts, {{ask, ""}}, source_ip, time));  // its hours do not matter
        auto notice = notice_of(circle, request, "break-glass.used", AlertEvent::break_glass, 2,
                                person_text(circle, person) + " broke the glass for " + places_text(request) + " until " + here_.time_text(*request.ends) +
                                    "; to be reviewed by " + here_.time_text(*request.review_due) + ".");
        notice.channels = entry->alert;
        notice.deadline = request.review_due;
        notice.approvers = reviewers(document, circle, request, time);
        audit::Fields more = evidence;
        more.insert({{"source", source_ip}, {"review_due", rfc3339(*request.review_due)}, {"alerts", joined(entry->alert)}});
        return Change{request, {record_of(here_, request, audit::Kind::break_glass_used, std::move(more))}, {std::move(notice)}};
    });
}

// Whether a session that began under this emergency is live.
Result<bool> Access::somebody_works(const Request& emergency) {
    constexpr std::size_t newest = 100;
    const auto sessions = TRY(here_.sessions.of_person(emergency.person, newest));
    return std::any_of(sessions.begin(), sessions.end(), [&](const store::Session& session) {
        return !session.ended && session.started >= *emergency.starts && session.target == emergency.wanted.front().ask.target;
    });
}

// As apply() would have it, time has passed.
Result<Access::Reviewing> Access::reviewing_of(const Circle& circle, const PersonId& person, const Request& emergency, Time time) {
    Reviewing out;
    out.named = reviews(here_.policy.document, circle, emergency, person, time);
    if (person == emergency.person || circle.human(person) == circle.human(emergency.person))
        out.why_not = "Nobody reviews an emergency of their own, with another account either.";
    else if (!out.named) out.why_not = "The policy does not name you as a reviewer of this.";
    else if (!emergency.outcome.empty()) out.why_not = emergency.reviewed_by.str() + " has reviewed it already: " + emergency.outcome + ".";
    else if (is_open(emergency.state) && TRY(somebody_works(emergency))) out.why_not = "It is still running. It is reviewed when it has ended.";
    return out;
}

Result<std::vector<Access::Reviewing>> Access::reviewing(const PersonId& person, const std::vector<Request>& emergencies) {
    const auto time = TRY(now());
    const auto circle = TRY(Circle::load(here_));
    std::vector<Reviewing> out;
    for (const auto& emergency : emergencies) {
        const auto as_it_is = TRY(apply(emergency, command::Pass{}, Terms{}, time));
        out.push_back(TRY(reviewing_of(circle, person, as_it_is, time)));
    }
    return out;
}

Result<Request> Access::review(std::int64_t id, SecondFactor by, const std::string& outcome, const std::string& note, const std::string& follow_up,
                               const audit::Fields& more_said) {
    return change(id, [&](Request found, Time time) -> Result<Change> {
        if (!found.emergency) return fail(ErrorKind::refused, "Request " + std::to_string(id) + " was no emergency, there is nothing to review.");
        if (time - by.at() > factor_lasts || by.at() - time > factor_lasts) return fail(ErrorKind::refused, "This takes a fresh code.");
        auto after = TRY(apply(std::move(found), command::Pass{}, Terms{}, time));
        const auto circle = TRY(Circle::load(here_));
        const auto& document = here_.policy.document;
        if (by.person() == after.person || circle.human(by.person()) == circle.human(after.person))
            return fail(ErrorKind::refused, "Nobody reviews an emergency of their own, with another account either.");
        if (!reviews(document, circle, after, by.person(), time)) return fail(ErrorKind::refused, "The policy does not name you as a reviewer of this.");
        if (document.self_enrolled_mfa && !by.self_enrolled())
            return fail(ErrorKind::refused, "This takes codes that you enrolled yourself; somebody else has issued yours. Enrol new ones in My security.");
        if (!after.outcome.empty()) return fail(ErrorKind::conflict, after.reviewed_by.str() + " has reviewed it already: " + after.outcome + ".");
        TRY(check_outcome(outcome, note));
        TRY(check_line(follow_up, "follow-up", longest_note, false));
        const bool closed_now = is_open(after.state);
        if (closed_now) {
            if (TRY(somebody_works(after))) return fail(ErrorKind::refused, "It is still running. It is reviewed when it has ended.");
            after.state = RequestState::ended;  // behind a glass that was reviewed nobody works any more
            after.ends = time;
        }
        after.outcome = outcome;
        after.review_note = note;
        after.follow_up = follow_up;
        after.reviewed_by = by.person();
        after.reviewed = time;
        auto told = notice_of(circle, after, "break-glass.reviewed", AlertEvent::reviews, 0,
                              circle.display_name(by.person()) + " reviewed " + number_text(after) + " of " + person_text(circle, after.person) + " on " +
                                  places_text(after) + ": " + outcome + ".");
        told.reason = note;
        told.channels = alert_channels(document, after);
        audit::Fields more{{"by", by.person().str()}, {"outcome", outcome}, {"note", note}};
        if (!follow_up.empty()) more.emplace("follow_up", follow_up);
        more.insert(more_said.begin(), more_said.end());
        for (const auto& [field, value] : by.evidence()) more.emplace(field, value);
        Change change{after, {record_of(here_, after, audit::Kind::break_glass_reviewed, more)}, {told}};
        if (closed_now) change.records.push_back(record_of(here_, after, audit::Kind::access_ended, {{"by", by.person().str()}}));
        if (outcome != "unjustified" || after.drill) return change;
        change.records.push_back(record_of(here_, after, audit::Kind::incident_opened, more));
        told.event = "incident.opened";
        told.about = AlertEvent::alarms;
        told.loudness = 2;
        told.summary = "An incident is open: " + number_text(after) + " of " + person_text(circle, after.person) + " on " + places_text(after) +
                       " was not justified, says " + circle.display_name(by.person()) + ".";
        change.notices.push_back(std::move(told));
        return change;
    });
}

Result<std::vector<Request>> Access::emergencies(bool all) {
    const auto rows = TRY(here_.requests.list(true));
    auto out = TRY(requests_of(rows));
    if (all) return out;
    std::erase_if(out, [](const Request& r) { return !r.outcome.empty(); });
    std::sort(out.begin(), out.end(), [](const Request& a, const Request& b) { return std::tie(*a.review_due, a.id) < std::tie(*b.review_due, b.id); });
    return out;
}

}  // namespace anteroom::access
