// What the filters share: a capability asked once and kept, the budget of bytes, content that is watched while it passes, and an
// error's shape.
#pragma once

#include <array>
#include <optional>

#include "base/crypto.h"
#include "proxies/rdp/channels/filter.h"

namespace anteroom::rdp {

inline std::size_t index(Way way) { return static_cast<std::size_t>(way); }
inline tl::unexpected<Error> untrue(const char* what) { return fail(ErrorKind::refused, what); }

// One capability: asked when it is first needed, and not again where it was permitted. A refusal is asked anew when there is
// something to say about it, so that the audit log has it, and only so often.
class Asked {
public:
    Asked(const FilterTerms& terms, std::string kind) : terms_(terms), kind_(std::move(kind)) {}
    bool operator()(std::string_view detail = {}) {
        const bool known = answer_.has_value();
        if (known && (*answer_ || detail.empty() || retold_ == 0)) return *answer_;
        if (known) --retold_;
        const bool answer = terms_.permits({kind_, printable(detail)});
        if (!known) answer_ = answer;
        return *answer_;
    }
    // What the answer will be; nobody has tried anything yet.
    bool foreseen() { return answer_ || !terms_.foresees ? (*this)() : terms_.foresees({kind_, ""}); }

private:
    const FilterTerms& terms_;  // its filter's
    std::string kind_;
    std::optional<bool> answer_;
    unsigned retold_ = 32;
};

// A limit that was reached, for the audit log: a refusal, whatever is permitted (no capability is of that kind).
inline void note_limit(const FilterTerms& terms, const std::string& what) { static_cast<void>(terms.permits({"rdp:channel", what})); }

// Of one channel, each direction by itself. The audit log has it once when it is reached.
class Budget {
public:
    Budget(const FilterTerms& terms, std::string channel) : terms_(terms), channel_(std::move(channel)) {}
    // False when it would go beyond; then nothing is counted.
    bool take(Way way, std::uint64_t bytes) {
        auto& used = used_[index(way)];
        const auto limit = terms_.byte_limit;
        if (limit != 0 && (used > limit || bytes > limit - used)) {
            if (!std::exchange(noted_[index(way)], true))
                note_limit(terms_,
                           channel_ + (way == Way::to_target ? ": the limit towards the target is reached" : ": the limit towards the client is reached"));
            return false;
        }
        used += bytes;
        return true;
    }

private:
    const FilterTerms& terms_;  // its filter's
    std::string channel_;
    std::array<std::uint64_t, 2> used_{};
    std::array<bool, 2> noted_{};
};

// Content that passes in pieces. It has a digest only when each piece began where the one before ended, from 0.
class Content {
public:
    void piece(std::uint64_t offset, View bytes) {
        if (bytes.empty()) return;
        bytes_ += bytes.size();
        if (offset != next_) broken_ = true;
        if (broken_) {
            hash_.reset();
            return;
        }
        if (!hash_) hash_.emplace();
        hash_->update(bytes);
        next_ += bytes.size();
    }
    void broken() { broken_ = true, hash_.reset(); }
    std::uint64_t bytes() const { return bytes_; }
    // Whether all of a content of that size has passed, once and in order.
    bool whole(std::optional<std::uint64_t> size) const { return !broken_ && size && *size == next_; }
    // Once. None unless it is whole.
    std::optional<crypto::Digest> digest(std::optional<std::uint64_t> size) {
        if (!whole(size)) return std::nullopt;
        if (!hash_) hash_.emplace();
        return hash_->finish();
    }

private:
    std::uint64_t next_ = 0, bytes_ = 0;
    bool broken_ = false;
    std::optional<crypto::Sha256> hash_;
};

namespace sentence {
inline constexpr const char* limit_reached = "No more can be copied in this session: its limit is reached.";
inline constexpr const char* sound = "Sound from this session is not allowed by the policy.";
inline constexpr const char* sound_stopped = "The sound of this session was stopped: more came than can be played. To hear it again, connect anew.";
}  // namespace sentence

std::unique_ptr<Filter> make_clipboard_filter(FilterTerms terms);
std::unique_ptr<Filter> make_device_filter(FilterTerms terms);
std::unique_ptr<Filter> make_sound_filter(FilterTerms terms);
std::unique_ptr<Filter> make_dynamic_filter(FilterTerms terms);

}  // namespace anteroom::rdp
