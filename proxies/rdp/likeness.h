// Where neighbouring bytes are alike, as bits: what every encoder of runs looks for. Eight bytes at a time, without intrinsics.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace anteroom::rdp {

static_assert(std::endian::native == std::endian::little, "the first byte is the lowest");

// Bit i is set where bytes[i] == bytes[i - 1], for i from 0 to 63. Reads bytes[-1] to bytes[63].
inline std::uint64_t like_before(const std::uint8_t* bytes) {
    constexpr std::uint64_t low = 0x7f7f7f7f7f7f7f7f, gather = 0x0102040810204080;
    std::uint64_t alike = 0;
    for (unsigned i = 0; i < 64; i += 8) {
        std::uint64_t here = 0, before = 0;
        std::memcpy(&here, bytes + i, 8);
        std::memcpy(&before, bytes + i - 1, 8);
        const std::uint64_t differ = here ^ before;
        const std::uint64_t zero = ~(((differ & low) + low) | differ | low);  // 0x80 in each byte that is 0, exactly
        alike |= ((zero >> 7) * gather >> 56) << i;
    }
    return alike;
}

// Copies in steps of 16: up to 15 bytes behind `count` are read and written too.
inline void copy_short(std::uint8_t* to, const std::uint8_t* from, std::size_t count) {
    for (std::size_t i = 0; i < count; i += 16) std::memcpy(to + i, from + i, 16);
}

}  // namespace anteroom::rdp
