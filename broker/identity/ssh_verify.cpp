// Verification of SSH signatures. Everything around the signature's bytes is checked before OpenSSL sees them.
#include <optional>

#include "base/crypto.h"
#include "broker/identity/openssl_handles.h"
#include "broker/identity/ssh_key.h"
#include "broker/identity/ssh_wire.h"

namespace anteroom::identity {
namespace {

constexpr std::uint8_t flag_user_presence = 0x01;
constexpr std::uint8_t flag_user_verification = 0x04;

tl::unexpected<Error> wrong_signature() { return fail_openssl("the SSH signature is not right"); }

Result<Pkey> pkey_of(const PublicKey& key) {
    const auto& facts = facts_of(key.type());
    if (key.type() == KeyType::rsa) {
        ParamBuilder builder(OSSL_PARAM_BLD_new());
        auto n = number_of(key.modulus()), e = number_of(key.exponent());
        OSSL_PARAM_BLD_push_BN(builder.get(), "n", n.get());
        OSSL_PARAM_BLD_push_BN(builder.get(), "e", e.get());
        return pkey_from("RSA", EVP_PKEY_PUBLIC_KEY, builder.get());
    }
    if (facts.group) {
        ParamBuilder builder(OSSL_PARAM_BLD_new());
        OSSL_PARAM_BLD_push_utf8_string(builder.get(), "group", facts.group, 0);
        OSSL_PARAM_BLD_push_octet_string(builder.get(), "pub", key.point().data(), key.point().size());
        return pkey_from("EC", EVP_PKEY_PUBLIC_KEY, builder.get());
    }
    Pkey made(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.point().data(), key.point().size()));
    if (!made) return fail_openssl("OpenSSL refuses this Ed25519 key");
    return made;
}

// RFC 5656 3.1.2: the signature is two numbers; OpenSSL wants them as DER.
Result<Bytes> der_of_ecdsa(View signature, std::size_t field) {
    SshReader reader(signature);
    auto r = TRY(reader.mpint(field));
    auto s = TRY(reader.mpint(field));
    TRY(reader.finished());
    if (r.empty() || s.empty()) return fail(ErrorKind::invalid, "an ECDSA signature has a zero in it");
    EcdsaSignature both(ECDSA_SIG_new());
    auto r_number = number_of(r), s_number = number_of(s);
    if (!both || ECDSA_SIG_set0(both.get(), r_number.get(), s_number.get()) != 1) return fail_openssl("ECDSA_SIG_set0");
    (void)r_number.release();
    (void)s_number.release();
    unsigned char* der = nullptr;
    int size = i2d_ECDSA_SIG(both.get(), &der);
    if (size <= 0) return fail_openssl("i2d_ECDSA_SIG");
    Bytes out(der, der + size);
    OPENSSL_free(der);
    return out;
}

// The signature as OpenSSL wants it.
Result<Bytes> shaped(const PublicKey& key, View signature) {
    const auto& facts = facts_of(key.type());
    if (facts.group) return der_of_ecdsa(signature, facts.field);
    if (key.type() == KeyType::rsa) {
        // Old PuTTY strips leading zeros, one signature in 256; OpenSSH puts them back as well.
        if (signature.empty() || signature.size() > key.modulus().size()) return fail(ErrorKind::invalid, "an RSA signature has the wrong length");
        Bytes out(key.modulus().size() - signature.size(), 0);
        out.insert(out.end(), signature.begin(), signature.end());
        return out;
    }
    if (signature.size() != 64) return fail(ErrorKind::invalid, "an Ed25519 signature does not have 64 bytes");
    return to_bytes(signature);
}

const EVP_MD* digest_of(const PublicKey& key, std::string_view algorithm) {
    if (key.type() == KeyType::rsa) return algorithm == "rsa-sha2-512" ? EVP_sha512() : EVP_sha256();
    const char* name = facts_of(key.type()).digest;
    return name ? EVP_get_digestbyname(name) : nullptr;
}

Status verify_raw(const PublicKey& key, const EVP_MD* digest, View message, View signature) {
    auto pkey = TRY(pkey_of(key));
    DigestContext context(EVP_MD_CTX_new());
    if (!context || EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, pkey.get()) != 1) return fail_openssl("EVP_DigestVerifyInit");
    if (EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) != 1) return wrong_signature();
    return ok();
}

// PROTOCOL.u2f: the device signs SHA256(application) || flags || counter || SHA256(message).
Bytes message_of_device(const PublicKey& key, std::uint8_t flags, std::uint32_t counter, View message) {
    SshWriter writer;
    writer.raw(crypto::sha256(view(key.application()))).byte(flags).u32(counter).raw(crypto::sha256(message));
    return writer.take();
}

}  // namespace

Result<SignatureFacts> verify(const PublicKey& key, std::string_view algorithm, View signed_data, View signature_blob) {
    if (!key.signs_with(algorithm)) return fail(ErrorKind::refused, "this signature algorithm is not accepted for this SSH key");
    SshReader reader(signature_blob);
    if (TRY(reader.text(64)) != algorithm) return fail(ErrorKind::refused, "the SSH signature names another algorithm than its request");
    auto body = TRY(reader.string());
    auto signature = TRY(shaped(key, body));
    SignatureFacts facts;
    Bytes device_message;
    if (key.security_key()) {
        auto flags = TRY(reader.byte());
        facts.counter = TRY(reader.u32());
        facts.user_presence = flags & flag_user_presence;
        facts.user_verification = flags & flag_user_verification;
        device_message = message_of_device(key, flags, facts.counter, signed_data);
    }
    TRY(reader.finished());
    TRY(verify_raw(key, digest_of(key, algorithm), key.security_key() ? View(device_message) : signed_data, signature));
    if (key.security_key() && !facts.user_presence) return fail(ErrorKind::refused, "the security key was not touched");
    return facts;
}

}  // namespace anteroom::identity
