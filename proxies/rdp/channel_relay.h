// ChannelRelay: everything that passes beside the screen. Chunks are put together, each whole message is asked about at its filter,
// recorded and sent on; what the permit does not name has no filter and no way through.
#pragma once

#include <map>
#include <set>

#include "proxies/rdp/channels/filter.h"
#include "proxies/rdp/client_leg.h"
#include "proxies/rdp/target_leg.h"
#include "proxies/worker/gate.h"
#include "proxies/worker/recording.h"

namespace anteroom::rdp {

class ChannelRelay {
public:
    using Tell = std::function<void(const std::string& sentence)>;
    ChannelRelay(ClientLeg& client, worker::Gate& gate, worker::Recording& recording, const control::DesktopTerms& terms, Tell tell);

    // Of what the client asked for, what the target is offered.
    std::vector<CHANNEL_DEF> offer(const std::vector<CHANNEL_DEF>& asked_for);
    // Tells the recording, and of a clipboard the audit log, once, what the client asked for and policy allows nothing of. For the person: "clipboard",
    // "drives".
    Result<std::vector<std::string>> tell_withheld(Monotonic now);
    void join(TargetLeg& target) { target_ = &target; }

    Status from_client(std::uint16_t id, View chunk, std::uint32_t flags, std::uint32_t total);
    Status from_target(const std::string& name, View chunk, std::uint32_t flags, std::uint32_t total);
    // Sends what waited for a client that takes bytes again.
    Status flush();
    // A client that does not read what its channels bring: the target has to wait.
    bool congested() const { return waiting_size_ > most_waiting; }
    // Whether something was carried since the last question.
    bool take_carried() { return std::exchange(carried_, false); }
    // The session ends: what the filters still know is recorded.
    Status close();

private:
    static constexpr std::size_t most_waiting = 1u << 20, longest_message = 16u << 20;
    struct Channel {
        std::string name;
        std::uint16_t client_id = 0;
        std::unique_ptr<Filter> filter;
        Reassembly from_client{longest_message}, from_target{longest_message};
        bool dead = false;
    };
    Status carry(Channel& channel, Way way, View chunk, std::uint32_t flags, std::uint32_t total);
    Status record(const Passed& passed);
    Status send(Channel& channel, Way way, Bytes message);

    ClientLeg& client_;
    worker::Gate& gate_;
    worker::Recording& recording_;
    control::DesktopTerms terms_;
    Tell tell_;
    TargetLeg* target_ = nullptr;
    std::map<std::string, Channel> channels_;
    std::set<std::string> told_;
    std::vector<std::string> withheld_;  // channels that were asked for and not offered
    std::vector<std::pair<std::uint16_t, Bytes>> waiting_;
    std::size_t waiting_size_ = 0;
    bool carried_ = false;
};

}  // namespace anteroom::rdp
