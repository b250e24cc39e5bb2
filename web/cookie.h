// The one cookie this server knows: the console session's token.
#pragma once

#include <string_view>

#include "base/secret.h"
#include "web/refusal.h"

namespace anteroom::web {

inline constexpr std::string_view session_cookie = "__Host-anteroom";

// The token of a Cookie field; empty where there is none. Others' cookies are passed over, whatever they hold (cookies know no ports).
// 400 where ours is there twice, or is not as the broker makes them.
Or<Secret> session_of(std::string_view cookies);
// base64url, 16 to 128 characters.
bool is_token_text(std::string_view text);
// Set-Cookie's value; an empty token clears it.
std::string set_cookie(std::string_view token);

}  // namespace anteroom::web
