// libargon2 behind four functions. Encoded strings come from our own database; absurd parameters are refused all the same.
#include "broker/identity/password.h"

#include <argon2.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "base/crypto.h"

namespace anteroom::identity {
namespace {

constexpr std::size_t salt_size = 16, hash_size = 32;
constexpr PasswordCost most{.memory_kib = 1024 * 1024, .passes = 32, .lanes = 16};

// "$argon2id$v=19$m=19456,t=2,p=1$salt$hash"
std::optional<PasswordCost> cost_of(std::string_view encoded) {
    constexpr std::string_view head = "$argon2id$v=19$";
    if (!encoded.starts_with(head)) return {};
    encoded.remove_prefix(head.size());
    PasswordCost cost;
    const std::array<std::pair<std::string_view, std::uint32_t*>, 3> fields{{{"m=", &cost.memory_kib}, {",t=", &cost.passes}, {",p=", &cost.lanes}}};
    for (auto [label, value] : fields) {
        if (!encoded.starts_with(label)) return {};
        encoded.remove_prefix(label.size());
        auto [end, error] = std::from_chars(encoded.data(), encoded.data() + encoded.size(), *value);
        if (error != std::errc()) return {};
        encoded.remove_prefix(static_cast<std::size_t>(end - encoded.data()));
    }
    bool sane = cost.memory_kib <= most.memory_kib && cost.passes <= most.passes && cost.lanes <= most.lanes;
    return sane ? std::optional(cost) : std::nullopt;
}

void spend(const Secret& password) {
    const PasswordCost cost;
    static constexpr std::array<std::uint8_t, salt_size> salt{0x41, 0x6e, 0x74, 0x65, 0x72, 0x6f, 0x6f, 0x6d};
    std::array<std::uint8_t, hash_size> out{};
    argon2id_hash_raw(cost.passes, cost.memory_kib, cost.lanes, password.expose().data(), std::min(password.size(), max_password_bytes), salt.data(),
                      salt.size(), out.data(), out.size());
    wipe(out.data(), out.size());
}

bool contains_ignoring_case(std::string_view text, std::string_view part) {
    auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b)); };
    return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

}  // namespace

Status check_password_rules(const Secret& password, std::string_view name) {
    auto text = password.expose_text();
    if (text.size() > max_password_bytes) return fail(ErrorKind::refused, "The password is too long: at most 256 bytes.");
    auto characters = std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
    if (static_cast<std::size_t>(characters) < min_password_characters) return fail(ErrorKind::refused, "The password is too short: at least 10 characters.");
    if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
        return fail(ErrorKind::refused, "The password has a character in it that no prompt can take.");
    // A name of one or two letters is in many good passwords by chance.
    if (name.size() >= 3 && contains_ignoring_case(text, name)) return fail(ErrorKind::refused, "The password must not contain the name.");
    return ok();
}

Result<std::string> hash_password(const Secret& password, const PasswordCost& cost) {
    if (password.size() > max_password_bytes) return fail(ErrorKind::refused, "The password is too long: at most 256 bytes.");
    auto salt = crypto::random_bytes(salt_size);
    std::string encoded(argon2_encodedlen(cost.passes, cost.memory_kib, cost.lanes, salt_size, hash_size, Argon2_id), '\0');
    int status = argon2id_hash_encoded(cost.passes, cost.memory_kib, cost.lanes, password.expose().data(), password.size(), salt.data(), salt.size(), hash_size,
                                       encoded.data(), encoded.size());
    if (status != ARGON2_OK) return fail(ErrorKind::crypto, argon2_error_message(status));
    encoded.resize(encoded.find('\0'));
    return encoded;
}

bool verify_password(const std::optional<std::string>& encoded, const Secret& password) {
    bool possible = encoded && cost_of(*encoded) && password.size() <= max_password_bytes;
    if (!possible) {
        spend(password);
        return false;
    }
    return argon2id_verify(encoded->c_str(), password.expose().data(), password.size()) == ARGON2_OK;
}

bool needs_rehash(std::string_view encoded, const PasswordCost& cost) {
    auto now = cost_of(encoded);
    return !now || now->memory_kib != cost.memory_kib || now->passes != cost.passes || now->lanes != cost.lanes;
}

}  // namespace anteroom::identity
