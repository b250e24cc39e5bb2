// How long a session lasts: until its approval, its hours or its agreement end, with or without a grace; later when more time is
// given, at once or after a grace when access is withdrawn. Worker and gateway hold the ends that were last said, without a broker too.
#include <algorithm>

#include "base/log.h"
#include "broker/access/notices.h"
#include "broker/daemon/worker_peer.h"

namespace anteroom::daemon {

namespace {

// What is asked for from inside: the longest of these that policy still gives.
constexpr Duration more_at_once[] = {std::chrono::minutes(30), std::chrono::minutes(15), std::chrono::minutes(5), std::chrono::minutes(1)};
constexpr Duration least_change = std::chrono::seconds(1);
constexpr const char* withdrawn = "Your access was withdrawn; the session was ended.";

std::int64_t boottime(Monotonic time) { return time.time_since_epoch().count(); }

}  // namespace

WorkerPeer::Ends WorkerPeer::ends_of(const policy::Decision& decision, Time started) const {
    const Time now = shared_.now();
    const bool emergency = request_ && request_->emergency;
    Duration length = shared_.here.config.limits.session - (now - started);
    if (decision.max) length = std::min<Duration>(length, *decision.max - (now - started));
    if (decision.ends) length = std::min<Duration>(length, *decision.ends - now);
    const auto expires = shared_.monotonic() + std::max(length, Duration(0));
    const bool graced = !emergency && decision.at_expiry == policy::AtExpiry::grace && decision.grace;
    return {expires, expires + (graced ? *decision.grace : Duration(0))};
}

void WorkerPeer::move_end(const Ends& ends, const std::string& text) {
    expires_ = ends.expires;
    deadline_ = ends.deadline;
    const Time now = shared_.now();
    const auto until = now + (ends.expires - shared_.monotonic());
    (void)record(audit::Kind::session_extended, {{"expires", rfc3339(until)}, {"deadline", rfc3339(now + (ends.deadline - shared_.monotonic()))}});
    (void)shared_.here.sessions.set_deadline(session_->id, now + (ends.deadline - shared_.monotonic()));
    session_->deadline = now + (ends.deadline - shared_.monotonic());
    say(control::ChangeEnd{boottime(ends.expires), boottime(ends.deadline), text});
    shared_.gateway.set_deadline(started_.worker, deadline_, true, true);
    show("changed");
}

void WorkerPeer::reconsider() {
    if (talk_ && link_.state() == control::talking) {
        const auto person = shared_.here.people.find(login_->signed_in()->person());
        if (!person || !*person || (*person)->disabled || (*person)->expired(shared_.now())) refuse("Your access was withdrawn.");
        return;
    }
    if (!session_ || session_->ended || sealing_ || terminating_) return;
    const policy::Ask ask{session_->target, session_->account};
    const auto facts = shared_.here.facts_of(session_->person, started_.source);
    const auto decision = facts ? judge(*facts, ask) : Result<policy::Decision>(fail(facts.error()));
    if (!decision) return log::error("session.reconsider", {{"error", decision.error().detail}});
    if (decision->verdict != policy::Decision::Verdict::permit) return withdraw(*decision);
    winding_down_ = false;
    // Only what policy and grants say moves the end, never a wall clock that was set.
    if (decision->ends == decision_.ends && decision->max == decision_.max && decision->grace == decision_.grace && decision->at_expiry == decision_.at_expiry)
        return;
    decision_ = *decision;
    const auto ends = ends_of(*decision, session_->started);
    const auto moved = ends.expires - expires_;
    if (moved > -least_change && moved < least_change) return;
    const auto until = shared_.here.time_text(shared_.now() + (ends.expires - shared_.monotonic()));
    move_end(ends, moved > Duration(0) ? "More time: this session may last until " + until + "." : "This session now ends at " + until + ".");
}

// People who are disabled are cut off. Otherwise the rule that permitted may give a grace: what is under way at a scanner is finished.
void WorkerPeer::withdraw(const policy::Decision& decision) {
    using Reason = policy::Decision::Reason;
    const bool revoked = request_ && request_->state == access::RequestState::revoked;
    const bool at_once = revoked || decision.reason == Reason::disabled || decision.reason == Reason::person_expired;
    // Worker and gateway end it by themselves, or the grace runs that the approver saw.
    if (!at_once && shared_.monotonic() + least_change >= expires_) return;
    const auto* rule = shared_.here.policy.document.rule(session_->rule);
    const bool graced = !at_once && rule != nullptr && rule->grace && rule->at_expiry == policy::AtExpiry::grace && !(request_ && request_->emergency);
    if (graced && winding_down_) return;
    (void)record(audit::Kind::session_terminated,
                 {{"why", std::string(policy::name(decision.reason))}, {"policy_version", std::to_string(shared_.here.policy.version)}});
    if (graced) {
        winding_down_ = true;
        const auto now = shared_.monotonic();
        return move_end({now, std::min(deadline_, now + *rule->grace)}, "Your access was withdrawn. The session ends in " + duration_text(*rule->grace) + ".");
    }
    terminate(revoked ? "The approval of request " + std::to_string(request_->id) + " was revoked by " + request_->decided_by.str() + ": " + request_->decision
                      : withdrawn,
              "access-withdrawn");
}

Status WorkerPeer::extension_asked() {
    if (!session_ || !request_ || request_->emergency) {
        say(control::Tell{"This session cannot be made longer.", false});
        return ok();
    }
    auto asked = Result<access::Request>(fail(ErrorKind::refused, ""));
    Duration more{};
    for (const auto by : more_at_once) {
        more = by;
        asked = shared_.access.ask_extension(request_->id, by);
        if (asked || asked.error().kind != ErrorKind::refused) break;
    }
    if (!asked) {
        say(control::Tell{asked.error().kind == ErrorKind::refused || asked.error().kind == ErrorKind::conflict ? asked.error().detail
                                                                                                                : "More time cannot be asked for right now.",
                          false});
        return ok();
    }
    request_ = *asked;
    say(control::Tell{"Another " + duration_text(more) + " were asked for (request " + std::to_string(asked->id) + "); you are told what is decided.", false});
    return ok();
}

Status WorkerPeer::grace_begun() {
    if (!session_ || std::exchange(graced_, true)) return ok();
    TRY(record(audit::Kind::session_grace, {{"until", session_->deadline ? rfc3339(*session_->deadline) : ""}}));
    access::Notice notice;
    notice.event = "session.grace";
    notice.about = installation::AlertEvent::alarms;
    notice.loudness = 2;
    notice.request = request_ ? request_->id : 0;
    notice.person = session_->person;
    notice.targets = {session_->target.str()};
    notice.summary = session_->person.str() + " goes on working on " + session_->target.str() + " past the approved time, under its grace.";
    notice.deadline = session_->deadline;
    return access::announce(shared_.here, notice);
}

}  // namespace anteroom::daemon
