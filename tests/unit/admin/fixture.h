// A real installation in a temporary folder, a clock that stands still, and one way to call a command.
#pragma once

#include <boost/json.hpp>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "broker/admin/admin.h"
#include "broker/audit/reader.h"
#include "tests/unit/installation/original.h"

namespace anteroom::admin {

namespace json = boost::json;
using namespace std::chrono_literals;

inline constexpr const char* policy_text = R"(version: 1
vendors:
  acme: { name: Acme, agreement: { signed: 2025-01-15, expires: 2030-01-15 } }
roles:
  service:  { members: [vendor:acme] }
  privacy:  { members: [person:ruth] }
  careful:  { members: [person:carl] }
targets:
  mri-3:
    address: 10.20.3.7:22
    protocol: ssh
    host_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS
    labels: { zone: imaging }
    accounts:
      service: { secret: stored }
      guest:   { secret: none }
rules:
  - id: mri-service
    who: [role:service]
    to: { labels: { zone: imaging }, accounts: [service] }
    allow: [shell, exec]
    access: standing
reviewers:
  - { who: [role:privacy], of: { labels: { zone: imaging } } }
  - { who: [role:careful], of: { labels: { zone: imaging } }, consent: 1 }
)";

struct FakeLive final : Live {
    std::vector<LiveSession> sessions() override { return live; }
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
    void index(const SessionId& session, bool damaged) override { wanted.emplace_back(session.str(), damaged); }
    std::vector<LiveSession> live;
    std::vector<std::string> ended;
    int reconsidered = 0;
    std::vector<std::pair<std::string, bool>> wanted;  // indexes, and whether the one there is damaged
    std::optional<access::Access> access_;             // over the fixture's installation
};

struct Answered {
    bool done = false;
    std::string sentence;
    json::object meta;
    json::array rows;
    std::vector<control::AdminRecording> recordings;
    std::vector<control::AdminIndex> indexes;
    std::string everything;  // all text that came back

    const json::object& row(std::size_t i = 0) const { return rows.at(i).as_object(); }
    std::string text(const char* key, std::size_t i = 0) const { return std::string(row(i).at(key).as_string()); }
};

inline control::AdminCall call_of(std::string verb, std::map<std::string, std::string> arguments = {}) {
    control::AdminCall call;
    call.verb = std::move(verb);
    call.arguments = std::move(arguments);
    return call;
}

class Administering : public ::testing::Test {
protected:
    void SetUp() override {
        dir = new_folder();
        std::filesystem::remove(dir);
        installation::testing::copy_original(dir);
        auto opened = installation::Installation::open(dir, clock);
        ASSERT_TRUE(opened) << opened.error().detail;
        here = std::move(*opened);
        live.access_.emplace(*here);
        auto applied = here->apply_policy(policy_text, "policy.yaml", "test");
        ASSERT_TRUE(applied) << applied.error().detail;
    }
    void TearDown() override {
        live.access_.reset();
        here.reset();
        std::filesystem::remove_all(dir);
    }

    static std::string new_folder() {
        char name[] = "/tmp/anteroom-admin-XXXXXX";
        EXPECT_NE(::mkdtemp(name), nullptr);
        return name;
    }
    Answered call(control::AdminCall asked) {
        Answered answer;
        Reply reply{
            [&](const std::string& text) {
                EXPECT_LE(text.size(), 110u * 1024);
                answer.everything += text;
                auto rows = json::parse(text);
                for (auto& row : rows.as_array()) answer.rows.push_back(std::move(row));
                return ok();
            },
            [&](control::AdminRecording recording, int) {
                answer.recordings.push_back(std::move(recording));
                return ok();
            },
            [&](control::AdminIndex index, int) {
                answer.indexes.push_back(std::move(index));
                return ok();
            },
        };
        auto outcome = handle(*here, live, caller, std::move(asked), reply);
        answer.done = outcome && outcome->done;
        answer.sentence = outcome ? outcome->sentence : outcome.error().detail;
        if (outcome && !outcome->json.empty()) answer.meta = json::parse(outcome->json).as_object();
        answer.everything += answer.sentence;
        return answer;
    }
    Answered call(std::string verb, std::map<std::string, std::string> arguments = {}) { return call(call_of(std::move(verb), std::move(arguments))); }

    // A person with codes; the secret is remembered.
    void enrol(const std::string& name) {
        ASSERT_TRUE(call("person add", {{"name", name}}).done);
        codes[name] = identity::totp_new_secret();
        const auto sealed = here->ring.seal(vault::purpose::totp, name, codes[name]);
        ASSERT_TRUE(here->totp.enrol({PersonId(name), *sealed, true, clock.now(), "test"}));
    }
    Secret code_of(const std::string& name) {
        clock.advance(30s);
        return Secret::copy_of(*identity::totp_generate(codes.at(name), clock.now()));
    }
    Answered call_as(const std::string& name, control::AdminCall asked) {
        asked.actor = name;
        asked.code = code_of(name);
        return call(std::move(asked));
    }

    std::vector<audit::Entry> records(const std::string& kind = "") {
        std::vector<audit::Entry> list;
        audit::Filter filter;
        filter.kind = kind;
        (void)audit::each_entry(here->database, here->log->chain(), filter, [&](const audit::Entry& entry) {
            list.push_back(entry);
            return ok();
        });
        return list;
    }
    // All that the audit log and the database hold, as bytes.
    std::string everything_kept() {
        std::string all;
        for (const auto& entry : records()) all += audit::text_of(entry) + "\n";
        for (const auto& file : std::filesystem::directory_iterator(dir))
            if (file.is_regular_file()) all += to_string(*read_file(file.path(), 64u << 20));
        return all;
    }

    std::string dir;
    ManualClock clock{*parse_rfc3339("2026-03-04T10:00:00Z")};
    std::unique_ptr<installation::Installation> here;
    FakeLive live;
    Caller caller{1000, "ada"};
    std::map<std::string, Secret> codes;
};

}  // namespace anteroom::admin
