// Host keys: they sign for every algorithm, their placeholders are keys of the same type that prove nothing.
#include "broker/installation/host_keys.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <spawn.h>
#include <sys/wait.h>

#include "broker/identity/ssh_key.h"
#include "tests/unit/installation/scene.h"

namespace anteroom::installation {
namespace {

using namespace testing;
using ::testing::ElementsAre;

struct Algorithm {
    const char *name, *key;
};
constexpr Algorithm algorithms[] = {
    {"ssh-ed25519", "ssh-ed25519"}, {"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"}, {"rsa-sha2-256", "ssh-rsa"}, {"rsa-sha2-512", "ssh-rsa"}};

class HostKeysTest : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        ring_ = std::make_unique<vault::KeyRing>(must(vault::KeyRing::load(folder(), nullptr)));
        keys_ = std::make_unique<HostKeys>(must(HostKeys::load(Paths{folder()}.host_keys(), *ring_)));
    }
    static void TearDownTestSuite() {
        keys_.reset();
        ring_.reset();
    }
    static std::string folder() { return original().dir; }
    static const HostKeys& keys() { return *keys_; }
    static const vault::KeyRing& ring() { return *ring_; }
    static control::HostKey announced(std::string_view algorithm) {
        for (auto& one : keys().announced())
            if (one.algorithm == algorithm) return one;
        throw std::runtime_error("not announced");
    }
    static identity::PublicKey public_key(std::string_view algorithm) { return must(identity::PublicKey::parse_blob(announced(algorithm).public_blob)); }

    static std::unique_ptr<vault::KeyRing> ring_;
    static std::unique_ptr<HostKeys> keys_;
    const Bytes hash = Seeded(1).bytes(32);
};
std::unique_ptr<vault::KeyRing> HostKeysTest::ring_;
std::unique_ptr<HostKeys> HostKeysTest::keys_;

TEST_F(HostKeysTest, AreOneOfEachTypeWithTheEd25519KeyFirst) {
    std::vector<std::string> types;
    for (const auto& one : keys().announced()) types.push_back(one.algorithm);
    EXPECT_THAT(types, ElementsAre("ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"));
    EXPECT_EQ(keys().fingerprint(), public_key("ssh-ed25519").fingerprint());
    EXPECT_EQ(keys().fingerprint(), original().made.fingerprint);
}

TEST_F(HostKeysTest, SignWithEachAlgorithmWhatVerifiesUnderTheAnnouncedKeyAndNothingElse) {
    for (const auto& algorithm : algorithms) {
        const Bytes signature = must(keys().sign(algorithm.name, hash));
        const auto key = public_key(algorithm.key);
        EXPECT_TRUE(identity::verify(key, algorithm.name, hash, signature)) << algorithm.name;
        for (const auto& other : algorithms)
            if (std::string_view(other.name) != algorithm.name) {
                EXPECT_FALSE(identity::verify(key, other.name, hash, signature)) << algorithm.name << " as " << other.name;
            }
        for (const auto& other : algorithms)
            if (std::string_view(other.key) != algorithm.key) { EXPECT_FALSE(identity::verify(public_key(other.key), algorithm.name, hash, signature)); }
        for (std::size_t bit = 0; bit < hash.size() * 8; bit += 37) {
            Bytes changed = hash;
            changed[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
            EXPECT_FALSE(identity::verify(key, algorithm.name, changed, signature));
        }
        for (std::size_t at = 0; at < signature.size(); at += 11) {
            Bytes changed = signature;
            changed[at] ^= 1;
            EXPECT_FALSE(identity::verify(key, algorithm.name, hash, changed)) << at;
        }
    }
}

TEST_F(HostKeysTest, SignForNoAlgorithmThatIsUnknownOrTooWeak) {
    for (const char* algorithm :
         {"ssh-rsa", "ssh-dss", "ecdsa-sha2-nistp384", "rsa-sha2-1024", "", "ssh-ed25519 ", "sk-ssh-ed25519@openssh.com", "ssh-ed25519-cert-v01@openssh.com"})
        EXPECT_EQ(kind_of(keys().sign(algorithm, hash)), ErrorKind::not_found) << algorithm;
}

struct Ran {
    int status = -1;
    std::string output;
};
Ran ssh_keygen_y(const std::string& file) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return {};
    const Fd out(ends[0]);
    Fd in(ends[1]);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in.get(), 1);
    std::string words[] = {"ssh-keygen", "-y", "-P", "", "-f", file};
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t child = 0;
    const bool started = ::posix_spawnp(&child, "ssh-keygen", &actions, nullptr, arguments.data(), environ) == 0;
    ::posix_spawn_file_actions_destroy(&actions);
    in.close();
    Ran ran;
    char block[512];
    for (ssize_t n = 0; (n = ::read(out.get(), block, sizeof block)) > 0;) ran.output.append(block, static_cast<std::size_t>(n));
    if (started) ::waitpid(child, &ran.status, 0);
    return ran;
}

