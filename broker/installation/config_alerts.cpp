// Reads `alerts:`. A channel is exactly one of webhook, smtp and syslog; what would send an alert in the clear to another machine, or
// keep it from arriving, is found here rather than at night.
#include "broker/installation/config_alerts.h"

#include <algorithm>
#include <array>

#include "policy/network.h"

namespace anteroom::installation {

namespace {

using policy::At;
using policy::Reader;
using Need = Reader::Need;
using Kind = AlertChannel::Kind;
using Security = AlertChannel::Security;

constexpr std::size_t longest_url = 2048, longest_mail_address = 254, longest_host = 253;
constexpr int largest_port = 65535;
constexpr std::array<std::string_view, 6> event_names = {"requests", "decisions", "break-glass", "reviews", "alarms", "people"};

bool is_host(std::string_view host) {
    return !host.empty() && host.size() <= longest_host && std::all_of(host.begin(), host.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':' || c == '_';
    });
}

// The host of https://HOST[:PORT]/..., without brackets; nothing when there is none that is plain to see.
std::string_view host_of(std::string_view rest) {
    auto authority = rest.substr(0, rest.find_first_of("/?#"));
    if (authority.starts_with('[')) {
        const auto end = authority.find(']');
        return end == std::string_view::npos ? std::string_view() : authority.substr(1, end - 1);
    }
    return authority.substr(0, authority.find(':'));
}

struct Section {
    Reader& reader;
    AlertChannel& out;

    Reader::Row text(const char* key, Need need, std::string& to) const {
        return {key, need, [this, &to](const At& at) { policy::set(to, reader.text(at)); }};
    }
    Reader::Row host() const {
        return {"host", Need::required, [this](const At& at) {
                    const auto text = reader.text(at);
                    if (text && !is_host(*text)) return reader.fault(at, "expected a host's name or address, without a port");
                    if (text) out.host = *text;
                }};
    }
    Reader::Row port() const {
        return {"port", Need::optional, [this](const At& at) {
                    if (const auto port = reader.integer(at, 1, largest_port)) out.port = static_cast<std::uint16_t>(*port);
                }};
    }

    void webhook(const At& at) const {
        reader.map(at, {{"url", Need::optional,
                         [this](const At& a) {
                             const auto url = reader.text(a, longest_url);
                             if (!url) return;
                             if (auto right = check_webhook_url(*url); !right) return reader.fault(a, right.error().detail);
                             out.url = *url;
                         }},
                        text("url_file", Need::optional, out.url_file),
                        {"template", Need::optional,
                         [this](const At& a) {
                             if (const auto which = reader.choice(a, {"plain", "slack", "teams", "pagerduty"}))
                                 out.shape = static_cast<AlertChannel::Template>(*which);
                         }},
                        text("secret_file", Need::optional, out.secret_file),
                        text("ca_file", Need::optional, out.ca_file)});
        const auto has = [&](const char* key) {
            return std::any_of(at.node->entries.begin(), at.node->entries.end(), [&](const auto& entry) { return entry.key == key; });
        };
        const bool pages = out.shape == AlertChannel::Template::pagerduty;
        if (has("url") && has("url_file")) reader.fault(at, "url and url_file: one of them says where to");
        if (!has("url") && !has("url_file") && !pages) reader.fault(at, "where to? expected a url, or a url_file where the address is a secret");
        if (!has("url") && !has("url_file") && pages) out.url = "https://events.pagerduty.com/v2/enqueue";
        if (pages && !has("secret_file")) reader.fault(at, "PagerDuty's routing key is missing: expected a secret_file");
    }

    void recipients(const At& at) const {
        reader.list(at, "mail addresses, or approvers or person", [this](const At& a) {
            const auto one = reader.text(a);
            if (!one) return;
            if (*one != "approvers" && *one != "person" && !is_mail_address(*one)) return reader.fault(a, "expected name@example.org, approvers or person");
            out.to.push_back(*one);
        });
        if (at.node->kind == policy::Node::Kind::list && at.node->items.empty()) reader.fault(at, "an empty list, expected at least one recipient");
    }

    void smtp(const At& at) const {
        out.security = Security::starttls;
        reader.map(at, {host(),
                        port(),
                        {"security", Need::optional,
                         [this](const At& a) {
                             if (const auto which = reader.choice(a, {"none", "starttls", "tls"})) out.security = static_cast<Security>(*which);
                         }},
                        {"from", Need::required,
                         [this](const At& a) {
                             const auto from = reader.text(a);
                             if (from && !is_mail_address(*from)) return reader.fault(a, "expected an address like anteroom@example.org, without a name");
                             if (from) out.from = *from;
                         }},
                        text("user", Need::optional, out.user),
                        text("password_file", Need::optional, out.secret_file),
                        {"to", Need::required, [this](const At& a) { recipients(a); }},
                        text("ca_file", Need::optional, out.ca_file)});
        if (out.port == 0) out.port = out.security == Security::tls ? 465 : out.security == Security::starttls ? 587 : 25;
        if (out.user.empty() != out.secret_file.empty()) reader.fault(at, "user and password_file: the one needs the other");
        if (!out.user.empty() && out.security == Security::none && !is_loopback_host(out.host))
            reader.fault(at, "a password would cross the network in the clear: expected security: starttls or tls");
    }

