// anteroom.yaml: what it says is what there is; what is wrong is told with file, line and key.
#include "broker/installation/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/base/seeds.h"

namespace anteroom::installation {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

std::string error_of(std::string_view yaml) {
    const auto config = parse_config(yaml, "anteroom.yaml");
    if (config) return "no error";
    EXPECT_EQ(config.error().kind, ErrorKind::invalid);
    return config.error().detail;
}

void expect_defaults(const Config& config) {
    const Config defaults;
    EXPECT_EQ(config.ssh_listen, defaults.ssh_listen);
    EXPECT_EQ(config.store, defaults.store);
    EXPECT_EQ(config.recordings_dir, defaults.recordings_dir);
    EXPECT_EQ(config.zone, defaults.zone);
    EXPECT_EQ(config.passphrase_file, defaults.passphrase_file);
    EXPECT_EQ(config.banner, defaults.banner);
    EXPECT_EQ(config.limits.connections, defaults.limits.connections);
    EXPECT_EQ(config.limits.unauthenticated, defaults.limits.unauthenticated);
    EXPECT_EQ(config.limits.unauthenticated_per_source, defaults.limits.unauthenticated_per_source);
    EXPECT_EQ(config.limits.login, defaults.limits.login);
    EXPECT_EQ(config.limits.channels, defaults.limits.channels);
    EXPECT_EQ(config.limits.session, defaults.limits.session);
    EXPECT_EQ(config.limits.bulk_mib, defaults.limits.bulk_mib);
    EXPECT_EQ(config.limits.target_connect, defaults.limits.target_connect);
    EXPECT_EQ(config.limits.exports, defaults.limits.exports);
}

TEST(Config, OfNothingIsTheDefaults) {
    for (const char* text : {"", "\n", "# only a comment\n"}) {
        const auto config = parse_config(text, "anteroom.yaml");
        ASSERT_TRUE(config) << '"' << text << "\": " << config.error().detail;
        expect_defaults(*config);
    }
}

TEST(Config, OfTheExampleIsTheDefaultsToo) {
    const auto config = parse_config(example_config(), "anteroom.yaml").value();
    expect_defaults(config);
    // A new installation serves RDP to this machine; one that says nothing of it does not.
    EXPECT_EQ(config.rdp.listen, "127.0.0.1:3390");
    EXPECT_FALSE(Config().rdp.on());
    EXPECT_FALSE(config.rdp.identity.given());
    EXPECT_EQ(config.web.listen, "127.0.0.1:8443");
    EXPECT_FALSE(Config().web.on());
}

TEST(Config, OfTheExampleWithEveryKeyTakenOutOfItsCommentIsRight) {
    std::string text = example_config();
    for (const char* key :
         {"# rdp:", "# console:", "# store:", "# recordings:", "# keys:", "# limits:", "# alerts:", "#   soc:", "#   pager:", "#   mail:", "#   siem:"}) {
        const auto at = text.find(key);
        ASSERT_NE(at, std::string::npos) << key;
        text.erase(at, 2);
    }
    const auto config = parse_config(text, "anteroom.yaml");
    ASSERT_TRUE(config) << config.error().detail;
    EXPECT_EQ(config->store, "sqlite:/var/lib/anteroom/anteroom.db");
    EXPECT_EQ(config->recordings_dir, "/var/lib/anteroom/recordings");
    EXPECT_EQ(config->passphrase_file, "/run/credentials/anteroom/passphrase");
    const Config defaults;
    EXPECT_EQ(config->limits.connections, defaults.limits.connections) << "what the comment shows are the defaults";
    EXPECT_EQ(config->limits.login, defaults.limits.login);
    EXPECT_EQ(config->limits.session, defaults.limits.session);
    EXPECT_EQ(config->limits.bulk_mib, defaults.limits.bulk_mib);
    EXPECT_EQ(config->limits.target_connect, defaults.limits.target_connect);
    EXPECT_EQ(config->alerts.size(), 4u);
    EXPECT_EQ(config->rdp.identity.key, "tls/rdp.key");
    EXPECT_EQ(config->rdp.sign.certificate, "tls/sign.pem");
    EXPECT_EQ(config->rdp.reached_at(), "anteroom.hospital.example:3389");
    EXPECT_EQ(config->web.reached_at(), "https://anteroom.hospital.example:8443");
    EXPECT_EQ(config->web.identity.key, "tls/web.key");
    EXPECT_FALSE(config->web.tls12);
    EXPECT_EQ(config->web.idle, defaults.web.idle);
    EXPECT_EQ(config->web.longest, defaults.web.longest);
}

TEST(Config, TakesEveryKeyItKnows) {
    const auto config = parse_config(R"(listen: {ssh: "[::]:22"}
store: sqlite:/srv/a.db
recordings: {dir: /srv/recordings}
keys: {passphrase_file: /run/passphrase}
site: {zone: America/Chicago, help: "Call 4711.", banner: "Authorised use only."}
limits: {connections: 10, unauthenticated: 9, unauthenticated_per_source: 8, login: 30s, channels: 7, session: 2h, bulk_mib: 6, target_connect: 5s, exports: 4}
)",
                                     "anteroom.yaml")
                            .value();
    EXPECT_EQ(config.ssh_listen, "[::]:22");
    EXPECT_EQ(config.store, "sqlite:/srv/a.db");
    EXPECT_EQ(config.recordings_dir, "/srv/recordings");
    EXPECT_EQ(config.passphrase_file, "/run/passphrase");
    EXPECT_EQ(config.zone, "America/Chicago");
    EXPECT_EQ(config.help, "Call 4711.");
    EXPECT_EQ(config.banner, "Authorised use only.");
    EXPECT_EQ(config.limits.connections, 10);
    EXPECT_EQ(config.limits.unauthenticated, 9);
    EXPECT_EQ(config.limits.unauthenticated_per_source, 8);
    EXPECT_EQ(config.limits.login, std::chrono::seconds(30));
    EXPECT_EQ(config.limits.channels, 7);
    EXPECT_EQ(config.limits.session, std::chrono::hours(2));
    EXPECT_EQ(config.limits.bulk_mib, 6);
    EXPECT_EQ(config.limits.target_connect, std::chrono::seconds(5));
    EXPECT_EQ(config.limits.exports, 4);
}

