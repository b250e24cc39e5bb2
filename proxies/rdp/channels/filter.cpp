// The static channels that are known, and the chunks of one put together.
#include "proxies/rdp/channels/filter.h"

#include <algorithm>
#include <array>

#include "proxies/rdp/channels/terms.h"

namespace anteroom::rdp {
namespace {

struct Known {
    std::string_view name;
    std::unique_ptr<Filter> (*make)(FilterTerms);
    std::array<const char*, 4> any_of;  // offered when one of these is permitted; with none named, always
};
// Dynamic channels are judged one by one when the target opens them: which of them it will want nobody knows before.
constexpr std::array known{
    Known{"cliprdr", make_clipboard_filter, {"rdp:clipboard:in", "rdp:clipboard:out", "rdp:clipboard:files"}},
    Known{"rdpdr", make_device_filter, {"rdp:drive:read", "rdp:drive:write", "rdp:printer", "rdp:smartcard"}},
    Known{"rdpsnd", make_sound_filter, {"rdp:audio"}},
    Known{"drdynvc", make_dynamic_filter, {}},
};

// A client that asks and reads nothing has its answers kept for it. The target is not heard before such a client reads again, so
// that what was given since then is what could be kept; over `most_unheard` the channel ends.
class Answering final : public Filter {
public:
    explicit Answering(std::unique_ptr<Filter> filter) : filter_(std::move(filter)) {}
    Result<Passed> pass(Way way, View message) override {
        if (way == Way::to_client) unheard_ = 0;
        // Before this message is judged: what the last one brought to be recorded was not lost with it.
        if (unheard_ > most_unheard) return untrue("more asked and refused than anybody reads");
        auto passed = TRY(filter_->pass(way, message));
        if (way == Way::to_target)
            for (const auto& answer : passed.back) unheard_ += answer.size() + kept_beside;
        return passed;
    }
    Passed close() override { return filter_->close(); }

private:
    static constexpr std::size_t most_unheard = 4u << 20, kept_beside = 64;
    std::unique_ptr<Filter> filter_;
    std::size_t unheard_ = 0;
};

const Known* find(std::string_view name) {
    const auto* at = std::find_if(known.begin(), known.end(), [&](const Known& k) { return k.name == name; });
    return at == known.end() ? nullptr : at;
}

bool usable(const Known& channel, const Permits& permits) {
    if (channel.any_of[0] == nullptr) return true;
    return std::any_of(channel.any_of.begin(), channel.any_of.end(), [&](const char* kind) { return kind != nullptr && permits({kind, ""}); });
}

// MS-RDPBCGR 2.2.6.1.1
constexpr std::uint32_t flag_first = 1, flag_last = 2, flag_compressed = 0x00200000;
constexpr std::size_t kept_capacity = 1u << 20;

}  // namespace

std::vector<std::string> offered(const std::vector<std::string>& asked_for, const Permits& permits) {
    std::vector<std::string> out;
    for (const auto& name : asked_for) {
        const Known* channel = find(name);
        if (channel == nullptr || std::find(out.begin(), out.end(), name) != out.end()) continue;
        if (usable(*channel, permits)) out.push_back(name);
    }
    return out;
}

std::unique_ptr<Filter> make_filter(std::string_view channel, FilterTerms terms) {
    const Known* found = find(channel);
    return found == nullptr ? nullptr : std::make_unique<Answering>(found->make(std::move(terms)));
}

Result<const Bytes*> Reassembly::add(std::uint32_t flags, std::uint32_t total, View chunk) {
    const bool was_open = open_;
    open_ = false;  // until this chunk has been found to fit
    if ((flags & flag_compressed) != 0) return untrue("a compressed chunk, which was never agreed");
    if (((flags & flag_first) != 0) == was_open) return untrue(was_open ? "a second first chunk" : "a chunk without a first one");
    if (!was_open) {
        if (total == 0 || total > limit_) return untrue(total == 0 ? "a message of no bytes" : "a message over the limit");
        message_.clear();
        if (message_.capacity() > kept_capacity) message_.shrink_to_fit();
        total_ = total;
    }
    if (total != total_) return untrue("chunks of one message that name different totals");
    if (chunk.empty()) return untrue("an empty chunk");
    if (chunk.size() > total_ - message_.size()) return untrue("chunks longer than their total");
    message_.insert(message_.end(), chunk.begin(), chunk.end());
    const bool complete = message_.size() == total_;
    if (((flags & flag_last) != 0) != complete) return untrue(complete ? "a whole message without its last chunk" : "a last chunk before the total");
    open_ = !complete;
    return complete ? &message_ : nullptr;
}

}  // namespace anteroom::rdp
