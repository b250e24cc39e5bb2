// Little-endian integers in byte strings, as FORMAT.md writes them. Take never reads past its input; a failed Take stays failed.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>

#include "base/bytes.h"

namespace anteroom::recorder {

template <class T>
void store(std::uint8_t* at, T value) {
    const auto bits = static_cast<std::uint64_t>(value);
    for (std::size_t i = 0; i < sizeof(T); ++i) at[i] = static_cast<std::uint8_t>(bits >> (8 * i));
}

template <class T>
T load(const std::uint8_t* at) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) bits |= static_cast<std::uint64_t>(at[i]) << (8 * i);
    return static_cast<T>(bits);
}

class Put {
public:
    template <class T>
        requires std::is_integral_v<T>
    Put& number(T value) {
        const std::size_t at = out_.size();
        out_.resize(at + sizeof(T));
        store(out_.data() + at, value);
        return *this;
    }
    Put& bytes(View bytes) {
        out_.insert(out_.end(), bytes.begin(), bytes.end());
        return *this;
    }
    Bytes take() { return std::move(out_); }

private:
    Bytes out_;
};

class Take {
public:
    explicit Take(View input) : rest_(input) {}
    template <class T>
        requires std::is_integral_v<T>
    T number() {
        const View head = bytes(sizeof(T));
        return head.empty() ? T{} : load<T>(head.data());
    }
    template <std::size_t N>
    std::array<std::uint8_t, N> array() {
        std::array<std::uint8_t, N> out{};
        const View head = bytes(N);
        std::copy(head.begin(), head.end(), out.begin());
        return out;
    }
    View bytes(std::size_t size) {
        if (size > rest_.size()) {
            good_ = false;
            rest_ = {};
            return {};
        }
        const View head = rest_.first(size);
        rest_ = rest_.subspan(size);
        return head;
    }
    bool good() const { return good_; }
    bool finished() const { return good_ && rest_.empty(); }

private:
    View rest_;
    bool good_ = true;
};

}  // namespace anteroom::recorder
