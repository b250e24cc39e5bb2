// Deciding: approvals, denials, extensions and revocations, each with a fresh second factor. Who was first has decided: a second
// decision reads who that was.
#include <algorithm>

#include "broker/access/access.h"
#include "broker/access/telling.h"

namespace anteroom::access {

namespace {

using installation::AlertEvent;

constexpr Duration fresh = std::chrono::minutes(5);

Status check_fresh(const SecondFactor& by, Time now) {
    if (now - by.at() <= fresh && by.at() - now <= fresh) return ok();
    return fail(ErrorKind::refused, "This takes a fresh code.");
}

// A factor that somebody else has known proves two people at once: it approves nothing where policy says so. It may still say no.
Status check_own_factor(const policy::Document& document, const Request& request, const SecondFactor& by) {
    if (by.self_enrolled() || !wants_self_enrolled(document, request)) return ok();
    return fail(ErrorKind::refused, "This takes codes that you enrolled yourself; somebody else has issued yours. Enrol new ones in My security.");
}

void add(audit::Fields& fields, const Decider& by, const SecondFactor& proof) {
    fields["by"] = by.person.str();
    if (by.standing_in_for) fields["standing_in_for"] = by.standing_in_for->str();
    for (const auto& [name, value] : proof.evidence()) fields.emplace(name, value);
}

std::string decider_text(const Circle& circle, const Decider& by) {
    return circle.display_name(by.person) + (by.standing_in_for ? " (standing in for " + circle.display_name(*by.standing_in_for) + ")" : "");
}

// Who does not decide any more does not count any more.
void drop(std::vector<Yes>& yeses, const Request& request, const Circle& circle, Time now, std::vector<std::string>& dropped) {
    const auto kept = counted_again(yeses, [&](const Yes& yes) { return circle.decider_of(request, yes, now); });
    for (const auto& yes : yeses)
        if (std::none_of(kept.begin(), kept.end(), [&](const Yes& k) { return k.by == yes.by && k.at == yes.at; })) dropped.push_back(yes.by.str());
    yeses = kept;
}

}  // namespace

Result<Request> Access::waiting(Request request, const Circle& circle, Time now, std::vector<std::string>& dropped) {
    auto out = TRY(apply(std::move(request), command::Pass{}, Terms{}, now));
    if (out.state != RequestState::requested)
        return fail(ErrorKind::conflict, "Request " + std::to_string(out.id) + " is decided: " + settled(out, [&](Time t) { return here_.time_text(t); }));
    drop(out.yeses, out, circle, now, dropped);
    return out;
}

Result<Request> Access::approve(std::int64_t id, SecondFactor by, std::optional<Duration> length, bool confirmed) {
    return change(id, [&](Request found, Time time) -> Result<Change> {
        TRY(check_fresh(by, time));
        const auto circle = TRY(Circle::load(here_));
        std::vector<std::string> dropped;
        const auto before = TRY(waiting(std::move(found), circle, time, dropped));
        const auto decider = circle.decider(before, by.person(), time);
        TRY(check_decider(before, decider));
        TRY(check_own_factor(here_.policy.document, before, by));
        const auto terms = circle.terms(before, time);
        const auto after = TRY(apply(before, command::Approve{decider, length, confirmed}, terms, time));
        const auto waits = joined(waits_for(here_.policy.document, after, terms, time));
        audit::Fields more;
        add(more, decider, by);
        if (length) more["shortened_to"] = duration_text(*length);
        if (!terms.confirm.empty()) more["confirmed"] = joined(terms.confirm, "; ");
        if (!dropped.empty()) more["dropped"] = joined(dropped);
        if (!waits.empty()) more["waits_for"] = waits;
        Change change{after, {record_of(here_, after, audit::Kind::access_approved, std::move(more))}, {}};
        if (after.state == RequestState::requested) return change;
        const auto until = after.ends ? "until " + here_.time_text(*after.ends) : "for " + duration_text(after.length) + " from the first connection";
        auto notice = notice_of(circle, after, "request.approved", AlertEvent::decisions, 0,
                                decider_text(circle, decider) + " approved request " + std::to_string(id) + " of " + person_text(circle, after.person) + ": " +
                                    places_text(after) + " " + until + ".");
        notice.deadline = after.ends;
        change.notices.push_back(std::move(notice));
        return change;
    });
}

Result<Request> Access::deny(std::int64_t id, SecondFactor by, const std::string& reason) {
    return change(id, [&](Request found, Time time) -> Result<Change> {
        TRY(check_fresh(by, time));
        TRY(check_line(reason, "reason", longest_reason));
        const auto circle = TRY(Circle::load(here_));
        std::vector<std::string> dropped;
        const auto before = TRY(waiting(std::move(found), circle, time, dropped));
        const auto decider = circle.decider(before, by.person(), time);
        const auto after = TRY(apply(before, command::Deny{decider, reason}, circle.terms(before, time), time));
        audit::Fields more{{"denied_because", reason}};
        add(more, decider, by);
        auto notice = notice_of(circle, after, "request.denied", AlertEvent::decisions, 0,
                                decider_text(circle, decider) + " denied request " + std::to_string(id) + " of " + person_text(circle, after.person) + ": " +
                                    places_text(after) + ".");
        notice.reason = reason;
        return Change{after, {record_of(here_, after, audit::Kind::access_denied, std::move(more))}, {std::move(notice)}};
    });
}

Result<Request> Access::extend(std::int64_t id, SecondFactor by, bool yes, bool confirmed) {
    return change(id, [&](Request found, Time time) -> Result<Change> {
        TRY(check_fresh(by, time));
        const auto circle = TRY(Circle::load(here_));
        auto before = TRY(apply(std::move(found), command::Pass{}, Terms{}, time));
        if (!before.extension) return fail(ErrorKind::conflict, "No more time is asked for on request " + std::to_string(id) + ", or it has been decided.");
        std::vector<std::string> dropped;
        drop(before.extension->yeses, before, circle, time, dropped);
        const auto decider = circle.decider(before, by.person(), time);
        TRY(check_decider(before, decider));
        if (yes) TRY(check_own_factor(here_.policy.document, before, by));
        const auto terms = circle.terms(before, time);
        const auto more_time = before.extension->by;
        const auto after = yes ? TRY(apply(before, command::ApproveExtension{decider, confirmed}, terms, time))
                               : TRY(apply(before, command::DenyExtension{decider}, terms, time));
        audit::Fields more{{"extension", duration_text(more_time)}};
        add(more, decider, by);
        if (!dropped.empty()) more["dropped"] = joined(dropped);
        if (after.extension) more["waits_for"] = joined(waits_for(here_.policy.document, after, terms, time));
        Change change{after, {record_of(here_, after, yes ? audit::Kind::access_extended : audit::Kind::extension_denied, std::move(more))}, {}};
        if (after.extension) return change;
        auto notice = notice_of(circle, after, "extension.decided", AlertEvent::decisions, 0,
                                decider_text(circle, decider) + (yes ? " gave " : " did not give ") + duration_text(more_time) + " more to " +
                                    person_text(circle, after.person) + " on " + places_text(after) + ": request " + std::to_string(id) + " ends at " +
                                    here_.time_text(*after.ends) + ".");
        notice.deadline = after.ends;
        change.notices.push_back(std::move(notice));
        return change;
    });
}

Result<Request> Access::revoke(std::int64_t id, SecondFactor by, const std::string& reason) {
    return change(id, [&](Request found, Time time) -> Result<Change> {
        TRY(check_fresh(by, time));
        TRY(check_line(reason, "reason", longest_reason));
        if (found.emergency) return fail(ErrorKind::refused, "An emergency is reviewed, not revoked. Its session can be ended: anteroom session terminate.");
        const auto circle = TRY(Circle::load(here_));
        const auto before = TRY(apply(std::move(found), command::Pass{}, Terms{}, time));
        if (!is_open(before.state)) return fail(ErrorKind::conflict, settled(before, [&](Time t) { return here_.time_text(t); }));
        const auto decider = circle.decider(before, by.person(), time);
        TRY(check_decider(before, decider));
        const auto after = TRY(apply(before, command::Revoke{by.person(), reason}, Terms{}, time));
        audit::Fields more{{"revoked_because", reason}};
        add(more, decider, by);
        auto notice = notice_of(circle, after, "request.revoked", AlertEvent::decisions, 1,
                                decider_text(circle, decider) + " revoked request " + std::to_string(id) + " of " + person_text(circle, after.person) + ": " +
                                    places_text(after) + ".");
        notice.reason = reason;
        return Change{after, {record_of(here_, after, audit::Kind::access_revoked, std::move(more))}, {std::move(notice)}};
    });
}

}  // namespace anteroom::access
