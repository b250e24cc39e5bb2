// A host key's claim is believed for what it signed and for nothing else: real keys of each kind, each way to be wrong.
#include "broker/identity/host_proof.h"

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "broker/identity/private_key.h"
#include "broker/identity/ssh_wire.h"
#include "tests/unit/identity/made_keys.h"

using namespace anteroom;
using namespace anteroom::identity;

namespace {

struct Signer {
    std::string algorithm;  // of the signature
    PrivateKey key;
};

PrivateKey made(std::vector<std::string> kind) { return PrivateKey::parse(Secret::copy_of(make_key(std::move(kind)).private_text)).value(); }

// Every algorithm with which a target may prove itself.
const std::vector<Signer>& signers() {
    static const std::vector<Signer> all = [] {
        std::vector<Signer> list;
        list.push_back({"ssh-ed25519", made({"-t", "ed25519"})});
        for (const char* bits : {"256", "384", "521"}) list.push_back({std::string("ecdsa-sha2-nistp") + bits, made({"-t", "ecdsa", "-b", bits})});
        for (const char* algorithm : {"rsa-sha2-256", "rsa-sha2-512"}) list.push_back({algorithm, made({"-t", "rsa", "-b", "2048"})});
        return list;
    }();
    return all;
}

Bytes hash_of(std::size_t size) {
    Bytes hash(size);
    for (std::size_t i = 0; i < size; ++i) hash[i] = static_cast<std::uint8_t>(i * 7 + 1);
    return hash;
}

// The same signature under another name.
Bytes renamed(View signature, std::string_view algorithm) {
    SshReader reader(signature);
    (void)reader.text().value();
    SshWriter writer;
    writer.string(algorithm).string(reader.string().value());
    return writer.take();
}

}  // namespace

TEST(HostProof, IsBelievedForEachAlgorithmAndEachLengthOfHash) {
    for (const auto& signer : signers())
        for (const std::size_t size : {32u, 48u, 64u}) {
            const Bytes hash = hash_of(size), signature = signer.key.sign(hash, signer.algorithm).value();
            EXPECT_TRUE(verify_host_proof({signer.key.public_blob(), hash, signature})) << signer.algorithm << " over " << size;
        }
}

TEST(HostProof, IsNotBelievedForAnotherHash) {
    for (const auto& signer : signers()) {
        const Bytes hash = hash_of(32), signature = signer.key.sign(hash, signer.algorithm).value();
        for (std::size_t bit = 0; bit < 256; bit += 15) {
            Bytes other = hash;
            other[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
            const auto proven = verify_host_proof({signer.key.public_blob(), other, signature});
            ASSERT_FALSE(proven) << signer.algorithm << " bit " << bit;
            EXPECT_EQ(proven.error().kind, ErrorKind::crypto);
        }
    }
}

TEST(HostProof, HasAHashOfAKindThatIsOffered) {
    // A signature over anything else that the key may have signed is no proof, however right it is: SHA-1's 20 bytes among it.
    for (const auto& signer : signers())
        for (const std::size_t size : {0u, 1u, 20u, 31u, 33u, 63u, 65u, 128u}) {
            const Bytes hash = hash_of(size), signature = signer.key.sign(hash, signer.algorithm).value();
            const auto proven = verify_host_proof({signer.key.public_blob(), hash, signature});
            ASSERT_FALSE(proven) << size;
            EXPECT_EQ(proven.error().detail, "the target's proof has no exchange hash");
        }
}

TEST(HostProof, IsNotBelievedForAnotherKey) {
    const Bytes hash = hash_of(32);
    for (const auto& signer : signers())
        for (const auto& claimed : signers()) {
            if (&signer == &claimed) continue;
            EXPECT_FALSE(verify_host_proof({claimed.key.public_blob(), hash, signer.key.sign(hash, signer.algorithm).value()}))
                << claimed.algorithm << " claimed with " << signer.algorithm;
        }
    const auto other = PrivateKey::generate(PrivateKey::Kind::ed25519).value();
    EXPECT_FALSE(verify_host_proof({signers()[0].key.public_blob(), hash, other.sign(hash, "ssh-ed25519").value()})) << "another key of the same kind";
}

TEST(HostProof, IsNotBelievedUnderAnotherAlgorithmsName) {
    const Bytes hash = hash_of(32);
    for (const auto& signer : signers()) {
        const Bytes signature = signer.key.sign(hash, signer.algorithm).value();
        ASSERT_EQ(renamed(signature, signer.algorithm), signature);
        for (const char* name : {"ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "rsa-sha2-256", "rsa-sha2-512", "ssh-rsa",
                                 "ssh-dss", "", "ssh-ed25519 ", "sk-ssh-ed25519@openssh.com"}) {
            if (name != signer.algorithm)
                EXPECT_FALSE(verify_host_proof({signer.key.public_blob(), hash, renamed(signature, name)})) << signer.algorithm << " as " << name;
        }
    }
}

TEST(HostProof, IsNotBelievedTruncatedChangedOrWithBytesLeftOver) {
    const Bytes hash = hash_of(64);
    for (const auto& signer : signers()) {
        const Bytes signature = signer.key.sign(hash, signer.algorithm).value();
        const HostProof whole{signer.key.public_blob(), hash, signature};
        ASSERT_TRUE(verify_host_proof(whole));
        for (std::size_t size = 0; size < signature.size(); ++size)
            ASSERT_FALSE(verify_host_proof({whole.host_key, hash, View(signature).first(size)})) << signer.algorithm << " of " << size << " bytes";
        for (std::size_t at = 0; at < signature.size(); at += 3) {
            Bytes changed = signature;
            changed[at] ^= 1;
            ASSERT_FALSE(verify_host_proof({whole.host_key, hash, changed})) << signer.algorithm << " at " << at;
        }
        Bytes longer = signature;
        longer.push_back(0);
        EXPECT_FALSE(verify_host_proof({whole.host_key, hash, longer}));
        EXPECT_FALSE(verify_host_proof({whole.host_key, View(hash).first(48), signature})) << "a hash cut short";
        for (std::size_t size = 0; size < whole.host_key.size(); size += 5) ASSERT_FALSE(verify_host_proof({whole.host_key.first(size), hash, signature}));
    }
}

TEST(HostProof, IsNotASecurityKeysNorNothing) {
    const auto pair = crypto::ed25519_generate();
    const Bytes hash = hash_of(32);
    SshWriter key, message, blob;
    key.string("sk-ssh-ed25519@openssh.com").string(pair.public_key).string("ssh:");
    message.raw(crypto::sha256(view("ssh:"))).byte(1).u32(1).raw(crypto::sha256(hash));
    blob.string("sk-ssh-ed25519@openssh.com").string(crypto::ed25519_sign(pair.seed.expose(), message.take()).value()).byte(1).u32(1);
    const auto proven = verify_host_proof({key.take(), hash, blob.take()});
    ASSERT_FALSE(proven);
    EXPECT_EQ(proven.error().detail, "a security key is no host key");
    EXPECT_FALSE(verify_host_proof({{}, {}, {}}));
    EXPECT_FALSE(verify_host_proof({signers()[0].key.public_blob(), {}, {}})) << "the claim alone";
    EXPECT_FALSE(verify_host_proof({signers()[0].key.public_blob(), hash, {}}));
}
