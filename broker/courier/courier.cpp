// One loop over two descriptors: the broker, and the channels' answers.
#include "broker/courier/courier.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/log.h"
#include "broker/control/link.h"
#include "broker/courier/channels.h"

namespace anteroom::courier {

namespace {

constexpr Duration first_pause = std::chrono::milliseconds(100), longest_pause = std::chrono::seconds(2);
constexpr Duration greeting_may_take = std::chrono::seconds(10);
constexpr Duration look_every = std::chrono::seconds(10);  // at the files, whether a channel has become ready
using Configured = std::map<std::string, installation::AlertChannel>;

std::string host_name() {
    char name[256] = "";
    return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

std::vector<std::string> ready_names(const Configured& channels, const Site& site, bool tell) {
    std::vector<std::string> names;
    for (const auto& [name, channel] : channels) {
        const auto is = ready(channel, site);
        if (is) names.push_back(name);
        else if (tell) log::warn("channel.not-ready", {{"channel", name}, {"why", is.error().detail}});
    }
    return names;
}

class Conversation {
public:
    Conversation(control::Link link, Channels& channels, const Configured& configured, const Site& site)
        : link_(std::move(link)), channels_(channels), configured_(configured), site_(site) {}

    Status greet() {
        ready_ = ready_names(configured_, site_, true);
        TRY(link_.send(control::CourierHello{control::protocol_version, ready_}));
        const auto packet = TRY(link_.receive_within(greeting_may_take));
        TRY(packet.as<control::CourierWelcome>());
        link_.enter(control::open);
        std::string names;
        for (const auto& name : ready_) names += (names.empty() ? "" : ",") + name;
        log::info("courier.ready", {{"channels", names}});
        return ok();
    }

    // Ends with the reason; ok when the channels' readiness has changed and has to be said anew.
    Status keep() {
        while (true) {
            pollfd fds[] = {{link_.fd(), POLLIN, 0}, {channels_.fd(), POLLIN, 0}};
            const int count = ::poll(fds, 2, static_cast<int>(look_every / std::chrono::milliseconds(1)));
            if (count < 0 && errno != EINTR) return fail_errno("poll");
            if (fds[1].revents != 0) TRY(answer());
            if (fds[0].revents != 0) TRY(take());
            if (site_.clock.monotonic() - looked_ < look_every) continue;
            looked_ = site_.clock.monotonic();
            if (ready_names(configured_, site_, false) != ready_) return ok();
        }
    }

private:
    Status take() {
        const auto packet = TRY(link_.receive());
        channels_.give(TRY(packet.as<control::Deliver>()));
        return ok();
    }

    Status answer() {
        for (const auto& one : channels_.answers()) {
            if (!one.arrived || !one.why.empty())
                log::warn("delivery.failed", {{"channel", one.channel}, {"kind", one.kind}, {"number", one.number}, {"why", one.why}});
            TRY(link_.send(one));
        }
        return ok();
    }

    control::Link link_;
    Channels& channels_;
    const Configured& configured_;
    const Site& site_;
    std::vector<std::string> ready_;
    Monotonic looked_ = site_.clock.monotonic();
};

}  // namespace

Status run(const std::string& dir, const Clock& clock) {
    const installation::Paths paths{dir};
    const auto text = TRY(read_file(paths.config()));
    const auto config = TRY(installation::parse_config(to_string(text), paths.config()));
    const Site site{dir, config.zone, config.help, host_name(), clock};
    auto channels = TRY(
        Channels::start(config.alerts, [&](const installation::AlertChannel& channel, const control::Deliver& what) { return deliver(channel, site, what); }));
    for (Duration pause = first_pause;; pause = std::min(2 * pause, longest_pause)) {
        const auto now = read_file(paths.config());
        if (now && *now != text) return ok();
        auto fd = control::connect_to(paths.courier_socket());
        if (fd) {
            channels.begin_conversation();
            Conversation conversation(control::Link(std::move(*fd), control::Sender::courier, control::Sender::broker), channels, config.alerts, site);
            auto went = conversation.greet();
            if (went) {
                pause = first_pause;
                went = conversation.keep();
            }
            if (!went) log::warn("broker.gone", {{"why", went.error().detail}});
        }
        ::usleep(static_cast<useconds_t>(pause.count()));
    }
}

}  // namespace anteroom::courier
