// anteroom.yaml: how this installation listens, stores and limits. Unknown keys are errors that name the line.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace anteroom::installation {

struct Limits {
    int connections = 500;
    int unauthenticated = 100;
    int unauthenticated_per_source = 20;
    Duration login = std::chrono::minutes(2);
    int channels = 16;                          // of one connection
    Duration session = std::chrono::hours(12);  // longest, where no rule says less
    int bulk_mib = 64;                          // of a channel without a terminal that is kept whole
    Duration target_connect = std::chrono::seconds(10);
    int exports = 2;  // to video, that run at once
};

// What a channel is told of. `break_glass`, `reviews`: where a break_glass entry of the policy names it, whatever stands here.
enum class AlertEvent { requests, decisions, break_glass, reviews, alarms, people };

// One of `alerts:`. Secrets stand in files that the courier alone reads.
struct AlertChannel {
    enum class Kind { webhook, smtp, syslog };
    enum class Template { plain, slack, teams, pagerduty };
    enum class Security { none, starttls, tls };
    std::string name;
    Kind kind = Kind::webhook;
    std::set<AlertEvent> events;
    bool reasons = false;  // the text of reasons and notes may go there
    std::string ca_file;   // "": the machine's authorities
    std::string url;       // webhook: https only; http only to a loopback address
    std::string url_file;  // webhook, in place of `url`: where the address is itself a secret (Slack, Teams)
    Template shape = Template::plain;
    std::string secret_file;  // webhook: the key of its HMAC, or PagerDuty's routing key; smtp: the password
    std::string host;         // smtp, syslog
    std::uint16_t port = 0;
    Security security = Security::tls;
    std::string from, user;       // smtp
    std::vector<std::string> to;  // smtp: addresses, `approvers` (who may decide on the request), `person` (whom it is about)
    bool audit = false;           // syslog: every audit record, in order
};

// The RDP front door. Certificates and keys are PEM files, read by the broker alone, relative to the installation.
struct Rdp {
    struct Identity {
        std::string certificate;  // with the chain behind it
        std::string key;
        int line = 0;  // of anteroom.yaml, for errors
        bool given() const { return !certificate.empty(); }
    };
    std::string listen;   // HOST:PORT; empty: no RDP
    std::string address;  // HOST:PORT as clients reach it, for .rdp files and sentences; empty: the listen address
    Identity identity;    // not given: a certificate of its own making
    Identity sign;        // not given: .rdp files are not signed
    bool on() const { return !listen.empty(); }
    std::string reached_at() const { return address.empty() ? listen : address; }
};

// The console. Its certificate as RDP's: the hospital's files, or one of its own making.
struct Web {
    std::string listen;  // HOST:PORT; empty: no console
    std::string origin;  // "https://HOST[:PORT]" as browsers reach it; empty: https://localhost:PORT
    Rdp::Identity identity;
    bool tls12 = false;                         // `tls: "1.2"`
    Duration idle = std::chrono::minutes(10);   // without a person's input the console session ends
    Duration longest = std::chrono::hours(12);  // and then in any case
    bool on() const { return !listen.empty(); }
    std::string reached_at() const;     // the origin
    std::string relying_party() const;  // its host: the RP ID of passkeys (WebAuthn level 2, section 4)
};

struct Config {
    std::string ssh_listen = "127.0.0.1:2222";
    Rdp rdp;
    Web web;
    std::string store;            // "sqlite:PATH"; empty: the installation's own file
    std::string recordings_dir;   // empty: recordings/ below the installation
    std::string zone = "UTC";     // times for people are shown in it
    std::string help;             // whom to call: stands at the end of each refusal
    std::string passphrase_file;  // of the key ring; empty: none
    std::string banner;           // before login
    Limits limits;
    std::map<std::string, AlertChannel> alerts;
};

Result<Config> parse_config(std::string_view yaml, std::string_view file);
// Whether a web hook may go there; the error is a sentence. (The address in a `url_file` is seen by the courier alone, which asks too.)
Status check_webhook_url(std::string_view url);
// This machine itself: 127.0.0.0/8, ::1, localhost.
bool is_loopback_host(std::string_view host);
// An address for mail that is safe in a header and in an envelope: one @, ASCII, no blanks, quotes or brackets, at most 254 bytes.
bool is_mail_address(std::string_view text);
// As they stand in the file: "break-glass"; "webhook".
std::string_view name(AlertEvent event);
std::string_view name(AlertChannel::Kind kind);
std::string_view name(AlertChannel::Template shape);
// What `anteroom init` writes: every key with its default, explained.
std::string example_config();

// "2026-01-02 03:04 -06:00": date, minute and offset, for people.
std::string local_time(Time time, const std::string& zone);

}  // namespace anteroom::installation
