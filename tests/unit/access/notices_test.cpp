// Who hears of what: one outbox row for each channel that listens or is named, and nothing in it that may not leave.
#include "broker/access/notices.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>

#include "broker/audit/reader.h"
#include "tests/unit/installation/scene.h"

namespace anteroom::access {
namespace {

namespace json = boost::json;
using anteroom::testing::kind_of;
using anteroom::testing::must;
using installation::AlertEvent;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class Notices : public installation::testing::WithInstallation {
protected:
    Notices() {
        write("anteroom.yaml", R"(alerts:
  soc:   {webhook: {url: "https://soc.example/"}}
  open:  {webhook: {url: "https://soc.example/"}, events: [requests], reasons: true}
  mail:  {smtp: {host: m.example, from: a@b.example, to: [approvers, person, fixed@h.example]}, events: [requests]}
  alone: {smtp: {host: m.example, from: a@b.example, to: [approvers]}, events: [requests]}
  siem:  {syslog: {host: s.example}, audit: true}
)");
        here = opened();
        person("dana", "dana@h.example");
        person("erin", "dana@h.example");
        person("vera", "vera@v.example");
        person("bare", "");
        person("evil", "evil@v.example\r\nBcc: x@y");
        person("left", "left@h.example", true);
    }
    void person(const std::string& name, const std::string& email, bool disabled = false) {
        store::Person one{.name = PersonId(name), .created = clock.now()};
        one.email = email;
        one.disabled = disabled;
        must(here->people.insert(one));
    }
    Notice notice(AlertEvent about) {
        Notice one;
        one.event = "request.created";
        one.about = about;
        one.request = 42;
        one.person = PersonId("vera");
        one.person_name = "Vera\r\nBcc: x@y";
        one.targets = {"mri-3"};
        one.summary = "vera asks for mri-3";
        one.reason = "the patient's name";
        return one;
    }
    // Channels of the rows, oldest first.
    std::vector<std::string> told() {
        std::vector<std::string> channels;
        for (const auto& row : must(here->outbox.list(100))) channels.insert(channels.begin(), row.channel);
        return channels;
    }
    json::object body(const std::string& channel) {
        for (const auto& row : must(here->outbox.list(100)))
            if (row.channel == channel) return json::parse(row.body).as_object();
        ADD_FAILURE() << channel << " was not told";
        return {};
    }
    std::vector<std::string> to(const std::string& channel) {
        std::vector<std::string> out;
        const auto told_it = body(channel);
        for (const auto& one : told_it.at("to").as_array()) out.emplace_back(one.as_string());
        return out;
    }
    std::vector<std::string> alarms() {
        std::vector<std::string> list;
        audit::Filter filter;
        filter.kind = "alarm";
        must(audit::each_entry(here->database, here->log->chain(), filter, [&](const audit::Entry& entry) {
            list.push_back(entry.fields.at("channel") + ": " + entry.fields.at("problem"));
            return ok();
        }));
        return list;
    }
    std::unique_ptr<installation::Installation> here;
};

TEST_F(Notices, GoToThoseWhoListen) {
    must(announce(*here, notice(AlertEvent::requests)));
    EXPECT_THAT(told(), ElementsAre("mail", "open"));
    EXPECT_TRUE(alarms().empty()) << "an event that concerns no approver needs none";
}

TEST_F(Notices, GoToThoseWhomPolicyNamesWhateverTheyListenTo) {
    auto one = notice(AlertEvent::decisions);
    one.channels = {"siem", "soc"};
    must(announce(*here, one));
    EXPECT_THAT(told(), ElementsAre("siem", "soc"));
}

TEST_F(Notices, AreOneForEachChannelThoughItListensAndIsNamed) {
    auto one = notice(AlertEvent::break_glass);
    one.channels = {"soc", "soc"};
    must(announce(*here, one));
    EXPECT_THAT(told(), ElementsAre("soc"));
}

TEST_F(Notices, OfAChannelThatNobodyDefinesAreAnAlarmAndNoError) {
    auto one = notice(AlertEvent::break_glass);
    one.channels = {"pager"};
    must(announce(*here, one));
    EXPECT_THAT(told(), ElementsAre("soc"));
    EXPECT_THAT(alarms(), ElementsAre(HasSubstr("pager: policy names this channel")));
}

TEST_F(Notices, TellAReasonOnlyWhereTheChannelMayHaveIt) {
    auto one = notice(AlertEvent::requests);
    one.channels = {"soc"};
    must(announce(*here, one));
    EXPECT_EQ(body("open").at("reason").as_string(), "the patient's name");
    for (const auto& row : must(here->outbox.list(100)))
        if (row.channel != "open") EXPECT_THAT(row.body, Not(HasSubstr("patient"))) << row.channel;
}

TEST_F(Notices, LeadToTheConsoleWhereThereIsOne) {
    const auto link = [&](const char* event, std::int64_t request) {
        auto one = notice(AlertEvent::requests);
        one.event = event;
        one.request = request;
        must(announce(*here, one));
        const auto row = must(here->outbox.list(1)).at(0);
        const auto told = json::parse(row.body).as_object();
        return told.contains("link") ? std::string(told.at("link").as_string()) : std::string();
    };
    EXPECT_EQ(link("request.created", 42), "") << "there is no console";
    write("anteroom.yaml", R"(listen: {web: "127.0.0.1:8443"}
console: {origin: "https://anteroom.hospital.example"}
alerts:
  open: {webhook: {url: "https://soc.example/"}, events: [requests]}
)");
    here.reset();
    here = opened();
    EXPECT_EQ(link("request.created", 42), "https://anteroom.hospital.example/requests/42");
    EXPECT_EQ(link("break-glass.used", 42), "https://anteroom.hospital.example/breakglass");
    EXPECT_EQ(link("person.invited", 0), "https://anteroom.hospital.example/welcome");
    EXPECT_EQ(link("factor.added", 0), "https://anteroom.hospital.example/me");
    EXPECT_EQ(link("window.opened", 0), "");
}

TEST_F(Notices, SayWhatHappened) {
    auto one = notice(AlertEvent::alarms);
    one.loudness = 2;
    one.drill = true;
    one.deadline = clock.now();
    must(announce(*here, one));
    const auto got = body("soc");
    EXPECT_EQ(got.at("event").as_string(), "request.created");
    EXPECT_EQ(got.at("loudness").as_int64(), 2);
    EXPECT_TRUE(got.at("drill").as_bool());
    EXPECT_EQ(got.at("request").as_int64(), 42);
    EXPECT_EQ(got.at("time").as_string(), rfc3339(clock.now()));
    EXPECT_EQ(got.at("deadline").as_string(), rfc3339(clock.now()));
    EXPECT_EQ(got.at("person_name").as_string(), "Vera\\x0d\\x0aBcc: x@y") << "printable";
    EXPECT_FALSE(got.contains("to"));
}

TEST_F(Notices, AreWrittenToApproversAndThePersonEachAddressOnce) {
    auto one = notice(AlertEvent::requests);
    one.approvers = {PersonId("dana"), PersonId("erin"), PersonId("left"), PersonId("bare"), PersonId("evil"), PersonId("nobody")};
    must(announce(*here, one));
    EXPECT_THAT(to("mail"), ElementsAre("dana@h.example", "vera@v.example", "fixed@h.example"));
    EXPECT_THAT(to("alone"), ElementsAre("dana@h.example"));
}

TEST_F(Notices, ThatNoApproverCanGetAreAnAlarm) {
    auto one = notice(AlertEvent::requests);
    one.approvers = {PersonId("bare")};
    must(announce(*here, one));
    EXPECT_THAT(told(), ElementsAre("mail", "open"));
    EXPECT_THAT(alarms(), ElementsAre(HasSubstr("alone: nobody to write to")));
}

TEST_F(Notices, OfATransactionThatIsUndoneAreNotSent) {
    const auto undone = here->database.transaction([&]() -> Status {
        must(announce(*here, notice(AlertEvent::alarms)));
        return fail(ErrorKind::refused, "no");
    });
    EXPECT_FALSE(undone);
    EXPECT_TRUE(told().empty());
}

TEST_F(Notices, ToOneChannelGoThereAlone) {
    EXPECT_EQ(must(announce_to(*here, "siem", notice(AlertEvent::alarms))), 1);
    EXPECT_THAT(told(), ElementsAre("siem"));
    EXPECT_EQ(kind_of(announce_to(*here, "pager", notice(AlertEvent::alarms))), ErrorKind::not_found);
    EXPECT_EQ(kind_of(announce_to(*here, "alone", notice(AlertEvent::alarms))), ErrorKind::refused);
}

}  // namespace
}  // namespace anteroom::access
