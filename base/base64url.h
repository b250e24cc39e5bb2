// Base64url without padding (RFC 4648 section 5), as WebAuthn's JSON and what is made of it have it.
#pragma once

#include "base/bytes.h"

namespace anteroom {

std::string base64url(View bytes);
Result<Bytes> from_base64url(std::string_view text);  // refuses whatever is not what base64url() writes

}  // namespace anteroom