TEST_F(HostKeysTest, GiveThePlaceholdersThatOpenSshCanReadAndThatAreOtherKeysOfTheSameType) {
    const TemporaryDirectory directory;
    std::set<Bytes> seen;
    for (const auto& one : keys().announced()) {
        const auto file = directory.file(one.algorithm);
        must(replace_file(file, one.placeholder));
        const auto ran = ssh_keygen_y(file);
        ASSERT_EQ(ran.status, 0) << one.algorithm;
        const auto shown = must(identity::PublicKey::parse_openssh_line(ran.output.substr(0, ran.output.find('\n'))));
        EXPECT_EQ(shown.algorithm(), one.algorithm);
        EXPECT_NE(shown.blob(), one.public_blob) << one.algorithm << ": the placeholder is the real key";
        EXPECT_TRUE(seen.insert(shown.blob()).second);
        EXPECT_TRUE(seen.insert(one.public_blob).second);

        const auto placeholder = must(identity::PrivateKey::parse(Secret::copy_of(View(one.placeholder))));
        const std::string algorithm = one.algorithm == "ssh-rsa" ? "rsa-sha2-512" : one.algorithm;
        EXPECT_FALSE(identity::verify(public_key(one.algorithm), algorithm, hash, must(placeholder.sign(hash, algorithm)))) << "what it signs proves nothing";
    }
}

TEST_F(HostKeysTest, AreTheSameEachTimeTheyAreLoaded) {
    const auto again = must(HostKeys::load(Paths{folder()}.host_keys(), ring()));
    const auto first = keys().announced(), second = again.announced();
    ASSERT_EQ(first.size(), second.size());
    for (std::size_t i = 0; i < first.size(); ++i) {
        EXPECT_EQ(first[i].algorithm, second[i].algorithm);
        EXPECT_EQ(first[i].public_blob, second[i].public_blob);
        EXPECT_EQ(first[i].placeholder, second[i].placeholder);
    }
}

TEST_F(HostKeysTest, ArePublishedAsLinesForKnownHosts) {
    const std::string text = to_string(must(read_file(Paths{folder()}.host_keys_public())));
    std::string lines;
    for (const auto& line : keys().public_lines()) lines += line + "\n";
    EXPECT_EQ(text, lines);
    for (const auto& line : keys().public_lines()) EXPECT_TRUE(identity::PublicKey::parse_openssh_line(line)) << line;
}

