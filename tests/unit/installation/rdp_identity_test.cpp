// RDP's certificate of an installation: made once and sealed, or the hospital's own; what is wrong names file and line.
#include "broker/installation/rdp_identity.h"

#include <gmock/gmock.h>

#include "tests/unit/installation/scene.h"

namespace anteroom::installation {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;

class RdpIdentity : public WithInstallation {
protected:
    void configure(const std::string& more) { write("anteroom.yaml", "listen: {rdp: \"127.0.0.1:3390\"}\n" + more); }
    static const identity::TlsIdentity& hospital() {
        static const auto made = must(identity::TlsIdentity::make("rdp.hospital.example", {}, start_of_tests(), std::chrono::hours(24 * 90)));
        return made;
    }
    void write_hospital() {
        write("rdp.pem", hospital().certificates());
        write("rdp.key", hospital().key().expose_text());
    }
};

TEST_F(RdpIdentity, IsMadeByInitAndStaysTheSame) {
    const auto first = opened()->rdp_identity->facts().sha256;
    EXPECT_EQ(first, original().made.rdp_certificate);
    EXPECT_EQ(opened()->rdp_identity->facts().sha256, first);
    EXPECT_THAT(text_of("rdp-certificate.pem"), HasSubstr("BEGIN CERTIFICATE"));
}

TEST_F(RdpIdentity, KeepsItsKeySealed) {
    const auto text = text_of("keys/rdp-identity");
    EXPECT_THAT(text, Not(HasSubstr("PRIVATE KEY")));
    EXPECT_TRUE(text.starts_with("v1."));
    struct stat found{};
    ASSERT_EQ(::lstat((dir + "/keys/rdp-identity").c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 077, 0u);
}

TEST_F(RdpIdentity, IsMadeOnFirstUseWhereRdpIsTurnedOnLater) {
    std::filesystem::remove(paths.rdp_identity());
    write("anteroom.yaml", "listen: {ssh: \"127.0.0.1:2222\"}\n");
    EXPECT_FALSE(opened()->rdp_identity);
    EXPECT_FALSE(std::filesystem::exists(paths.rdp_identity()));
    configure("rdp: {address: \"broker.hospital.example:3389\"}\n");
    EXPECT_EQ(opened()->rdp_identity->facts().subject, "broker.hospital.example");
}

TEST_F(RdpIdentity, OfAnotherInstallationIsRefusedAndSaysHowToMendIt) {
    auto text = text_of("keys/rdp-identity");
    text[10] = text[10] == 'A' ? 'B' : 'A';
    write("keys/rdp-identity", text);
    const auto error = open_error();
    EXPECT_EQ(error.kind, ErrorKind::damaged);
    EXPECT_THAT(error.detail, HasSubstr("keys/rdp-identity"));
    EXPECT_THAT(error.detail, HasSubstr("take the file away"));
    for (const auto& broken : {std::string(), text_of("rdp-certificate.pem"), text_of("keys/rdp-identity").substr(0, 100)}) {
        write("keys/rdp-identity", broken);
        EXPECT_EQ(open_error().kind, ErrorKind::damaged);
    }
}

TEST_F(RdpIdentity, OfTheHospitalIsTaken) {
    write_hospital();
    configure("rdp: {certificate: rdp.pem, key: rdp.key}\n");
    EXPECT_EQ(opened()->rdp_identity->facts().sha256, hospital().facts().sha256);
    configure("rdp: {certificate: " + dir + "/rdp.pem, key: " + dir + "/rdp.key}\n");
    EXPECT_EQ(opened()->rdp_identity->facts().sha256, hospital().facts().sha256) << "by its whole path";
}

TEST_F(RdpIdentity, OfTheHospitalThatIsWrongNamesLineKeyAndFile) {
    configure("rdp: {certificate: rdp.pem, key: rdp.key}\n");
    EXPECT_THAT(open_error().detail, HasSubstr("anteroom.yaml:2: rdp.certificate: " + dir + "/rdp.pem cannot be read"));
    write("rdp.pem", hospital().certificates());
    EXPECT_THAT(open_error().detail, HasSubstr("anteroom.yaml:2: rdp.key: " + dir + "/rdp.key cannot be read"));
    const auto other = must(identity::TlsIdentity::make("other", {}, start_of_tests(), std::chrono::hours(1)));
    write("rdp.key", other.key().expose_text());
    EXPECT_THAT(open_error().detail, HasSubstr("rdp.key: " + dir + "/rdp.key does not fit the certificate in " + dir + "/rdp.pem"));
    write("rdp.key", "nothing");
    EXPECT_THAT(open_error().detail, HasSubstr("rdp.key: " + dir + "/rdp.key has no private key"));
    write("rdp.pem", "nothing");
    EXPECT_THAT(open_error().detail, HasSubstr("rdp.certificate: " + dir + "/rdp.pem has no certificate"));
}

TEST_F(RdpIdentity, OfTheSignerIsReadWithItsOwnNames) {
    configure("rdp:\n  sign: {certificate: sign.pem, key: sign.key}\n");
    EXPECT_THAT(open_error().detail, HasSubstr("anteroom.yaml:3: rdp.sign.certificate: "));
    write("sign.pem", hospital().certificates());
    write("sign.key", hospital().key().expose_text());
    EXPECT_TRUE(opened()->rdp_signer);
}

TEST_F(RdpIdentity, OfEveryAddressIsReachedByTheMachinesName) {
    const auto reached = [&](const std::string& yaml) {
        write("anteroom.yaml", yaml);
        return opened()->config.rdp.reached_at();
    };
    EXPECT_EQ(reached("listen: {rdp: \"127.0.0.1:3390\"}\n"), "127.0.0.1:3390");
    EXPECT_EQ(reached("listen: {rdp: \"0.0.0.0:3389\"}\nrdp: {address: \"broker.example:13389\"}\n"), "broker.example:13389");
    for (const char* all : {"0.0.0.0:3389", "[::]:3389"}) {
        const auto named = reached(std::string("listen: {rdp: \"") + all + "\"}\n");
        EXPECT_TRUE(named.ends_with(":3389")) << named;
        EXPECT_THAT(named, Not(HasSubstr("0.0.0.0")));
        EXPECT_THAT(named, Not(HasSubstr("::")));
    }
}

TEST_F(RdpIdentity, IsWatchedByTheDoctor) {
    const Rdp own{"127.0.0.1:3390", "", {}, {}};
    const auto state = [&](Duration after) { return std::string(check_rdp_identity(hospital(), own, paths, start_of_tests() + after).state); };
    using std::chrono::hours;
    EXPECT_EQ(state(hours(0)), "ok");
    EXPECT_EQ(state(hours(24 * 59)), "ok");
    EXPECT_EQ(state(hours(24 * 61)), "warn");
    EXPECT_EQ(state(hours(24 * 90)), "fail");
    EXPECT_EQ(state(-hours(24)), "fail");
    EXPECT_THAT(check_rdp_identity(hospital(), own, paths, start_of_tests() + hours(24 * 61)).mend, HasSubstr("keys/rdp-identity"));
}

struct Wrong {
    const char *name, *yaml, *line, *key, *what;
};
class WrongRdp : public ::testing::TestWithParam<Wrong> {};
TEST_P(WrongRdp, NamesLineAndKey) {
    const auto config = parse_config(GetParam().yaml, "anteroom.yaml");
    ASSERT_FALSE(config);
    EXPECT_THAT(config.error().detail, HasSubstr(std::string("anteroom.yaml:") + GetParam().line + ": "));
    EXPECT_THAT(config.error().detail, HasSubstr(GetParam().key));
    EXPECT_THAT(config.error().detail, HasSubstr(GetParam().what));
}
INSTANTIATE_TEST_SUITE_P(Config, WrongRdp,
                         ::testing::Values(Wrong{"port", "listen:\n  rdp: localhost\n", "2", "listen.rdp", "HOST:PORT"},
                                           Wrong{"blank", "listen:\n  rdp: \"a b:1\"\n", "2", "listen.rdp", "HOST:PORT"},
                                           Wrong{"no_key", "rdp:\n  certificate: x.pem\n", "2", "rdp", "no key"},
                                           Wrong{"no_certificate", "rdp:\n  key: x.key\n", "2", "rdp", "no certificate"},
                                           Wrong{"address", "rdp:\n  address: \"h\\r\\nx:1\"\n", "2", "rdp.address", "control characters"},
                                           Wrong{"sign", "rdp:\n  sign: {certificate: x}\n", "2", "rdp.sign.key", "missing"},
                                           Wrong{"unknown", "rdp:\n  cert: x\n", "2", "rdp.cert", "unknown"}),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace anteroom::installation
