// Conversations on a made-up stage: a real installation with a policy, real requests, a clock that stands still, and terminals that
// keep what they were shown.
#pragma once

#include <gmock/gmock.h>

#include "broker/identity/totp.h"
#include "broker/talk/conversation.h"
#include "tests/unit/installation/scene.h"

namespace anteroom::talk::testing {

using namespace std::chrono_literals;
using access::Request;
using access::RequestState;
using anteroom::testing::must;

inline constexpr const char* hospital_policy = R"(version: 1
vendors:
  acme: { name: Acme Imaging, agreement: { signed: 2025-01-15, expires: 2028-01-15 } }
roles:
  service:        { members: [vendor:acme] }
  imaging-admins: { members: [person:dana, group:imaging] }
  privacy-office: { members: [person:ruth] }
targets:
  mri-3:
    address: 10.20.3.7:22
    protocol: ssh
    host_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS
    labels: { zone: imaging }
    description: MRI scanner, building 3
    accounts: { service: { secret: none }, root: { secret: none, privileged: true } }
  ct-1:
    address: 10.20.3.8:22
    protocol: ssh
    host_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS
    labels: { zone: imaging }
    accounts: { service: { secret: none } }
  us-1:
    address: 10.20.3.9:22
    protocol: ssh
    host_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS
    labels: { zone: ward }
    accounts: { service: { secret: none } }
  pacs:
    address: 10.20.3.10:22
    protocol: ssh
    host_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS
    labels: { zone: it }
    accounts: { viewer: { secret: none }, night: { secret: none } }
rules:
  - id: mri-service
    who: [role:service]
    to: { targets: [mri-3], accounts: [service] }
    allow: [shell, exec, "sftp:read"]
    access: on-request
    approval: { by: [role:imaging-admins], count: 1, max: 4h, ticket: "CHG-[0-9]+" }
  - id: ct-service
    who: [role:service]
    to: { targets: [ct-1], accounts: [service] }
    allow: [shell]
    access: on-request
    approval: { by: [role:imaging-admins], count: 2, max: 2h }
  - id: us-service
    who: [role:service]
    to: { targets: [us-1], accounts: [service] }
    allow: [shell]
    access: on-request
    at_expiry: grace
    grace: 30m
    approval: { by: [role:imaging-admins], max: 2h, confirm: "Scanner idle, room told" }
  - id: pacs-view
    who: [role:service]
    to: { targets: [pacs], accounts: [viewer] }
    allow: [shell]
    access: standing
  - id: pacs-night
    who: [role:service]
    to: { targets: [pacs], accounts: [night] }
    allow: [shell]
    access: standing
    when: { days: [mon-fri], hours: "20:00-22:00", zone: UTC }
  - id: dana-too
    who: [person:dana]
    to: { targets: [mri-3], accounts: [service] }
    allow: [shell]
    access: on-request
    approval: { by: [role:imaging-admins], max: 4h }
break_glass:
  - id: night-imaging
    who: [group:clinical-engineering]
    to: { labels: { zone: imaging } }
    allow: [shell, exec]
    max: 1h
    alert: [soc]
    review: { by: [role:privacy-office], within: 24h }
)";

inline const policy::Ask mri{TargetId("mri-3"), AccountId("service")};
inline const policy::Ask ct{TargetId("ct-1"), AccountId("service")};
inline const policy::Ask us{TargetId("us-1"), AccountId("service")};

inline control::Audience terminal() { return {control::ChannelUse::shell, true, 80, 24, ""}; }
inline control::Audience command(const std::string& text) { return {control::ChannelUse::exec, false, 80, 24, text}; }
inline control::Audience sftp() { return {control::ChannelUse::subsystem, false, 80, 24, "sftp"}; }

// One connection: shows, asks, and remembers what came of it.
class Screen final : public Stage {
public:
    void say(const std::string& text) override {
        EXPECT_FALSE(over()) << "said after the end: " << text;
        said += text + "\n";
    }
    void ask(const std::string& text, bool echo) override {
        EXPECT_FALSE(over()) << "asked after the end: " << text;
        prompt = text;
        echoes = echo;
    }
    void connect(const policy::Ask& ask) override {
        EXPECT_FALSE(over());
        connected = ask;
    }
    void end(int with, const std::string& text) override {
        EXPECT_FALSE(over()) << "ended twice: " << text;
        status = with;
        sentence = text;
    }
    void hand_over(std::unique_ptr<Conversation> next) override { next_ = std::move(next); }

