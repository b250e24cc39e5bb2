// A real installation behind the console's gate, people with codes, and browsers that do as pages do: they keep the cookie, send the
// CSRF token back, and have an authenticator. The door is one of the test's: it judges as the daemon's does, at once.
#pragma once

#include <boost/json.hpp>
#include <gmock/gmock.h>

#include "base/base64url.h"
#include "broker/access/passkey_factor.h"
#include "broker/audit/reader.h"
#include "broker/console/reading.h"
#include "broker/identity/password.h"
#include "broker/identity/typed_code.h"
#include "tests/unit/identity/authenticator.h"
#include "tests/unit/installation/scene.h"

namespace anteroom::console::testing {

namespace json = boost::json;
using anteroom::testing::Authenticator;
using anteroom::testing::Way;
using installation::testing::must;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

inline constexpr const char* hospital_policy = R"(version: 1
vendors:
  acme: { name: Acme Imaging, agreement: { signed: 2025-01-15, expires: 2028-01-15 } }
roles:
  admins: { members: [person:dana] }
targets:
  mri-3:
    address: 10.20.3.7:22
    protocol: ssh
    host_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS
    labels: { zone: imaging }
    accounts: { service: { secret: stored } }
rules:
  - id: mri-service
    who: [vendor:acme]
    to: { targets: [mri-3], accounts: [service] }
    allow: [shell]
    access: on-request
    approval: { by: [role:admins], count: 1, max: 4h }
reviewers:
  - { who: [person:ruth], of: { targets: [mri-3] } }
)";

class NothingLive final : public admin::Live {
public:
    explicit NothingLive(installation::Installation& here) : access_(here) {}
    std::vector<admin::LiveSession> sessions() override { return {}; }
    Status terminate(const SessionId&, const std::string&) override { return fail(ErrorKind::not_found, "not live"); }
    void reconsider() override {}
    access::Access& access() override { return access_; }

private:
    access::Access access_;
};

// "" where a value is as the schema of that name says (openapi_test.cpp).
std::string departs_from(const std::string& schema, const json::value& value);

struct Got {
    std::uint16_t status = 0;
    json::value body;
    Secret session;
    bool forget = false;
    std::uint32_t retry_after = 0;
    const json::object& object() const { return body.as_object(); }
    std::string text(std::string_view name) const { return std::string(object().at(name).as_string()); }
    std::string detail() const { return object().contains("detail") ? text("detail") : json::serialize(body); }
};

class Scene : public installation::testing::WithInstallation {
protected:
    static constexpr const char* origin = "https://console.example:8443";
    static constexpr const char* password = "correct horse battery";

    Scene() {
        write("anteroom.yaml",
              "listen: { ssh: \"127.0.0.1:2222\", web: \"127.0.0.1:8443\" }\nsite: { zone: UTC, help: \"Help: 4711\" }\n"
              "console: { origin: \"https://console.example:8443\" }\n"
              "alerts: { mail: { webhook: { url: \"https://x.example/h\", secret_file: keys/x }, events: [people] } }\n");
        here = opened();
        must(here->apply_policy(hospital_policy, "policy.yaml", "test"));
        live = std::make_unique<NothingLive>(*here);
        gate = std::make_unique<Gate>(*here, *live, door());
        for (const char* name : {"dana", "ruth", "vera"}) add(name);
    }

    void add(const std::string& name, bool with_factors = true) {
        store::Person person;
        person.name = PersonId(name);
        person.display_name = "The " + name;
        if (name == "vera") person.vendor = "acme";
        person.created = clock.now();
        must(here->people.insert(person));
        if (!with_factors) return;
        static const auto hash = must(identity::hash_password(Secret::copy_of(std::string_view(password))));
        must(here->people.set_password(PersonId(name), hash, clock.now(), store::issued_by(PersonId(name))));
        give_codes(name);
    }
    void give_codes(const std::string& name) {
        codes[name] = identity::totp_new_secret();
        const auto sealed = must(here->ring.seal(vault::purpose::totp, name, codes[name]));
        must(here->totp.enrol({PersonId(name), sealed, true, clock.now(), store::issued_by(PersonId(name))}));
    }
    // The code of an invitation.
    std::string invite(const std::string& name) {
        const auto code = identity::new_typed_code(identity::TypedCode::invitation);
        const auto hash = identity::hash_of_typed(identity::TypedCode::invitation, PersonId(name), code.expose_text());
        must(here->invitations.make({PersonId(name), hash.value(), clock.now(), clock.now() + 72h, "unix:root", 0}));
        return std::string(code.expose_text());
    }
    // A code that was not used before.
    std::string code_of(const std::string& name) {
        clock.advance(30s);
        return must(identity::totp_generate(codes.at(name), clock.now()));
    }

    Gate::Door door() {
        Gate::Door door;
        door.sign_in = [this](Gate::Door::SignIn asked, std::function<void(Gate::Door::SignInAnswer)> give) {
            Gate::Door::SignInAnswer answer;
            answer.sentence = "Password or code not right.";
            const auto name = PersonId::parse(asked.user);
            const auto person = name ? must(here->people.find(*name)) : std::nullopt;
            if (person && !person->disabled) {
                const bool right = person->password_hash && identity::verify_password(person->password_hash, asked.password);
                if (right && here->check_code(*name, asked.code).kind == identity::CodeVerdict::Kind::accepted)
                    answer.person = *name, answer.factors = "password+code";
                if (!person->password_hash && here->check_invitation(*name, asked.password))
                    answer.person = *name, answer.enrolling = true, answer.factors = "invitation";
            }
            give(std::move(answer));
        };
        door.hash_password = [this](Secret typed, std::function<void(Result<std::string>)> done) {
            if (before_hashed) before_hashed();
            done(identity::hash_password(typed, {.memory_kib = 64, .passes = 1}));
        };
        door.attempt = [this](const std::string& source, const std::function<bool()>& judge, std::function<void()> then) {
            attempts.push_back({source, judge()});
            then();
        };
        door.refused_for = [this](const std::string&) { return refused; };
        return door;
    }

