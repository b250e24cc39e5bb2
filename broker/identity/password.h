// Passwords as argon2id in libargon2's encoded form, which carries its parameters. A check costs the same whether the
// password is right, wrong, impossible, or the person unknown: about 20 ms and 19 MiB, so it belongs on a WorkPool.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace anteroom::identity {

struct PasswordCost {
    std::uint32_t memory_kib = 19 * 1024;  // OWASP's second choice: 19 MiB, two passes, one lane
    std::uint32_t passes = 2;
    std::uint32_t lanes = 1;
};

inline constexpr std::size_t min_password_characters = 10;
inline constexpr std::size_t max_password_bytes = 256;

// Sentences for the person. UTF-8 characters are counted; control characters are refused, for no prompt can take them.
Status check_password_rules(const Secret& password, std::string_view name);

Result<std::string> hash_password(const Secret& password, const PasswordCost& cost = {});
// `encoded` is absent for people who are unknown or have no password: the same work is done, and the answer is no.
bool verify_password(const std::optional<std::string>& encoded, const Secret& password);
bool needs_rehash(std::string_view encoded, const PasswordCost& cost = {});

}  // namespace anteroom::identity
