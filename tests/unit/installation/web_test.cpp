// The console's part of anteroom.yaml, and its certificate: origins are exactly what browsers send, or errors that name their line.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "broker/installation/web_identity.h"
#include "tests/unit/base/seeds.h"
#include "tests/unit/installation/scene.h"

namespace anteroom::installation {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;

Result<Config> with_origin(const std::string& origin) {
    return parse_config("listen: {web: \"127.0.0.1:8443\"}\nconsole:\n  origin: \"" + origin + "\"\n", "anteroom.yaml");
}

TEST(ConsoleConfig, IsOffUntilItListens) {
    EXPECT_FALSE(parse_config("console: {idle: 5m}\n", "f").value().web.on());
    EXPECT_TRUE(parse_config("listen: {web: \"0.0.0.0:8443\"}\n", "f").value().web.on());
}

TEST(ConsoleConfig, TakesEveryKeyItKnows) {
    const auto web = parse_config(
                         "listen: {web: \"[::]:443\"}\nconsole: {origin: \"https://console.example\", certificate: a.pem, key: b.key, tls: \"1.2\", idle: 5m, "
                         "longest: 8h}\n",
                         "f")
                         .value()
                         .web;
    EXPECT_EQ(web.listen, "[::]:443");
    EXPECT_EQ(web.identity.certificate, "a.pem");
    EXPECT_EQ(web.identity.key, "b.key");
    EXPECT_TRUE(web.tls12);
    EXPECT_EQ(web.idle, std::chrono::minutes(5));
    EXPECT_EQ(web.longest, std::chrono::hours(8));
}

TEST(ConsoleConfig, WithoutAnOriginIsThisMachine) {
    const auto reached = [](const std::string& listen) { return parse_config("listen: {web: \"" + listen + "\"}\n", "f").value().web.reached_at(); };
    EXPECT_EQ(reached("0.0.0.0:8443"), "https://localhost:8443");
    EXPECT_EQ(reached("[::1]:8443"), "https://localhost:8443");
    EXPECT_EQ(reached("127.0.0.1:443"), "https://localhost") << "browsers leave the usual port out";
}

TEST(ConsoleConfig, KnowsTheRelyingPartyOfItsPasskeys) {
    EXPECT_EQ(with_origin("https://console.example:8443").value().web.relying_party(), "console.example");
    EXPECT_EQ(with_origin("https://console.example").value().web.relying_party(), "console.example");
    EXPECT_EQ(with_origin("https://[2001:db8::1]:8443").value().web.relying_party(), "2001:db8::1");
    EXPECT_EQ(with_origin("https://192.0.2.1").value().web.relying_party(), "192.0.2.1");
}

TEST(ConsoleConfig, RefusesOriginsThatNoBrowserSends) {
    for (const char* origin : {"http://console.example",
                               "console.example",
                               "https://",
                               "https://console.example/",
                               "https://console.example/path",
                               "https://Console.example",
                               "https://console.example:443",
                               "https://console.example:0",
                               "https://console.example:08443",
                               "https://console.example:99999",
                               "https://console.example:",
                               "https://user@console.example",
                               "https://console.example?x",
                               "https://console.example#x",
                               "https://-x.example",
                               "https://x..y",
                               "https://.x",
                               "https://x.",
                               "https://1.2.3",
                               "https://1.2.3.4.5",
                               "https://256.1.1.1",
                               "https://[::1",
                               "https://[1.2.3.4]",
                               "https://m\\u00fcller.example",
                               "https://a b",
                               "https://x_y.example",
                               "HTTPS://x",
                               "https://x\\\\y"}) {
        const auto config = with_origin(origin);
        ASSERT_FALSE(config) << origin;
        EXPECT_THAT(config.error().detail, HasSubstr("anteroom.yaml:3: console.origin")) << origin;
    }
}

TEST(ConsoleConfig, OriginsOfNoiseAreRefusedOrSafeInAHeader) {
    for (std::uint64_t seed = 0; seed < 3000; ++seed) {
        anteroom::testing::Seeded random(seed);
        std::string origin = "https://console.example:8443";
        for (auto i = 1 + random.below(3); i > 0; --i) origin.insert(random.below(origin.size() + 1), random.text_of(":/.@ab1-_[]?#;, '", 1));
        if (const auto config = with_origin(origin)) {
            ASSERT_TRUE(config->web.reached_at().starts_with("https://")) << origin;
            ASSERT_EQ(config->web.reached_at().find_first_of(" ;,'\"@/?#_", 8), std::string::npos) << origin;
        }
    }
}

struct Wrong {
    const char *name, *yaml, *line, *key, *what;
};
class WrongConsole : public ::testing::TestWithParam<Wrong> {};
TEST_P(WrongConsole, NamesLineAndKey) {
    const auto config = parse_config(GetParam().yaml, "anteroom.yaml");
    ASSERT_FALSE(config);
    EXPECT_THAT(config.error().detail, HasSubstr(std::string("anteroom.yaml:") + GetParam().line + ": "));
    EXPECT_THAT(config.error().detail, HasSubstr(GetParam().key));
    EXPECT_THAT(config.error().detail, HasSubstr(GetParam().what));
}
INSTANTIATE_TEST_SUITE_P(Config, WrongConsole,
                         ::testing::Values(Wrong{"listen", "listen:\n  web: localhost\n", "2", "listen.web", "HOST:PORT"},
                                           Wrong{"no_key", "console:\n  certificate: x.pem\n", "2", "console", "no key"},
                                           Wrong{"no_certificate", "console:\n  key: x.key\n", "2", "console", "no certificate"},
                                           Wrong{"tls", "console:\n  tls: \"1.1\"\n", "2", "console.tls", "1.3"},
                                           Wrong{"idle", "console:\n  idle: 10s\n", "2", "console.idle", "1 min"},
                                           Wrong{"longest", "console:\n  longest: 2d\n", "2", "console.longest", "24 h"},
                                           Wrong{"idle_beyond", "console:\n  idle: 2h\n  longest: 1h\n", "2", "console", "idle is longer"},
                                           Wrong{"unknown", "console:\n  orgin: x\n", "2", "console.orgin", "unknown"}),
                         [](const auto& info) { return std::string(info.param.name); });

class WebIdentity : public WithInstallation {
protected:
    static const identity::TlsIdentity& hospital() {
        static const auto made = must(identity::TlsIdentity::make("console.hospital.example", {}, start_of_tests(), std::chrono::hours(24 * 90)));
        return made;
    }
};

TEST_F(WebIdentity, IsMadeOnceWithThisMachinesNamesAndItsKeySealed) {
    write("anteroom.yaml", "listen: {web: \"127.0.0.1:8443\"}\nconsole: {origin: \"https://console.example:8443\"}\n");
    std::filesystem::remove(paths.web_identity());
    const auto first = opened()->web_identity->facts();
    EXPECT_EQ(first.subject, "console.example");
    EXPECT_EQ(opened()->web_identity->facts().sha256, first.sha256);
    EXPECT_THAT(text_of("web-certificate.pem"), HasSubstr("BEGIN CERTIFICATE"));
    EXPECT_THAT(text_of("keys/web-identity"), Not(HasSubstr("PRIVATE KEY")));
    struct stat found{};
    ASSERT_EQ(::lstat((dir + "/keys/web-identity").c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 077, 0u);
}

TEST_F(WebIdentity, IsNotTheOneOfRdp) {
    write("anteroom.yaml", "listen: {web: \"127.0.0.1:8443\", rdp: \"127.0.0.1:3390\"}\n");
    const auto here = opened();
    EXPECT_NE(here->web_identity->facts().sha256, here->rdp_identity->facts().sha256);
    // Sealed keys do not pass for each other.
    write("keys/web-identity", text_of("keys/rdp-identity"));
    EXPECT_EQ(open_error().kind, ErrorKind::damaged);
}

TEST_F(WebIdentity, IsThereOnlyWhereThereIsAConsole) {
    write("anteroom.yaml", "listen: {ssh: \"127.0.0.1:2222\"}\n");
    EXPECT_FALSE(opened()->web_identity);
}

TEST_F(WebIdentity, OfTheHospitalIsTakenAndWhatIsWrongNamesItsLine) {
    write("anteroom.yaml", "listen: {web: \"127.0.0.1:8443\"}\nconsole: {certificate: web.pem, key: web.key}\n");
    EXPECT_THAT(open_error().detail, HasSubstr("anteroom.yaml:2: console.certificate: " + dir + "/web.pem cannot be read"));
    write("web.pem", hospital().certificates());
    write("web.key", "nothing");
    EXPECT_THAT(open_error().detail, HasSubstr("console.key: " + dir + "/web.key has no private key"));
    write("web.key", hospital().key().expose_text());
    EXPECT_EQ(opened()->web_identity->facts().sha256, hospital().facts().sha256);
}

TEST_F(WebIdentity, IsWatchedByTheDoctor) {
    const Web own{"127.0.0.1:8443", "", {}};
    const auto state = [&](Duration after) { return std::string(check_web_identity(hospital(), own, paths, start_of_tests() + after).state); };
    using std::chrono::hours;
    EXPECT_EQ(state(hours(0)), "ok");
    EXPECT_EQ(state(hours(24 * 61)), "warn");
    EXPECT_EQ(state(hours(24 * 90)), "fail");
    EXPECT_THAT(check_web_identity(hospital(), own, paths, start_of_tests() + hours(24 * 61)).mend, HasSubstr("keys/web-identity"));
}

}  // namespace
}  // namespace anteroom::installation