    struct Browser {
        Scene& scene;
        std::string token{}, csrf{};
        std::string source = "203.0.113.7";

        Got call(const std::string& method, const std::string& path, const json::value& body = json::object{}, const std::string& if_match = "") {
            control::WebCall call;
            call.number = 1;
            call.method = method;
            call.path = path;
            call.session = Secret::copy_of(token);
            call.csrf = csrf;
            call.if_match = if_match;
            call.source = source;
            call.agent = "Mozilla/5.0 (test)";
            if (method == "POST") call.body = Secret::copy_of(json::serialize(body));
            std::optional<Got> got;
            scene.gate->handle(std::move(call), [&](control::WebAnswer answer) {
                EXPECT_FALSE(got) << "answered twice";
                got = Got{answer.status, json::parse(answer.json), std::move(answer.session), answer.forget_session, answer.retry_after};
            });
            if (!got) throw std::runtime_error("no answer to " + path);
            const auto* route = match(method, path).route;
            const auto schema = got->status >= 400 ? "Problem" : route == nullptr ? "" : std::string(route->gives);
            EXPECT_EQ(departs_from(schema, got->body), "") << path;
            if (got->forget) token.clear();
            if (!got->session.empty()) {
                token = std::string(got->session.expose_text());
                const auto& answer = got->object();
                csrf = std::string((answer.contains("me") ? answer.at("me").as_object() : answer).at("csrf").as_string());
            }
            return std::move(*got);
        }
        Got get(const std::string& path) { return call("GET", path); }
        Got post(const std::string& path, const json::value& body = json::object{}) { return call("POST", path, body); }
    };

    Browser browser() { return {*this}; }
    Browser signed_in(const std::string& name) {
        auto made = browser();
        const auto got = made.post("/api/sign-in", {{"user", name}, {"password", password}, {"code", code_of(name)}});
        EXPECT_EQ(got.status, 200) << got.detail();
        return made;
    }
    json::object factor(const std::string& name) { return {{"code", code_of(name)}}; }

    static Bytes bytes(const json::value& text) { return must(from_base64url(text.as_string())); }
    static identity::Expected expected(const Got& options) { return {bytes(options.object().at("challenge")), origin, "console.example"}; }

    // A registration's members, as the page sends them.
    static json::object made_with(const Authenticator& device, const Got& options, const Way& way = {}) {
        const auto made = device.make(expected(options), way);
        return {{"nonce", options.text("nonce")},
                {"name", "my phone"},
                {"client_data", base64url(made.client_data)},
                {"attestation_object", base64url(made.attestation_object)},
                {"transports", json::array{"internal", "hybrid"}}};
    }
    static json::object used(const Authenticator& device, const Got& options, const Bytes& handle = {}, const Way& way = {}) {
        const auto made = device.use(expected(options), way);
        json::object out{{"nonce", options.text("nonce")},
                         {"id", base64url(made.credential_id)},
                         {"client_data", base64url(made.client_data)},
                         {"authenticator_data", base64url(made.authenticator_data)},
                         {"signature", base64url(made.signature)},
                         {"user_handle", nullptr}};
        if (!handle.empty()) out["user_handle"] = base64url(handle);
        return out;
    }
    Bytes handle_of(const std::string& name) { return access::user_handle(*here, PersonId(name)); }

    // Enrols the device for somebody signed in.
    void give_passkey(Browser& at, const std::string& name, const Authenticator& device) {
        auto body = made_with(device, at.post("/api/me/passkeys/options"));
        body["factor"] = factor(name);
        const auto got = at.post("/api/me/passkeys", body);
        ASSERT_EQ(got.status, 200) << got.detail();
    }
    // The factor for a call, by a passkey: what is signed is that very call.
    json::object passkey_factor(Browser& at, const Authenticator& device, const std::string& path, const json::object& body, const std::string& if_match = "",
                                const Way& way = {}) {
        const auto options = at.post("/api/factor/options", {{"method", "POST"}, {"path", path}, {"if_match", if_match}, {"body", body}});
        EXPECT_EQ(options.status, 200) << options.detail();
        return {{"passkey", used(device, options, {}, way)}};
    }

    std::vector<audit::Entry> records(const std::string& kind) {
        std::vector<audit::Entry> list;
        audit::Filter filter;
        filter.kind = kind;
        must(audit::each_entry(here->database, here->log->chain(), filter, [&](const audit::Entry& entry) {
            list.push_back(entry);
            return ok();
        }));
        return list;
    }
    std::size_t notices() {
        auto row = must(here->database.select_one({"COUNT(*)"}, "FROM outbox"));
        return static_cast<std::size_t>(row->integer());
    }

    std::unique_ptr<installation::Installation> here;
    std::unique_ptr<NothingLive> live;
    std::unique_ptr<Gate> gate;
    std::map<std::string, Secret> codes;
    std::vector<std::pair<std::string, bool>> attempts;  // of passkeys at the door
    Duration refused{};
    std::function<void()> before_hashed;
};

}  // namespace anteroom::console::testing
