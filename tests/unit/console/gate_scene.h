// A real installation with a small hospital, the console's gate before it, and browsers that hold a session's token. Every answer that
// was good is compared with the schema that its route names.
#pragma once

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/console/gate.h"
#include "broker/console/handlers.h"
#include "broker/console/reading.h"
#include "broker/console/schemas.h"
#include "tests/unit/access/scene.h"

namespace anteroom::console::testing {

namespace json = boost::json;
using namespace std::chrono_literals;
using access::testing::must;

inline const std::string hospital = R"(version: 1
vendors:
  acme: { name: Acme Imaging, agreement: { signed: 2025-01-15, expires: 2028-01-15 } }
roles:
  service: { members: [vendor:acme] }
  admins:  { members: [person:dana, person:erin] }
  privacy: { members: [person:ruth] }
targets:
  mri-3:
    address: 10.20.3.7:22
    protocol: ssh
    host_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS
    description: MRI 3, basement
    labels: { zone: imaging }
    accounts: { service: { secret: stored }, root: { secret: stored, privileged: true } }
  lab-1:
    address: 10.20.3.9:22
    protocol: ssh
    host_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS
    description: the laboratory's gateway
    labels: { zone: lab }
    accounts: { tech: { secret: stored } }
rules:
  - id: mri-service
    who: [role:service]
    to: { labels: { zone: imaging }, accounts: [service] }
    allow: [shell, exec, "sftp:read"]
    access: on-request
    approval: { by: [role:admins], count: 1, max: 4h, ticket: "CHG-[0-9]+", confirm: "Scanner idle" }
  - id: lab-staff
    who: [person:gina]
    to: { labels: { zone: lab } }
    allow: [shell, "sftp:read"]
    access: standing
reviewers:
  - { who: [role:privacy], of: { labels: { zone: imaging } } }
break_glass:
  - id: night
    who: [group:clinic]
    to: { labels: { zone: imaging }, accounts: [service] }
    allow: [shell]
    max: 1h
    alert: [pager]
    review: { by: [role:privacy], within: 24h }
console:
  audit: [role:privacy]
  policy: [role:privacy]
  people: [role:privacy]
)";

struct FakeLive final : admin::Live {
    std::vector<admin::LiveSession> sessions() override { return live; }
    Status terminate(const SessionId& id, const std::string& sentence) override {
        for (const auto& session : live)
            if (session.id == id) {
                ended.push_back(sentence);
                return ok();
            }
        return fail(ErrorKind::not_found, "not live");
    }
    void reconsider() override { ++reconsidered; }
    access::Access& access() override { return *access_; }
    std::vector<admin::LiveSession> live;
    std::vector<std::string> ended;
    int reconsidered = 0;
    access::Access* access_ = nullptr;
};

struct Reply {
    std::uint16_t status = 0;
    json::value body;
    std::string etag;
    const json::object& object() const { return body.as_object(); }
    std::string text(const char* key) const { return std::string(object().at(key).as_string()); }
    std::string detail() const { return text("detail"); }
};

// "" where a value is as the schema of that name says: every member that must be there, none that it does not know.
std::string departs_from(const std::string& schema, const json::value& value);

class GateScene {
public:
    GateScene() {
        scene.apply(hospital);
        live.access_ = &*scene.access;
        Gate::Door door;
        door.sign_in = [](Gate::Door::SignIn, const std::function<void(Gate::Door::SignInAnswer)>& done) { done({}); };
        door.hash_password = [](Secret, const std::function<void(Result<std::string>)>& done) { done(fail(ErrorKind::refused, "not here")); };
        gate.emplace(*scene.here, live, std::move(door));
        scene.access->on_change([this](const access::Request& request) { gate->events().request(request); });
    }

