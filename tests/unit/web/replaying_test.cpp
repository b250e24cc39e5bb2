// Replaying a terminal: any moment looks as if it had been played up to there, nothing comes that was not wanted, and what is damaged is named
// and gone round.
#include "tests/unit/web/replay_fixture.h"

namespace anteroom::web::testing {
namespace {

using recorder::ExecKind;
using recorder::Track;
using ::testing::HasSubstr;

// Somebody at work: lines and colours, an editor on the alternate screen, other sizes, characters and sequences cut anywhere.
void work(Recorded& to, int seconds, unsigned seed = 1) {
    std::mt19937 random(seed);
    const auto any = [&](int count) { return static_cast<int>(random() % static_cast<unsigned>(count)); };
    must(to.writer.append(Track::exec, ExecKind::shell, 0, {}, at(to.now)));
    must(to.writer.append(Track::resize, 0, 0, wire::encode(recorder::Resize{.columns = 80, .rows = 24}), at(to.now)));
    bool editing = false;
    std::string left;
    while (to.now < seconds * second) {
        std::string text = left;
        switch (any(8)) {
            case 0: text += "\x1b[1;3" + std::to_string(any(8)) + "mpatient " + std::to_string(any(10000)) + "\x1b[0m\r\n"; break;
            case 1:
                text +=
                    "gr\xc3\xb6\xc3\x9f"
                    "e \xe2\x82\xac \xf0\x9f\x98\x80 " +
                    std::to_string(any(100)) + "\r\n";
                break;
            case 2:
                if (any(6) != 0) break;
                text += std::string("\x1b[") + (editing ? "?1049l" : "?1049h\x1b[2J\x1b[H");
                editing = !editing;
                break;
            case 3: text += "\x1b[" + std::to_string(1 + any(24)) + ";" + std::to_string(1 + any(70)) + "H*\x1b[K"; break;
            case 4: text += std::string(static_cast<std::size_t>(any(300)), 'x') + "\r\n"; break;
            case 5: text += "\x1b[" + std::to_string(1 + any(5)) + "A\x1b[2K-- moved --\r"; break;
            case 6: text += "$ ls -l\r\n"; break;
            default: text += "\x1b[3;20r\x1b[20;1H\n\x1b[r";
        }
        const auto cut = any(3) == 0 ? static_cast<std::size_t>(any(static_cast<int>(text.size()) + 1)) : text.size();
        left = text.substr(cut);
        to.output(text.substr(0, cut));
        if (!editing && any(60) == 0)  // an index does not keep what stands behind the alternate screen when that changes its size
            must(to.writer.append(
                Track::resize, 0, 0,
                wire::encode(recorder::Resize{.columns = static_cast<std::uint16_t>(60 + any(80)), .rows = static_cast<std::uint16_t>(10 + any(40))}),
                at(to.now)));
        to.pass(1000 + any(150'000));
    }
    to.finish();
}

std::vector<std::int64_t> moments(int count, int seconds, unsigned seed) {
    std::mt19937 random(seed);
    std::vector<std::int64_t> out;
    for (int i = 0; i < count; ++i) out.push_back(static_cast<std::int64_t>(random() % static_cast<unsigned>(seconds * 1000)));
    return out;
}

struct Worked : ::testing::Test {
    static constexpr int length = 300;
    Recorded recorded;
    Worked() {
        work(recorded, length);
        recorded.make_index();
    }
    Browser browser(bool indexed = true, View damaged = {}) { return Browser(recorded.open("ssh", false, indexed, damaged)); }
    // At these moments, played from the beginning on.
    std::map<std::int64_t, std::string> played(std::vector<std::int64_t> at_moments) {
        std::sort(at_moments.begin(), at_moments.end());
        auto from_start = browser(false);
        std::map<std::int64_t, std::string> out;
        for (const auto moment : at_moments) {
            from_start.want(moment);
            out[moment] = from_start.state();
        }
        return out;
    }
};

TEST_F(Worked, LooksAtAnyMomentAsIfItHadBeenPlayedUpToThere) {
    const auto sought = moments(1500, length, 5);
    const auto expected = played(sought);
    auto there = browser();
    for (const auto moment : sought) {
        there.seek(moment);
        ASSERT_EQ(there.upto, moment);
        ASSERT_EQ(there.state(), expected.at(moment)) << "at " << moment;
    }
}

TEST_F(Worked, LooksTheSameWithoutAnIndex) {
    const auto sought = moments(30, length, 6);
    const auto expected = played(sought);
    auto there = browser(false);
    for (const auto moment : sought) {
        there.seek(moment);
        ASSERT_EQ(there.state(), expected.at(moment)) << "at " << moment;
    }
}

TEST_F(Worked, GoesOnFromAMomentAsIfNothingHadBeen) {
    const auto from = moments(80, length - 20, 7);
    std::vector<std::int64_t> ends;
    for (const auto moment : from) ends.push_back(moment + 15'000);
    const auto expected = played(ends);
    auto there = browser();
    for (const auto moment : from) {
        there.seek(moment);
        for (int step = 1; step <= 15; ++step) {
            there.want(moment + step * 1000);
            ASSERT_LE(there.latest, moment + step * 1000);
        }
        ASSERT_EQ(there.state(), expected.at(moment + 15'000)) << "from " << moment;
    }
}

TEST_F(Worked, SendsNothingThatWasNotWantedAndSaysWhenItHasSentAll) {
    auto there = browser();
    there.settle();
    EXPECT_EQ(there.upto, 0);
    std::int64_t wanted = 0;
    std::mt19937 random(3);
    while (wanted < length * 1000) {
        wanted += static_cast<std::int64_t>(random() % 3000);
        there.want(wanted);
        ASSERT_LE(there.latest, wanted);
        ASSERT_EQ(there.upto, wanted);
    }
    EXPECT_EQ(there.last("end"), nullptr) << "one can still go back";
    there.seek(1000);
    EXPECT_EQ(there.upto, 1000);
}

TEST_F(Worked, PlayedToTheEndIsByteForByteWhatWasShown) {
    recorder::TerminalFilter filter;
    std::string shown;
    auto reader = must(recorder::Reader::open(must(recorded.file.duplicate()), recorded.created.data_key.expose(), recorded.keys.broker_public));
    while (const auto piece = must(reader.next()))
        for (const auto& event : piece->events)
            if (event.track == Track::terminal_output) filter.feed(event.bytes, shown);
    auto there = browser();
    there.want(length * 2000);
    EXPECT_EQ(there.text, shown);
}

TEST_F(Worked, OfSeveralSeeksDoesTheLast) {
    auto there = browser();
    for (std::uint64_t i = 1; i <= 500; ++i) there.watching->command(Seek{i, std::chrono::milliseconds(i * 100)});
    there.settle();
    ASSERT_NE(there.last("sought"), nullptr);
    EXPECT_EQ(there.last("sought")->at("seek").as_int64(), 500);
    EXPECT_EQ(std::count_if(there.said.begin(), there.said.end(), [](const auto& one) { return one.at("kind") == "sought"; }), 1);
    EXPECT_EQ(there.upto, 50'000);
}

TEST_F(Worked, IsCheckedWhileItIsPlayed) {
    recorded.roots = {{recorded.writer.commit().count, recorded.writer.commit().bytes, recorded.writer.commit().root}};
    auto there = browser();
    there.settle();
    EXPECT_EQ(there.last("integrity", "state"), "intact");
    EXPECT_THAT(there.last("integrity", "sentence"), HasSubstr("the audit log knew them 1 time"));
    recorded.roots.front().root[0] ^= 1;
    auto other = browser();
    other.settle();
    EXPECT_EQ(other.last("integrity", "state"), "broken");
    EXPECT_THAT(other.last("integrity", "sentence"), HasSubstr("the audit log"));
}

TEST_F(Worked, PlaysUpToADamagedPieceNamesItAndGoesOnBehindIt) {
    const auto bytes = with_damage(recorded, 40);
    const auto sound = moments(50, length, 9);
    const auto expected = played(sound);
    for (const bool indexed : {true, false}) {
        auto there = browser(indexed, bytes);
        there.want(length * 1000);
        EXPECT_THAT(there.last("end", "sentence"), HasSubstr("piece 40"));
        EXPECT_EQ(there.last("integrity", "state"), "broken");
        EXPECT_THAT(there.last("integrity", "sentence"), HasSubstr("piece 40"));
        EXPECT_FALSE(there.text.empty());
        there.seek(length * 1000 - 500);
        EXPECT_EQ(there.upto, length * 1000 - 500);
        there.want(length * 1000);
        EXPECT_EQ(there.upto, length * 1000);
        if (indexed) {
            there.seek(250'000);
            EXPECT_EQ(there.state(), played({250'000}).at(250'000)) << "a key frame stands between";
        } else {
            EXPECT_THAT(there.last("note", "text"), HasSubstr("passed over"));
        }
        there.seek(1000);
        EXPECT_EQ(there.state(), played({1000}).at(1000));
    }
}

TEST_F(Worked, GoesOnBehindADamagedPieceForWhoeverSeeksThePlaceWhereItStopped) {
    const auto bytes = with_damage(recorded, 40);
    for (const bool indexed : {true, false}) {
        auto there = browser(indexed, bytes);
        there.want(length * 1000);
        ASSERT_THAT(there.last("end", "sentence"), HasSubstr("piece 40"));
        const auto stopped = there.latest;
        there.said.clear();
        there.seek(stopped + 300);  // as the page does: behind all of the piece before it
        there.want(length * 1000);
        EXPECT_EQ(there.last("end"), nullptr);
        EXPECT_EQ(there.upto, length * 1000);
        EXPECT_THAT(there.last("note", "text"), HasSubstr("1 piece is damaged and was passed over"));
        EXPECT_GT(there.latest, stopped + 60'000);
    }
}

TEST_F(Worked, DoesWithoutAnIndexThatIsWrong) {
    const auto expected = played({200'000});
    recorder::KeyFrame wrong;
    wrong.next_index = 7;
    wrong.next_offset = 4711;
    wrong.columns = 80;
    wrong.rows = 24;
    wrong.repaint = "invented";
    recorded.index = memory_file();
    auto to = must(recorder::IndexWriter::create(must(recorded.index.duplicate()), recorded.created.data_key.expose(),
                                                 recorder::hash_of(recorded.created.header), counted_entropy(8)));
    must(to.add(wrong));
    must(to.add(recorder::Moment{.at = Duration(0), .lane = recorder::Lane::channel, .channel = 0, .text = "terminal", .guess = false}));
    must(to.flush());
    auto there = browser();
    there.seek(200'000);
    EXPECT_EQ(there.state(), expected.at(200'000));
    recorded.index = memory_file(Bytes(5000, 0x42));
    auto other = browser();
    other.seek(200'000);
    EXPECT_EQ(other.state(), expected.at(200'000));
    EXPECT_EQ(other.last("timeline"), nullptr);
}

TEST_F(Worked, FindsWhatWasShownAndTellsTheTimeline) {
    auto there = browser();
    there.watching->command(Search{4, "PATIENT 1"});
    there.settle();
    const auto* hits = there.last("hits");
    ASSERT_NE(hits, nullptr);
    EXPECT_EQ(hits->at("search").as_int64(), 4);
    EXPECT_TRUE(hits->at("indexed").as_bool());
    ASSERT_FALSE(hits->at("hits").as_array().empty());
    const auto& first = hits->at("hits").as_array().front().as_object();
    EXPECT_EQ(first.at("lane"), "shown");
    EXPECT_THAT(std::string(first.at("text").as_string()), HasSubstr("patient 1"));
    there.seek(first.at("at").as_int64() + 1000);
    ASSERT_NE(there.last("timeline"), nullptr);
    EXPECT_TRUE(there.last("timeline")->at("whole").as_bool());
    auto blind = browser(false);
    blind.watching->command(Search{5, "patient"});
    blind.settle();
    EXPECT_FALSE(blind.last("hits")->at("indexed").as_bool());
    EXPECT_TRUE(blind.last("hits")->at("hits").as_array().empty());
}

TEST(Replaying, MakesNoMoreThanATurnsWorthForWhoeverDoesNotTakeIt) {
    Recorded recorded;
    for (int i = 0; i < 400; ++i) {
        recorded.output(std::string(60'000, static_cast<char>('a' + i % 26)) + "\r\n");
        recorded.pass(10'000);
    }
    recorded.finish();
    Browser there(recorded.open("ssh", false, false));
    there.want(1'000'000);
    EXPECT_EQ(there.text.size(), 400u * 60'002);
    EXPECT_LE(there.largest_turn, 1u << 20);
}

TEST(Replaying, OfSeveralTerminalsShowsTheOneThatIsChosen) {
    Recorded recorded;
    for (int i = 0; i < 200; ++i) {
        recorded.output("zero " + std::to_string(i) + "\r\n", 0);
        recorded.output("one " + std::to_string(i) + "\r\n", 1);
        recorded.pass(300'000);
    }
    recorded.finish();
    recorded.make_index();
    for (const bool indexed : {true, false}) {
        Browser there(recorded.open("ssh", false, indexed));
        there.want(30'000);
        EXPECT_THAT(there.text, HasSubstr("zero 50"));
        EXPECT_THAT(there.text, ::testing::Not(HasSubstr("one ")));
        there.watching->command(Choose{1});
        there.seek(45'000);
        EXPECT_THAT(there.text, HasSubstr("one 149"));
        EXPECT_THAT(there.text, ::testing::Not(HasSubstr("zero ")));
        EXPECT_EQ(boost::json::serialize(there.last("sought")->at("channels")), "[0,1]");
        there.watching->command(Choose{9});
        there.seek(45'000);
        EXPECT_EQ(there.text, "");
    }
}

TEST(Replaying, OfALiveSessionGoesBackAndComesForwardAgain) {
    Recorded recorded;
    Browser there(recorded.open("ssh", true, false));
    there.settle();
    EXPECT_EQ(there.last("integrity", "state"), "unsealed");
    for (int i = 0; i < 100; ++i) {
        recorded.output("line " + std::to_string(i) + "\r\n");
        recorded.pass(300'000);
    }
    there.settle();
    EXPECT_THAT(there.text, HasSubstr("line 98"));
    EXPECT_EQ(there.upto, -1) << "nobody asked";
    there.seek(9000);
    EXPECT_THAT(there.text, ::testing::EndsWith("line 30\r\n"));
    there.want(1'000'000'000);
    EXPECT_THAT(there.text, HasSubstr("line 98"));
    EXPECT_EQ(there.last("end"), nullptr);
    recorded.output("the last\r\n");
    recorded.finish();
    there.settle();
    EXPECT_THAT(there.text, HasSubstr("the last"));
    EXPECT_EQ(there.last("end", "sentence"), "The session has ended.");
    EXPECT_EQ(there.last("integrity", "state"), "intact");
    EXPECT_FALSE(there.watching->over()) << "one can still go back";
    there.seek(3000);
    EXPECT_THAT(there.text, ::testing::EndsWith("line 10\r\n"));
}

TEST(Replaying, TellsTheTimelineAgainWhenItHasGrownButNotAllTheTime) {
    Recorded recorded;
    recorded.output("one\r\n");
    recorded.pass(300'000);
    recorded.make_index(false);
    Browser there(recorded.open("ssh", true, true));
    const auto timelines = [&] { return std::count_if(there.said.begin(), there.said.end(), [](const auto& one) { return one.at("kind") == "timeline"; }); };
    there.settle();
    EXPECT_EQ(timelines(), 1);
    there.settle();
    there.now += Outline::look_every;
    there.settle();
    EXPECT_EQ(timelines(), 1) << "nothing has happened";
}

}  // namespace
}  // namespace anteroom::web::testing
