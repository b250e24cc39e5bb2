// RFC 6265 sections 4.1 and 4.2; names that begin with __Host- are set by this very origin only.
#include "web/cookie.h"

#include <algorithm>

namespace anteroom::web {

bool is_token_text(std::string_view text) {
    return text.size() >= 16 && text.size() <= 128 && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
           });
}

Or<Secret> session_of(std::string_view cookies) {
    Secret found;
    while (!cookies.empty()) {
        const auto end = cookies.find(';');
        auto pair = cookies.substr(0, end);
        cookies.remove_prefix(end == std::string_view::npos ? cookies.size() : end + 1);
        while (!pair.empty() && (pair.front() == ' ' || pair.front() == '\t')) pair.remove_prefix(1);
        while (!pair.empty() && (pair.back() == ' ' || pair.back() == '\t')) pair.remove_suffix(1);
        const auto equals = pair.find('=');
        auto name = pair.substr(0, equals);
        while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.remove_suffix(1);
        if (name != session_cookie) continue;
        const auto value = equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
        if (!found.empty()) return refuse(400, "The session's cookie is there twice.");
        if (!is_token_text(value)) return refuse(400, "The session's cookie is none.");
        found = Secret::copy_of(value);
    }
    return found;
}

std::string set_cookie(std::string_view token) {
    return std::string(session_cookie) + "=" + std::string(token) + "; Path=/; Secure; HttpOnly; SameSite=Strict" + (token.empty() ? "; Max-Age=0" : "");
}

}  // namespace anteroom::web
