// Wrapping, unwrapping and deriving, as FORMAT.md "Keys" says.
#include "recorder/keys.h"

#include "recorder/octets.h"

namespace anteroom::recorder {

namespace {

constexpr std::string_view derive_label = "anteroom.arec.keys.v1", wrap_label = "anteroom.arec.wrap.v1";
constexpr std::size_t derived_bytes = 32 + 12 + 32;  // key | base nonce | commitment

Secret derive(const Header& header, View data_key) {
    // The body goes in as its hash: OpenSSL bounds HKDF's info, and sixteen slots are longer than its bound.
    const Bytes info = Put().bytes(view(derive_label)).number(std::uint8_t{0}).bytes(crypto::sha256(body_bytes(header))).take();
    return crypto::hkdf_sha256(data_key, header.salt, info, derived_bytes);
}

Bytes wrap_info(const Header& header) { return Put().bytes(view(wrap_label)).number(std::uint8_t{0}).bytes(context_bytes(header)).take(); }

tl::unexpected<Error> bad_key(const char* text) { return fail(Problem{.fault = Fault::key, .text = text}); }

Result<Secret> ephemeral_key(const Entropy& entropy) {
    for (int tries = 0; tries < 16; ++tries) {
        Bytes scalar(32);
        entropy(scalar);
        Secret key(std::move(scalar));
        if (crypto::p256_public_of(key.expose())) return key;  // all but one in 2^32 are scalars of P-256
    }
    return bad_key("the source of randomness is broken");
}

}  // namespace

Digest recipient_of(View public_key) { return crypto::sha256(public_key); }

Result<KeySlot> wrap(const Header& header, View data_key, View recipient_public_key, const Entropy& entropy) {
    if (data_key.size() != 32) return bad_key("a data key has 32 bytes");
    const Secret ephemeral = TRY(ephemeral_key(entropy));
    const auto sealed = TRY(hpke::seal(recipient_public_key, ephemeral.expose(), wrap_info(header), {}, data_key));
    KeySlot slot{.recipient = recipient_of(recipient_public_key), .enc = sealed.enc};
    std::copy(sealed.ciphertext.begin(), sealed.ciphertext.end(), slot.wrapped.begin());
    return slot;
}

Digest commitment_of(const Header& header, View data_key) {
    const Secret derived = derive(header, data_key);
    Digest out;
    std::copy_n(derived.expose().begin() + 44, out.size(), out.begin());
    return out;
}

Result<Secret> open_for_key(const Header& header, View recipient_private_key) {
    const auto public_key = crypto::p256_public_of(recipient_private_key);
    if (!public_key) return bad_key("not a P-256 private key");
    return open_for_key(header, *public_key, [&](View enc) { return crypto::p256_shared(recipient_private_key, enc); });
}

Result<Secret> open_for_key(const Header& header, View recipient_public_key, const hpke::Agree& agree) {
    const Digest recipient = recipient_of(recipient_public_key);
    for (const auto& slot : header.slots) {
        if (slot.recipient != recipient) continue;
        auto data_key = hpke::open(slot.enc, recipient_public_key, agree, wrap_info(header), {}, slot.wrapped);
        if (!data_key) return bad_key("the key slot does not open");
        TRY(session_keys(header, data_key->expose()));
        return std::move(*data_key);
    }
    return bad_key("the recording is not sealed to this key");
}

Result<SessionKeys> session_keys(const Header& header, View data_key) {
    if (data_key.size() != 32) return bad_key("a data key has 32 bytes");
    const Secret derived = derive(header, data_key);
    const View all = derived.expose();
    if (!equal_in_constant_time(all.last(32), header.commitment)) return bad_key("the header does not commit to this data key");
    const Bytes encoded = encode(header);
    SessionKeys out{.key = Secret::copy_of(all.first(32)), .header_hash = crypto::sha256(encoded), .header_bytes = encoded.size()};
    std::copy_n(all.begin() + 32, out.base_nonce.size(), out.base_nonce.begin());
    return out;
}

}  // namespace anteroom::recorder
