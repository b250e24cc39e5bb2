// RFC 9180 sections 4, 4.1 and 5.1, over base/crypto.h. Names are the RFC's.
#include "recorder/hpke.h"

namespace anteroom::recorder::hpke {

namespace {

constexpr std::array<std::uint8_t, 5> kem_suite{'K', 'E', 'M', 0x00, 0x10};
std::array<std::uint8_t, 10> hpke_suite(std::uint16_t aead) {
    return {'H', 'P', 'K', 'E', 0x00, 0x10, 0x00, 0x01, static_cast<std::uint8_t>(aead >> 8), static_cast<std::uint8_t>(aead)};
}

Secret joined(std::initializer_list<View> parts) {
    std::size_t size = 0;
    for (const View part : parts) size += part.size();
    Bytes out;
    out.reserve(size);  // no growing: a grown vector leaves copies of secrets behind
    for (const View part : parts) out.insert(out.end(), part.begin(), part.end());
    return Secret(std::move(out));
}

Secret hmac(View key, View data) {
    crypto::Digest digest = crypto::hmac_sha256(key, data);
    Secret out = Secret::copy_of(View(digest));
    wipe(digest.data(), digest.size());
    return out;
}

Secret labeled_extract(View suite, View salt, std::string_view label, View ikm) {
    static constexpr std::array<std::uint8_t, 32> no_salt{};  // RFC 5869 2.2: an absent salt is a string of zeros
    return hmac(salt.empty() ? View(no_salt) : salt, joined({view("HPKE-v1"), suite, view(label), ikm}).expose());
}

// Of at most one hash: nothing here needs more.
Secret labeled_expand(View suite, View prk, std::string_view label, View info, std::size_t size) {
    const std::uint8_t length[] = {0, static_cast<std::uint8_t>(size)};
    static constexpr std::uint8_t first_block[] = {1};
    const Secret block = hmac(prk, joined({length, view("HPKE-v1"), suite, view(label), info, first_block}).expose());
    return Secret::copy_of(block.expose().first(size));
}

Secret extract_and_expand(View dh, View enc, View recipient) {
    const Secret prk = labeled_extract(kem_suite, {}, "eae_prk", dh);
    return labeled_expand(kem_suite, prk.expose(), "shared_secret", joined({enc, recipient}).expose(), 32);
}

}  // namespace

Result<Encapsulation> encapsulate(View recipient_public_key, View ephemeral_private_key) {
    const Bytes enc = TRY(crypto::p256_public_of(ephemeral_private_key));
    const Secret dh = TRY(crypto::p256_shared(ephemeral_private_key, recipient_public_key));
    Encapsulation out{.shared = extract_and_expand(dh.expose(), enc, recipient_public_key)};
    std::copy(enc.begin(), enc.end(), out.enc.begin());
    return out;
}

Result<Secret> decapsulate(View enc, View recipient_public_key, const Agree& agree) {
    const Secret dh = TRY(agree(enc));
    return extract_and_expand(dh.expose(), enc, recipient_public_key);
}

Schedule key_schedule(View shared_secret, View info, std::uint16_t aead, std::size_t key_size) {
    const auto suite = hpke_suite(aead);
    static constexpr std::uint8_t base_mode[] = {0};
    const Secret psk_id_hash = labeled_extract(suite, {}, "psk_id_hash", {});
    const Secret info_hash = labeled_extract(suite, {}, "info_hash", info);
    const Secret context = joined({base_mode, psk_id_hash.expose(), info_hash.expose()});
    const Secret secret = labeled_extract(suite, shared_secret, "secret", {});
    Schedule out{.key = labeled_expand(suite, secret.expose(), "key", context.expose(), key_size)};
    const Secret nonce = labeled_expand(suite, secret.expose(), "base_nonce", context.expose(), out.base_nonce.size());
    std::copy(nonce.expose().begin(), nonce.expose().end(), out.base_nonce.begin());
    return out;
}

Result<Sealed> seal(View recipient_public_key, View ephemeral_private_key, View info, View aad, View plain) {
    const Encapsulation kem = TRY(encapsulate(recipient_public_key, ephemeral_private_key));
    const Schedule schedule = key_schedule(kem.shared.expose(), info, aes_256_gcm, 32);
    return Sealed{kem.enc, TRY(crypto::aes_gcm_seal(schedule.key.expose(), schedule.base_nonce, aad, plain))};
}

Result<Secret> open(View enc, View recipient_public_key, const Agree& agree, View info, View aad, View ciphertext) {
    const Secret shared = TRY(decapsulate(enc, recipient_public_key, agree));
    const Schedule schedule = key_schedule(shared.expose(), info, aes_256_gcm, 32);
    return Secret(TRY(crypto::aes_gcm_open(schedule.key.expose(), schedule.base_nonce, aad, ciphertext)));
}

}  // namespace anteroom::recorder::hpke
