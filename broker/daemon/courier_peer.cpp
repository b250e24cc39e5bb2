// Handing out and taking answers. What is in hand when the courier goes is handed to the next one: at least once, never lost.
#include "broker/daemon/courier_peer.h"

#include <boost/json.hpp>

#include "base/log.h"
#include "broker/installation/channel_state.h"

namespace anteroom::daemon {

namespace {

namespace json = boost::json;
constexpr Duration look_every = std::chrono::milliseconds(200), first_backoff = std::chrono::seconds(2), longest_backoff = std::chrono::minutes(5);
constexpr Duration answer_may_take = std::chrono::minutes(2);  // the courier's own limits are far below
constexpr Duration forget_every = std::chrono::hours(1), kept_for = std::chrono::days(30);
constexpr std::size_t batch_records = 200, batch_bytes = 48 * 1024, largest_record = 100 * 1024;

// The line of a record, or of what stands for one that no message could carry.
std::string line_for(const store::AuditRow& row) {
    auto line = audit::line_of(row.body, row.hash);
    if (line.size() <= largest_record) return line;
    return json::serialize(json::object{{"chain", row.chain},
                                        {"seq", row.seq},
                                        {"time", rfc3339(row.time)},
                                        {"kind", row.kind},
                                        {"person", row.person},
                                        {"target", row.target},
                                        {"session", row.session},
                                        {"fields", json::object{{"cut", std::to_string(line.size()) + " bytes"}}},
                                        {"hash", row.hash}});
}

std::string request_in(const std::string& body) {
    boost::system::error_code error;
    const auto parsed = boost::json::parse(body, error);
    const auto* object = error ? nullptr : parsed.if_object();
    const auto* number = object != nullptr ? object->if_contains("request") : nullptr;
    return number != nullptr && number->is_int64() ? std::to_string(number->get_int64()) : "";
}

}  // namespace

Duration delivery_backoff(std::int64_t failures) {
    Duration wait = first_backoff;
    for (std::int64_t i = 1; i < failures && wait < longest_backoff; ++i) wait *= 2;
    return std::min(wait, longest_backoff);
}

CourierPeer::CourierPeer(boost::asio::io_context& io, control::Link link, installation::Installation& here, std::function<void()> gone)
    : Peer(io, std::move(link)), here_(here), gone_(std::move(gone)), timer_(io) {}

Status CourierPeer::handle(control::Packet packet) {
    if (packet.is<control::CourierHello>()) return greet(TRY(packet.as<control::CourierHello>()));
    return answered(TRY(packet.as<control::Delivered>()));
}

Status CourierPeer::greet(const control::CourierHello& hello) {
    if (hello.version != control::protocol_version) return fail(ErrorKind::refused, "the courier speaks another version of the control protocol");
    for (const auto& name : hello.channels)
        if (here_.config.alerts.contains(name)) channels_.insert(name);
    for (const auto& name : channels_) state_[name];
    if (!say(control::CourierWelcome{})) return ok();
    link_.enter(control::open);
    look_later();
    return look_or_fail();
}

void CourierPeer::look_later() {
    timer_.expires_after(look_every);
    timer_.async_wait([weak = weak_from_this(), this](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (error || !self || !is_open()) return;
        look();
        look_later();
    });
}

void CourierPeer::look() {
    if (!is_open() || link_.state() != control::open) return;
    if (auto looked = look_or_fail(); !looked) fail_soon(looked.error());
}

Status CourierPeer::look_or_fail() {
    const auto now = here_.clock.monotonic();
    for (const auto& [name, channel] : state_)
        if (channel.busy && now - *channel.since > answer_may_take) return fail(ErrorKind::timeout, "the courier does not answer for " + name);
    TRY(forget_old_rows());
    TRY(note_new_rows());
    TRY(hand_out_alerts());
    for (auto& [name, channel] : state_)
        if (!channel.busy && here_.config.alerts.at(name).audit) TRY(hand_out_audit(name, channel));
    return ok();
}

Status CourierPeer::forget_old_rows() {
    if (here_.clock.monotonic() < forget_due_) return ok();
    forget_due_ = here_.clock.monotonic() + forget_every;
    return here_.outbox.forget_arrived(here_.clock.now() - kept_for);
}

// Something new makes its channel try again at once: after a long backoff an emergency does not wait for the rest of it.
Status CourierPeer::note_new_rows() {
    const auto last = TRY(here_.outbox.list(1));
    if (last.empty() || last.front().number <= newest_) return ok();
    const auto count = static_cast<std::size_t>(last.front().number - newest_);
    newest_ = last.front().number;
    for (const auto& row : TRY(here_.outbox.list(std::min<std::size_t>(count, 1000))))
        if (const auto found = state_.find(row.channel); found != state_.end()) found->second.urgent = true;
    return ok();
}

bool CourierPeer::due(const Channel& channel, const store::OutboxRow& head) const {
    const auto now = here_.clock.now();
    if (channel.urgent && (!channel.since || here_.clock.monotonic() - *channel.since >= first_backoff)) return true;
    // Farther off than any backoff: the clock was set back since.
    return !head.next_try || *head.next_try <= now || *head.next_try > now + longest_backoff;
}

Status CourierPeer::hand_out_alerts() {
    for (auto& head : TRY(here_.outbox.heads())) {
        const auto found = state_.find(head.channel);
        if (found == state_.end() || found->second.busy || !due(found->second, head)) continue;
        auto& channel = found->second;
        channel.urgent = false;
        channel.event = head.event;
        channel.request = request_in(head.body);
        channel.attempts = head.attempts;
        give(channel, {head.number, head.channel, "alert", std::move(head.body)});
    }
    return ok();
}

Status CourierPeer::hand_out_audit(const std::string& name, Channel& channel) {
    if (here_.clock.monotonic() < channel.audit_due) return ok();
    const auto state = TRY(installation::channel_state(here_.settings, name));
    store::AuditRecords records(here_.database, here_.log->chain());
    std::string body;
    std::int64_t last = 0;
    for (const auto& row : TRY(records.page({}, state.audit, batch_records))) {
        const auto line = line_for(row);
        if (!body.empty() && body.size() + line.size() > batch_bytes) break;
        body += line + "\n";
        last = row.seq;
    }
    if (!body.empty()) give(channel, {last, name, "audit", std::move(body)});
    return ok();
}

void CourierPeer::give(Channel& channel, control::Deliver what) {
    channel.since = here_.clock.monotonic();
    channel.busy = std::move(what);
    say(*channel.busy);
    channel.busy->body.clear();
}

Status CourierPeer::answered(const control::Delivered& answer) {
    const auto found = state_.find(answer.channel);
    if (found == state_.end() || !found->second.busy || found->second.busy->number != answer.number || found->second.busy->kind != answer.kind)
        return fail(ErrorKind::refused, "an answer to a delivery that the courier does not have");
    auto& channel = found->second;
    channel.busy.reset();
    TRY(answer.kind == "audit" ? audit_answered(answer, channel) : alert_answered(answer, channel));
    return look_or_fail();
}

Status CourierPeer::note_failure(const control::Delivered& answer, audit::Fields fields) {
    fields["channel"] = answer.channel;
    fields["why"] = answer.why;
    return here_.log->append_coalesced(answer.channel + "|" + answer.kind, {audit::Kind::alert_failed, "", "", "", std::move(fields)});
}

Status CourierPeer::alert_answered(const control::Delivered& answer, const Channel& channel) {
    const auto now = here_.clock.now();
    audit::Fields fields{
        {"channel", answer.channel}, {"number", std::to_string(answer.number)}, {"event", channel.event}, {"attempt", std::to_string(channel.attempts + 1)}};
    if (!channel.request.empty()) fields.emplace("request", channel.request);  // the outbox forgets what arrived; the log does not
    if (!answer.arrived) {
        TRY(here_.database.transaction([&]() -> Status {
            TRY(here_.outbox.failed(answer.number, answer.why, now + delivery_backoff(channel.attempts + 1)));
            return installation::note_failed(here_.settings, answer.channel, now, answer.why);
        }));
        return note_failure(answer, std::move(fields));
    }
    // Arrived with a reason: it is done with, but somebody did not get it.
    return here_.database.transaction([&]() -> Status {
        if (!answer.why.empty()) {
            fields["why"] = answer.why;
            TRY(here_.outbox.failed(answer.number, answer.why, now));
            TRY(installation::note_failed(here_.settings, answer.channel, now, answer.why));
        }
        TRY(here_.outbox.arrived(answer.number, now));
        TRY(installation::note_arrived(here_.settings, answer.channel, now));
        TRY(here_.log->append({answer.why.empty() ? audit::Kind::alert_sent : audit::Kind::alert_failed, "", "", "", fields}));
        return ok();
    });
}

// A batch that arrived leaves no record of its own: that would be the next batch.
Status CourierPeer::audit_answered(const control::Delivered& answer, Channel& channel) {
    const auto now = here_.clock.now();
    if (answer.arrived) {
        channel.audit_failures = 0;
        return here_.database.transaction([&]() -> Status {
            TRY(installation::note_audit(here_.settings, answer.channel, answer.number));
            return installation::note_arrived(here_.settings, answer.channel, now);
        });
    }
    channel.audit_due = here_.clock.monotonic() + delivery_backoff(++channel.audit_failures);
    TRY(installation::note_failed(here_.settings, answer.channel, now, answer.why));
    return note_failure(answer, {{"event", "audit"}, {"upto", std::to_string(answer.number)}});
}

void CourierPeer::gone(const Error& why) {
    log::warn("courier.gone", {{"why", why.detail}});
    gone_();
}

}  // namespace anteroom::daemon
