// Networks of addresses, IPv4 and IPv6. An IPv4-mapped IPv6 address is the IPv4 address; no IPv6 network contains IPv4.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace anteroom::policy {

class Network {
public:
    // 203.0.113.0/24, 2001:db8::/32, or one address. Bits set behind the prefix are refused: they are a slip.
    static Result<Network> parse(std::string_view text);
    // False for what is no address.
    bool contains(std::string_view address) const;
    const std::string& text() const { return text_; }
    bool operator==(const Network& other) const { return address_ == other.address_ && prefix_ == other.prefix_; }

private:
    std::array<std::uint8_t, 16> address_{};  // IPv4 as ::ffff:a.b.c.d
    int prefix_ = 0;                          // in bits of the 128
    std::string text_;
};

}  // namespace anteroom::policy
