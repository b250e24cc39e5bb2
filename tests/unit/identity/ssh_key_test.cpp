// Public keys and signatures against what ssh-keygen made, and every way in which they can be wrong.
#include "broker/identity/ssh_key.h"

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "broker/identity/private_key.h"
#include "broker/identity/ssh_wire.h"
#include "tests/unit/identity/vectors.h"

using namespace anteroom;
using namespace anteroom::identity;

namespace {

PublicKey parsed(std::string_view line) { return PublicKey::parse_openssh_line(line).value(); }
std::string why_refused(std::string_view line) {
    auto key = PublicKey::parse_openssh_line(line);
    return key ? "accepted" : key.error().detail;
}

constexpr std::string_view message_sha512 =  // of "anteroom vector"
    "947983c77184cd8942a0bc0e4fec1ccd439f42de64ea31470319c91dc416d192"
    "6b6b5500884f0d42e7b8794818ee1ca7c5556da24335a431fcfdd9d2f18fe8e6";

struct Signed {
    Bytes data, signature;
};
// PROTOCOL.sshsig: what ssh-keygen -Y signs is "SSHSIG", namespace, reserved, hash name, hash of the message.
Signed sshsig(std::string_view base64_text) {
    auto file = from_base64(base64_text).value();
    SshReader reader(file);
    (void)reader.take(10).value();
    (void)reader.string().value();
    SshWriter data;
    data.raw(view("SSHSIG"));
    data.string(reader.string().value());
    data.string(reader.string().value());
    data.string(reader.string().value()).string(from_hex(message_sha512).value());
    return {data.take(), to_bytes(reader.string().value())};
}

std::string_view signing_name(const PublicKey& key) { return key.type() == KeyType::rsa ? "rsa-sha2-512" : key.algorithm(); }

// A security key in software: the seed signs as PROTOCOL.u2f says.
struct Device {
    crypto::Ed25519Pair pair = crypto::ed25519_generate();
    std::string application = "ssh:";
    PublicKey key() const {
        SshWriter writer;
        writer.string("sk-ssh-ed25519@openssh.com").string(pair.public_key).string(application);
        return PublicKey::parse_blob(writer.take()).value();
    }
    Bytes sign(View data, std::uint8_t flags, std::uint32_t counter, std::string_view signs_for = "ssh:") const {
        SshWriter message, blob;
        message.raw(crypto::sha256(view(signs_for))).byte(flags).u32(counter).raw(crypto::sha256(data));
        blob.string("sk-ssh-ed25519@openssh.com").string(crypto::ed25519_sign(pair.seed.expose(), message.take()).value()).byte(flags).u32(counter);
        return blob.take();
    }
};
constexpr std::string_view sk = "sk-ssh-ed25519@openssh.com";

}  // namespace

TEST(PublicKey, HasTheFingerprintThatSshKeygenPrints) {
    for (const auto& vector : vectors::keys) {
        auto key = parsed(vector.public_line);
        EXPECT_EQ(key.fingerprint(), vector.fingerprint);
        EXPECT_EQ(key.openssh_line(), vector.public_line);
        EXPECT_EQ(key.comment(), std::string(vector.name == "ed25519" ? "ed" : vector.name) + "@test");
        EXPECT_EQ(PublicKey::parse_blob(key.blob()).value(), key);
    }
}

TEST(PublicKey, RefusesWhatIsWeakOrOfAnotherKindWithASentence) {
    EXPECT_EQ(why_refused(vectors::weak_rsa_line), "This RSA key has fewer than 2048 bits: please use an Ed25519 key, or RSA with 3072.");
    EXPECT_EQ(why_refused(vectors::certificate_line), "SSH certificates are not accepted here: please use the plain key.");
    EXPECT_EQ(why_refused(vectors::dsa_line), "DSA keys are not accepted: please use an Ed25519 key.");
    auto line = std::string(vectors::keys[0].public_line);
    for (const char* options : {"no-pty ", "command=\"/bin/sh\" ", "from=\"10.0.0.1\",no-pty "})
        EXPECT_EQ(why_refused(options + line), "Options before an SSH key are not accepted: please give the key alone.");
    EXPECT_EQ(why_refused(""), "This is not a type of SSH key that is accepted here.");
    EXPECT_EQ(why_refused("ssh-ed25519"), "the SSH data ends early");
    EXPECT_NE(why_refused(line + "\n" + line), "accepted");
    EXPECT_NE(why_refused("ssh-rsa" + line.substr(11)), "accepted") << "the line's type is not the blob's";
    EXPECT_NE(why_refused("ssh-ed25519 ????"), "accepted");
}

