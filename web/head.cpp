// RFC 9112 sections 2.2, 3, 5 and 6.3; Boost.Beast's parser behind our own lines.
#include "web/head.h"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <array>

namespace anteroom::web {

namespace {

namespace http = boost::beast::http;

constexpr std::string_view line_end = "\r\n", version = "HTTP/1.1";
// What this server goes by: twice would be two answers to one question.
constexpr std::array<std::string_view, 16> once = {"host",         "content-length",    "transfer-encoding",     "content-type",    "origin",
                                                   "cookie",       "sec-fetch-site",    "sec-fetch-mode",        "x-anteroom-csrf", "if-match",
                                                   "upgrade",      "sec-websocket-key", "sec-websocket-version", "last-event-id",   "expect",
                                                   "if-none-match"};

bool is_token(std::string_view text) {
    constexpr std::string_view others = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || others.find(c) != std::string_view::npos;
    });
}

bool is_method(std::string_view text) {
    return !text.empty() && text.size() <= 16 && std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool is_visible(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

bool is_value(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return c == '\t' || (byte >= ' ' && byte != 0x7f);
    });
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (auto& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

std::string_view next_line(std::string_view& rest) {
    const auto end = rest.find(line_end);
    const auto line = rest.substr(0, end);
    rest.remove_prefix(std::min(rest.size(), end == std::string_view::npos ? rest.size() : end + line_end.size()));
    return line;
}

const char* bad_request_line(std::string_view line) {
    const auto first = line.find(' '), last = line.rfind(' ');
    if (first == std::string_view::npos || first == last || !is_method(line.substr(0, first)) || !is_visible(line.substr(first + 1, last - first - 1)))
        return "The request line is none.";
    return nullptr;
}

// Names that begin a line, a colon at once behind them, values without control characters; nothing folded (RFC 9112 5.1, 5.2).
const char* bad_fields(std::string_view rest) {
    std::size_t count = 0;
    while (true) {
        const auto line = next_line(rest);
        if (line.empty()) return rest.empty() ? nullptr : "The head goes on behind its end.";
        if (++count > max_fields) return "There are more than 100 header fields.";
        const auto colon = line.find(':');
        if (colon == std::string_view::npos || !is_token(line.substr(0, colon)) || !is_value(line.substr(colon + 1))) return "A header field is none.";
    }
}

std::optional<Refusal> bad_meaning(const Head& head) {
    for (const auto name : once)
        if (std::count_if(head.fields.begin(), head.fields.end(), [&](const auto& field) { return field.name == name; }) > 1)
            return Refusal{400, "The header field " + std::string(name) + " is there twice."};
    if (head.field("transfer-encoding")) return Refusal{501, "Bodies in pieces are not taken here."};
    if (head.field("expect")) return Refusal{417, "This server says nothing in between."};
    if (const auto* length = head.field("content-length"))
        if (length->empty() || length->size() > 10 || length->find_first_not_of("0123456789") != std::string::npos)
            return Refusal{400, "Content-Length is no number."};
    return std::nullopt;
}

}  // namespace

const std::string* Head::field(std::string_view name) const {
    const auto found = std::find_if(fields.begin(), fields.end(), [&](const auto& one) { return one.name == name; });
    return found == fields.end() ? nullptr : &found->value;
}

bool Head::lists(std::string_view name, std::string_view token) const {
    for (const auto& one : fields) {
        if (one.name != name) continue;
        std::string_view rest = one.value;
        while (true) {
            const auto comma = rest.find(',');
            if (lower(trimmed(rest.substr(0, comma))) == token) return true;
            if (comma == std::string_view::npos) break;
            rest.remove_prefix(comma + 1);
        }
    }
    return false;
}

std::size_t end_of_head(std::string_view bytes) {
    const auto end = bytes.find("\r\n\r\n");
    return end == std::string_view::npos ? 0 : end + 4;
}

Or<Head> parse_head(std::string_view raw) {
    if (raw.size() > max_head) return refuse(431, "The head is longer than 16 KiB.");
    if (end_of_head(raw) != raw.size() || raw.empty()) return refuse(400, "The head is not whole.");
    std::string_view rest = raw;
    const auto request_line = next_line(rest);
    if (const char* bad = bad_request_line(request_line)) return refuse(400, bad);
    if (!request_line.ends_with(std::string(" ") + std::string(version))) return refuse(505, "This server speaks HTTP/1.1.");
    if (const char* bad = bad_fields(rest)) return refuse(400, bad);

    http::request_parser<http::string_body> parser;
    parser.header_limit(static_cast<std::uint32_t>(max_head) + 1);
    parser.body_limit(max_body);
    boost::system::error_code error;
    const auto used = parser.put(boost::asio::const_buffer(raw.data(), raw.size()), error);
    if (error == http::error::body_limit) return refuse(413, "The body is longer than 64 KiB.");
    if ((error && error != http::error::need_more) || !parser.is_header_done() || used != raw.size()) return refuse(400, "The head cannot be read.");

    const auto& message = parser.get();
    Head head;
    head.method = std::string(message.method_string());
    head.target = std::string(message.target());
    for (const auto& field : message) head.fields.push_back({lower(field.name_string()), std::string(trimmed(field.value()))});
    if (auto bad = bad_meaning(head)) return tl::unexpected<Refusal>(std::move(*bad));
    if (parser.content_length()) head.body = static_cast<std::size_t>(*parser.content_length());
    head.keep_alive = parser.keep_alive();
    return head;
}

}  // namespace anteroom::web