struct Wrong {
    const char *name, *yaml, *line, *key, *says;  // the line as a regular expression
    friend void PrintTo(const Wrong& one, std::ostream* out) { *out << one.name; }
};
class WrongConfig : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongConfig, NamesFileLineAndKey) {
    const auto error = error_of(GetParam().yaml);
    EXPECT_THAT(error, ContainsRegex(std::string("anteroom.yaml:") + GetParam().line + ": "));
    EXPECT_THAT(error, HasSubstr(GetParam().key));
    EXPECT_THAT(error, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, WrongConfig,
    ::testing::Values(Wrong{"unknown_key", "site: {zone: UTC}\nport: 22\n", "2", "port", "unknown"},
                      Wrong{"unknown_key_within", "limits:\n  connections: 5\n  conections: 6\n", "3", "limits.conections", "unknown"},
                      Wrong{"duplicate_key", "site:\n  zone: UTC\n  zone: UTC\n", "3", "site.zone", "a second time"},
                      Wrong{"duplicate_section", "site: {zone: UTC}\nlisten: {ssh: \"a:1\"}\nsite: {help: x}\n", "3", "site", "a second time"},
                      Wrong{"list_for_a_map", "site: [a, b]\n", "1", "site", "expected"},
                      Wrong{"map_for_a_text", "listen:\n  ssh: {a: b}\n", "2", "listen.ssh", "expected"},
                      Wrong{"no_export_at_all", "limits:\n  exports: 0\n", "2", "limits.exports", "expected"},
                      Wrong{"text_for_a_number", "limits:\n  channels: many\n", "2", "limits.channels", "expected"},
                      Wrong{"number_too_small", "limits:\n  connections: 0\n", "2", "limits.connections", "1"},
                      Wrong{"number_too_large", "limits:\n  channels: 257\n", "2", "limits.channels", "256"},
                      Wrong{"octal_number", "limits:\n  channels: 012\n", "2", "limits.channels", "012"},
                      Wrong{"number_that_does_not_fit", "limits:\n  channels: 99999999999999999999\n", "2", "limits.channels", "expected"},
                      Wrong{"fraction", "limits:\n  channels: 1.5\n", "2", "limits.channels", "1.5"},
                      Wrong{"duration_without_unit", "limits:\n  login: 30\n", "2", "limits.login", "30"},
                      Wrong{"no_duration_at_all", "limits:\n  session: 0s\n", "2", "limits.session", "0s"},
                      Wrong{"bad_zone", "site:\n  help: x\n  zone: America/Chicagoo\n", "3", "site.zone", "America/Chicago"},
                      Wrong{"zone_that_is_a_path", "site:\n  zone: ../../etc/passwd\n", "2", "site.zone", "time zone"},
                      Wrong{"empty_zone", "site:\n  zone: \"\"\n", "2", "site.zone", ""},
                      Wrong{"listen_without_port", "listen:\n  ssh: localhost\n", "2", "listen.ssh", "HOST:PORT"},
                      Wrong{"another_database", "store: postgresql://localhost/anteroom\n", "1", "store", "sqlite:PATH"},
                      Wrong{"second_document", "site: {zone: UTC}\n---\nsite: {zone: UTC}\n", "[23]", "", "document"},
                      Wrong{"alias", "site: &a {zone: UTC}\nlisten: *a\n", "2", "listen", "alias"},
                      Wrong{"tag", "site: !!python/object {zone: UTC}\n", "1", "", "tag"}, Wrong{"not_yaml", "site: {zone: UTC\n", "[12]", "", "not YAML"},
                      Wrong{"a_list", "- site\n", "1", "", "expected"}, Wrong{"a_word", "hello\n", "1", "", "expected"}),
    [](const auto& one) { return std::string(one.param.name); });

// `alerts:` with one channel that is wrong in one way; the line and the key are in the error.
Wrong in_alerts(const char* name, const char* yaml, const char* line, const char* key, const char* says) { return {name, yaml, line, key, says}; }

INSTANTIATE_TEST_SUITE_P(
    Alerts, WrongConfig,
    ::testing::Values(
        in_alerts("list_of_channels", "alerts: [soc]\n", "1", "alerts", "expected"),
        in_alerts("name", "alerts:\n  Soc: {webhook: {url: \"https://a/\"}}\n", "2", "alerts.Soc", "name"),
        in_alerts("no_kind", "alerts:\n  soc: {reasons: true}\n", "2", "alerts.soc", "one of webhook, smtp and syslog"),
        in_alerts("two_kinds", "alerts:\n  soc:\n    webhook: {url: \"https://a/\"}\n    syslog: {host: b}\n", "4", "alerts.soc.syslog",
                  "one of webhook, smtp and syslog"),
        in_alerts("unknown_kind", "alerts:\n  soc: {pigeon: {}}\n", "2", "alerts.soc.pigeon", "unknown"),
        in_alerts("unknown_key", "alerts:\n  soc:\n    webhook:\n      url: https://a/\n      secret: x\n", "5", "alerts.soc.webhook.secret", "unknown"),
        in_alerts("unknown_event", "alerts:\n  soc: {webhook: {url: \"https://a/\"}, events: [requests, parties]}\n", "2", "alerts.soc.events[1]", "parties"),
        in_alerts("no_url", "alerts:\n  soc: {webhook: {template: slack}}\n", "2", "alerts.soc.webhook", "where to"),
        in_alerts("two_urls", "alerts:\n  soc: {webhook: {url: \"https://a/\", url_file: f}}\n", "2", "alerts.soc.webhook", "one of them"),
        in_alerts("plain_http", "alerts:\n  soc: {webhook: {url: \"http://soc.example/\"}}\n", "2", "alerts.soc.webhook.url", "https"),
        in_alerts("another_protocol", "alerts:\n  soc: {webhook: {url: \"file:///etc/passwd\"}}\n", "2", "alerts.soc.webhook.url", "https://"),
        in_alerts("pagerduty_without_key", "alerts:\n  p: {webhook: {template: pagerduty}}\n", "2", "alerts.p.webhook", "routing key"),
        in_alerts("audit_to_a_webhook", "alerts:\n  soc: {webhook: {url: \"https://a/\"}, audit: true}\n", "2", "alerts.soc", "syslog"),
        in_alerts("mail_without_from", "alerts:\n  m: {smtp: {host: a, to: [b@c]}}\n", "2", "alerts.m.smtp.from", "missing"),
        in_alerts("mail_to_nobody", "alerts:\n  m: {smtp: {host: a, from: a@b, to: []}}\n", "2", "alerts.m.smtp.to", "empty"),
        in_alerts("mail_to_a_stranger", "alerts:\n  m: {smtp: {host: a, from: a@b, to: [everybody]}}\n", "2", "alerts.m.smtp.to[0]", "approvers"),
        in_alerts("from_with_a_header", "alerts:\n  m: {smtp: {host: a, from: \"a@b>, <c@d\", to: [b@c]}}\n", "2", "alerts.m.smtp.from", "expected an address"),
        in_alerts("password_without_user", "alerts:\n  m: {smtp: {host: a, from: a@b, to: [b@c], password_file: f}}\n", "2", "alerts.m.smtp",
                  "the one needs the other"),
        in_alerts("password_in_the_clear", "alerts:\n  m: {smtp: {host: a, from: a@b, to: [b@c], user: u, password_file: f, security: none}}\n", "2",
                  "alerts.m.smtp", "in the clear"),
        in_alerts("starttls_for_syslog", "alerts:\n  s: {syslog: {host: a, security: starttls}}\n", "2", "alerts.s.syslog.security", "expected none or tls"),
        in_alerts("host_with_port", "alerts:\n  s: {syslog: {host: \"a b\"}}\n", "2", "alerts.s.syslog.host", "host"),
        in_alerts("port", "alerts:\n  s: {syslog: {host: a, port: 65536}}\n", "2", "alerts.s.syslog.port", "65535")),
    [](const auto& one) { return std::string(one.param.name); });

TEST(Alerts, AreReadWithTheirDefaults) {
    const auto config = parse_config(R"(alerts:
  soc:   {webhook: {url: "https://soc.example/x", secret_file: k}}
  chat:  {webhook: {url_file: keys/slack, template: slack}, events: [requests], reasons: true}
  pager: {webhook: {template: pagerduty, secret_file: k}}
  mail:  {smtp: {host: mail.example, from: a@b.example, to: [c@d.example, approvers, person]}}
  siem:  {syslog: {host: "::1"}, audit: true}
  log:   {syslog: {host: a, security: none}}
)",
                                     "anteroom.yaml")
                            .value();
    using enum AlertEvent;
    using Kind = AlertChannel::Kind;
    using Security = AlertChannel::Security;
    const auto& all = config.alerts;
    ASSERT_EQ(all.size(), 6u);
    const std::set<AlertEvent> usual = {break_glass, reviews, alarms};
    EXPECT_EQ(all.at("soc").name, "soc");
    EXPECT_EQ(all.at("soc").events, usual);
    EXPECT_FALSE(all.at("soc").reasons);
    EXPECT_EQ(all.at("chat").shape, AlertChannel::Template::slack);
    EXPECT_EQ(all.at("chat").events, std::set<AlertEvent>{requests});
    EXPECT_TRUE(all.at("chat").reasons);
    EXPECT_TRUE(all.at("pager").url.starts_with("https://events.pagerduty.com/"));
    EXPECT_EQ(all.at("mail").kind, Kind::smtp);
    EXPECT_EQ(all.at("mail").security, Security::starttls);
    EXPECT_EQ(all.at("mail").port, 587);
    EXPECT_EQ(all.at("mail").to, (std::vector<std::string>{"c@d.example", "approvers", "person"}));
    EXPECT_TRUE(all.at("siem").audit);
    EXPECT_TRUE(all.at("siem").events.empty()) << "the audit log has it all";
    EXPECT_EQ(all.at("siem").security, Security::tls);
    EXPECT_EQ(all.at("siem").port, 6514);
    EXPECT_EQ(all.at("log").events, usual);
    EXPECT_EQ(all.at("log").port, 514);
}

