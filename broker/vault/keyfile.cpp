// The key file's text, and Argon2.
#include "broker/vault/keyfile.h"

#include <argon2.h>

#include <charconv>

namespace anteroom::vault {

namespace {

constexpr std::string_view magic = "anteroom-keyring-v1";
constexpr std::string_view unprotected = "protection: none";
constexpr std::string_view protected_by = "protection: argon2id ";
constexpr std::string_view checksum_name = "sha256: ";
constexpr std::size_t nonce_size = 12, salt_size = 16;

struct Cost {
    std::uint32_t memory_kib = 65536, passes = 3, lanes = 1;
};

Result<Secret> key_from(const Secret& passphrase, View salt, Cost cost) {
    Bytes key(32);
    const auto in = passphrase.expose();
    const int code = argon2id_hash_raw(cost.passes, cost.memory_kib, cost.lanes, in.data(), in.size(), salt.data(), salt.size(), key.data(), key.size());
    Secret out(std::move(key));
    if (code != ARGON2_OK) return fail(ErrorKind::crypto, std::string("argon2: ") + argon2_error_message(code));
    return out;
}

// base64 in a Secret: the string that base64() returns is wiped.
void append_base64(Bytes& out, View bytes) {
    std::string text = base64(bytes);
    out.insert(out.end(), text.begin(), text.end());
    wipe(text.data(), text.size());
}

void append(Bytes& out, std::string_view text) { out.insert(out.end(), text.begin(), text.end()); }

std::string protection_line(View salt, Cost cost) {
    return std::string(protected_by) + "m=" + std::to_string(cost.memory_kib) + " t=" + std::to_string(cost.passes) + " p=" + std::to_string(cost.lanes) +
           " salt=" + base64(salt);
}

tl::unexpected<Error> damaged(const char* why) { return fail(ErrorKind::damaged, std::string("is damaged (") + why + ")"); }

Result<std::string_view> take_line(std::string_view& rest) {
    const auto end = rest.find('\n');
    if (end == std::string_view::npos) return damaged("it ends early");
    const auto line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return line;
}

// "NAME=NUMBER " off the front; the limit keeps a hostile file from eating the machine's memory.
bool take_number(std::string_view& rest, std::string_view name, std::uint32_t limit, std::uint32_t& number) {
    if (!rest.starts_with(name)) return false;
    rest.remove_prefix(name.size());
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error != std::errc() || end == rest.data() + rest.size() || *end != ' ' || number == 0 || number > limit) return false;
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()) + 1);
    return true;
}

Result<Secret> key_for(std::string_view protection, const Secret& passphrase) {
    std::string_view rest = protection.substr(protected_by.size());
    Cost cost;
    const bool good = take_number(rest, "m=", 1u << 20, cost.memory_kib) && take_number(rest, "t=", 64, cost.passes) && take_number(rest, "p=", 16, cost.lanes);
    if (!good || !rest.starts_with("salt=")) return damaged("its protection line");
    const auto salt = from_base64(rest.substr(5));
    if (!salt || salt->size() != salt_size) return damaged("its salt");
    return key_from(passphrase, *salt, cost);
}

}  // namespace

Result<Secret> write_keyfile(View keys, const Secret* passphrase) {
    Bytes out;
    out.reserve(8192);  // never grown, so no copy of the keys is left behind
    append(out, magic);
    append(out, "\n");
    if (!passphrase) {
        append(out, unprotected);
        append(out, "\n");
        append_base64(out, keys);
    } else {
        if (passphrase->empty()) return fail(ErrorKind::invalid, "the passphrase is empty");
        const auto salt = crypto::random_bytes(salt_size);
        append(out, protection_line(salt, {}));
        append(out, "\n");
        const auto key = TRY(key_from(*passphrase, salt, {}));
        Bytes sealed = crypto::random_bytes(nonce_size);
        const auto ciphertext = TRY(crypto::aes_gcm_seal(key.expose(), sealed, out, keys));
        sealed.insert(sealed.end(), ciphertext.begin(), ciphertext.end());
        append_base64(out, sealed);
    }
    append(out, "\n");
    const auto checksum = hex(crypto::sha256(out));
    append(out, checksum_name);
    append(out, checksum + "\n");
    return Secret(std::move(out));
}

Result<Secret> read_keyfile(const Secret& text, const Secret* passphrase) {
    const std::string_view whole = text.expose_text();
    std::string_view rest = whole;
    if (TRY(take_line(rest)) != magic) return damaged("it does not begin as a key ring does");
    const auto protection = TRY(take_line(rest));
    const auto header = whole.substr(0, whole.size() - rest.size());
    const auto body = TRY(take_line(rest));
    const auto covered = whole.substr(0, whole.size() - rest.size());
    const auto checksum = TRY(take_line(rest));
    if (!rest.empty()) return damaged("something follows its end");
    if (checksum != std::string(checksum_name) + hex(crypto::sha256(view(covered)))) return damaged("its checksum does not fit");
    auto decoded = from_base64(body);
    if (!decoded) return damaged("its keys");
    Secret content(std::move(*decoded));
    if (protection == unprotected) {
        if (passphrase) return fail(ErrorKind::refused, "is not protected by a passphrase, but one was given");
        return content;
    }
    if (!protection.starts_with(protected_by) || content.size() < nonce_size) return damaged("its protection line");
    if (!passphrase) return fail(ErrorKind::refused, "is protected by a passphrase, and none was given");
    const auto key = TRY(key_for(protection, *passphrase));
    auto opened = crypto::aes_gcm_open(key.expose(), content.expose().first(nonce_size), view(header), content.expose().subspan(nonce_size));
    if (!opened) return fail(ErrorKind::refused, "does not open: the passphrase is wrong");
    return Secret(std::move(*opened));
}

}  // namespace anteroom::vault
