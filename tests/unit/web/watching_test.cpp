// Watching a recording that grows, as the browser is told of it: sizes, what the terminal shows (filtered, whole characters), notes, the end.
#include "web/watching.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>

#include "tests/unit/recorder/fixture.h"

namespace anteroom::web {
namespace {

using namespace recorder::testing;
using recorder::ExecKind;
using recorder::MarkerKind;
using recorder::Track;
using ::testing::HasSubstr;
using ::testing::Not;

struct Watched : Session {
    std::unique_ptr<Watching> watching = open("ssh");

    std::unique_ptr<Watching> open(const char* protocol) {
        control::WebRecording what{7, "0123456789abcdef", protocol, created.data_key.duplicate(), keys.broker_public, true, {}};
        return must(Watching::open(std::move(what), must(file.duplicate())));
    }
    void said(std::string_view text, std::uint32_t channel = 0) {
        output(text, channel);
        must(writer.flush());
    }
    // What is said of what is shown.
    std::vector<boost::json::object> more() const {
        std::vector<boost::json::object> out;
        do {  // a turn also ends by the clock
            for (const auto& message : must(watching->more(at(now)))) {
                auto one = boost::json::parse(message.bytes).as_object();
                if (one.at("kind") != "integrity") out.push_back(std::move(one));
            }
        } while (watching->busy());
        return out;
    }
};

TEST(Watching, BeginsWithWhatIsWatched) {
    Watched fresh;
    const auto began = fresh.created.header.start;
    const auto said = [&](Duration later) { return fresh.watching->begin(began + later).bytes; };
    EXPECT_EQ(said({}), R"({"kind":"begin","id":"0123456789abcdef","protocol":"ssh","live":true,"duration":0})");
    EXPECT_EQ(said(std::chrono::seconds(40)), R"({"kind":"begin","id":"0123456789abcdef","protocol":"ssh","live":true,"duration":40000})")
        << "though nothing has happened";
    EXPECT_EQ(said(-std::chrono::seconds(40)), said({})) << "another machine's clock takes nothing away";
    EXPECT_EQ(Watching::end("It is over."), R"({"kind":"end","sentence":"It is over."})");
}

TEST(Watching, TellsWhatComesAndNothingWhileNothingDoes) {
    Watched w;
    EXPECT_TRUE(w.more().empty());
    must(w.writer.append(Track::resize, 0, 0, wire::encode(recorder::Resize{.columns = 100, .rows = 30}), at(w.now)));
    w.now = 1'500'000;
    w.said("$ ls\r\n");
    const auto messages = w.more();
    ASSERT_EQ(messages.size(), 2u);
    EXPECT_EQ(boost::json::serialize(messages[0]), R"({"kind":"size","at":0,"columns":100,"rows":30})");
    EXPECT_EQ(boost::json::serialize(messages[1]), R"({"kind":"show","at":1500,"channel":0,"text":"$ ls\r\n"})");
    EXPECT_TRUE(w.more().empty());
    EXPECT_FALSE(w.watching->over());
    must(w.writer.append(Track::marker, MarkerKind::refusal, 1, view("sftp was refused"), at(w.now)));
    must(w.writer.flush());
    const auto note = w.more();
    ASSERT_EQ(note.size(), 1u);
    EXPECT_EQ(note[0].at("kind"), "note");
    EXPECT_THAT(std::string(note[0].at("text").as_string()), HasSubstr("sftp was refused"));
}

TEST(Watching, EndsWithTheRecording) {
    Watched w;
    w.said("all of it");
    w.finish();
    std::string shown;
    for (int i = 0; i < 5 && !w.watching->over(); ++i)
        for (const auto& message : w.more())
            if (message.at("kind") == "show") shown += message.at("text").as_string();
    EXPECT_TRUE(w.watching->over());
    EXPECT_TRUE(shown.starts_with("all of it"));
    EXPECT_TRUE(w.more().empty());
}

TEST(Watching, ShowsNothingThatMakesATerminalDoSomething) {
    Watched w;
    w.said(
        "a\x1b]52;c;ZXZpbA==\x07"
        "b\x1b[c\x1b[6n\x1bP1$r\x1b\\c\x1b]0;title\x07"
        "d");
    const auto messages = w.more();
    ASSERT_EQ(messages.size(), 1u);
    EXPECT_EQ(messages[0].at("text"), "abcd");
}

// A WebSocket whose text is not UTF-8 is closed by the browser: a target could end being watched so.
TEST(Watching, IsAlwaysUtf8HoweverCharactersAreCut) {
    Watched w;
    for (const std::string_view part : {"\xc3", "\xa4", "\xf0\x9f", "\x98\x80", "\xff\xfe", "\xe2\x82", "x", "\xc0\xaf", "\xed\xa0\x80"}) {
        w.said(part);
        for (const auto& message : w.more()) {
            const std::string text(message.at("text").as_string());
            std::string repaired;
            recorder::Utf8Repair repair;
            repair.feed(view(text), repaired);
            repair.finish(repaired);
            EXPECT_EQ(text, repaired) << printable(part);
        }
    }
}

TEST(Watching, OfALongOutputIsTakenInPiecesThatAreNotTooLarge) {
    Watched w;
    std::string all;
    for (int i = 0; i < 200; ++i) {
        const auto line = std::string(2000, static_cast<char>('a' + i % 26)) + "\r\n";
        w.said(line);
        all += line;
    }
    std::string shown;
    for (int i = 0; i < 1000 && shown.size() < all.size(); ++i)
        for (const auto& message : w.more()) {
            EXPECT_LE(message.at("text").as_string().size(), 40u * 1024);
            shown += message.at("text").as_string();
        }
    EXPECT_EQ(shown, all);
}

TEST(Watching, OfARecordingThatIsNotRightEndsWithAnError) {
    Watched w;
    w.said("right");
    EXPECT_EQ(w.more().size(), 1u);
    must(write_all(w.file.get(), Bytes(500, 0x41)));
    EXPECT_FALSE(w.watching->more(at(0)));
    control::WebRecording wrong{7, "x", "ssh", Secret(Bytes(32, 1)), w.keys.broker_public, true, {}};
    auto opened = Watching::open(std::move(wrong), must(w.file.duplicate()));
    EXPECT_TRUE(!opened || !(*opened)->more(at(0))) << "another key opens nothing";
}

TEST(Watching, OfADesktopIsNotes) {
    Watched w;
    must(w.writer.append(Track::screen, 1, 0, Bytes(100, 7), at(0)));
    must(w.writer.flush());
    for (const auto& message : w.more()) EXPECT_EQ(message.at("kind"), "note");
}

}  // namespace
}  // namespace anteroom::web
