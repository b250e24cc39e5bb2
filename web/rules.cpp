// Fetch metadata (W3C), RFC 6454 section 7, RFC 9110 sections 7.4 (421) and 15.5.
#include "web/rules.h"

#include <algorithm>

#include "web/cookie.h"

namespace anteroom::web {

namespace {

constexpr std::string_view scheme = "https://", json_type = "application/json";

bool same_text(std::string_view a, std::string_view b) {
    const auto low = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return low(x) == low(y); });
}

// "application/json", with or without a charset, which JSON has only one of.
bool is_json(std::string_view type) {
    const auto end = type.find(';');
    auto essence = type.substr(0, end);
    while (!essence.empty() && (essence.back() == ' ' || essence.back() == '\t')) essence.remove_suffix(1);
    if (!same_text(essence, json_type)) return false;
    if (end == std::string_view::npos) return true;
    auto parameter = type.substr(end + 1);
    while (parameter.starts_with(' ') || parameter.starts_with('\t')) parameter.remove_prefix(1);
    return same_text(parameter, "charset=utf-8");
}

Kind kind_of(const Target& target) {
    if (target.path == "/api/events") return Kind::events;
    if (target.path == "/api/watch") return Kind::watch;
    if (target.below("/api/exports")) return Kind::fetch;
    return target.below("/api") ? Kind::call : Kind::file;
}

// Another page's script, form or link: browsers say so themselves.
std::optional<Refusal> from_elsewhere(const Head& head, const Origin& origin, bool must_name_origin) {
    const auto* site = head.field("sec-fetch-site");
    const auto* from = head.field("origin");
    if (from && *from != origin.text) return Refusal{403, "This call comes from another page."};
    if (must_name_origin && !from) return Refusal{403, "This call does not say which page it comes from."};
    if (site && *site != "same-origin" && (must_name_origin || *site != "none")) return Refusal{403, "This call comes from another page."};
    return std::nullopt;
}

std::optional<Refusal> wrong_method(const Asked& asked) {
    const auto& method = asked.head.method;
    const bool reads = method == "GET" || method == "HEAD";
    if (!reads && method != "POST") return Refusal{405, "Only GET, HEAD and POST are taken here."};
    if (method == "POST" && asked.kind != Kind::call) return Refusal{405, "Nothing can be sent there."};
    if (method == "HEAD" && (asked.kind != Kind::call && asked.kind != Kind::file)) return Refusal{405, "Only GET is taken here."};
    if (reads && (asked.head.body != 0 || (asked.kind != Kind::file && asked.head.field("content-type"))))
        return Refusal{400, "A request to read has no body."};
    return std::nullopt;
}

bool is_upgrade(const Head& head) {
    const auto* version = head.field("sec-websocket-version");
    return head.lists("connection", "upgrade") && head.lists("upgrade", "websocket") && version && *version == "13" && head.field("sec-websocket-key");
}

// What goes to the broker with a call: short, and nothing but what can be seen.
bool is_short_and_visible(const std::string* value) {
    return !value || (value->size() <= 256 && std::all_of(value->begin(), value->end(), [](char c) { return c > ' ' && c < '\x7f'; }));
}

std::optional<Refusal> wrong_call(const Asked& asked, const Origin& origin) {
    const bool posts = asked.head.method == "POST", watches = asked.kind == Kind::watch;
    // In the API's own paths nothing needs an escape.
    if (asked.target.path.find('%') != std::string::npos) return Refusal{400, "The address is none that this server knows."};
    if (auto elsewhere = from_elsewhere(asked.head, origin, posts || watches)) return elsewhere;
    // A file is fetched by the console's own page, and not by whoever types or bookmarks an address.
    const auto* site = asked.head.field("sec-fetch-site");
    if (asked.kind == Kind::fetch && site && *site != "same-origin") return Refusal{403, "A file is fetched from the console's own page."};
    const auto* type = asked.head.field("content-type");
    if (posts && (!type || !is_json(*type))) return Refusal{415, "This server takes JSON (application/json)."};
    if (posts && !asked.head.field("content-length")) return Refusal{411, "The body's length is not said."};
    if (watches && !is_upgrade(asked.head)) return Refusal{426, "This is spoken over a WebSocket."};
    if (!is_short_and_visible(asked.head.field("x-anteroom-csrf")) || !is_short_and_visible(asked.head.field("if-match")))
        return Refusal{400, "A header field of the call is not as it should be."};
    return std::nullopt;
}

}  // namespace

Origin Origin::of(const std::string& origin) { return {origin, origin.starts_with(scheme) ? origin.substr(scheme.size()) : ""}; }

Or<Asked> judge(Head head, const Origin& origin) {
    const auto* host = head.field("host");
    if (!host) return refuse(400, "The request names no host.");
    if (!same_text(*host, origin.authority)) return refuse(421, "The console is at " + origin.text + ".");
    auto target = parse_target(head.target);
    if (!target) return tl::unexpected<Refusal>(target.error());
    Asked asked{kind_of(*target), std::move(head), std::move(*target), false, {}};
    if (auto wrong = wrong_method(asked)) return tl::unexpected<Refusal>(std::move(*wrong));
    asked.head_only = asked.head.method == "HEAD";
    if (asked.kind == Kind::file) return asked;
    if (auto wrong = wrong_call(asked, origin)) return tl::unexpected<Refusal>(std::move(*wrong));
    if (const auto* cookies = asked.head.field("cookie")) {
        auto session = session_of(*cookies);
        if (!session) return tl::unexpected<Refusal>(session.error());
        asked.session = std::move(*session);
    }
    return asked;
}

}  // namespace anteroom::web
