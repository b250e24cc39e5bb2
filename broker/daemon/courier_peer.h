// CourierPeer: the broker's side of the courier. Each channel is handed its oldest delivery, and the next one only after the answer
// to it; what failed is tried again after 2 s, doubling to 5 min, or as soon as something new waits behind it. A syslog channel with
// `audit: true` is also handed the audit log in batches; how far it has got moves only once a batch has arrived.
#pragma once

#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <map>
#include <optional>
#include <set>

#include "broker/daemon/peer.h"
#include "broker/installation/installation.h"

namespace anteroom::daemon {

class CourierPeer final : public Peer {
public:
    CourierPeer(boost::asio::io_context& io, control::Link link, installation::Installation& here, std::function<void()> gone);

    // Hands out what is due; it also looks by itself, several times a second.
    void look();
    // The channels whose files the courier could read.
    const std::set<std::string>& channels() const { return channels_; }

protected:
    Status handle(control::Packet packet) override;
    void gone(const Error& why) override;

private:
    struct Channel {
        // What it has in hand; none: idle.
        std::optional<control::Deliver> busy;
        std::string event;               // of the alert in hand
        std::string request;             // the number of what it is about; "": of no request
        std::int64_t attempts = 0;       // that it had before
        std::optional<Monotonic> since;  // when it was last given something
        std::int64_t audit_failures = 0;
        Monotonic audit_due{};
        bool urgent = true;  // whatever waits is due at once: the courier is new, or something new waits
    };
    Status greet(const control::CourierHello& hello);
    Status look_or_fail();
    Status note_new_rows();
    Status forget_old_rows();
    Status hand_out_alerts();
    bool due(const Channel& channel, const store::OutboxRow& head) const;
    Status hand_out_audit(const std::string& name, Channel& channel);
    void give(Channel& channel, control::Deliver what);
    Status note_failure(const control::Delivered& answer, audit::Fields fields);
    Status answered(const control::Delivered& answer);
    Status alert_answered(const control::Delivered& answer, const Channel& channel);
    Status audit_answered(const control::Delivered& answer, Channel& channel);
    void look_later();

    installation::Installation& here_;
    std::function<void()> gone_;
    boost::asio::steady_timer timer_;
    std::set<std::string> channels_;
    std::map<std::string, Channel> state_;
    std::int64_t newest_ = 0;  // the last outbox row that was seen
    Monotonic forget_due_{};
};

// How long after so many failures in a row (at least 1).
Duration delivery_backoff(std::int64_t failures);

}  // namespace anteroom::daemon
