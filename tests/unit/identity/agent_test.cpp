// The agent signs one thing: a request to sign on as the expected user, with its key, in the session that the target has
// proven, three times.
#include "broker/identity/agent.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "broker/identity/ssh_wire.h"
#include "broker/identity/user_auth.h"

using namespace anteroom;
using namespace anteroom::identity;

namespace {

struct Scene {
    PrivateKey key;
    AgentIdentity identity{.key = key, .comment = "mri-3/service", .user = "service", .host_keys = {}};
    AgentUse use{.session_id = Bytes(32, 7)};
    UserAuthRequest request{.session_id = Bytes(32, 7),
                            .user = "service",
                            .service = "ssh-connection",
                            .method = "publickey",
                            .algorithm = std::string(key.public_key().algorithm()),
                            .key_blob = key.public_blob(),
                            .host_key = {}};
    explicit Scene(PrivateKey one = PrivateKey::generate(PrivateKey::Kind::ed25519).value()) : key(std::move(one)) {}

    AgentAnswer ask(View data, std::uint32_t flags = 0) {
        SshWriter writer;
        writer.byte(13).string(key.public_blob()).string(data).u32(flags);
        return agent_answer(writer.take(), identity, use);
    }
    AgentAnswer ask(std::uint32_t flags = 0) { return ask(View(encode_user_auth(request)), flags); }
};
const Bytes failure{5};

}  // namespace

TEST(Agent, ListsItsOneKey) {
    Scene scene;
    auto answer = agent_answer(Bytes{11}, scene.identity, scene.use);
    SshReader reader(answer.message);
    EXPECT_EQ(reader.byte().value(), 12);
    EXPECT_EQ(reader.u32().value(), 1u);
    EXPECT_EQ(to_bytes(reader.string().value()), scene.key.public_blob());
    EXPECT_EQ(reader.text().value(), "mri-3/service");
    EXPECT_TRUE(reader.finished());
}

TEST(Agent, SignsARequestToSignOnAsItsUser) {
    Scene scene;
    auto answer = scene.ask();
    ASSERT_TRUE(answer.is_signature) << answer.refusal;
    SshReader reader(answer.message);
    EXPECT_EQ(reader.byte().value(), 14);
    EXPECT_TRUE(verify(scene.key.public_key(), "ssh-ed25519", encode_user_auth(scene.request), reader.string().value()));
}

TEST(Agent, ChoosesTheHashOfRsaByItsFlags) {
    Scene scene(PrivateKey::generate(PrivateKey::Kind::rsa_3072).value());
    for (auto [algorithm, flags] : {std::pair{"rsa-sha2-256", 2u}, std::pair{"rsa-sha2-512", 4u}}) {
        scene.request.algorithm = algorithm;
        auto answer = scene.ask(flags);
        ASSERT_TRUE(answer.is_signature) << answer.refusal;
        SshReader reader(View(answer.message).subspan(1));
        EXPECT_TRUE(verify(scene.key.public_key(), algorithm, encode_user_auth(scene.request), reader.string().value()));
        EXPECT_EQ(scene.ask(6 - flags).message, failure);
        EXPECT_EQ(scene.ask(0).message, failure);
    }
    scene.request.algorithm = "ssh-rsa";
    for (std::uint32_t flags : {0u, 2u, 4u, 6u}) EXPECT_EQ(scene.ask(flags).message, failure) << "SHA-1";
}

TEST(Agent, RefusesARequestForAnotherUserServiceMethodOrKey) {
    const std::function<void(UserAuthRequest&)> changes[] = {
        [](auto& r) { r.user = "root"; },        [](auto& r) { r.user.push_back('\0'); },      [](auto& r) { r.service = "ssh-userauth"; },
        [](auto& r) { r.method = "hostbased"; }, [](auto& r) { r.key_blob.back() ^= 1; },      [](auto& r) { r.algorithm = "rsa-sha2-256"; },
        [](auto& r) { r.session_id.clear(); },   [](auto& r) { r.method = hostbound_method; },  // and no host key
    };
    for (const auto& change : changes) {
        Scene scene;
        change(scene.request);
        auto answer = scene.ask();
        EXPECT_EQ(answer.message, failure);
        EXPECT_FALSE(answer.refusal.empty());
        EXPECT_EQ(scene.use.signatures, 0u);
    }
}

