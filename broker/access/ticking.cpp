// What time does: requests expire, grants end, what nobody decides escalates, reviews are reminded of and get louder when overdue.
#include <algorithm>

#include "broker/access/access.h"
#include "broker/access/telling.h"
#include "policy/deciding.h"

namespace anteroom::access {

namespace {

using installation::AlertEvent;

constexpr Duration louder_every = std::chrono::hours(1);
constexpr std::int64_t half_time = 1, overdue = 2;  // what `reminders` counts: then one more an hour
constexpr int loudest = 9;

// When the first of the rules that still waits escalates.
std::optional<Time> escalates(const policy::Document& document, const Request& request, const Terms& terms) {
    std::optional<Time> out;
    const auto counts = missing(request, terms);
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const auto* rule = counts[i] > 0 ? document.rule(request.wanted[i].rule) : nullptr;
        if (rule == nullptr || !rule->approval) continue;
        const auto at = policy::escalates_at(*rule->approval, asked_at(request));
        if (at && (!out || *at < *out)) out = at;
    }
    return out;
}

std::int64_t reminders_due(const Request& request, Time now) {
    const auto due = *request.review_due;
    if (now >= due) return overdue + (now - due) / louder_every;
    return now >= request.created + (due - request.created) / 2 ? half_time : 0;
}

bool may_escalate(const Request& request) {
    return request.extension ? !request.extension->escalated : request.state == RequestState::requested && !request.escalated;
}

}  // namespace

Status Access::tick() {
    const auto time = TRY(now());
    const auto rows = TRY(here_.requests.open());
    // What fails is done next time; it does not keep the others from their time.
    Status out;
    for (const auto& row : rows) {
        const auto request = request_of(row);
        auto done = request ? tick_one(*request, time) : Status(fail(request.error()));
        if (!done && out) out = std::move(done);
    }
    return out;
}

Status Access::tick_one(const Request& request, Time time) {
    const auto passed = TRY(apply(request, command::Pass{}, Terms{}, time));
    if (passed.state != request.state) {
        TRY(change(request.id, [&](const Request& before, Time at) -> Result<Change> {
            auto after = TRY(apply(before, command::Pass{}, Terms{}, at));
            const bool expired = after.state == RequestState::expired;
            audit::Fields more{{"was", std::string(name(before.state))}};
            if (before.extension) more["extension"] = "fell away undecided";
            return Change{after, {record_of(here_, after, expired ? audit::Kind::access_expired : audit::Kind::access_ended, std::move(more))}, {}};
        }));
    } else if (may_escalate(request)) {
        TRY(escalate(request, time));
    }
    if (request.emergency && request.outcome.empty() && reminders_due(request, time) > request.reminders) TRY(remind_of_review(request.id));
    return ok();
}

Status Access::escalate(const Request& request, Time time) {
    const auto& document = here_.policy.document;
    const auto rules = rules_of(document, request);
    const auto could = [&](const policy::Rule* rule) {
        const auto at = rule->approval ? policy::escalates_at(*rule->approval, asked_at(request)) : std::nullopt;
        return at && *at <= time;
    };
    if (std::none_of(rules.begin(), rules.end(), could)) return ok();
    const auto circle = TRY(Circle::load(here_));
    const auto due = escalates(document, request, circle.terms(request, time));
    if (!due || *due > time) return ok();
    TRY(change(request.id, [&](Request after, Time at) -> Result<Change> {
        (after.extension ? after.extension->escalated : after.escalated) = true;
        const auto terms = circle.terms(after, at);
        auto notice = notice_of(circle, after, "request.escalated", AlertEvent::requests, 1,
                                person_text(circle, after.person) + " still waits for " + places_text(after) + ": request " + std::to_string(after.id) +
                                    ", since " + here_.time_text(asked_at(after)) + ".");
        notice.deadline = after.extension ? after.ends : after.waits_until;
        notice.approvers = circle.deciders(after, at);
        const audit::Fields more{{"waits_for", joined(waits_for(document, after, terms, at))}, {"of", after.extension ? "extension" : "request"}};
        return Change{after, {record_of(here_, after, audit::Kind::access_escalated, more)}, {std::move(notice)}};
    }));
    return ok();
}

Status Access::remind_of_review(std::int64_t id) {
    TRY(change(id, [&](Request after, Time at) -> Result<Change> {
        const auto circle = TRY(Circle::load(here_));
        after.reminders = reminders_due(after, at);
        const bool late = after.reminders >= overdue;
        const auto whose = number_text(after) + " of " + person_text(circle, after.person) + " on " + places_text(after);
        auto notice = notice_of(circle, after, late ? "break-glass.review-overdue" : "break-glass.review-due", AlertEvent::reviews,
                                static_cast<int>(std::min<std::int64_t>(after.reminders, loudest)),
                                late ? "The review of " + whose + " is overdue since " + here_.time_text(*after.review_due) + "."
                                     : "The review of " + whose + " is due by " + here_.time_text(*after.review_due) + ".");
        notice.deadline = after.review_due;
        notice.approvers = reviewers(here_.policy.document, circle, after, at);
        notice.channels = alert_channels(here_.policy.document, after);
        Change change{after, {}, {std::move(notice)}};
        const audit::Fields more{{"review_due", rfc3339(*after.review_due)}, {"reminder", std::to_string(after.reminders)}};
        if (late) change.records.push_back(record_of(here_, after, audit::Kind::break_glass_overdue, more));
        return change;
    }));
    return ok();
}

}  // namespace anteroom::access
