// Registration and assertions, by libfido2.
#include "broker/identity/webauthn.h"

#include <array>

#include "base/crypto.h"
#include "broker/identity/fido2_handles.h"
#include "broker/identity/webauthn_parts.h"

namespace anteroom::identity {

namespace {

using namespace webauthn;

constexpr std::array<int, 3> algorithms = {COSE_ES256, COSE_EDDSA, COSE_RS256};

tl::unexpected<Error> wrong(std::string what) { return fail(ErrorKind::refused, std::move(what)); }

// What fido_assert_verify takes, whichever kind it is. A key that is none (a point off the curve) makes an error.
struct PublicKeyOf {
    Es256Key es256;
    EddsaKey eddsa;
    Rs256Key rs256;
    const void* get() const { return es256 ? static_cast<const void*>(es256.get()) : eddsa ? static_cast<const void*>(eddsa.get()) : rs256.get(); }
};

Result<PublicKeyOf> public_key_of(View bytes, std::int64_t algorithm) {
    PublicKeyOf key;
    int read = FIDO_ERR_INVALID_ARGUMENT;
    if (algorithm == COSE_ES256) {
        key.es256.reset(es256_pk_new());
        read = es256_pk_from_ptr(key.es256.get(), bytes.data(), bytes.size());
    } else if (algorithm == COSE_EDDSA) {
        key.eddsa.reset(eddsa_pk_new());
        read = eddsa_pk_from_ptr(key.eddsa.get(), bytes.data(), bytes.size());
    } else if (algorithm == COSE_RS256) {
        key.rs256.reset(rs256_pk_new());
        read = rs256_pk_from_ptr(key.rs256.get(), bytes.data(), bytes.size());
    }
    if (read != FIDO_OK) return wrong("not a public key of algorithm " + std::to_string(algorithm));
    return key;
}

// libfido2 reads a credential only when it is told the algorithm before.
Result<FidoCredential> credential_in(View authenticator_data, int& algorithm) {
    for (const int tried : algorithms) {
        FidoCredential credential(fido_cred_new());
        if (!credential || fido_cred_set_type(credential.get(), tried) != FIDO_OK) return fail(ErrorKind::crypto, "libfido2 makes no credential");
        if (fido_cred_set_authdata_raw(credential.get(), authenticator_data.data(), authenticator_data.size()) != FIDO_OK) continue;
        algorithm = tried;
        return credential;
    }
    return wrong("no credential with a key of ours in it");
}

// Without attestation browsers send "none", and a credential's own signature ("packed", section 8.2) where there is nothing to hide.
Status check_statement(const AttestationObject& object, const Attestation& made, const Expected& expected, fido_cred_t* credential) {
    static constexpr std::uint8_t empty_map = 0xa0;
    if (object.format == "none") {
        if (object.statement.size() != 1 || object.statement[0] != empty_map) return wrong("attestation none with a statement");
        return ok();
    }
    if (object.format != "packed") return wrong("attestation " + printable(object.format, 40));
    const auto hash = crypto::sha256(made.client_data);
    const bool taken = fido_cred_set_fmt(credential, "packed") == FIDO_OK && fido_cred_set_rp(credential, expected.relying_party.c_str(), nullptr) == FIDO_OK &&
                       fido_cred_set_clientdata_hash(credential, hash.data(), hash.size()) == FIDO_OK &&
                       fido_cred_set_attstmt(credential, object.statement.data(), object.statement.size()) == FIDO_OK;
    if (!taken || fido_cred_verify_self(credential) != FIDO_OK) return wrong("attestation by others, or not signed by the passkey itself");
    return ok();
}

}  // namespace

Result<NewPasskey> verify_attestation(const Attestation& made, const Expected& expected) {
    TRY(check_client_data(made.client_data, "webauthn.create", expected));
    const auto object = TRY(parse_attestation_object(made.attestation_object));
    const auto data = object.authenticator_data;
    TRY(check_authenticator_data(data, expected, true));

    int algorithm = 0;
    const auto credential = TRY(credential_in(data, algorithm));
    TRY(check_statement(object, made, expected, credential.get()));
    const auto bytes = [](const unsigned char* from, std::size_t size) { return from == nullptr ? Bytes() : Bytes(from, from + size); };
    NewPasskey passkey;
    passkey.credential_id = bytes(fido_cred_id_ptr(credential.get()), fido_cred_id_len(credential.get()));
    if (passkey.credential_id.size() < smallest_credential_id || passkey.credential_id.size() > largest_credential_id)
        return wrong("a credential id of " + std::to_string(passkey.credential_id.size()) + " bytes");
    passkey.public_key = bytes(fido_cred_pubkey_ptr(credential.get()), fido_cred_pubkey_len(credential.get()));
    TRY(public_key_of(passkey.public_key, algorithm));
    passkey.algorithm = algorithm;
    passkey.sign_count = fido_cred_sigcount(credential.get());
    passkey.aaguid = bytes(fido_cred_aaguid_ptr(credential.get()), fido_cred_aaguid_len(credential.get()));
    passkey.backed_up = (data[flags_at] & webauthn::backed_up) != 0;
    return passkey;
}

Result<std::uint32_t> verify_assertion(const Assertion& assertion, const Expected& expected, const Bytes& public_key, std::int64_t algorithm,
                                       std::uint32_t stored_count) {
    TRY(check_client_data(assertion.client_data, "webauthn.get", expected));
    const auto& data = assertion.authenticator_data;
    if (data.size() > largest_authenticator_data || assertion.signature.size() > largest_signature || assertion.signature.empty())
        return wrong("an assertion of another size");
    TRY(check_authenticator_data(data, expected, false));
    const auto key = TRY(public_key_of(public_key, algorithm));

    const FidoAssertion made(fido_assert_new());
    const auto hash = crypto::sha256(assertion.client_data);
    const auto* signature = &assertion.signature;
    const bool taken = made && fido_assert_set_count(made.get(), 1) == FIDO_OK && fido_assert_set_rp(made.get(), expected.relying_party.c_str()) == FIDO_OK &&
                       fido_assert_set_clientdata_hash(made.get(), hash.data(), hash.size()) == FIDO_OK &&
                       fido_assert_set_authdata_raw(made.get(), 0, data.data(), data.size()) == FIDO_OK &&
                       fido_assert_set_sig(made.get(), 0, signature->data(), signature->size()) == FIDO_OK &&
                       fido_assert_set_up(made.get(), FIDO_OPT_TRUE) == FIDO_OK && fido_assert_set_uv(made.get(), FIDO_OPT_TRUE) == FIDO_OK;
    if (!taken) return wrong("an assertion that libfido2 cannot read");
    if (fido_assert_verify(made.get(), 0, static_cast<int>(algorithm), key.get()) != FIDO_OK) return wrong("the signature is not right");

    const auto count = fido_assert_sigcount(made.get(), 0);
    if ((count != 0 || stored_count != 0) && count <= stored_count)
        return wrong("the counter went from " + std::to_string(stored_count) + " to " + std::to_string(count) + ": there may be a copy of it");
    return count;
}

bool backed_up(const Bytes& authenticator_data) { return authenticator_data.size() > flags_at && (authenticator_data[flags_at] & webauthn::backed_up) != 0; }

}  // namespace anteroom::identity
