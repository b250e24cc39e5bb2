// The signed request of a login: every field must be what the broker expects (Warpgate 2023-48712 was one that was not compared).
#include "broker/identity/user_auth.h"

#include <gtest/gtest.h>

#include "broker/identity/private_key.h"
#include "broker/identity/ssh_wire.h"

using namespace anteroom;
using namespace anteroom::identity;

namespace {

const Bytes session(32, 0x5a);

struct Scene {
    PrivateKey key = PrivateKey::generate(PrivateKey::Kind::ed25519).value();
    UserAuthRequest request{.session_id = session,
                            .user = "dana+mri-3",
                            .service = "ssh-connection",
                            .method = "publickey",
                            .algorithm = "ssh-ed25519",
                            .key_blob = key.public_blob(),
                            .host_key = {}};
    // Signed honestly over whatever the request says.
    Result<SignatureFacts> outcome(View expected_session = session, std::string_view user = "dana+mri-3") const {
        auto data = encode_user_auth(request);
        return verify_user_auth({.session_id = expected_session, .user = user, .key = key.public_key(), .algorithm = "ssh-ed25519"}, data,
                                key.sign(data, "ssh-ed25519").value());
    }
    std::string refusal() const {
        auto result = outcome();
        return result ? "accepted" : result.error().detail;
    }
};

}  // namespace

TEST(UserAuth, IsAcceptedWhenEveryFieldIsTheExpectedOne) { EXPECT_TRUE(Scene().outcome()); }

TEST(UserAuth, IsRefusedWhenOneFieldIsAnother) {
    const std::pair<const char*, void (*)(UserAuthRequest&)> rows[] = {
        {"session", [](UserAuthRequest& r) { r.session_id.back() ^= 1; }},     {"session", [](UserAuthRequest& r) { r.session_id.resize(31); }},
        {"user name", [](UserAuthRequest& r) { r.user = "dana+mri-3+root"; }}, {"user name", [](UserAuthRequest& r) { r.user = "ruth+mri-3"; }},
        {"user name", [](UserAuthRequest& r) { r.user.push_back('\0'); }},     {"service", [](UserAuthRequest& r) { r.service = "ssh-userauth"; }},
        {"method", [](UserAuthRequest& r) { r.method = "hostbased"; }},        {"algorithm", [](UserAuthRequest& r) { r.algorithm = "rsa-sha2-256"; }},
        {"key", [](UserAuthRequest& r) { r.key_blob.back() ^= 1; }},
    };
    for (const auto& [field, change] : rows) {
        Scene scene;
        change(scene.request);
        EXPECT_EQ(scene.refusal(), std::string("the signed request names another ") + field);
    }
    Scene hostbound;
    hostbound.request.method = hostbound_method;
    hostbound.request.host_key = Bytes{1};
    EXPECT_EQ(hostbound.refusal(), "the signed request names another method");
}

TEST(UserAuth, IsRefusedWithoutASessionToCompare) {
    Scene scene;
    EXPECT_FALSE(scene.outcome(View()));
    scene.request.session_id.clear();
    EXPECT_FALSE(scene.outcome(View()));
}

TEST(UserAuth, IsRefusedWithAWrongSignature) {
    Scene scene;
    auto data = encode_user_auth(scene.request);
    auto other = PrivateKey::generate(PrivateKey::Kind::ed25519).value().sign(data, "ssh-ed25519").value();
    UserAuthExpected expected{.session_id = session, .user = "dana+mri-3", .key = scene.key.public_key(), .algorithm = "ssh-ed25519"};
    EXPECT_FALSE(verify_user_auth(expected, data, other));
    EXPECT_FALSE(verify_user_auth(expected, data, {}));
    EXPECT_TRUE(verify_user_auth(expected, data, scene.key.sign(data, "ssh-ed25519").value()));
}

TEST(UserAuth, IsRefusedWhenMalformedWhoeverSignedIt) {
    Scene scene;
    auto good = encode_user_auth(scene.request);
    auto refused = [&](Bytes data) {
        UserAuthExpected expected{.session_id = session, .user = "dana+mri-3", .key = scene.key.public_key(), .algorithm = "ssh-ed25519"};
        return !verify_user_auth(expected, data, scene.key.sign(data, "ssh-ed25519").value());
    };
    for (std::size_t size = 0; size < good.size(); ++size) EXPECT_TRUE(refused(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))));
    for (std::size_t at = 0; at < good.size(); ++at) {
        auto changed = good;
        changed[at] ^= 0x01;
        EXPECT_TRUE(refused(changed)) << at;
    }
    good.push_back(0);
    EXPECT_TRUE(refused(good));
}