TEST(Alerts, GoOverHttpOnlyToThisMachineWhateverTheAddressLooksLike) {
    for (const char* url :
         {"http://127.0.0.1/", "http://127.0.0.1:8080/x?y", "http://localhost/x", "http://[::1]:80/", "https://soc.example/x", "https://[2001:db8::1]/"})
        EXPECT_TRUE(check_webhook_url(url)) << url;
    for (const char* url :
         {"http://127.0.0.1@evil.example/", "https://user:secret@soc.example/", "http://127.0.0.1.evil.example/", "http://localhost.evil.example/",
          "http://evil.example#127.0.0.1", "http://evil.example?127.0.0.1", "http://evil.example\\@127.0.0.1/", "http://0x7f.1/", "http://0.0.0.0/",
          "http://[::]/", "https://", "https:///x", "https://a b/", "https://a/\r\nHost: b", "HTTPS://a/", "//a/", "", "https://[::1/"})
        EXPECT_FALSE(check_webhook_url(url)) << url;
}

TEST(Alerts, MailAddressesAreThoseThatNeedNoQuoting) {
    for (const char* text : {"a@b", "first.last+tag@sub.example.org", "o'neil@example.org", "x_1@1.example"}) EXPECT_TRUE(is_mail_address(text)) << text;
    for (const char* text :
         {"", "a", "@b", "a@", "a@b@c", "a b@c", "a@b\r\nBcc: c@d", "<a@b>", "a@b,c", "\"a\"@b", "m\xc3\xbcller@b", "-oQ@b", "a@b;c", "a\0@b"})
        EXPECT_FALSE(is_mail_address(text)) << text;
}

