// WipedBytes: a queue of bytes that may be secret. What is taken or dropped, and what growing leaves behind, is wiped.
#pragma once

#include <algorithm>

#include "base/secret.h"

namespace anteroom::ssh {

class WipedBytes {
public:
    WipedBytes() = default;
    WipedBytes(const WipedBytes&) = delete;
    WipedBytes& operator=(const WipedBytes&) = delete;
    ~WipedBytes() { clear(); }

    bool empty() const { return offset_ == bytes_.size(); }
    std::size_t size() const { return bytes_.size() - offset_; }
    View rest() const { return View(bytes_).subspan(offset_); }
    std::string_view text() const { return {reinterpret_cast<const char*>(bytes_.data()) + offset_, size()}; }

    void append(View more) {
        make_room(more.size());
        bytes_.insert(bytes_.end(), more.begin(), more.end());
    }
    void append(std::string_view more) { append(view(more)); }
    // From the front.
    void consume(std::size_t count) {
        count = std::min(count, size());
        wipe(bytes_.data() + offset_, count);
        offset_ += count;
        if (empty()) clear();
    }
    void drop_last(std::size_t count) {
        count = std::min(count, size());
        wipe(bytes_.data() + bytes_.size() - count, count);
        bytes_.resize(bytes_.size() - count);
    }
    void clear() {
        wipe(bytes_.data(), bytes_.size());
        if (bytes_.capacity() > keep_capacity) bytes_ = Bytes();
        bytes_.clear();
        offset_ = 0;
    }
    Secret take() {
        auto all = Secret::copy_of(rest());
        clear();
        return all;
    }

private:
    static constexpr std::size_t keep_capacity = 64 * 1024;
    void make_room(std::size_t more) {
        if (bytes_.size() + more <= bytes_.capacity()) return;
        Bytes larger;
        larger.reserve(std::max(2 * size(), size() + more + 256));
        larger.assign(rest().begin(), rest().end());
        wipe(bytes_.data(), bytes_.size());
        bytes_.swap(larger);
        offset_ = 0;
    }
    Bytes bytes_;
    std::size_t offset_ = 0;
};

}  // namespace anteroom::ssh
