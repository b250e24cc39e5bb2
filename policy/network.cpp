// CIDR parsing and matching on 128-bit addresses.
#include "policy/network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <optional>

namespace anteroom::policy {
namespace {

using Address = std::array<std::uint8_t, 16>;
constexpr Address mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0};

bool is_v4(const Address& address) { return std::equal(mapped_prefix.begin(), mapped_prefix.begin() + 12, address.begin()); }

std::optional<Address> parse_address(std::string_view text) {
    const std::string copy(text.substr(0, text.find('%')));  // a link-local address may name its interface
    if (copy.size() != std::strlen(copy.c_str())) return std::nullopt;
    Address out = mapped_prefix;
    if (inet_pton(AF_INET, copy.c_str(), &out[12]) == 1) return out;
    if (inet_pton(AF_INET6, copy.c_str(), out.data()) == 1) return out;
    return std::nullopt;
}

Address masked(Address address, int prefix) {
    for (int bit = prefix; bit < 128; ++bit) {
        auto& byte = address[static_cast<std::size_t>(bit / 8)];
        byte = static_cast<std::uint8_t>(byte & ~(0x80u >> (bit % 8)));
    }
    return address;
}

std::string address_text(const Address& address) {
    std::array<char, INET6_ADDRSTRLEN> out{};
    if (is_v4(address)) return inet_ntop(AF_INET, &address[12], out.data(), out.size());
    return inet_ntop(AF_INET6, address.data(), out.data(), out.size());
}

}  // namespace

Result<Network> Network::parse(std::string_view text) {
    const auto wrong = [&](const std::string& what) { return fail(ErrorKind::invalid, "\"" + std::string(text) + "\" " + what); };
    const auto slash = text.find('/');
    const auto head = text.substr(0, slash);
    const auto address = parse_address(head);
    if (!address || head.find('%') != std::string_view::npos) return wrong("is no network, expected one like 203.0.113.0/24 or 2001:db8::/32");
    const bool dotted = head.find(':') == std::string_view::npos;
    if (!dotted && is_v4(*address)) return wrong("is an IPv4 network written as IPv6, write it as IPv4");
    const int widest = dotted ? 32 : 128;
    int prefix = widest;
    if (slash != std::string_view::npos) {
        const auto digits = text.substr(slash + 1);
        if (digits.empty() || digits.size() > 3 || !std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; }))
            return wrong("has no prefix length behind the /");
        prefix = std::stoi(std::string(digits));
        if (prefix > widest) return wrong("has a prefix length above " + std::to_string(widest));
    }
    Network out;
    out.prefix_ = prefix + (dotted ? 96 : 0);
    out.address_ = masked(*address, out.prefix_);
    out.text_ = text;
    if (out.address_ != *address) return wrong("has bits set behind its prefix, expected " + address_text(out.address_) + "/" + std::to_string(prefix));
    return out;
}

bool Network::contains(std::string_view address) const {
    const auto parsed = parse_address(address);
    return parsed && is_v4(*parsed) == (is_v4(address_) && prefix_ >= 96) && masked(*parsed, prefix_) == address_;
}

}  // namespace anteroom::policy
