// The ring on disk, hostile files included, and sealed values in wrong places.
#include "broker/vault/keyring.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/vault/keyfile.h"
#include "tests/unit/store/temporary.h"

namespace anteroom::vault {
namespace {

using anteroom::testing::kind_of;
using anteroom::testing::must;
using anteroom::testing::TemporaryDirectory;

class KeyRingTest : public ::testing::Test {
protected:
    std::string file() const { return directory.file("keys/keyring"); }
    mode_t mode(const std::string& path) const {
        struct stat found{};
        return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 07777 : 0;
    }
    TemporaryDirectory directory;
};

TEST_F(KeyRingTest, IsCreatedForItsOwnerAloneAndComesBack) {
    const auto made = must(KeyRing::create(directory.path(), nullptr));
    EXPECT_EQ(mode(file()), 0600u);
    EXPECT_EQ(mode(directory.file("keys")), 0700u);
    const auto loaded = must(KeyRing::load(directory.path(), nullptr));
    EXPECT_EQ(loaded.audit_public(), made.ring.audit_public());
    EXPECT_EQ(loaded.escrow_public(), made.ring.escrow_public());
    EXPECT_EQ(loaded.recording_identity_public(), made.ring.recording_identity_public());
    EXPECT_TRUE(equal_in_constant_time(loaded.recording_signing_seed(), made.ring.recording_signing_seed()));
    EXPECT_NE(loaded.audit_public(), loaded.recording_signing_public());
    for (const auto& entry : std::filesystem::directory_iterator(directory.file("keys"))) EXPECT_EQ(entry.path().filename(), "keyring");
}

TEST_F(KeyRingTest, IsNeverOverwritten) {
    must(KeyRing::create(directory.path(), nullptr));
    const auto before = must(read_file(file()));
    EXPECT_EQ(kind_of(KeyRing::create(directory.path(), nullptr)), ErrorKind::conflict);
    EXPECT_EQ(must(read_file(file())), before);
}

TEST_F(KeyRingTest, TheEscrowTextHoldsThePrivateKeyAndTheRingDoesNot) {
    const auto made = must(KeyRing::create(directory.path(), nullptr));
    const auto escrow = must(parse_escrow(made.escrow_text));
    EXPECT_EQ(escrow.public_key, made.ring.escrow_public());
    const auto text = to_string(must(read_file(file())));
    const auto keys = must(read_keyfile(Secret::copy_of(text), nullptr));
    const auto whole = keys.expose();
    const auto scalar = escrow.private_key.expose();
    EXPECT_EQ(std::search(whole.begin(), whole.end(), scalar.begin(), scalar.end()), whole.end());
    EXPECT_FALSE(parse_escrow(Secret::copy_of("nothing here")));
}

TEST_F(KeyRingTest, RefusesToUseAFileOrFolderThatOthersCanReadAndSaysHowToMendIt) {
    must(KeyRing::create(directory.path(), nullptr));
    for (const mode_t wrong : {0640, 0604, 0620, 0602, 0610, 0666}) {
        ASSERT_EQ(::chmod(file().c_str(), wrong), 0);
        const auto loaded = KeyRing::load(directory.path(), nullptr);
        ASSERT_FALSE(loaded);
        EXPECT_EQ(loaded.error().kind, ErrorKind::refused);
        EXPECT_NE(loaded.error().detail.find("chmod 600 " + file()), std::string::npos) << loaded.error().detail;
    }
    ASSERT_EQ(::chmod(file().c_str(), 0600), 0);
    ASSERT_EQ(::chmod(directory.file("keys").c_str(), 0755), 0);
    EXPECT_EQ(kind_of(KeyRing::load(directory.path(), nullptr)), ErrorKind::refused);
    ASSERT_EQ(::chmod(directory.file("keys").c_str(), 0700), 0);
    must(KeyRing::load(directory.path(), nullptr));
}

TEST_F(KeyRingTest, RefusesAFileOfSomebodyElse) {
    must(KeyRing::create(directory.path(), nullptr));
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    ASSERT_EQ(::chown(file().c_str(), 12345, 12345), 0);
    const auto loaded = KeyRing::load(directory.path(), nullptr);
    ASSERT_FALSE(loaded);
    EXPECT_NE(loaded.error().detail.find("12345"), std::string::npos);
}

TEST_F(KeyRingTest, RefusesALinkAndAMissingFile) {
    EXPECT_EQ(kind_of(KeyRing::load(directory.path(), nullptr)), ErrorKind::not_found);
    must(KeyRing::create(directory.path(), nullptr));
    std::filesystem::rename(file(), directory.file("elsewhere"));
    EXPECT_EQ(kind_of(KeyRing::load(directory.path(), nullptr)), ErrorKind::not_found);
    std::filesystem::create_symlink(directory.file("elsewhere"), file());
    EXPECT_EQ(kind_of(KeyRing::load(directory.path(), nullptr)), ErrorKind::refused);
}

TEST_F(KeyRingTest, EveryDamagedByteAndEveryCutIsFound) {
    must(KeyRing::create(directory.path(), nullptr));
    const auto good = must(read_file(file()));
    for (std::size_t i = 0; i < good.size(); ++i) {
        auto bad = good;
        bad[i] ^= 0x01;
        must(replace_file(file(), bad));
        const auto flipped = KeyRing::load(directory.path(), nullptr);
        ASSERT_FALSE(flipped) << i;
        EXPECT_EQ(flipped.error().kind, ErrorKind::damaged) << i;
        EXPECT_NE(flipped.error().detail.find(file()), std::string::npos);
        EXPECT_FALSE(read_keyfile(Secret::copy_of(View(good).first(i)), nullptr)) << i;
    }
    EXPECT_FALSE(read_keyfile(Secret::copy_of(to_string(good) + "x"), nullptr));
}

TEST_F(KeyRingTest, OpensUnderItsPassphraseOnly) {
    const auto passphrase = Secret::copy_of("correct horse");
    const auto made = must(KeyRing::create(directory.path(), &passphrase));
    EXPECT_EQ(must(KeyRing::load(directory.path(), &passphrase)).audit_public(), made.ring.audit_public());
    const auto wrong = Secret::copy_of("correct horsf");
    const auto refused = KeyRing::load(directory.path(), &wrong);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::refused);
    EXPECT_NE(refused.error().detail.find("passphrase is wrong"), std::string::npos);
    EXPECT_EQ(kind_of(KeyRing::load(directory.path(), nullptr)), ErrorKind::refused);
    const auto none = Secret();
    TemporaryDirectory second;
    EXPECT_EQ(kind_of(KeyRing::create(second.path(), &none)), ErrorKind::invalid);
}

TEST_F(KeyRingTest, ItsPassphraseCanBeChangedAndItsKeysStay) {
    const auto first = Secret::copy_of("one"), second = Secret::copy_of("two");
    const auto made = must(KeyRing::create(directory.path(), &first));
    must(must(KeyRing::load(directory.path(), &first)).store_under(directory.path(), &second));
    EXPECT_EQ(kind_of(KeyRing::load(directory.path(), &first)), ErrorKind::refused);
    const auto sealed = must(made.ring.seal(purpose::totp, "vera", Secret::copy_of("s")));
    EXPECT_EQ(must(must(KeyRing::load(directory.path(), &second)).open(purpose::totp, "vera", sealed)).expose_text(), "s");
}

TEST_F(KeyRingTest, AHostileCostDoesNotEatTheMachine) {
    const auto passphrase = Secret::copy_of("p");
    const auto with_cost = [&](const std::string& cost) {
        const std::string head = "anteroom-keyring-v1\nprotection: argon2id " + cost + " salt=" + base64(Bytes(16)) + "\n" + base64(Bytes(40)) + "\n";
        return Secret::copy_of(head + "sha256: " + hex(crypto::sha256(view(head))) + "\n");
    };
    for (const char* cost : {"m=4294967295 t=3 p=1", "m=65536 t=99999 p=1", "m=65536 t=3 p=1000", "m=0 t=3 p=1", "m= t=3 p=1", "m=65536", ""})
        EXPECT_EQ(kind_of(read_keyfile(with_cost(cost), &passphrase)), ErrorKind::damaged) << cost;
}

TEST_F(KeyRingTest, WhatWasSealedOpensForItsPurposeAndIdOnly) {
    const auto made = must(KeyRing::create(directory.path(), nullptr));
    const auto& ring = made.ring;
    const auto sealed = must(ring.seal(purpose::totp, "vera", Secret::copy_of("secret")));
    EXPECT_EQ(sealed.find("secret"), std::string::npos);
    EXPECT_EQ(must(ring.open(purpose::totp, "vera", sealed)).expose_text(), "secret");
    EXPECT_EQ(kind_of(ring.open(purpose::totp, "dana", sealed)), ErrorKind::refused);  // swapped between rows
    EXPECT_EQ(kind_of(ring.open(purpose::target_password, "vera", sealed)), ErrorKind::refused);
    EXPECT_EQ(kind_of(ring.open("totpv", "era", sealed)), ErrorKind::refused);
    TemporaryDirectory elsewhere;
    EXPECT_EQ(kind_of(must(KeyRing::create(elsewhere.path(), nullptr)).ring.open(purpose::totp, "vera", sealed)), ErrorKind::refused);
    EXPECT_NE(must(ring.seal(purpose::totp, "vera", Secret::copy_of("secret"))), sealed);
    EXPECT_FALSE(ring.seal("", "vera", Secret()));
    EXPECT_FALSE(ring.seal("totp", "", Secret()));
}

TEST_F(KeyRingTest, NoChangedSealedValueOpens) {
    const auto made = must(KeyRing::create(directory.path(), nullptr));
    for (const std::size_t size : {0u, 1u, 20u, 1000u}) {
        const auto secret = crypto::random_secret(size);
        const auto sealed = must(made.ring.seal("host-key", "ed25519", secret));
        EXPECT_TRUE(equal_in_constant_time(must(made.ring.open("host-key", "ed25519", sealed)).expose(), secret.expose()));
        for (std::size_t i = 0; i < sealed.size(); ++i) {
            auto bad = sealed;
            bad[i] = bad[i] == 'A' ? 'B' : 'A';
            EXPECT_FALSE(made.ring.open("host-key", "ed25519", bad)) << i;
            EXPECT_FALSE(made.ring.open("host-key", "ed25519", sealed.substr(0, i))) << i;
        }
    }
}

}  // namespace
}  // namespace anteroom::vault
