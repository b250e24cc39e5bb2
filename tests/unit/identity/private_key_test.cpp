// Private keys: taken in from the formats people have, kept as a Secret, and signing what OpenSSH verifies.
#include "broker/identity/private_key.h"

#include <gtest/gtest.h>

#include "broker/identity/ssh_wire.h"
#include "tests/unit/identity/made_keys.h"

using namespace anteroom;
using namespace anteroom::identity;

namespace {

Result<PrivateKey> parse(std::string_view text) { return PrivateKey::parse(Secret::copy_of(text)); }
std::string why_refused(std::string_view text) {
    auto key = parse(text);
    return key ? "accepted" : key.error().detail;
}
std::string_view signing_name(const PublicKey& key) { return key.type() == KeyType::rsa ? "rsa-sha2-512" : key.algorithm(); }

}  // namespace

TEST(PrivateKey, IsReadAsSshKeygenWroteIt) {
    const std::vector<std::string> kinds[] = {
        {"-t", "ed25519"}, {"-t", "ecdsa", "-b", "256"}, {"-t", "ecdsa", "-b", "384"}, {"-t", "ecdsa", "-b", "521"}, {"-t", "rsa", "-b", "2048"}};
    for (const auto& kind : kinds) {
        auto made = make_key(kind);
        auto key = parse(made.private_text);
        ASSERT_TRUE(key) << kind[1] << ": " << key.error().detail;
        EXPECT_EQ(key->public_key(), PublicKey::parse_openssh_line(made.public_line).value());
        auto algorithm = signing_name(key->public_key());
        EXPECT_TRUE(verify(key->public_key(), algorithm, view("data"), key->sign(view("data"), algorithm).value()));
    }
}

TEST(PrivateKey, IsReadFromPemAndPkcs8) {
    for (const char* format : {"PEM", "PKCS8"})
        for (const char* type : {"ecdsa", "rsa"}) {
            auto made = make_key({"-t", type, "-b", type == std::string_view("rsa") ? "2048" : "256", "-m", format});
            EXPECT_EQ(made.private_text.find("OPENSSH"), std::string::npos);
            EXPECT_EQ(parse(made.private_text).value().public_key(), PublicKey::parse_openssh_line(made.public_line).value());
        }
}

TEST(PrivateKey, ThatIsLockedOrWeakOrStrangeIsRefusedWithASentence) {
    const std::string locked = "This private key is locked with a passphrase: please take it off first (ssh-keygen -p); the vault will encrypt it.";
    EXPECT_EQ(why_refused(make_key({"-t", "ed25519"}, "passphrase").private_text), locked);
    for (const char* format : {"PEM", "PKCS8"}) EXPECT_EQ(why_refused(make_key({"-t", "ecdsa", "-m", format}, "passphrase").private_text), locked);
    EXPECT_TRUE(why_refused(make_key({"-t", "rsa", "-b", "1024"}).private_text).starts_with("This RSA key has fewer than 2048 bits"));
    EXPECT_TRUE(why_refused("hello").starts_with("This is no private key"));
    EXPECT_TRUE(why_refused(make_key({"-t", "ed25519"}).public_line).starts_with("This is no private key"));
    EXPECT_NE(why_refused(std::string(70'000, 'a')), "accepted");
}

TEST(PrivateKey, ThatIsDamagedAnywhereIsRefusedOrStillTheSameKey) {
    for (const char* type : {"ed25519", "ecdsa"}) {
        auto made = make_key({"-t", type});
        auto text = made.private_text;
        auto end = text.find("-----END");
        for (std::size_t at = text.find('\n') + 1; at < end; at += 5) {
            auto changed = text;
            changed[at] = changed[at] == 'A' ? 'B' : 'A';
            auto key = parse(changed);
            if (key) { EXPECT_EQ(key->public_key(), PublicKey::parse_openssh_line(made.public_line).value()) << at; }
        }
        for (std::size_t size = 0; size < end; size += 7) EXPECT_FALSE(parse(text.substr(0, size)));
    }
}

TEST(PrivateKey, OfEachKindSurvivesTheVault) {
    for (auto kind : {PrivateKey::Kind::ed25519, PrivateKey::Kind::ecdsa_p256, PrivateKey::Kind::rsa_3072}) {
        auto key = PrivateKey::generate(kind).value();
        auto again = PrivateKey::from_secret(key.to_secret().value()).value();
        EXPECT_EQ(again.public_blob(), key.public_blob());
        auto algorithm = signing_name(key.public_key());
        EXPECT_TRUE(verify(key.public_key(), algorithm, view("data"), again.sign(view("data"), algorithm).value()));
    }
}

TEST(PrivateKey, OfTheVaultIsRefusedWhenCutOrLengthened) {
    auto kept = PrivateKey::generate(PrivateKey::Kind::ed25519).value().to_secret().value();
    EXPECT_FALSE(PrivateKey::from_secret(Secret::copy_of(kept.expose().first(kept.size() - 1))));
    auto longer = to_bytes(kept.expose());
    longer.push_back(0);
    EXPECT_FALSE(PrivateKey::from_secret(Secret(std::move(longer))));
    EXPECT_FALSE(PrivateKey::from_secret(Secret()));
}

TEST(PrivateKey, SignsOnlyWithItsOwnAlgorithm) {
    auto key = PrivateKey::generate(PrivateKey::Kind::ed25519).value();
    EXPECT_TRUE(key.sign(view("data"), "ssh-ed25519"));
    for (const char* other : {"ssh-rsa", "rsa-sha2-512", "ecdsa-sha2-nistp256", "sk-ssh-ed25519@openssh.com", ""}) EXPECT_FALSE(key.sign(view("data"), other));
}
