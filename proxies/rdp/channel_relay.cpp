// MS-RDPBCGR 3.1.5.2: static virtual channels, whole messages at a time.
#include "proxies/rdp/channel_relay.h"

#include <cstring>

#include "base/log.h"

namespace anteroom::rdp {

namespace {

constexpr std::uint32_t packed = 0x00200000;  // CHANNEL_PACKET_COMPRESSED: never negotiated, so never true
constexpr std::size_t most_told = 64;

// What a person calls them. Sound is left out: clients ask for it by habit, to be answered that there is none.
struct Called {
    std::string_view channel, words;
};
constexpr Called called[] = {{"cliprdr", "clipboard"}, {"rdpdr", "drives"}};

std::string name_of(const CHANNEL_DEF& channel) { return {channel.name, strnlen(channel.name, CHANNEL_NAME_LEN)}; }

}  // namespace

ChannelRelay::ChannelRelay(ClientLeg& client, worker::Gate& gate, worker::Recording& recording, const control::DesktopTerms& terms, Tell tell)
    : client_(client), gate_(gate), recording_(recording), terms_(terms), tell_(std::move(tell)) {}

std::vector<CHANNEL_DEF> ChannelRelay::offer(const std::vector<CHANNEL_DEF>& asked_for) {
    std::vector<std::string> names;
    for (const auto& channel : asked_for) names.push_back(name_of(channel));
    const Permits permits = [this](const policy::Use& use) { return gate_.permits(use); };
    const Permits allows = [this](const policy::Use& use) { return gate_.allows(use); };
    // Listing a channel is not using it: what a client could do is asked without a record, what is really tried with one.
    const auto may = offered(names, allows);
    std::vector<CHANNEL_DEF> list;
    for (const auto& channel : asked_for) {
        const auto name = name_of(channel);
        if (channels_.contains(name)) continue;
        if (std::find(may.begin(), may.end(), name) == may.end()) {
            if (std::find(withheld_.begin(), withheld_.end(), name) == withheld_.end()) withheld_.push_back(name);
            continue;
        }
        FilterTerms terms;
        terms.permits = permits;
        terms.foresees = allows;
        terms.clipboard_text = terms_.clipboard_text;
        terms.byte_limit = terms_.byte_limit;
        auto filter = make_filter(name, std::move(terms));
        if (!filter) continue;
        auto& made = channels_[name];
        made.name = name;
        made.client_id = client_.channel_id(name);
        made.filter = std::move(filter);
        list.push_back(channel);
    }
    return list;
}

Result<std::vector<std::string>> ChannelRelay::tell_withheld(Monotonic now) {
    std::vector<std::string> words;
    std::string names;
    for (const auto& [channel, word] : called) {
        if (std::find(withheld_.begin(), withheld_.end(), channel) == withheld_.end()) continue;
        words.emplace_back(word);
        names += (names.empty() ? "" : ", ") + std::string(channel);
    }
    if (words.empty()) return words;
    // Clients name drives whether they have any or not: by themselves they are no refusal in the audit log.
    if (words.front() == "clipboard") gate_.refuse({"rdp:channel", names + ": nothing of it is allowed"});
    TRY(recording_.marker(recorder::MarkerKind::refusal, 0, "withheld: " + names, now));
    return words;
}

Status ChannelRelay::from_client(std::uint16_t id, View chunk, std::uint32_t flags, std::uint32_t total) {
    for (auto& [name, channel] : channels_)
        if (channel.client_id == id) return carry(channel, Way::to_target, chunk, flags, total);
    return ok();
}

Status ChannelRelay::from_target(const std::string& name, View chunk, std::uint32_t flags, std::uint32_t total) {
    const auto found = channels_.find(name);
    return found == channels_.end() ? ok() : carry(found->second, Way::to_client, chunk, flags, total);
}

Status ChannelRelay::carry(Channel& channel, Way way, View chunk, std::uint32_t flags, std::uint32_t total) {
    if (channel.dead) return ok();
    auto& parts = way == Way::to_target ? channel.from_client : channel.from_target;
    const auto broken = [&](const std::string& why) {
        channel.dead = true;
        log::info("channel.ended", {{"channel", channel.name}, {"why", why}});
        gate_.refuse({"rdp:channel", channel.name + ": " + why});
        return recording_.marker(recorder::MarkerKind::refusal, 0, "channel " + channel.name + " ended: " + why, MonotonicClock::now());
    };
    if ((flags & packed) != 0) return broken("compressed data");
    const auto whole = parts.add(flags, total, chunk);
    if (!whole) return broken(whole.error().detail);
    if (*whole == nullptr) return ok();
    auto passed = channel.filter->pass(way, **whole);
    if (!passed) return broken(passed.error().detail);
    TRY(record(*passed));
    carried_ = carried_ || !passed->forward.empty();
    for (auto& message : passed->forward) TRY(send(channel, way, std::move(message)));
    for (auto& message : passed->back) TRY(send(channel, other(way), std::move(message)));
    return ok();
}

// Before anything of it is sent.
Status ChannelRelay::record(const Passed& passed) {
    const auto now = MonotonicClock::now();
    for (const auto& fact : passed.clipboard) TRY(recording_.append(recorder::Track::clipboard, std::uint8_t{0}, 0, wire::encode(fact), now));
    for (const auto& file : passed.files) TRY(recording_.append(recorder::Track::file, std::uint8_t{0}, 0, wire::encode(file), now));
    for (const auto& sentence : passed.refusals) {
        if (told_.size() >= most_told || !told_.insert(sentence).second) continue;
        TRY(recording_.marker(recorder::MarkerKind::refusal, 0, sentence, now));
        tell_(sentence);
    }
    return ok();
}

Status ChannelRelay::send(Channel& channel, Way way, Bytes message) {
    if (way == Way::to_target) {
        if (target_ != nullptr && target_->state() == TargetLeg::State::up) (void)target_->send_channel(channel.name, message);
        return ok();
    }
    if (waiting_.empty() && !client_.blocked()) {
        (void)client_.send_channel(channel.client_id, message);
        return ok();
    }
    waiting_size_ += message.size();
    waiting_.emplace_back(channel.client_id, std::move(message));
    return ok();
}

Status ChannelRelay::flush() {
    std::size_t sent = 0;
    while (sent < waiting_.size() && !client_.blocked()) {
        (void)client_.send_channel(waiting_[sent].first, waiting_[sent].second);
        waiting_size_ -= waiting_[sent].second.size();
        ++sent;
    }
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(sent));
    return ok();
}

Status ChannelRelay::close() {
    for (auto& [name, channel] : channels_) {
        if (!channel.filter) continue;
        TRY(record(channel.filter->close()));
    }
    return ok();
}

}  // namespace anteroom::rdp
