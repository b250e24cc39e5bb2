// Little-endian fields of RDP's channel messages. In never reads past its input: once it has failed it stays failed and gives
// zeros and nothing, so that a message is read in one go and judged once.
#pragma once

#include "base/bytes.h"

namespace anteroom::rdp {

class In {
public:
    explicit In(View input) : rest_(input) {}
    std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
    std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
    std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
    std::uint64_t u64() { return number(8); }
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
    void skip(std::size_t size) { static_cast<void>(bytes(size)); }
    View rest() { return bytes(rest_.size()); }
    std::size_t left() const { return rest_.size(); }
    bool good() const { return good_; }

private:
    std::uint64_t number(std::size_t size) {
        std::uint64_t out = 0;
        const View head = bytes(size);
        for (std::size_t i = head.size(); i-- > 0;) out = (out << 8) | head[i];
        return out;
    }
    View rest_;
    bool good_ = true;
};

class Out {
public:
    Out& u8(std::uint8_t value) { return number(value, 1); }
    Out& u16(std::uint16_t value) { return number(value, 2); }
    Out& u32(std::uint32_t value) { return number(value, 4); }
    Out& u64(std::uint64_t value) { return number(value, 8); }
    Out& bytes(View bytes) {
        out_.insert(out_.end(), bytes.begin(), bytes.end());
        return *this;
    }
    Out& zeros(std::size_t count) {
        out_.resize(out_.size() + count);
        return *this;
    }
    Out& number(std::uint64_t value, std::size_t size) {
        for (std::size_t i = 0; i < size; ++i) out_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
        return *this;
    }
    std::size_t size() const { return out_.size(); }
    Bytes take() { return std::move(out_); }

private:
    Bytes out_;
};

}  // namespace anteroom::rdp
