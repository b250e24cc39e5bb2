// A real installation with a small hospital in it, in memory where the machine has such a folder: people with codes of their own, a
// policy to replace, a clock that stands. Codes are real ones; a decision waits for the next code where one was used.
#pragma once

#include <boost/json.hpp>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/fd.h"
#include "broker/access/access.h"
#include "broker/audit/reader.h"
#include "tests/unit/installation/original.h"

namespace anteroom::access::testing {

using namespace std::chrono_literals;

inline const std::string hospital = R"(version: 1
vendors:
  acme: { name: Acme Imaging, agreement: { signed: 2025-01-15, expires: 2028-01-15 } }
roles:
  service: { members: [vendor:acme] }
  admins:  { members: [person:dana, person:erin, group:imaging] }
  privacy: { members: [person:ruth] }
targets:
  mri-3:
    address: 10.20.3.7:22
    protocol: ssh
    host_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS
    description: MRI 3, basement
    labels: { zone: imaging }
    accounts: { service: { secret: stored }, root: { secret: stored, privileged: true } }
  mri-4:
    address: 10.20.3.8:22
    protocol: ssh
    host_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS
    labels: { zone: imaging }
    accounts: { service: { secret: stored } }
rules:
  - id: mri-service
    who: [role:service]
    to: { labels: { zone: imaging }, accounts: [service] }
    allow: [shell, exec]
    access: on-request
    approval: { by: [role:admins], count: 1, max: 4h, ticket: "CHG-[0-9]+" }
break_glass:
  - id: night
    who: [group:clinic]
    to: { labels: { zone: imaging }, accounts: [service] }
    allow: [shell]
    max: 1h
    alert: [pager]
    review: { by: [role:privacy], within: 24h }
)";

inline const policy::Ask mri3{TargetId("mri-3"), AccountId("service")};
inline const policy::Ask mri4{TargetId("mri-4"), AccountId("service")};
inline const char* const morning = "2026-03-04T09:00:00Z";

template <class T>
T must(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().detail);
    return std::move(*result);
}
inline void must(Status status) {
    if (!status) throw std::runtime_error(status.error().detail);
}
// The sentence that somebody reads; "" where it was done.
template <class T>
std::string refusal(const Result<T>& result) {
    return result ? "" : result.error().detail;
}

class Folder {
public:
    Folder() {
        std::error_code ignored;
        const bool memory = std::filesystem::is_directory("/dev/shm", ignored) && ::access("/dev/shm", W_OK) == 0;
        std::string pattern = (memory ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path()) / "anteroom-access-XXXXXX";
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
        path = pattern;
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::string path;
};

class Scene {
public:
    Scene() {
        installation::testing::copy_original(dir());
        const auto config = to_string(must(read_file(dir() + "/anteroom.yaml"))) +
                            "\nalerts:\n"
                            "  soc: { webhook: { url: \"http://127.0.0.1:1/\" }, events: [requests, decisions, alarms] }\n"
                            "  pager: { webhook: { url: \"http://127.0.0.1:1/\" }, events: [alarms] }\n";
        must(replace_file(dir() + "/anteroom.yaml", view(config), 0644));
        here = must(installation::Installation::open(dir(), clock));
        must(here->apply_policy(hospital, "policy.yaml", "test"));
        add("sam", "sam@acme.example", "acme");
        for (const char* name : {"dana", "erin", "gina", "ruth"}) add(name);
        add("carl", "", "", {"clinic"});
        restart();
    }

    std::string dir() const { return folder_.path + "/anteroom"; }
    // As after a restart of the broker.
    void restart() {
        access.emplace(*here);
        access->on_change([this](const Request& request) { told.push_back(request); });
    }

    void add(const std::string& name, const std::string& email = "", const std::string& vendor = "", std::vector<std::string> groups = {}) {
        must(here->people.insert({.name = PersonId(name), .email = email, .vendor = vendor, .groups = std::move(groups), .created = clock.now()}));
        codes[name] = identity::totp_new_secret();
        enrolled(name, "person:" + name);
    }
    void enrolled(const std::string& name, const std::string& by) {
        const auto sealed = must(here->ring.seal(vault::purpose::totp, name, codes.at(name)));
        must(here->totp.enrol({PersonId(name), sealed, true, clock.now(), by}));
    }
    void apply(const std::string& policy) { must(here->apply_policy(policy, "policy.yaml", "test")); }

    Result<SecondFactor> proven(const std::string& name) {
        const Secret code = Secret::copy_of(*identity::totp_generate(codes.at(name), clock.now()));
        return prove_second_factor(*here, PersonId(name), code);
    }
    SecondFactor factor(const std::string& name) {
        auto out = proven(name);
        if (!out && out.error().detail.find("used already") != std::string::npos) {
            clock.advance(60s);
            out = proven(name);
        }
        return must(std::move(out));
    }

    NewRequest wish(std::vector<policy::Ask> asks = {mri3}, Duration length = 2h) const {
        return {PersonId("sam"), std::move(asks), "gradient coil", "CHG-7", length, std::nullopt, "203.0.113.9", "ssh"};
    }
    Request asked(std::vector<policy::Ask> asks = {mri3}, Duration length = 2h) { return must(access->create(wish(std::move(asks), length))); }
    Request granted() {
        const auto request = asked();
        return must(access->approve(request.id, factor("dana"), std::nullopt, false));
    }
    Request now_of(std::int64_t id) { return must(access->find(id)).value(); }
    policy::Decision decide(const policy::Ask& ask = mri3, const std::string& name = "sam") {
        const auto grants = must(access->grants(PersonId(name), ask));
        return policy::evaluate(here->policy.document, must(here->facts_of(PersonId(name), "203.0.113.9")), ask, clock.now(), grants);
    }
    bool may_connect(const policy::Ask& ask = mri3) { return decide(ask).verdict == policy::Decision::Verdict::permit; }

    std::vector<audit::Entry> records(const std::string& kind = "") {
        std::vector<audit::Entry> list;
        audit::Filter filter;
        filter.kind = kind;
        must(audit::each_entry(here->database, here->log->chain(), filter, [&](const audit::Entry& entry) {
            list.push_back(entry);
            return ok();
        }));
        return list;
    }
    std::vector<boost::json::object> alerts(const std::string& event) {
        std::vector<boost::json::object> out;
        for (const auto& row : must(here->outbox.list(1000)))
            if (row.event == event) {
                out.push_back(boost::json::parse(row.body).as_object());
                out.back()["channel"] = row.channel;
            }
        return out;
    }

    ManualClock clock{*parse_rfc3339(morning)};
    std::unique_ptr<installation::Installation> here;
    std::optional<Access> access;
    std::vector<Request> told;
    std::map<std::string, Secret> codes;

private:
    Folder folder_;
};

inline std::string with(std::string from, const std::string& was, const std::string& is) {
    const auto found = from.find(was);
    if (found == std::string::npos) throw std::logic_error("not in it: " + was);
    return from.replace(found, was.size(), is);
}

class AccessTest : public ::testing::Test, protected Scene {};

}  // namespace anteroom::access::testing
