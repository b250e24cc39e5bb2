// The broker's side of the courier, with a courier that does as the test says and a clock that stands.
#include "broker/daemon/courier_peer.h"

#include <gmock/gmock.h>

#include "broker/audit/reader.h"
#include "broker/installation/channel_state.h"
#include "tests/unit/installation/scene.h"

namespace anteroom::daemon {
namespace {

using namespace std::chrono_literals;
using anteroom::testing::must;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Couriers : public installation::testing::WithInstallation {
protected:
    Couriers() {
        write("anteroom.yaml", R"(alerts:
  soc:  {webhook: {url: "https://soc.example/", secret_file: k}}
  mail: {smtp: {host: mail.example, from: a@b.example, to: [c@d.example]}}
  siem: {syslog: {host: siem.example}, audit: true}
)");
        here = opened();
        connect();
    }
    ~Couriers() override {
        if (peer) peer->close();
    }

    void connect(std::vector<std::string> channels = {"soc", "mail"}) {
        auto [ours, theirs] = must(control::make_pair());
        courier = control::Link(std::move(theirs), control::Sender::courier, control::Sender::broker);
        peer = std::make_shared<CourierPeer>(io, control::Link(std::move(ours), control::Sender::broker, control::Sender::courier), *here,
                                             [this] { gone = true; });
        peer->start();
        must(courier.send(control::CourierHello{control::protocol_version, std::move(channels)}));
        turn();
        const auto packet = must(courier.receive());
        must(packet.as<control::CourierWelcome>());
        courier.enter(control::open);
    }
    void turn() {
        io.restart();
        io.poll();
    }
    std::int64_t queue(const std::string& channel) { return must(here->outbox.insert(channel, "test", R"({"event":"test"})", clock.now())); }
    // What the courier has been handed and not yet seen: "soc-1".
    std::vector<std::string> handed() {
        peer->look();
        turn();
        std::vector<std::string> out;
        must(set_nonblocking(courier.fd()));
        while (true) {
            const auto packet = courier.receive();
            if (!packet) break;
            last = must(packet->as<control::Deliver>());
            out.push_back(last.channel + "-" + std::to_string(last.number));
        }
        return out;
    }
    void answer(const std::string& channel, std::int64_t number, bool arrived, const std::string& why = "", const char* kind = "alert") {
        must(courier.send(control::Delivered{number, channel, kind, arrived, why}));
        turn();
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

    boost::asio::io_context io;
    std::unique_ptr<installation::Installation> here;
    std::shared_ptr<CourierPeer> peer;
    control::Link courier;
    control::Deliver last;
    bool gone = false;
};

TEST_F(Couriers, AreHandedTheOldestOfEachChannelAndTheNextOnlyAfterItsAnswer) {
    queue("soc"), queue("soc"), queue("mail"), queue("soc");
    EXPECT_THAT(handed(), ElementsAre("soc-1", "mail-3"));
    clock.advance(1min);
    EXPECT_THAT(handed(), ElementsAre()) << "nothing more while they have it in hand";
    answer("soc", 1, true);
    EXPECT_THAT(handed(), ElementsAre("soc-2"));
    answer("soc", 2, true);
    answer("mail", 3, true);
    EXPECT_THAT(handed(), ElementsAre("soc-4"));
    const auto sent = records("alert.sent");
    ASSERT_EQ(sent.size(), 3u);
    EXPECT_EQ(sent[0].fields.at("channel"), "soc");
    EXPECT_EQ(sent[0].fields.at("event"), "test");
}

TEST_F(Couriers, AreHandedNothingForChannelsTheyCannotServe) {
    queue("siem"), queue("no-such-channel"), queue("mail");
    EXPECT_THAT(handed(), ElementsAre("mail-3"));
    EXPECT_THAT(peer->channels(), ElementsAre("mail", "soc"));
}

TEST_F(Couriers, TryAgainAfterTwoSecondsDoublingToFiveMinutes) {
    queue("soc");
    Duration expected = 2s;
    for (int attempt = 1; attempt <= 12; ++attempt) {
        EXPECT_THAT(handed(), ElementsAre("soc-1")) << attempt;
        answer("soc", 1, false, "it answered 503");
        clock.advance(expected - 1ms);
        EXPECT_THAT(handed(), ElementsAre()) << attempt;
        clock.advance(1ms);
        expected = std::min<Duration>(2 * expected, 5min);
    }
    EXPECT_EQ(delivery_backoff(1), 2s);
    EXPECT_EQ(delivery_backoff(1'000'000), 5min);
    EXPECT_EQ(must(here->outbox.list(1)).front().attempts, 12);
    EXPECT_LE(records("alert.failed").size(), 12u);
    EXPECT_EQ(records("alert.failed").front().fields.at("why"), "it answered 503");
}

TEST_F(Couriers, TryAgainAtOnceWhenSomethingNewWaitsBehindIt) {
    queue("soc");
    for (int attempt = 0; attempt < 8; ++attempt) {
        clock.advance(5min);
        handed();
        answer("soc", 1, false, "down");
    }
    clock.advance(10s);
    EXPECT_THAT(handed(), ElementsAre());
    queue("mail");
    EXPECT_THAT(handed(), ElementsAre("mail-2")) << "another channel's news is none of this one's";
    queue("soc");
    EXPECT_THAT(handed(), ElementsAre("soc-1")) << "the oldest first all the same";
    answer("soc", 1, false, "down");
    queue("soc");
    clock.advance(1s);
    EXPECT_THAT(handed(), ElementsAre()) << "but not without any pause";
    clock.advance(1s);
    EXPECT_THAT(handed(), ElementsAre("soc-1"));
}

TEST_F(Couriers, AreNotKeptWaitingByAClockThatWasSetBack) {
    queue("soc");
    handed();
    answer("soc", 1, false, "down");
    clock.jump_wall(-24h);
    EXPECT_THAT(handed(), ElementsAre("soc-1"));
    answer("soc", 1, false, "down");
    clock.jump_wall(24h);
    EXPECT_THAT(handed(), ElementsAre("soc-1"));
}

TEST_F(Couriers, ThatVanishWithADeliveryInHandLoseNothing) {
    queue("soc");
    EXPECT_THAT(handed(), ElementsAre("soc-1"));
    courier.close();
    turn();
    EXPECT_TRUE(gone);
    connect();
    EXPECT_THAT(handed(), ElementsAre("soc-1"));
}

TEST_F(Couriers, WhoAreNewTryWhatFailedBeforeAtOnce) {
    queue("soc");
    handed();
    answer("soc", 1, false, "down");
    EXPECT_THAT(handed(), ElementsAre());
    peer->close();
    connect();
    EXPECT_THAT(handed(), ElementsAre("soc-1"));
}

TEST_F(Couriers, WhoAnswerWhatTheyWereNotAskedAreSentAway) {
    queue("soc");
    queue("soc");
    handed();
    answer("soc", 2, true);
    EXPECT_TRUE(gone);
    EXPECT_EQ(must(here->outbox.waiting()).front().second, 2) << "nothing counts as arrived";
}

TEST_F(Couriers, WhoSpeakForAnotherKindOrChannelAreSentAway) {
    queue("soc");
    handed();
    answer("soc", 1, true, "", "audit");
    EXPECT_TRUE(gone);
    gone = false;
    connect();
    handed();
    answer("mail", 1, true);
    EXPECT_TRUE(gone);
}

TEST_F(Couriers, WhoNeverAnswerAreSentAway) {
    queue("soc");
    handed();
    clock.advance(2min);
    peer->look();
    turn();
    EXPECT_FALSE(gone);
    clock.advance(1s);
    peer->look();
    turn();
    EXPECT_TRUE(gone);
}

TEST_F(Couriers, WhatIsGivenUpIsDoneWithAndTold) {
    queue("mail"), queue("mail");
    handed();
    answer("mail", 1, true, "given up, every address is refused: 550 no");
    EXPECT_THAT(handed(), ElementsAre("mail-2"));
    EXPECT_TRUE(records("alert.sent").empty());
    ASSERT_EQ(records("alert.failed").size(), 1u);
    EXPECT_THAT(records("alert.failed").front().fields.at("why"), HasSubstr("550 no"));
    EXPECT_THAT(must(installation::channel_state(here->settings, "mail")).why, HasSubstr("550 no"));
}

TEST_F(Couriers, AreHandedTheAuditLogFromItsBeginningAndOnOnlyOnceItArrived) {
    peer->close();
    connect({"siem"});
    const auto count = static_cast<std::int64_t>(records("").size());
    EXPECT_THAT(handed(), ElementsAre("siem-" + std::to_string(count)));
    EXPECT_EQ(last.kind, "audit");
    EXPECT_EQ(std::count(last.body.begin(), last.body.end(), '\n'), count);
    EXPECT_THAT(last.body.substr(0, 30), HasSubstr("{\"chain\":\""));
    answer("siem", count, false, "down", "audit");
    clock.advance(2s);
    handed();
    EXPECT_THAT(last.body, HasSubstr("\"seq\":1,")) << "the whole batch again";
    EXPECT_EQ(must(installation::channel_state(here->settings, "siem")).audit, 0);
    answer("siem", last.number, true, "", "audit");
    EXPECT_EQ(must(installation::channel_state(here->settings, "siem")).audit, last.number);
    EXPECT_THAT(handed(), ElementsAre()) << "an arrival leaves no record, or it would never end";
    must(here->log->append({audit::Kind::alarm, "", "", "", {{"what", "x"}}}));
    EXPECT_EQ(handed().size(), 1u);
}

TEST_F(Couriers, AreHandedALongAuditLogInBatchesThatFitAMessage) {
    for (int i = 0; i < 60; ++i) must(here->log->append({audit::Kind::alarm, "", "", "", {{"what", std::string(4000, 'x')}}}));
    audit::Fields large;
    for (int i = 0; i < 64; ++i) large["field" + std::to_string(i)] = std::string(4000, '"');
    must(here->log->append({audit::Kind::alarm, "", "", "", large}));
    const auto newest = records("").back().seq;
    peer->close();
    connect({"siem"});
    std::int64_t seen = 0;
    for (int batch = 0; batch < 200 && seen < newest; ++batch) {
        ASSERT_EQ(handed().size(), 1u);
        ASSERT_LT(last.body.size(), control::max_message);
        ASSERT_GT(last.number, seen);
        ASSERT_THAT(last.body.substr(0, 200), HasSubstr("\"seq\":" + std::to_string(seen + 1) + ","));
        seen = last.number;
        answer("siem", seen, true, "", "audit");
    }
    EXPECT_EQ(seen, newest);
    EXPECT_THAT(last.body, HasSubstr("\"cut\":")) << "the record that no message can carry";
}

}  // namespace
}  // namespace anteroom::daemon
