// Inside broker/console: what enrolment and My security take from a call: a passkey just made, new codes and the first of them.
#pragma once

#include "broker/access/own_factors.h"
#include "broker/console/routes.h"

namespace anteroom::console {

inline constexpr std::size_t totp_secret_size = 20;  // RFC 4226 section 4

struct Made {
    access::MadePasskey passkey;
    Bytes nonce;  // good, and to be used up when the passkey counts
};
// `invalid`: a sentence for the person; what was wrong is in the audit log.
Result<Made> made_passkey(Call& call);

struct NewCodes {
    Secret secret, code;
    Bytes nonce;
};
Result<NewCodes> new_codes(Call& call);
// How a code that was not accepted is answered; none for one that was.
std::optional<Answer> refused_code(const Call& call, const identity::CodeVerdict& verdict);

Answer signed_out(const Call& call);

}  // namespace anteroom::console