TEST_F(HostKeysTest, StandSealedInTheirFileForItsOwnerAlone) {
    const auto path = Paths{folder()}.host_keys();
    struct stat found{};
    ASSERT_EQ(::stat(path.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 07777, 0600u);
    const auto text = to_string(must(read_file(path)));
    EXPECT_EQ(text.find("PRIVATE KEY"), std::string::npos);
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
}

TEST_F(HostKeysTest, AreRefusedWithAPlaceholderOfAnotherTypeOrThatIsNoKeyOrTheKeyItself) {
    const TemporaryDirectory directory;
    const auto path = directory.file("host-keys");
    const std::string text = to_string(must(read_file(Paths{folder()}.host_keys())));
    std::vector<std::string> heads, placeholders;
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
        const auto line = text.substr(at, text.find('\n', at) - at);
        heads.push_back(line.substr(0, line.rfind(' ') + 1));
        placeholders.push_back(line.substr(line.rfind(' ') + 1));
    }
    ASSERT_EQ(heads.size(), 3u);
    const auto why = [&](std::size_t key, const std::string& placeholder) {
        must(replace_file(path, view(heads[key] + placeholder + "\n")));
        const auto loaded = HostKeys::load(path, ring());
        return loaded ? "accepted" : loaded.error().detail.substr(path.size());
    };
    for (std::size_t key = 0; key < 3; ++key)
        for (std::size_t other = 0; other < 3; ++other)
            EXPECT_EQ(why(key, placeholders[other]), key == other ? "accepted" : ": a placeholder is of another type than its key") << key << " with " << other;
    EXPECT_EQ(why(0, ""), ": a placeholder cannot be read");
    EXPECT_EQ(why(0, base64(view("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"))), ": a placeholder cannot be read");
    // An RSA key of its own, with the true key where its placeholder stands.
    const auto real = must(identity::PrivateKey::generate(identity::PrivateKey::Kind::rsa_3072));
    const auto secret = must(real.to_secret());
    const auto armoured = "-----BEGIN PRIVATE KEY-----\n" + base64(secret.expose()) + "\n-----END PRIVATE KEY-----\n";
    must(replace_file(path, view("ssh-rsa " + must(ring().seal(vault::purpose::host_key, "ssh-rsa", secret)) + " " + base64(view(armoured)) + "\n")));
    EXPECT_EQ(HostKeys::load(path, ring()).error().detail, path + ": a placeholder is the host key itself");
}

TEST_F(HostKeysTest, AreRefusedWhenTheFileIsChangedExchangedOrEmpty) {
    const TemporaryDirectory directory;
    const auto path = directory.file("host-keys");
    const auto load = [&](std::string_view text) {
        must(replace_file(path, view(text)));
        return HostKeys::load(path, ring());
    };
    const std::string text = to_string(must(read_file(Paths{folder()}.host_keys())));
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) lines.push_back(text.substr(at, text.find('\n', at) - at));
    const auto rest_of = [&](std::size_t line) { return lines[line].substr(lines[line].find(' ')); };
    EXPECT_EQ(kind_of(load("")), ErrorKind::damaged);
    EXPECT_EQ(kind_of(load("nospace\n")), ErrorKind::damaged);
    EXPECT_EQ(kind_of(load("\n" + text)), ErrorKind::damaged);
    EXPECT_EQ(kind_of(load(lines[0].substr(0, lines[0].rfind(' ')) + "\n")), ErrorKind::damaged) << "without its placeholder";
    EXPECT_FALSE(load(lines[0] + "*\n"));
    EXPECT_FALSE(load("ssh-ed25519 v1.AAAA AAAA\n"));
    // One key's secret under another's name: sealed for its own name, it does not open.
    EXPECT_EQ(kind_of(load("ssh-rsa" + rest_of(0) + "\n")), ErrorKind::refused);
    EXPECT_EQ(kind_of(load("ssh-ed25519" + rest_of(2) + "\n")), ErrorKind::refused);
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        Seeded random(seed);
        std::string changed = lines[0];
        changed[random.below(changed.rfind(' '))] = random.text_of("ABCDabcd0123+/", 1)[0];
        if (changed != lines[0]) { ASSERT_FALSE(load(changed + "\n")) << changed; }
    }
    std::filesystem::create_directories(directory.file("other/keys"));
    std::filesystem::permissions(directory.file("other/keys"), std::filesystem::perms(0700));
    const auto stranger = must(vault::KeyRing::create(directory.file("other"), nullptr));
    must(replace_file(path, view(text)));
    EXPECT_EQ(kind_of(HostKeys::load(path, stranger.ring)), ErrorKind::refused);
    EXPECT_EQ(kind_of(HostKeys::load(directory.file("nowhere"), ring())), ErrorKind::not_found);
}

}  // namespace
}  // namespace anteroom::installation
