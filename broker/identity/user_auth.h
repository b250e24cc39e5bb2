// The data that a publickey signature covers (RFC 4252 section 7), read and compared field by field. Used in both
// directions: for a person who signs on here, and before the broker signs on at a target.
#pragma once

#include <optional>
#include <string>

#include "broker/identity/ssh_key.h"

namespace anteroom::identity {

inline constexpr std::string_view hostbound_method = "publickey-hostbound-v00@openssh.com";

struct UserAuthRequest {
    Bytes session_id;
    std::string user, service, method, algorithm;
    Bytes key_blob;
    std::optional<Bytes> host_key;  // the hostbound method names the server's key as well
};
// Well-formed, the boolean TRUE, nothing left over. Whether the values are the right ones is the caller's to judge.
Result<UserAuthRequest> parse_user_auth(View signed_data);
Bytes encode_user_auth(const UserAuthRequest& request);

struct UserAuthExpected {
    View session_id;        // of the key exchange that the broker itself signed
    std::string_view user;  // the whole user name, fixed by the connection's first request
    const PublicKey& key;   // the key as the request offered it
    std::string_view algorithm;
};
// `refused` when a field is not the expected one (the detail names the field), `crypto` when the signature is wrong.
Result<SignatureFacts> verify_user_auth(const UserAuthExpected& expected, View signed_data, View signature_blob);

}  // namespace anteroom::identity