    void begin(std::unique_ptr<Conversation> conversation, const control::Audience& audience) {
        audience_ = audience;
        conversation_ = std::move(conversation);
        call([&](Conversation& c) { c.begin(audience); });
    }
    // What is shown from here on is returned by shown().
    Screen& type(std::string_view line) {
        EXPECT_FALSE(prompt.empty()) << "nothing was asked, and somebody typed " << line.substr(0, 80);
        prompt.clear();
        said.clear();
        call([&](Conversation& c) { c.answered(Secret::copy_of(line)); });
        return *this;
    }
    void leave() {
        said.clear();
        call([](Conversation& c) { c.left(); });
    }
    void tick() {
        if (!over()) call([](Conversation& c) { c.tick(); });
    }
    void changed(const Request& request) {
        if (!over()) call([&](Conversation& c) { c.changed(request); });
    }
    bool over() const { return connected || status; }
    bool shows(std::string_view text) const { return said.find(text) != std::string::npos; }
    std::string all() const { return said + prompt + sentence; }

    std::string said, prompt, sentence;
    std::optional<policy::Ask> connected;
    std::optional<int> status;
    bool echoes = true;  // what is typed to the last question

private:
    template <class What>
    void call(What what) {
        if (conversation_) what(*conversation_);
        while (next_) {
            conversation_ = std::move(next_);
            conversation_->begin(audience_);
        }
    }
    control::Audience audience_;
    std::unique_ptr<Conversation> conversation_, next_;
};

class Talking : public installation::testing::WithInstallation {
protected:
    Talking() {
        write("anteroom.yaml",
              "site: { zone: UTC, help: \"Imaging IT: 555-0100\" }\n"
              "alerts: { soc: { webhook: { url: \"https://soc.example/hook\", secret_file: keys/soc }, events: [requests, break-glass] } }\n");
        here = opened();
        must(here->apply_policy(hospital_policy, "policy.yaml", "test"));
        access = std::make_unique<access::Access>(*here);
        access->on_change([this](const Request& request) {
            for (auto* screen : screens) screen->changed(request);
        });
        add("alice", "Alice Moore", "acme");
        add("bob", "Bob Ray", "acme");
        add("dana", "Dana Reyes", "", {"clinical-engineering"});
        add("erin", "Erin Wolf", "", {"imaging"});
        add("carl", "Carl Voss", "", {"clinical-engineering"});
        add("ruth", "Ruth Okafor", "");
    }

    void add(const std::string& name, const std::string& full, const std::string& vendor, std::vector<std::string> groups = {}) {
        store::Person person;
        person.name = PersonId(name);
        person.display_name = full;
        person.vendor = vendor;
        person.groups = std::move(groups);
        person.created = clock.now();
        must(here->people.insert(person));
        codes[name] = identity::totp_new_secret();
        const auto sealed = must(here->ring.seal(vault::purpose::totp, name, codes[name]));
        must(here->totp.enrol({PersonId(name), sealed, true, clock.now(), store::issued_by(PersonId(name))}));
    }
    // A code that was not used before.
    std::string code_of(const std::string& name) {
        clock.advance(30s);
        return must(identity::totp_generate(codes.at(name), clock.now()));
    }
    Party party(const std::string& name) { return {*here, *access, PersonId(name), "203.0.113.7", clock.now()}; }

    // A connection of that person, told of changes as the daemon tells it.
    Screen& screen() {
        kept.push_back(std::make_unique<Screen>());
        screens.push_back(kept.back().get());
        return *kept.back();
    }
    Screen& wait_screen(const std::string& name, const policy::Ask& ask = mri, const control::Audience& audience = terminal()) {
        auto& made = screen();
        made.begin(request_and_wait(party(name), made, ask), audience);
        return made;
    }
    Screen& menu_screen(const std::string& name, const control::Audience& audience = terminal()) {
        auto& made = screen();
        made.begin(menu(party(name), made), audience);
        return made;
    }
    Screen& approvals_screen(const std::string& name, const control::Audience& audience = terminal()) {
        auto& made = screen();
        made.begin(approvals(party(name), made), audience);
        return made;
    }
    // A request of Alice's for the MRI scanner that waits.
    std::int64_t asked(const std::string& reason = "coil fault") {
        return must(access->create({PersonId("alice"), {mri}, reason, "CHG-7", 2h, std::nullopt, "203.0.113.7", "ssh"})).id;
    }
    access::SecondFactor factor(const std::string& name) { return must(access::prove_second_factor(*here, PersonId(name), Secret::copy_of(code_of(name)))); }
    Request request(std::int64_t id) { return must(access->find(id)).value(); }
    void apply(std::string from, const std::string& was, const std::string& is) {
        const auto at = from.find(was);
        ASSERT_NE(at, std::string::npos) << was;
        must(here->apply_policy(from.replace(at, was.size(), is), "policy.yaml", "test"));
    }

    std::unique_ptr<installation::Installation> here;
    std::unique_ptr<access::Access> access;
    std::map<std::string, Secret> codes;
    std::vector<std::unique_ptr<Screen>> kept;
    std::vector<Screen*> screens;
};

}  // namespace anteroom::talk::testing