TEST(PublicKey, KeepsHostileCommentsPrintable) {
    auto key = parsed(std::string(vectors::keys[0].public_line.substr(0, 80)) + " \x1b[2Jbye" + std::string(5000, 'x'));
    EXPECT_EQ(key.comment().find('\x1b'), std::string::npos);
    EXPECT_LT(key.comment().size(), 200u);
}

TEST(PublicKey, RefusesEveryTruncationAndEveryTail) {
    for (const auto& vector : vectors::keys) {
        auto blob = parsed(vector.public_line).blob();
        for (std::size_t size = 0; size < blob.size(); ++size) EXPECT_FALSE(PublicKey::parse_blob(View(blob).first(size)));
        blob.push_back(0);
        EXPECT_FALSE(PublicKey::parse_blob(blob));
    }
}

TEST(PublicKey, RefusesPointsOffTheCurveAndPointsOfSmallOrder) {
    auto blob = parsed(vectors::keys[1].public_line).blob();
    blob.back() ^= 1;
    EXPECT_FALSE(PublicKey::parse_blob(blob));
    for (std::uint8_t first : {0, 1}) {
        Bytes point(32);
        point[0] = first;
        SshWriter writer;
        writer.string("ssh-ed25519").string(point);
        EXPECT_FALSE(PublicKey::parse_blob(writer.take()));
    }
    SshWriter other_curve;
    other_curve.string("ecdsa-sha2-nistp256").string("nistp384").string(View(blob).last(65));
    EXPECT_FALSE(PublicKey::parse_blob(other_curve.take()));
}

TEST(PublicKey, RefusesRsaNumbersThatCannotBe) {
    auto good = parsed(vectors::keys[4].public_line);
    auto with = [&](View e, View n) {
        SshWriter writer;
        writer.string("ssh-rsa").mpint(e).mpint(n);
        return PublicKey::parse_blob(writer.take()).has_value();
    };
    const Bytes one{1}, even{4}, long_exponent(9, 0xff), huge(1025, 0xff);
    EXPECT_TRUE(with(good.exponent(), good.modulus()));
    EXPECT_FALSE(with(one, good.modulus()));
    EXPECT_FALSE(with(even, good.modulus()));
    EXPECT_FALSE(with(long_exponent, good.modulus()));
    EXPECT_FALSE(with(good.exponent(), huge));
    EXPECT_FALSE(with({}, good.modulus()));
    EXPECT_FALSE(with(good.exponent(), {}));
}

TEST(SshSignature, OfSshKeygenIsVerifiedAndNothingElse) {
    for (const auto& vector : vectors::keys) {
        auto key = parsed(vector.public_line);
        auto one = sshsig(vector.sshsig_base64);
        EXPECT_TRUE(verify(key, signing_name(key), one.data, one.signature)) << vector.name;
        for (std::size_t at = 0; at < one.signature.size(); at += 3) {
            auto changed = one.signature;
            changed[at] ^= 0x04;
            EXPECT_FALSE(verify(key, signing_name(key), one.data, changed)) << vector.name << " " << at;
        }
        for (std::size_t size = 0; size < one.signature.size(); ++size) EXPECT_FALSE(verify(key, signing_name(key), one.data, View(one.signature).first(size)));
        auto data = one.data;
        data.back() ^= 1;
        EXPECT_FALSE(verify(key, signing_name(key), data, one.signature));
        auto tail = one.signature;
        tail.push_back(0);
        EXPECT_FALSE(verify(key, signing_name(key), one.data, tail));
    }
}

