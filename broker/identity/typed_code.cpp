// Crockford's base32, as in random_id().
#include "broker/identity/typed_code.h"

#include <array>

#include "base/crypto.h"

namespace anteroom::identity {

namespace {

constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::size_t group = 4, longest_typed = 64;

std::optional<char> meant(char c) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == 'o') c = '0';
    if (c == 'i' || c == 'l') c = '1';
    return alphabet.find(c) == std::string_view::npos ? std::nullopt : std::optional(c);
}

}  // namespace

Secret new_typed_code(TypedCode kind) {
    const Secret random = crypto::random_secret(groups_of(kind) * group);
    Bytes code;
    for (std::size_t i = 0; i < random.size(); ++i) {
        if (i > 0 && i % group == 0) code.push_back('-');
        code.push_back(static_cast<std::uint8_t>(alphabet[random.expose()[i] % alphabet.size()]));
    }
    return Secret(std::move(code));
}

std::optional<std::string> hash_of_typed(TypedCode kind, const PersonId& person, std::string_view typed) {
    if (typed.size() > longest_typed) return std::nullopt;
    const std::string_view name = kind == TypedCode::invitation ? "invitation" : "recovery";
    Bytes text = to_bytes("anteroom/" + std::string(name) + "/" + person.str() + "/");
    const auto head = text.size();
    text.reserve(head + longest_typed);
    bool fits = true;
    for (char c : typed) {
        if (c == ' ' || c == '-') continue;
        const auto one = meant(c);
        fits = fits && one;
        if (one) text.push_back(static_cast<std::uint8_t>(*one));
    }
    const Secret whole(std::move(text));
    if (!fits || whole.size() != head + groups_of(kind) * group) return std::nullopt;
    return hex(crypto::sha256(whole.expose()));
}

bool same_hash(std::string_view a, std::string_view b) { return equal_in_constant_time(view(a), view(b)); }

}  // namespace anteroom::identity
