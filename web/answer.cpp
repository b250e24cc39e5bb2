// CSP level 3, Trusted Types, RFC 6797, RFC 9457.
#include "web/answer.h"

#include <boost/json.hpp>

namespace anteroom::web {

namespace {

constexpr std::pair<std::uint16_t, std::string_view> reasons[] = {
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

// A page loads what the console is made of, speaks to this server, and makes no script out of text. `nonce` is for the one stylesheet
// that the terminal makes for itself.
std::string policy_of(const Answer& answer, const Origin& origin) {
    const auto& nonce = answer.nonce;
    if (nonce.empty())
        return std::string("default-src 'none'; ") + (answer.fetches ? "script-src 'self'; connect-src 'self'; " : "") +
               "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
    return "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-" + nonce + "'; img-src 'self' data:; connect-src 'self' wss://" + origin.authority +
           "; font-src 'self'; manifest-src 'self'; worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; "
           "require-trusted-types-for 'script'; trusted-types svelte-trusted-html anteroom";
}

void add(std::string& out, std::string_view name, std::string_view value) {
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
}

}  // namespace

std::string_view reason_of(std::uint16_t status) {
    for (const auto& [number, text] : reasons)
        if (number == status) return text;
    return "Status";
}

std::string head_of(const Answer& answer, const Origin& origin, std::optional<std::size_t> length, bool keep_alive) {
    std::string out = "HTTP/1.1 " + std::to_string(answer.status) + " " + std::string(reason_of(answer.status)) + "\r\n";
    if (!answer.type.empty()) add(out, "Content-Type", answer.type);
    if (length) add(out, "Content-Length", std::to_string(*length));
    add(out, "Connection", keep_alive ? "keep-alive" : "close");
    add(out, "Cache-Control", answer.cached ? "public, max-age=31536000, immutable" : "no-store");
    for (const auto& [name, value] : answer.fields) add(out, name, value);
    add(out, "Content-Security-Policy", policy_of(answer, origin));
    add(out, "Strict-Transport-Security", "max-age=31536000");
    add(out, "X-Content-Type-Options", "nosniff");
    add(out, "X-Frame-Options", "DENY");
    add(out, "Referrer-Policy", "no-referrer");
    add(out, "Cross-Origin-Opener-Policy", "same-origin");
    add(out, "Cross-Origin-Resource-Policy", "same-origin");
    add(out, "Permissions-Policy",
        "publickey-credentials-get=(self), publickey-credentials-create=(self), clipboard-write=(self), camera=(), microphone=(), geolocation=(), payment=(), "
        "usb=()");
    return out + "\r\n";
}

Answer problem(const Refusal& refusal) {
    boost::json::object body{{"type", "about:blank"}, {"title", reason_of(refusal.status)}, {"status", refusal.status}, {"detail", refusal.sentence}};
    if (refusal.retry_after != 0) body["retry_seconds"] = refusal.retry_after;
    Answer answer{refusal.status, "application/problem+json", {}, boost::json::serialize(body), false, ""};
    if (refusal.retry_after != 0) answer.fields.emplace_back("Retry-After", std::to_string(refusal.retry_after));
    if (refusal.status == 405) answer.fields.emplace_back("Allow", "GET, HEAD, POST");
    if (refusal.status == 426) answer.fields.emplace_back("Upgrade", "websocket");
    return answer;
}

}  // namespace anteroom::web
