// One setting, and a text like the escrow key's.
#include "broker/installation/keystroke_recipient.h"

#include "broker/vault/keyring.h"

namespace anteroom::installation {

namespace {
constexpr std::string_view setting = "keystrokes.recipient";
}  // namespace

Result<std::optional<Bytes>> keystroke_recipient(store::Settings& settings) {
    const auto text = TRY(settings.get(setting));
    if (!text) return std::optional<Bytes>();
    auto key = from_base64(*text);
    if (!key) return fail(ErrorKind::damaged, "the public key of the keystrokes' recipient is damaged");
    return std::optional<Bytes>(std::move(*key));
}

Status set_keystroke_recipient(store::Settings& settings, View public_key) {
    const auto probe = crypto::p256_generate();
    if (!crypto::p256_shared(probe.private_key.expose(), public_key))
        return fail(ErrorKind::invalid, "not a public key of P-256: 65 bytes in base64, the uncompressed point, are expected");
    return settings.set(setting, base64(public_key));
}

Secret keystroke_key_text(const crypto::P256Pair& pair) {
    Bytes out;
    out.reserve(2048);  // no growing: a grown vector leaves copies of secrets behind
    const auto add = [&](std::string_view text) { out.insert(out.end(), text.begin(), text.end()); };
    add("Anteroom keystroke key (P-256)\n"
        "Opens the keystrokes that this installation keeps sealed, and nothing else. It is stored nowhere else: whoever may read\n"
        "keystrokes keeps it offline, and this file is deleted from here. When it is lost, so are the keystrokes.\n");
    add("public: " + base64(pair.public_key) + "\n");
    std::string secret = base64(pair.private_key.expose());
    add("private: ");
    add(secret);
    add("\n");
    wipe(secret.data(), secret.size());
    return Secret(std::move(out));
}

Result<crypto::P256Pair> parse_keystroke_key(const Secret& text) {
    auto pair = vault::parse_escrow(text);
    if (!pair) return fail(ErrorKind::damaged, "not a keystroke key: the file that `anteroom key keystrokes --out FILE` wrote is wanted");
    return pair;
}

}  // namespace anteroom::installation
