// Headers and body.
#include "broker/courier/mail.h"

#include <date/date.h>

#include <algorithm>

#include "base/bytes.h"

namespace anteroom::courier {

namespace {

constexpr std::string_view end_of_line = "\r\n";
constexpr std::size_t base64_line = 76;          // RFC 2045 6.8
constexpr std::size_t encoded_word_bytes = 39;   // 76 of a line with "Subject: =?UTF-8?B??=", in whole groups of three
constexpr std::size_t plain_header_bytes = 120;  // longer ones are folded, and only encoded words fold where we like
constexpr std::size_t longest_subject = 300;

bool in_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

std::string without_controls(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    return out;
}

std::string in_lines(const std::string& encoded) {
    std::string out;
    for (std::size_t at = 0; at < encoded.size(); at += base64_line) out += encoded.substr(at, base64_line) + std::string(end_of_line);
    return out;
}

// An id's parts may be nothing but letters, digits, dot, dash, underscore (dot-atom).
std::string atom(std::string_view text) {
    std::string out;
    for (const char c : text) out += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' ? c : '-';
    return out;
}

std::string text_of(const Event& event, const Letter& letter) {
    std::string out = title_of(event) + "\r\n\r\n";
    if (!event.summary.empty()) out += event.summary + "\r\n\r\n";
    for (const auto& [name, text] : facts_of(event, letter.zone)) out += name + ": " + text + "\r\n";
    if (!event.link.empty()) out += "\r\nOpen it in Anteroom: " + event.link + "\r\n";
    if (!letter.help.empty()) out += "\r\n" + letter.help + "\r\n";
    return out;
}

}  // namespace

std::string header_text(std::string_view text) {
    auto clean = without_controls(text);
    const bool plain = clean.size() <= plain_header_bytes && clean.find("=?") == std::string::npos &&
                       std::all_of(clean.begin(), clean.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    if (plain) return clean;
    std::string out;
    for (std::size_t at = 0; at < clean.size();) {
        std::size_t size = std::min(encoded_word_bytes, clean.size() - at);
        // A character is not divided between two words (RFC 2047 5).
        while (size > 1 && at + size < clean.size() && in_character(clean[at + size])) --size;
        out += (out.empty() ? "" : "\r\n ") + ("=?UTF-8?B?" + base64(view(std::string_view(clean).substr(at, size))) + "?=");
        at += size;
    }
    return out;
}

std::string rfc5322_date(Time time) { return date::format("%a, %d %b %Y %H:%M:%S +0000", std::chrono::floor<std::chrono::seconds>(time)); }

std::string letter(const Event& event, const Letter& letter) {
    const auto domain = letter.from.substr(letter.from.rfind('@') + 1);
    std::string to;
    for (const auto& address : letter.to) to += (to.empty() ? "" : ",\r\n ") + without_controls(address);
    const auto subject = "[Anteroom] " + title_of(event) + (event.summary.empty() ? "" : ": " + event.summary);
    const std::pair<const char*, std::string> headers[] = {
        {"Date", rfc5322_date(event.time)},
        {"From", "Anteroom <" + without_controls(letter.from) + ">"},
        {"To", to},
        {"Subject", header_text(cut(subject, longest_subject))},
        {"Message-ID", "<" + atom(letter.delivery) + "." + atom(event.installation) + "@" + atom(domain) + ">"},
        {"Auto-Submitted", "auto-generated"},  // RFC 3834: no answering machine answers it
        {"Anteroom-Delivery", atom(letter.delivery)},
        {"MIME-Version", "1.0"},
        {"Content-Type", "text/plain; charset=utf-8"},
        {"Content-Transfer-Encoding", "base64"},
    };
    std::string out;
    for (const auto& [name, text] : headers) out += std::string(name) + ": " + text + std::string(end_of_line);
    if (event.loudness >= 2 && !event.drill) out += "Importance: high\r\n";
    return out + std::string(end_of_line) + in_lines(base64(view(text_of(event, letter))));
}

}  // namespace anteroom::courier
