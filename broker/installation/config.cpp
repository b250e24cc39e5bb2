// Reads anteroom.yaml with the policy's strict reader.
#include "broker/installation/config.h"

#include <date/tz.h>

#include <algorithm>
#include <charconv>

#include "broker/installation/config_alerts.h"
#include "broker/installation/config_console.h"

namespace anteroom::installation {

namespace {

using policy::At;
using policy::Reader;
using Need = Reader::Need;

bool is_port(std::string_view text) {
    unsigned port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

void read_address(Reader& reader, const At& at, std::string& out, const char* example) {
    auto text = reader.text(at);
    const auto colon = text ? text->rfind(':') : std::string::npos;
    const bool plain = text && std::all_of(text->begin(), text->end(), [](char c) { return c > ' ' && c < '\x7f'; });
    if (text && (!plain || colon == std::string::npos || colon == 0 || !is_port(std::string_view(*text).substr(colon + 1))))
        return reader.fault(at, std::string("expected HOST:PORT, as ") + example);
    policy::set(out, std::move(text));
}

void read_listen(Reader& reader, const At& at, Config& out) {
    reader.map(at, {{"ssh", Need::optional, [&](const At& a) { read_address(reader, a, out.ssh_listen, "0.0.0.0:2222"); }},
                    {"rdp", Need::optional, [&](const At& a) { read_address(reader, a, out.rdp.listen, "0.0.0.0:3389"); }},
                    {"web", Need::optional, [&](const At& a) { read_address(reader, a, out.web.listen, "0.0.0.0:8443"); }}});
}

void read_identity(Reader& reader, const At& at, Rdp::Identity& out) {
    out.line = static_cast<int>(at.node->line);
    reader.map(at, {{"certificate", Need::required, [&](const At& a) { policy::set(out.certificate, reader.text(a)); }},
                    {"key", Need::required, [&](const At& a) { policy::set(out.key, reader.text(a)); }}});
}

void read_rdp(Reader& reader, const At& at, Rdp& out) {
    out.identity.line = static_cast<int>(at.node->line);
    reader.map(at, {{"certificate", Need::optional, [&](const At& a) { policy::set(out.identity.certificate, reader.text(a)); }},
                    {"key", Need::optional, [&](const At& a) { policy::set(out.identity.key, reader.text(a)); }},
                    {"address", Need::optional, [&](const At& a) { read_address(reader, a, out.address, "anteroom.hospital.example:3389"); }},
                    {"sign", Need::optional, [&](const At& a) { read_identity(reader, a, out.sign); }}});
    if (out.identity.certificate.empty() != out.identity.key.empty())
        reader.fault(at, out.identity.key.empty() ? "names a certificate and no key, expected key: FILE (PEM) beside it"
                                                  : "names a key and no certificate, expected certificate: FILE (PEM, with its chain) beside it");
}

void read_limits(Reader& reader, const At& at, Limits& out) {
    const auto number = [&](int& to, int least, int most) {
        return [&reader, &to, least, most](const At& a) { policy::set(to, reader.integer(a, least, most)); };
    };
    const auto length = [&](Duration& to) { return [&reader, &to](const At& a) { policy::set(to, reader.duration(a)); }; };
    reader.map(at, {{"connections", Need::optional, number(out.connections, 1, 10000)},
                    {"unauthenticated", Need::optional, number(out.unauthenticated, 1, 10000)},
                    {"unauthenticated_per_source", Need::optional, number(out.unauthenticated_per_source, 1, 10000)},
                    {"login", Need::optional, length(out.login)},
                    {"channels", Need::optional, number(out.channels, 1, 256)},
                    {"session", Need::optional, length(out.session)},
                    {"bulk_mib", Need::optional, number(out.bulk_mib, 1, 65536)},
                    {"target_connect", Need::optional, length(out.target_connect)},
                    {"exports", Need::optional, number(out.exports, 1, 64)}});
}

void read_site(Reader& reader, const At& at, Config& out) {
    reader.map(at, {{"zone", Need::optional,
                     [&](const At& a) {
                         auto text = reader.text(a);
                         if (!text) return;
                         try {
                             (void)date::locate_zone(*text);
                         } catch (const std::runtime_error&) { return reader.fault(a, "no such time zone, expected one like America/Chicago"); }
                         out.zone = *text;
                     }},
                    {"help", Need::optional, [&](const At& a) { policy::set(out.help, reader.text(a)); }},
                    {"banner", Need::optional, [&](const At& a) { policy::set(out.banner, reader.text(a, 2048)); }}});
}

std::string joined(const std::vector<policy::Fault>& faults, std::string_view file) {
    std::string text;
    for (const auto& fault : faults) {
        if (!text.empty()) text += '\n';
        text += std::string(file) + ":" + std::to_string(fault.line) + ": " + (fault.path.empty() ? "" : fault.path + ": ") + fault.what;
    }
    return text;
}

// Only comments and blanks: everything has a default.
bool says_nothing(std::string_view yaml) {
    while (!yaml.empty()) {
        const auto line = yaml.substr(0, yaml.find('\n'));
        const auto first = line.find_first_not_of(" \t\r");
        if (first != std::string_view::npos && line[first] != '#') return false;
        yaml.remove_prefix(std::min(yaml.size(), line.size() + 1));
    }
    return true;
}

}  // namespace

Result<Config> parse_config(std::string_view yaml, std::string_view file) {
    if (says_nothing(yaml)) return Config();
    std::vector<policy::Fault> faults;
    const policy::Node root = policy::parse_tree(yaml, faults);
    Config config;
    Reader reader(faults);
    if (faults.empty() && root.kind != policy::Node::Kind::null) {
        reader.map(
            {&root, ""},
            {{"listen", Need::optional, [&](const At& at) { read_listen(reader, at, config); }},
             {"rdp", Need::optional, [&](const At& at) { read_rdp(reader, at, config.rdp); }},
             {"console", Need::optional, [&](const At& at) { read_console(reader, at, config.web); }},
             {"store", Need::optional,
              [&](const At& at) {
                  auto text = reader.text(at);
                  if (text && !text->starts_with("sqlite:")) return reader.fault(at, "expected sqlite:PATH (PostgreSQL comes later)");
                  policy::set(config.store, std::move(text));
              }},
             {"recordings", Need::optional,
              [&](const At& at) { reader.map(at, {{"dir", Need::optional, [&](const At& a) { policy::set(config.recordings_dir, reader.text(a)); }}}); }},
             {"keys", Need::optional,
              [&](const At& at) {
                  reader.map(at, {{"passphrase_file", Need::optional, [&](const At& a) { policy::set(config.passphrase_file, reader.text(a)); }}});
              }},
             {"site", Need::optional, [&](const At& at) { read_site(reader, at, config); }},
             {"limits", Need::optional, [&](const At& at) { read_limits(reader, at, config.limits); }},
             {"alerts", Need::optional, [&](const At& at) { read_alerts(reader, at, config.alerts); }}});
    }
    if (!faults.empty()) return fail(ErrorKind::invalid, joined(faults, file));
    return config;
}

std::string example_config() {
    return R"(# Anteroom's configuration. A key that is not known here is an error; `anteroom doctor` checks it.
listen:
  ssh: 127.0.0.1:2222            # HOST:PORT; 0.0.0.0:2222 to serve others
  rdp: 127.0.0.1:3390            # without it: no RDP; 0.0.0.0:3389 to serve others
  web: 127.0.0.1:8443            # the console in the browser; without it: none; 0.0.0.0:8443 to serve others
site:
  zone: UTC                      # times for people are shown in this zone
  help: "Help: call the service desk."
# RDP's certificate, with its chain, and its key (PEM); without them one of its own making, whose fingerprint `anteroom key list` shows.
# `address`: how clients reach it, for .rdp files. `sign`: what .rdp files are signed with, so that clients show who made them.
# rdp: {certificate: tls/rdp.pem, key: tls/rdp.key, address: "anteroom.hospital.example:3389", sign: {certificate: tls/sign.pem, key: tls/sign.key}}
# The console as browsers reach it, its certificate (else one of its own making), and when its sessions end: without a person's input, and in any case.
# tls: "1.2" lets browsers of before 2018 in. Without an origin it is https://localhost:PORT. Passkeys are made for the origin's host: under another
# one they open nothing, and everybody adds theirs anew (another port alone changes nothing).
# console: {origin: "https://anteroom.hospital.example:8443", certificate: tls/web.pem, key: tls/web.key, tls: "1.3", idle: 10m, longest: 12h}
# store: sqlite:/var/lib/anteroom/anteroom.db
# recordings: {dir: /var/lib/anteroom/recordings}
# keys: {passphrase_file: /run/credentials/anteroom/passphrase}
# limits: {connections: 500, unauthenticated: 100, unauthenticated_per_source: 20, login: 2m, channels: 16, session: 12h, bulk_mib: 64, target_connect: 10s, exports: 2}
# Who is told, each in a channel of its own (`anteroom alert test NAME`). Files named here hold one secret each, or certificates; they are
# read by the courier alone, relative to this folder. Events: requests, decisions, break-glass, reviews, alarms, people.
# alerts: {
#   soc:   {webhook: {url: "https://soc.example/anteroom", secret_file: keys/soc-hook, template: plain}, events: [break-glass, reviews, alarms], reasons: false},
#   pager: {webhook: {template: pagerduty, secret_file: keys/pagerduty}},
#   mail:  {smtp: {host: mail.example, security: starttls, from: anteroom@hospital.example, to: [approvers, person]}, events: [requests, decisions, people]},
#   siem:  {syslog: {host: siem.example, security: tls, ca_file: siem-ca.pem}, audit: true} }
)";
}

std::string local_time(Time time, const std::string& zone) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    return date::format("%Y-%m-%d %H:%M %Ez", date::make_zoned(zone, seconds));
}

}  // namespace anteroom::installation
