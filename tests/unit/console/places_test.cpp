// Home: what somebody may reach and how, in each state; break-glass from there; and the texts for other programs.
#include "broker/console/connect.h"
#include "tests/unit/console/gate_scene.h"

namespace anteroom::console::testing {
namespace {

using ::testing::HasSubstr;

class Places : public ::testing::Test {
protected:
    json::object place(const GateScene::Browser& by, const std::string& name) {
        const auto home = scene.get(by, "/api/home");
        for (const auto& one : home.object().at("places").as_array())
            if (one.as_object().at("place").as_string() == name) return one.as_object();
        return {};
    }
    static std::string state(const json::object& place) { return place.empty() ? "none" : std::string(place.at("state").as_string()); }
    GateScene scene;
};

TEST_F(Places, ThatAreOpenSayHowTheyAreReached) {
    const auto gina = scene.browser("gina");
    const auto lab = place(gina, "lab-1+tech");
    ASSERT_EQ(state(lab), "ready");
    const auto& connect = lab.at("connect").as_object();
    EXPECT_THAT(std::string(connect.at("ssh").as_string()), HasSubstr("gina+lab-1@"));
    EXPECT_THAT(std::string(connect.at("winscp").as_string()), HasSubstr("sftp://gina+lab-1@"));
    EXPECT_THAT(std::string(connect.at("putty").as_object().at("text").as_string()), HasSubstr("\"UserName\"=\"gina+lab-1\""));
    EXPECT_FALSE(connect.at("rdp").as_bool());
    EXPECT_EQ(state(place(gina, "mri-3+service")), "none");
}

TEST_F(Places, GoFromNeedsApprovalOverWaitingToReady) {
    const auto sam = scene.browser("sam"), dana = scene.browser("dana");
    const auto before = place(sam, "mri-3+service");
    ASSERT_EQ(state(before), "needs-approval");
    EXPECT_EQ(before.at("why"), "It takes an approval by admins.");
    EXPECT_TRUE(before.at("connect").is_null());
    const auto id = scene.ask(sam);
    const auto waiting = place(sam, "mri-3+service");
    EXPECT_EQ(state(waiting), "waiting");
    EXPECT_EQ(waiting.at("request").to_number<std::int64_t>(), id);
    EXPECT_EQ(scene.get(sam, "/api/home").object().at("requests").as_array().size(), 1u);
    const auto seen = scene.get(dana, GateScene::path_of(id)).etag;
    ASSERT_EQ(scene.post(dana, GateScene::path_of(id, "approve"), scene.with_code("dana", {{"confirmed", true}}), seen).status, 200);
    const auto ready = place(sam, "mri-3+service");
    EXPECT_EQ(state(ready), "ready");
    EXPECT_TRUE(ready.at("ends").is_string());
    EXPECT_FALSE(ready.at("connect").is_null());
    const auto home = scene.get(sam, "/api/home");
    ASSERT_EQ(home.object().at("grants").as_array().size(), 1u);
    EXPECT_TRUE(home.object().at("grants").as_array().front().as_object().at("extendable").as_bool());
    scene.scene.clock.advance(9min);
    EXPECT_EQ(state(place(sam, "mri-3+service")), "ready");
}

TEST_F(Places, InAnEmergencyOpenWithAFactorAndAReason) {
    const auto carl = scene.browser("carl"), sam = scene.browser("sam");
    EXPECT_TRUE(place(carl, "mri-3+service").at("break_glass").as_bool());
    EXPECT_EQ(scene.post(carl, "/api/break-glass", {{"place", "mri-3+service"}, {"reason", "scanner on fire"}}).status, 403);
    EXPECT_EQ(scene.post(sam, "/api/break-glass", scene.with_code("sam", {{"place", "mri-3+service"}, {"reason", "bored"}})).status, 403);
    EXPECT_TRUE(scene.records("break-glass.used").empty());
    const auto made = scene.post(carl, "/api/break-glass", scene.with_code("carl", {{"place", "mri-3+service"}, {"reason", "scanner on fire"}}));
    ASSERT_EQ(made.status, 200) << json::serialize(made.body);
    EXPECT_EQ(made.text("kind"), "break-glass");
    EXPECT_EQ(state(place(carl, "mri-3+service")), "ready");
    EXPECT_EQ(scene.records("break-glass.used").back().fields.at("factor"), "code");
}

TEST_F(Places, GiveNoTicketWhereRdpIsNotServedOrNotPermitted) {
    const auto gina = scene.browser("gina");
    const auto answer = scene.post(gina, "/api/tickets/rdp", scene.with_code("gina", {{"target", "lab-1"}, {"account", "tech"}}));
    EXPECT_GE(answer.status, 400);
    EXPECT_TRUE(scene.records("ticket.issued").empty());
}

TEST(Connecting, NamesTheAccountOnlyWhereThereAreSeveral) {
    Way way{{"broker.example", 2222}, PersonId("vera"), {TargetId("mri-3"), AccountId("service")}, true, true};
    EXPECT_EQ(ssh_line(way), "ssh -p 2222 vera+mri-3@broker.example");
    EXPECT_EQ(winscp_address(way), "sftp://vera+mri-3@broker.example:2222/");
    way.only_account = false;
    way.door.port = 22;
    EXPECT_EQ(ssh_line(way), "ssh vera+mri-3+service@broker.example");
}

TEST(Connecting, QuotesWhatAnAccountMayCarry) {
    const Way way{{"::1", 22}, PersonId("vera"), {TargetId("win-1"), AccountId("DOM\\svc$")}, false, true};
    EXPECT_EQ(ssh_line(way), "ssh 'vera+win-1+DOM\\svc$@::1'");
    EXPECT_EQ(winscp_address(way), "sftp://vera+win-1+DOM%5Csvc%24@[::1]:22/");
    const auto text = putty_profile(way);
    EXPECT_THAT(text, HasSubstr("\\Sessions\\anteroom%20win-1%20DOM%5Csvc%24]\r\n"));
    EXPECT_THAT(text, HasSubstr("\"UserName\"=\"vera+win-1+DOM\\\\svc$\"\r\n"));
    EXPECT_THAT(text, HasSubstr("\"PortNumber\"=dword:00000016\r\n"));
}

TEST(Connecting, ReachesABrokerThatListensEverywhereByTheConsolesName) {
    installation::Config config;
    config.web.listen = "0.0.0.0:8443";
    config.web.origin = "https://console.example:8443";
    for (const char* listen : {"0.0.0.0:2222", "[::]:2222", ":2222"}) {
        config.ssh_listen = listen;
        EXPECT_EQ(ssh_door(config).host, "console.example") << listen;
        EXPECT_EQ(ssh_door(config).port, 2222) << listen;
    }
    config.ssh_listen = "10.1.2.3:22";
    EXPECT_EQ(ssh_door(config).host, "10.1.2.3");
}

}  // namespace
}  // namespace anteroom::console::testing
