// A decision proven by a passkey (WebAuthn level 2): the challenge that the authenticator signed is derived from the decision
// itself, so the signature says what was approved, by whom, and for which state of the request.
#pragma once

#include "broker/access/second_factor.h"
#include "broker/identity/webauthn.h"

namespace anteroom::access {

// What is to be decided, as the browser was shown it.
struct Decision {
    PersonId person;
    std::string method, path;  // "POST", "/api/requests/42/approve"
    std::string if_match;      // the state of what is decided on; "" where there is none
    std::string body;          // canonical JSON (RFC 8785 for what we use: sorted members, no blanks), without the factor
    Bytes nonce;               // of Challenges, good once and for two minutes
};
// SHA-256 over "anteroom decision v1" and the fields above, each behind its length (u32, big-endian).
Bytes challenge_of(const Decision& decision);

struct PasskeyProof {
    Decision decision;
    identity::Assertion assertion;
    std::string relying_party, origin;
};
// `refused`: the detail is a sentence for the person, and it has been audited. Attempts are counted as those of codes are. That the
// nonce is good is the caller's to see, and to use it up afterwards. Evidence: the fields of the decision as signed_person,
// signed_method, signed_path, signed_if_match, signed_nonce and signed_body, signed_body_2, ... (base64url, to be joined); credential,
// public_key, algorithm, client_data, authenticator_data, signature.
Result<SecondFactor> prove_passkey(installation::Installation& here, const PersonId& person, const PasskeyProof& proof);

// Whose passkey this is, when its signature is right; that it was used has been noted. Errors of kind `refused` are for the log.
Result<store::Passkey> recognise_passkey(installation::Installation& here, const identity::Assertion& assertion, const identity::Expected& expected);
// What verifies its signature again, but for the challenge: credential, public_key, algorithm, client_data, authenticator_data, signature.
audit::Fields evidence_of(const store::Passkey& passkey, const identity::Assertion& assertion);
// What authenticators know a person by: for ever the same, and it tells nobody the name.
Bytes user_handle(const installation::Installation& here, const PersonId& person);
// What a browser's passkeys have to be made and used for here.
identity::Expected expected_of(const installation::Installation& here, Bytes challenge);

}  // namespace anteroom::access