TEST(Agent, SignsNothingThatIsNoRequestToSignOn) {
    Scene scene;
    Bytes hash(32, 1);
    EXPECT_EQ(scene.ask(view("")).message, failure);
    EXPECT_EQ(scene.ask(View(hash)).message, failure) << "an exchange hash";
    EXPECT_EQ(scene.ask(view("SSHSIG\0\0\0\4file")).message, failure);
    auto tail = encode_user_auth(scene.request);
    tail.push_back(0);
    EXPECT_EQ(scene.ask(View(tail)).message, failure);
}

TEST(Agent, SignsThreeTimes) {
    Scene scene;
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(scene.ask().is_signature);
    EXPECT_EQ(scene.ask().refusal, "the key has signed often enough for one connection");
}

TEST(Agent, SignsForNoSessionBeforeTheTargetHasProvenOne) {
    Scene scene;
    scene.use.session_id.clear();
    for (int i = 0; i < 3; ++i) {
        const auto answer = scene.ask();
        EXPECT_EQ(answer.message, failure);
        EXPECT_EQ(answer.refusal, "the target has not proven its session");
    }
    EXPECT_TRUE(scene.use.session_id.empty()) << "a request chooses no session";
    EXPECT_EQ(scene.use.signatures, 0u);
    scene.use.session_id = scene.request.session_id;
    EXPECT_TRUE(scene.ask().is_signature);
}

TEST(Agent, SignsForNoSessionButTheProvenOne) {
    Bytes last_bit(32, 7);
    last_bit.back() ^= 1;
    for (const Bytes& session : {Bytes(32, 8), last_bit, Bytes(31, 7), Bytes(33, 7), Bytes(64, 7)}) {
        Scene scene;
        scene.request.session_id = session;
        EXPECT_EQ(scene.ask().refusal, "the request belongs to another SSH session") << session.size();
        EXPECT_EQ(scene.use.signatures, 0u);
        scene.request.session_id = scene.use.session_id;
        EXPECT_TRUE(scene.ask().is_signature) << "the proven one is still signed for";
        scene.request.session_id = session;
        EXPECT_EQ(scene.ask().message, failure) << "after a signature as well";
    }
}

TEST(Agent, ComparesTheHostKeyOfAHostboundRequest) {
    Scene scene;
    scene.request.method = hostbound_method;
    scene.request.host_key = Bytes{1, 2, 3};
    scene.identity.host_keys = {Bytes{1, 2, 3}};
    EXPECT_TRUE(scene.ask().is_signature);
    scene.request.host_key = Bytes{1, 2, 4};
    EXPECT_EQ(scene.ask().message, failure);
}

TEST(Agent, RefusesEveryOtherMessage) {
    Scene scene;
    for (int type = 0; type < 256; ++type)
        if (type != 11 && type != 13) EXPECT_EQ(agent_answer(Bytes{static_cast<std::uint8_t>(type), 0, 0, 0, 0}, scene.identity, scene.use).message, failure);
    EXPECT_EQ(agent_answer({}, scene.identity, scene.use).message, failure);
    EXPECT_EQ(agent_answer(Bytes{11, 0}, scene.identity, scene.use).message, failure) << "bytes left over";
    EXPECT_EQ(agent_answer(Bytes{13}, scene.identity, scene.use).message, failure);
}

TEST(AgentStream, YieldsWholeMessagesHoweverTheyArrive) {
    Bytes wire;
    for (std::size_t size : {1u, 5u, 300u, 64u * 1024u}) {
        auto frame = agent_frame(Bytes(size, static_cast<std::uint8_t>(size)));
        wire.insert(wire.end(), frame.begin(), frame.end());
    }
    std::mt19937 dice(3);
    for (int seed = 0; seed < 50; ++seed) {
        AgentStream stream;
        std::vector<std::size_t> sizes;
        for (std::size_t at = 0; at < wire.size();) {
            auto size = std::min<std::size_t>(1 + dice() % 40'000, wire.size() - at);
            ASSERT_TRUE(stream.append(View(wire).subspan(at, size)));
            at += size;
            for (auto message = stream.next(); *message; message = stream.next()) sizes.push_back((*message)->size());
        }
        EXPECT_EQ(sizes, (std::vector<std::size_t>{1, 5, 300, 64 * 1024}));
    }
}

TEST(AgentStream, RefusesImpossibleLengthsAndFloods) {
    for (Bytes head : {Bytes{0, 0, 0, 0}, Bytes{0, 1, 0, 1}, Bytes{0xff, 0xff, 0xff, 0xff}}) {
        AgentStream stream;
        ASSERT_TRUE(stream.append(head));
        EXPECT_FALSE(stream.next());
    }
    AgentStream stream;
    EXPECT_FALSE(stream.append(Bytes(1 << 20)));
}