    void syslog(const At& at) const {
        reader.map(at, {host(),
                        port(),
                        {"security", Need::optional,
                         [this](const At& a) {
                             if (const auto which = reader.choice(a, {"none", "tls"})) out.security = *which == 0 ? Security::none : Security::tls;
                         }},
                        text("ca_file", Need::optional, out.ca_file)});
        if (out.port == 0) out.port = out.security == Security::tls ? 6514 : 514;
    }

    void events(const At& at) const {
        out.events.clear();
        reader.list(at, "events", [this](const At& a) {
            if (const auto which = reader.choice(a, {"requests", "decisions", "break-glass", "reviews", "alarms", "people"}))
                out.events.insert(AlertEvent(*which));
        });
    }
};

void read_channel(Reader& reader, const std::string& name, const At& at, AlertChannel& out) {
    out.name = name;
    const Section section{reader, out};
    int kinds = 0;
    bool says_events = false;
    const auto kind = [&](Kind which, void (Section::*read)(const At&) const) {
        return [&, which, read](const At& a) {
            if (++kinds > 1) return reader.fault(a, "a channel is one of webhook, smtp and syslog");
            out.kind = which;
            (section.*read)(a);
        };
    };
    reader.map(at, {{"webhook", Need::optional, kind(Kind::webhook, &Section::webhook)},
                    {"smtp", Need::optional, kind(Kind::smtp, &Section::smtp)},
                    {"syslog", Need::optional, kind(Kind::syslog, &Section::syslog)},
                    {"events", Need::optional,
                     [&](const At& a) {
                         says_events = true;
                         section.events(a);
                     }},
                    {"reasons", Need::optional, [&](const At& a) { policy::set(out.reasons, reader.boolean(a)); }},
                    {"audit", Need::optional, [&](const At& a) { policy::set(out.audit, reader.boolean(a)); }}});
    if (at.node->kind != policy::Node::Kind::map) return;
    if (kinds == 0) reader.fault(at, "expected one of webhook, smtp and syslog");
    if (out.audit && out.kind != Kind::syslog) reader.fault(at, "audit: true is for syslog channels");
    if (!says_events && !out.audit) out.events = {AlertEvent::break_glass, AlertEvent::reviews, AlertEvent::alarms};
}

}  // namespace

void read_alerts(Reader& reader, const At& at, std::map<std::string, AlertChannel>& out) {
    reader.named(at, "alert channels by their names", [&](const std::string& name, const At& a) {
        if (!is_name(name)) return reader.fault(a, "a channel's name is 1 to 64 of a-z 0-9 . _ -");
        read_channel(reader, name, a, out[name]);
    });
}

bool is_loopback_host(std::string_view host) {
    static const auto four = policy::Network::parse("127.0.0.0/8"), six = policy::Network::parse("::1");
    return host == "localhost" || (four && four->contains(host)) || (six && six->contains(host));
}

Status check_webhook_url(std::string_view url) {
    const bool secure = url.starts_with("https://");
    if (!secure && !url.starts_with("http://")) return fail(ErrorKind::invalid, "expected an address that begins with https://");
    if (url.size() > longest_url || std::any_of(url.begin(), url.end(), [](char c) { return c <= ' ' || c > '~' || c == '\\'; }))
        return fail(ErrorKind::invalid, "expected an address of plain ASCII without blanks");
    const auto rest = url.substr(url.find("//") + 2);
    if (rest.substr(0, rest.find_first_of("/?#")).find('@') != std::string_view::npos)
        return fail(ErrorKind::invalid, "no user or password in an address: a secret stands in a file");
    const auto host = host_of(rest);
    if (!is_host(host)) return fail(ErrorKind::invalid, "expected https://HOST/...");
    if (!secure && !is_loopback_host(host)) return fail(ErrorKind::invalid, "http is for this machine only: to another it must be https");
    return ok();
}

bool is_mail_address(std::string_view text) {
    const auto at = text.find('@');
    return text.size() <= longest_mail_address && at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
           text.find('@', at + 1) == std::string_view::npos && text.front() != '-' && std::all_of(text.begin(), text.end(), [](char c) {
               return c > ' ' && c <= '~' && std::string_view("<>()[]\\,;:\"").find(c) == std::string_view::npos;
           });
}

std::string_view name(AlertEvent event) { return event_names.at(static_cast<std::size_t>(event)); }
std::string_view name(Kind kind) {
    static constexpr std::array<std::string_view, 3> words = {"webhook", "smtp", "syslog"};
    return words.at(static_cast<std::size_t>(kind));
}
std::string_view name(AlertChannel::Template shape) {
    static constexpr std::array<std::string_view, 4> words = {"plain", "slack", "teams", "pagerduty"};
    return words.at(static_cast<std::size_t>(shape));
}

}  // namespace anteroom::installation
