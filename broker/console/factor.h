// What somebody proves by a code or a passkey within a call, and the requests for passkeys that go to the browser.
#pragma once

#include <boost/json/value.hpp>

#include "broker/console/routes.h"

namespace anteroom::console {

// The member `factor` of a call's body: {"code"} or {"passkey": {"nonce", ...Assertion}}, good for this very call. `refused`: a sentence
// for the person. Null: there was none.
Result<access::SecondFactor> prove_factor(Call& call, const boost::json::value* factor);

// What of a body is signed, as RFC 8785 has it: sorted members, no blanks. Passwords and codes are left out: what is signed is kept.
std::string canonical(const boost::json::object& body);

// PasskeyRequest and Assertion of types.ts. `allow`: whose passkeys; nobody's: whatever the browser has.
Result<boost::json::object> passkey_request(const Call& call, const Bytes& nonce, const Bytes& challenge, const std::optional<PersonId>& allow);
struct Answered {
    Bytes nonce;
    identity::Assertion assertion;
};
Result<Answered> read_assertion(const boost::json::object& given);

// A member that is base64url, of at most so many bytes.
Result<Bytes> bytes_of(const boost::json::object& given, std::string_view name, std::size_t most);
// A password or code of the call's body.
Result<Secret> secret_of(const Call& call, std::string_view name);
// What was refused, in the audit log, for attempts that end no other way. Floods are counted.
Status audit_refused_factor(const Call& call, const std::string& what, const std::string& why);

inline constexpr std::int64_t browser_timeout_ms = 120'000;
inline constexpr const char* relying_party_name = "Anteroom";

}  // namespace anteroom::console
