// Origins are written as browsers write them (RFC 6454 section 6.2): what does not compare equal to theirs would lock everybody out.
#include "broker/installation/config_console.h"

#include <arpa/inet.h>

#include <array>

namespace anteroom::installation {

namespace {

using policy::At;
using policy::Reader;
using Need = Reader::Need;

constexpr std::string_view scheme = "https://", digits = "0123456789";
constexpr Duration least_idle = std::chrono::minutes(1), most_idle = std::chrono::hours(12), most_longest = std::chrono::hours(24);

bool is_label(std::string_view label) {
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    return label.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

// A host name in lower case, or an IPv4 address.
bool is_host(std::string_view host) {
    if (host.size() > 253) return false;
    std::array<unsigned char, 16> address{};
    if (host.starts_with('[') && host.ends_with(']'))
        return ::inet_pton(AF_INET6, std::string(host.substr(1, host.size() - 2)).c_str(), address.data()) == 1 && host.find('.') == std::string_view::npos;
    // What ends in a number is an address or nothing.
    const auto last = host.substr(host.rfind('.') == std::string_view::npos ? 0 : host.rfind('.') + 1);
    if (!last.empty() && last.find_first_not_of(digits) == std::string_view::npos) return ::inet_pton(AF_INET, std::string(host).c_str(), address.data()) == 1;
    while (true) {
        const auto dot = host.find('.');
        if (!is_label(host.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        host.remove_prefix(dot + 1);
    }
}

bool is_plain_port(std::string_view port) {
    if (port.empty() || port.size() > 5 || port.front() == '0' || port.find_first_not_of(digits) != std::string_view::npos) return false;
    return std::stoi(std::string(port)) <= 65535 && port != "443";
}

std::string why_no_origin(std::string_view text) {
    const std::string expected = ", expected https://HOST or https://HOST:PORT as browsers show it";
    if (!text.starts_with(scheme)) return "is not https" + expected;
    const auto rest = text.substr(scheme.size());
    if (rest.find_first_of("/?#@\\") != std::string_view::npos) return "has more than scheme, host and port" + expected;
    const auto bracket = rest.find(']');
    const auto colon = rest.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (!is_host(rest.substr(0, colon))) return "has no host name in lower case" + expected;
    if (colon != std::string_view::npos && !is_plain_port(rest.substr(colon + 1)))
        return "has no port from 1 to 65535, or 443, which browsers leave out" + expected;
    return "";
}

void read_origin(Reader& reader, const At& at, std::string& out) {
    auto text = reader.text(at, 300);
    if (!text) return;
    if (const auto why = why_no_origin(*text); !why.empty()) return reader.fault(at, why);
    out = *text;
}

void read_length(Reader& reader, const At& at, Duration least, Duration most, Duration& out) {
    const auto length = reader.duration(at);
    if (!length) return;
    if (*length < least || *length > most) return reader.fault(at, "expected " + duration_text(least) + " to " + duration_text(most));
    out = *length;
}

}  // namespace

void read_console(Reader& reader, const At& at, Web& out) {
    out.identity.line = static_cast<int>(at.node->line);
    reader.map(at, {{"origin", Need::optional, [&](const At& a) { read_origin(reader, a, out.origin); }},
                    {"certificate", Need::optional, [&](const At& a) { policy::set(out.identity.certificate, reader.text(a)); }},
                    {"key", Need::optional, [&](const At& a) { policy::set(out.identity.key, reader.text(a)); }},
                    {"tls", Need::optional,
                     [&](const At& a) {
                         const auto version = reader.text(a);
                         if (!version) return;
                         if (*version != "1.2" && *version != "1.3") return reader.fault(a, "expected \"1.3\" (no older TLS) or \"1.2\" (TLS 1.2 as well)");
                         out.tls12 = *version == "1.2";
                     }},
                    {"idle", Need::optional, [&](const At& a) { read_length(reader, a, least_idle, most_idle, out.idle); }},
                    {"longest", Need::optional, [&](const At& a) { read_length(reader, a, least_idle, most_longest, out.longest); }}});
    if (out.identity.certificate.empty() != out.identity.key.empty())
        reader.fault(at, out.identity.key.empty() ? "names a certificate and no key, expected key: FILE (PEM) beside it"
                                                  : "names a key and no certificate, expected certificate: FILE (PEM, with its chain) beside it");
    if (out.idle > out.longest) reader.fault(at, "idle is longer than longest");
}

std::string Web::reached_at() const {
    if (!origin.empty()) return origin;
    const auto port = listen.substr(listen.rfind(':') + 1);
    return "https://localhost" + (port == "443" ? "" : ":" + port);
}

std::string Web::relying_party() const {
    auto host = reached_at().substr(scheme.size());
    if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
    return host.substr(0, host.find(':'));
}

}  // namespace anteroom::installation