TEST(SshSignature, OfAnotherKeyIsRefused) {
    auto mine = PrivateKey::generate(PrivateKey::Kind::ed25519).value();
    auto other = PrivateKey::generate(PrivateKey::Kind::ed25519).value();
    auto signature = other.sign(view("data"), "ssh-ed25519").value();
    EXPECT_TRUE(verify(other.public_key(), "ssh-ed25519", view("data"), signature));
    EXPECT_FALSE(verify(mine.public_key(), "ssh-ed25519", view("data"), signature));
}

TEST(SshSignature, WithRsaIsNeverSha1AndNeverAnotherHashThanAnnounced) {
    auto key = PrivateKey::generate(PrivateKey::Kind::rsa_3072).value();
    EXPECT_FALSE(key.sign(view("data"), "ssh-rsa"));
    auto with_512 = key.sign(view("data"), "rsa-sha2-512").value(), with_256 = key.sign(view("data"), "rsa-sha2-256").value();
    EXPECT_TRUE(verify(key.public_key(), "rsa-sha2-512", view("data"), with_512));
    EXPECT_TRUE(verify(key.public_key(), "rsa-sha2-256", view("data"), with_256));
    EXPECT_FALSE(verify(key.public_key(), "rsa-sha2-256", view("data"), with_512));
    EXPECT_FALSE(verify(key.public_key(), "ssh-rsa", view("data"), with_512));
    EXPECT_FALSE(verify(key.public_key(), "ssh-ed25519", view("data"), with_512));
}

TEST(SshSignature, OfASecurityKeySaysWhatItsDeviceSaid) {
    Device device;
    auto touched = verify(device.key(), sk, view("data"), device.sign(view("data"), 0x01, 7)).value();
    EXPECT_TRUE(touched.user_presence);
    EXPECT_FALSE(touched.user_verification);
    EXPECT_EQ(touched.counter, 7u);
    EXPECT_TRUE(verify(device.key(), sk, view("data"), device.sign(view("data"), 0x05, 8)).value().user_verification);
}

TEST(SshSignature, OfASecurityKeyIsRefusedUntouchedOrForAnotherApplicationOrWithOtherFlags) {
    Device device;
    EXPECT_FALSE(verify(device.key(), sk, view("data"), device.sign(view("data"), 0x00, 7)));
    EXPECT_FALSE(verify(device.key(), sk, view("data"), device.sign(view("data"), 0x04, 7))) << "verified, but not touched";
    EXPECT_FALSE(verify(device.key(), sk, view("data"), device.sign(view("data"), 0x01, 7, "https://evil.example")));
    auto signature = device.sign(view("data"), 0x01, 7);
    auto flags = signature, counter = signature;
    flags[flags.size() - 5] |= 0x04;
    counter.back() ^= 1;
    EXPECT_FALSE(verify(device.key(), sk, view("data"), flags));
    EXPECT_FALSE(verify(device.key(), sk, view("data"), counter));
    EXPECT_FALSE(verify(device.key(), sk, view("data"), View(signature).first(signature.size() - 5)));
}

TEST(SshSignature, OfAnEcdsaSecurityKeyIsVerified) {
    auto key = PrivateKey::generate(PrivateKey::Kind::ecdsa_p256).value();
    SshWriter blob, message, signature;
    blob.string("sk-ecdsa-sha2-nistp256@openssh.com").string("nistp256").string(key.public_key().point()).string("ssh:");
    auto device_key = PublicKey::parse_blob(blob.take()).value();
    message.raw(crypto::sha256(view("ssh:"))).byte(5).u32(9).raw(crypto::sha256(view("data")));
    auto plain = key.sign(message.take(), "ecdsa-sha2-nistp256").value();
    SshReader reader(plain);
    (void)reader.string();
    signature.string(device_key.algorithm()).string(reader.string().value()).byte(5).u32(9);
    auto facts = verify(device_key, device_key.algorithm(), view("data"), signature.take()).value();
    EXPECT_TRUE(facts.user_presence && facts.user_verification);
    EXPECT_EQ(facts.counter, 9u);
    EXPECT_FALSE(verify(device_key, device_key.algorithm(), view("data"), plain)) << "a plain signature lacks what the device said";
}
