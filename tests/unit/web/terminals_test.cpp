// A recording of several terminals: which there are is said before anybody seeks, which is shown always, and the one that was chosen is shown
// while it is open.
#include "tests/unit/web/replay_fixture.h"

namespace anteroom::web::testing {
namespace {

using recorder::ExecKind;
using recorder::Track;
using ::testing::HasSubstr;
using ::testing::Not;

// One that is at work all the time, and a second one from 20 to 40 s.
struct TwoTerminals : ::testing::Test {
    Recorded recorded;
    TwoTerminals() {
        for (int i = 0; i < 200; ++i) {
            recorded.output("first " + std::to_string(i) + "\r\n", 1);
            if (i == 66) must(recorded.writer.append(Track::exec, ExecKind::shell, 2, {}, at(recorded.now)));
            if (i > 66 && i < 133) recorded.output("second " + std::to_string(i) + "\r\n", 2);
            if (i == 133) must(recorded.writer.append(Track::exec, ExecKind::exit_status, 2, view("0"), at(recorded.now)));
            recorded.pass(300'000);
        }
        recorded.finish();
        recorded.make_index();
    }
    Browser browser(bool indexed) { return Browser(recorded.open("ssh", false, indexed)); }
    static std::string text_of(const boost::json::object* message, const char* member) {
        return message == nullptr ? "(nothing)" : boost::json::serialize(message->at(member));
    }
};

TEST_F(TwoTerminals, AreToldOfBeforeAnybodySeeks) {
    auto there = browser(true);
    there.settle();
    EXPECT_EQ(text_of(there.last("terminals"), "channels"), "[1,2]");
    EXPECT_EQ(text_of(there.last("terminals"), "opened"), "null");
}

TEST_F(TwoTerminals, OpeningIsToldWhenItComes) {
    for (const bool indexed : {true, false}) {
        auto there = browser(indexed);
        there.want(19'000);
        if (!indexed) EXPECT_EQ(there.last("terminals"), nullptr);
        there.want(25'000);
        const auto opened = [&] {
            return std::count_if(there.said.begin(), there.said.end(), [](const auto& one) { return one.at("kind") == "terminals" && one.at("opened") == 2; });
        };
        EXPECT_EQ(opened(), 1);
        EXPECT_THAT(there.text, Not(HasSubstr("second")));
        there.want(60'000);
        EXPECT_EQ(opened(), 1) << "once";
        there.seek(1000);
        there.want(60'000);
        EXPECT_EQ(opened(), 2) << "and once more, for whoever goes back";
        there.seek(30'000);
        there.want(60'000);
        EXPECT_EQ(opened(), indexed ? 2 : 3) << "it had opened before: without an index all before is shown again";
    }
}

TEST_F(TwoTerminals, TheChosenOneIsShownWhileItIsOpen) {
    for (const bool indexed : {true, false}) {
        auto there = browser(indexed);
        there.want(60'000);
        there.watching->command(Choose{2});
        there.seek(30'000);
        EXPECT_THAT(there.text, HasSubstr("second 99"));
        EXPECT_THAT(there.text, Not(HasSubstr("first")));
        EXPECT_EQ(text_of(there.last("sought"), "channel"), "2");
        there.seek(35'000);
        EXPECT_THAT(there.text, HasSubstr("second 115")) << "still";
        there.want(59'000);
        EXPECT_THAT(there.text, HasSubstr("first 190")) << "when it has ended the other is not missed";
        EXPECT_THAT(there.text, Not(HasSubstr("first 130")));
        there.seek(50'000);
        EXPECT_THAT(there.text, HasSubstr("first 160"));
        there.seek(10'000);
        EXPECT_THAT(there.text, HasSubstr("first 30")) << "there is no second one yet";
        EXPECT_THAT(there.text, Not(HasSubstr("second")));
        if (indexed) EXPECT_EQ(text_of(there.last("sought"), "channel"), "1");
    }
}

// A recording with one terminal after another is no recording of several at once.
TEST(OneAfterTheOther, NothingIsSaidToOpen) {
    Recorded recorded;
    for (std::uint32_t channel = 1; channel < 5; ++channel) {
        recorded.output("of " + std::to_string(channel) + "\r\n", channel);
        must(recorded.writer.append(Track::exec, ExecKind::exit_status, channel, view("0"), at(recorded.now)));
        recorded.pass(2'000'000);
    }
    recorded.finish();
    recorded.make_index();
    Browser there(recorded.open("ssh", false, true));
    there.want(100'000);
    for (const auto& one : there.said)
        if (one.at("kind") == "terminals") EXPECT_TRUE(one.at("opened").is_null());
    for (int i = 1; i < 5; ++i) EXPECT_THAT(there.text, HasSubstr("of " + std::to_string(i)));
    there.seek(7'000);
    EXPECT_THAT(there.text, HasSubstr("of 1"));
    EXPECT_THAT(there.text, HasSubstr("of 4"));
}

TEST(ASingleTerminal, IsNotToldOf) {
    Recorded recorded;
    for (int i = 0; i < 20; ++i) {
        recorded.output("line\r\n", 1);
        recorded.pass(300'000);
    }
    recorded.finish();
    recorded.make_index();
    Browser there(recorded.open("ssh", false, true));
    there.want(10'000);
    there.seek(3000);
    EXPECT_EQ(there.last("terminals"), nullptr);
}

TEST(ALiveSessionThatHasEnded, IsAsLongAsItWas) {
    Recorded recorded;
    Browser there(recorded.open("ssh", true, false));
    for (int i = 0; i < 20; ++i) {
        recorded.output("line\r\n", 1);
        recorded.pass(300'000);
    }
    there.seek(1000);
    recorded.finish();
    there.settle();
    EXPECT_EQ(there.last("end"), nullptr) << "it is not there yet";
    there.want(1'000'000'000);
    ASSERT_NE(there.last("end"), nullptr);
    const auto length =
        must(must(recorder::Reader::open(must(recorded.file.duplicate()), recorded.created.data_key.expose(), recorded.keys.broker_public)).duration());
    EXPECT_EQ(there.last("end")->at("duration").as_int64(), milliseconds(length + std::chrono::microseconds(999)));
}

}  // namespace
}  // namespace anteroom::web::testing