    struct Browser {
        Secret token;
        std::string csrf;
        std::string source = "203.0.113.9";
    };
    // `enrolling`: by an invitation that is open.
    Browser browser(const std::string& person, bool enrolling = false) {
        if (enrolling) must(scene.here->invitations.make({PersonId(person), "x", scene.clock.now(), scene.clock.now() + 72h, "test", 0}));
        auto minted = must(gate->sessions().mint(PersonId(person), enrolling, "password+code", "203.0.113.9", "a test"));
        return {std::move(minted.token), minted.session.csrf};
    }
    Reply send(const control::WebCall& asked) {
        control::WebCall call = copy(asked);
        std::optional<control::WebAnswer> given;
        const auto found = match(asked.method, asked.path);
        gate->handle(std::move(call), [&](control::WebAnswer answer) {
            EXPECT_FALSE(given.has_value()) << "answered twice";
            given = std::move(answer);
        });
        if (!given) throw std::runtime_error("no answer");
        Reply out{given->status, json::parse(given->json), given->etag};
        if (out.status == 200 && found.route != nullptr) EXPECT_EQ(departs_from(std::string(found.route->gives), out.body), "") << asked.path;
        if (out.status >= 400) EXPECT_EQ(departs_from("Problem", out.body), "") << given->json;
        return out;
    }
    static control::WebCall copy(const control::WebCall& one) {
        control::WebCall out;
        out.number = one.number, out.method = one.method, out.path = one.path, out.query = one.query, out.session = one.session.duplicate();
        out.csrf = one.csrf, out.if_match = one.if_match, out.source = one.source, out.agent = one.agent, out.body = one.body.duplicate();
        return out;
    }
    static control::WebCall call_of(const Browser* by, const std::string& method, const std::string& path, const std::string& body = "") {
        control::WebCall out;
        out.number = 1;
        out.method = method;
        out.path = path;
        out.source = "203.0.113.9";
        if (by != nullptr) out.session = by->token.duplicate(), out.source = by->source;
        if (by != nullptr && method == "POST") out.csrf = by->csrf;
        out.body = Secret::copy_of(body);
        return out;
    }
    Reply get(const Browser& by, const std::string& path, const std::string& query = "") {
        auto call = call_of(&by, "GET", path);
        call.query = query;
        return send(call);
    }
    Reply post(const Browser& by, const std::string& path, json::object body = {}, const std::string& if_match = "") {
        auto call = call_of(&by, "POST", path, json::serialize(body));
        call.if_match = if_match;
        return send(call);
    }
    // With a code of theirs that was not used yet.
    json::object with_code(const std::string& person, json::object body = {}) {
        scene.clock.advance(30s);
        body["factor"] = json::object{{"code", *identity::totp_generate(scene.codes.at(person), scene.clock.now())}};
        return body;
    }
    std::int64_t ask(const Browser& by) {
        const auto made =
            post(by, "/api/requests",
                 {{"places", json::array{"mri-3+service"}}, {"reason", "gradient coil"}, {"ticket", "CHG-7"}, {"seconds", 3600}, {"at", nullptr}});
        EXPECT_EQ(made.status, 200) << json::serialize(made.body);
        return made.object().at("id").to_number<std::int64_t>();
    }
    static std::string path_of(std::int64_t id, const std::string& verb = "") {
        return "/api/requests/" + std::to_string(id) + (verb.empty() ? "" : "/" + verb);
    }

    // A live session, as the daemon knows it.
    SessionId session_of(const std::string& person, const std::string& target, const std::string& account, const std::string& rule) {
        store::Session session;
        session.id = SessionId(random_id());
        session.worker = WorkerId(random_id());
        session.person = PersonId(person);
        session.target = TargetId(target);
        session.account = AccountId(account);
        session.rule = rule;
        session.policy_version = scene.here->policy.version;
        session.source = "203.0.113.9:4711";
        session.protocol = "ssh";
        session.started = scene.clock.now();
        session.recording_path = scene.here->recording_path(session.id);
        session.recording_state = "open";
        must(scene.here->sessions.insert(session));
        admin::LiveSession known;
        known.id = session.id;
        known.bytes_recorded = 4096;
        known.refusals = 2;
        live.live.push_back(known);
        return session.id;
    }
    std::vector<audit::Entry> records(const std::string& kind) {
        std::vector<audit::Entry> out;
        audit::Filter filter;
        filter.kind = kind;
        must(audit::each_entry(scene.here->database, scene.here->log->chain(), filter, [&](const audit::Entry& entry) {
            out.push_back(entry);
            return ok();
        }));
        return out;
    }

    access::testing::Scene scene;
    FakeLive live;
    std::optional<Gate> gate;
};

}  // namespace anteroom::console::testing