// A port that is no number is found when the file is read, not when the gateway cannot listen.
TEST(Config, RefusesAListeningAddressWhosePortIsNone) {
    for (const char* address : {"0.0.0.0:", "0.0.0.0:ssh", "0.0.0.0:99999", "0.0.0.0:0", "0.0.0.0:-1", "0.0.0.0:22x", ":"})
        EXPECT_THAT(error_of(std::string("listen: {ssh: \"") + address + "\"}\n"), HasSubstr("listen.ssh")) << address;
}

TEST(Config, TellsEveryFaultInOnePass) {
    const auto error = error_of("port: 22\nlimits: {channels: many}\nsite: {zone: Mars}\n");
    EXPECT_THAT(error, HasSubstr("anteroom.yaml:1: "));
    EXPECT_THAT(error, HasSubstr("anteroom.yaml:2: limits.channels"));
    EXPECT_THAT(error, HasSubstr("anteroom.yaml:3: site.zone"));
}

TEST(Config, OfNoiseIsAnErrorOrAConfigurationAndErrorsAreFitForATerminal) {
    const std::string base = example_config();
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        anteroom::testing::Seeded random(seed);
        std::string text = base.substr(0, random.below(base.size()));
        for (std::uint64_t i = random.below(6); i > 0; --i)
            text.insert(random.below(text.size() + 1), random.chance(2) ? random.text_of("{}[]:-&*!|>'\"%@`#, \n\t\x1b", 1) : random.text(1));
        if (const auto config = parse_config(text, "anteroom.yaml"); !config) {
            ASSERT_TRUE(config.error().detail.starts_with("anteroom.yaml:")) << seed << config.error().detail;
            for (const char c : config.error().detail)
                ASSERT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << seed << " " << printable(config.error().detail, 1000);
        }
    }
}

TEST(LocalTime, ShowsDateMinuteAndOffset) {
    const auto winter = parse_rfc3339("2026-01-02T09:04:59Z").value(), summer = parse_rfc3339("2026-07-02T09:04:59Z").value();
    EXPECT_EQ(local_time(winter, "America/Chicago"), "2026-01-02 03:04 -06:00");
    EXPECT_EQ(local_time(summer, "America/Chicago"), "2026-07-02 04:04 -05:00");
    EXPECT_EQ(local_time(winter, "UTC"), "2026-01-02 09:04 +00:00");
    EXPECT_EQ(local_time(from_micros(-1), "UTC"), "1969-12-31 23:59 +00:00");
}

}  // namespace
}  // namespace anteroom::installation
