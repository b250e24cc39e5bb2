// The clipboard: text by direction, files by their capability, nothing else, and no answer that nobody asked for.
#include "tests/unit/rdp_channels/fixture.h"

namespace anteroom::rdp {
namespace {

using namespace testing;
using recorder::FileVerb;

constexpr std::uint32_t cf_text = 1, cf_dib = 8, cf_unicode = 13, file_list_id = 0xC0BC;
constexpr std::uint16_t ok_flag = 1, fail_flag = 2, ascii_flag = 4;

Bytes message(std::uint16_t type, std::uint16_t flags, const Bytes& body = {}) {
    return Out().u16(type).u16(flags).u32(static_cast<std::uint32_t>(body.size())).bytes(body).take();
}
Bytes caps(std::uint32_t flags) { return message(7, 0, Out().u16(1).u16(0).u16(1).u16(12).u32(2).u32(flags).take()); }
struct Named {
    std::uint32_t id = 0;
    std::string name;
};
Bytes list(const std::vector<Named>& formats) {
    Out body;
    for (const auto& format : formats) body.u32(format.id).bytes(utf16(format.name));
    return message(2, 0, body.take());
}
Bytes short_list(const std::vector<Named>& formats, bool ascii) {
    Out body;
    for (const auto& format : formats) {
        const Bytes name = ascii ? to_bytes(format.name) : utf16(format.name, false);
        body.u32(format.id).bytes(name).zeros(32 - name.size());
    }
    return message(2, ascii ? ascii_flag : 0, body.take());
}
Bytes listed(std::uint16_t flags = ok_flag) { return message(3, flags); }
Bytes ask(std::uint32_t id) { return message(4, 0, Out().u32(id).take()); }
Bytes give(const Bytes& content) { return message(5, ok_flag, content); }
const Bytes none = message(5, fail_flag);

Bytes descriptors(const std::vector<std::pair<std::string, std::uint64_t>>& files) {
    Out out;
    out.u32(static_cast<std::uint32_t>(files.size()));
    for (const auto& [name, size] : files) {
        const Bytes text = utf16(name, false);
        out.u32(0x40).zeros(60).u32(static_cast<std::uint32_t>(size >> 32)).u32(static_cast<std::uint32_t>(size)).bytes(text).zeros(520 - text.size());
    }
    return out.take();
}
Bytes want(std::uint32_t stream, std::uint32_t file, std::uint64_t offset, std::uint32_t size, std::uint32_t flags = 2) {
    return message(
        8, 0, Out().u32(stream).u32(file).u32(flags).u32(static_cast<std::uint32_t>(offset)).u32(static_cast<std::uint32_t>(offset >> 32)).u32(size).take());
}
Bytes content(std::uint32_t stream, std::string_view bytes) { return message(9, ok_flag, Out().u32(stream).bytes(view(bytes)).take()); }

struct Clipboard : Rig {
    explicit Clipboard(std::set<std::string> allow, bool text = false, std::uint64_t limit = 0) : Rig("cliprdr", std::move(allow), text, limit) {
        pass(out, caps(0x02));
        pass(out, message(1, 0));
        pass(in, caps(0x02));
    }
    // What the other side is told of this list, with its answer.
    Bytes announce(Way way, const Bytes& formats) {
        const auto passed = pass(way, formats);
        if (passed.forward.empty()) {
            EXPECT_THAT(passed.back, ElementsAre(listed()));
            return {};
        }
        EXPECT_TRUE(unchanged(other(way), listed()));
        return passed.forward.front();
    }
    Passed transfer(Way way, std::uint32_t id, const Bytes& data) {
        EXPECT_TRUE(unchanged(other(way), ask(id)));
        return pass(way, give(data));
    }
};

TEST(Clipboard, TextPassesInItsDirection) {
    for (const Way way : {in, out}) {
        Clipboard rig({way == in ? "rdp:clipboard:in" : "rdp:clipboard:out"}, true);
        EXPECT_EQ(rig.announce(way, list({{cf_unicode, ""}, {cf_text, ""}})), list({{cf_unicode, ""}, {cf_text, ""}}));
        const auto passed = rig.transfer(way, cf_unicode, utf16("hello"));
        EXPECT_THAT(passed.forward, ElementsAre(give(utf16("hello"))));
        ASSERT_THAT(passed.clipboard, SizeIs(1));
        EXPECT_EQ(passed.clipboard[0].direction, way == in ? recorder::Direction::to_target : recorder::Direction::to_client);
        EXPECT_EQ(passed.clipboard[0].format, "CF_UNICODETEXT");
        EXPECT_EQ(passed.clipboard[0].size, 12u);
        EXPECT_EQ(passed.clipboard[0].text, "hello");
    }
}
TEST(Clipboard, TextIsRefusedInTheOtherDirectionAndThePersonToldWhichOneWorks) {
    Clipboard rig({"rdp:clipboard:in"});
    EXPECT_EQ(rig.announce(out, list({{cf_unicode, ""}})), list({}));
    const auto again = rig.pass(out, list({{cf_unicode, ""}}));
    EXPECT_THAT(again.forward, IsEmpty());
    EXPECT_THAT(again.back, ElementsAre(listed()));
    EXPECT_THAT(again.refusals, ElementsAre("Copying text out of this session is not allowed by the policy; only into it."));
    EXPECT_THAT(rig.pass(in, ask(cf_unicode)).back, ElementsAre(none));
    EXPECT_TRUE(rig.silent(out, give(utf16("smuggled"))));
}
TEST(Clipboard, TextIsRefusedBothWaysWithoutACapability) {
    Clipboard rig({"rdp:audio"});
    EXPECT_EQ(rig.announce(in, list({{cf_unicode, ""}})), list({}));
    EXPECT_THAT(rig.pass(in, list({{cf_unicode, ""}})).refusals, ElementsAre("Copying text into this session is not allowed by the policy."));
    EXPECT_THAT(rig.pass(out, ask(cf_unicode)).back, ElementsAre(none));
}
TEST(Clipboard, TheTextIsRecordedOnlyWherePolicySaysSo) {
    Clipboard rig({"rdp:clipboard:in"}, false);
    rig.announce(in, list({{cf_unicode, ""}}));
    const auto passed = rig.transfer(in, cf_unicode, utf16("secret"));
    EXPECT_EQ(passed.clipboard.at(0).text, "");
    EXPECT_EQ(passed.clipboard.at(0).size, 14u);
}
TEST(Clipboard, RecordedTextIsUtf8AndBounded) {
    Clipboard rig({"rdp:clipboard:in"}, true);
    rig.announce(in, list({{cf_unicode, ""}, {cf_text, ""}}));
    EXPECT_EQ(rig.transfer(in, cf_unicode, Out().u16(0xe4).u16(0x20ac).u16(0xd83d).u16(0xde00).u16(0xd800).u16('x').take()).clipboard.at(0).text,
              "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xef\xbf\xbdx");
    EXPECT_EQ(rig.transfer(in, cf_unicode, utf16(std::string(100000, 'a'))).clipboard.at(0).text.size(), 65536u);
    EXPECT_EQ(rig.transfer(in, cf_text, to_bytes("a\xe4" + std::string("\0b", 2))).clipboard.at(0).text, "a\xc3\xa4");
}
TEST(Clipboard, EverythingThatIsNotTextIsStripped) {
    Clipboard rig({"rdp:clipboard:in", "rdp:clipboard:out"});
    EXPECT_EQ(
        rig.announce(in, list({{cf_dib, ""}, {cf_unicode, ""}, {0xC001, "HTML Format"}, {0xC002, "Rich Text Format"}, {file_list_id, "FileGroupDescriptorW"}})),
        list({{cf_unicode, ""}}));
    for (const std::uint32_t id : {cf_dib, 0xC001u, file_list_id}) EXPECT_THAT(rig.pass(out, ask(id)).back, ElementsAre(none));
}
TEST(Clipboard, NamesOfTextFormatsDoNotPass) {
    Clipboard rig({"rdp:clipboard:in"});
    EXPECT_EQ(rig.announce(in, list({{cf_unicode, "a message in a name"}})), list({{cf_unicode, ""}}));
}
TEST(Clipboard, AListOfNothingTakesBackWhatWasAnnounced) {
    Clipboard rig({"rdp:clipboard:in"});
    rig.announce(in, list({{cf_unicode, ""}}));
    EXPECT_EQ(rig.announce(in, list({{cf_dib, ""}})), list({}));
    // Its text may still be asked for: some holders take a list back a moment after each copy, and answer all the same.
    EXPECT_THAT(rig.pass(out, ask(cf_unicode)).forward, ElementsAre(ask(cf_unicode)));
    EXPECT_THAT(rig.pass(in, ask(cf_unicode)).back, ElementsAre(none));  // the other way no text passes, announced or not
    EXPECT_EQ(rig.announce(in, list({{cf_dib, ""}})), Bytes{});          // nothing to take back: answered in place
}
TEST(Clipboard, ShortNamesAreReadAndWritten) {
    for (const bool ascii : {true, false}) {
        Rig rig("cliprdr", {"rdp:clipboard:in", "rdp:clipboard:files"});
        const auto passed = rig.pass(in, short_list({{cf_dib, "x"}, {cf_unicode, ""}, {0xC001, "HTML Format"}}, ascii));
        EXPECT_THAT(passed.forward, ElementsAre(short_list({{cf_unicode, ""}}, ascii)));
        EXPECT_TRUE(rig.refuses(in, message(2, ascii ? ascii_flag : 0, Bytes(35, 1))));
    }
    Rig files("cliprdr", {"rdp:clipboard:files"});
    const auto named = short_list({{file_list_id, "FileGroupDescriptorW"}}, true);
    EXPECT_TRUE(files.unchanged(in, named));
}
TEST(Clipboard, LongNamesNeedBothSides) {
    Rig rig("cliprdr", {"rdp:clipboard:in"});
    rig.pass(out, caps(2));
    EXPECT_TRUE(rig.unchanged(in, short_list({{cf_unicode, ""}}, false)));
    rig.pass(in, caps(2));
    EXPECT_TRUE(rig.unchanged(in, list({{cf_unicode, ""}})));
    EXPECT_TRUE(rig.refuses(in, message(2, 0, Out().u32(cf_unicode).u16('a').take())));  // a name without its end
    EXPECT_TRUE(rig.refuses(in, message(2, 0, Out().u32(cf_unicode).u8(0).take())));
}
TEST(Clipboard, LongNamesThatXrdpWritesToClientsWithoutCapabilitiesAreRead) {
    Rig rig("cliprdr", {"rdp:clipboard:out"});
    EXPECT_TRUE(rig.unchanged(out, list({{cf_unicode, ""}, {16, ""}, {cf_text, ""}, {7, ""}})));
}
TEST(Clipboard, CapabilitiesForFilesAndLocksAreCleared) {
    Rig rig("cliprdr", {"rdp:clipboard:in"});
    EXPECT_THAT(rig.pass(out, caps(0xffffffff)).forward, ElementsAre(caps(0x02)));
    EXPECT_THAT(rig.pass(in, message(7, 0, Out().u16(2).u16(0).u16(9).u16(8).u32(0).u16(1).u16(12).u32(2).u32(2).take())).forward, ElementsAre(caps(2)));
    EXPECT_THAT(rig.policy.asked, IsEmpty());  // nobody has tried to copy a file yet
    Rig permitted("cliprdr", {"rdp:clipboard:files"});
    EXPECT_THAT(permitted.pass(out, caps(0x3e)).forward, ElementsAre(caps(0x2e)));  // without locks
}
TEST(Clipboard, FilesThatAClientNamesByHabitAreNoAttemptToCopyThem) {
    const auto habit = list({{cf_unicode, ""}, {file_list_id, "FileGroupDescriptorW"}});
    Clipboard rig({"rdp:clipboard:in"});
    EXPECT_EQ(rig.announce(in, habit), list({{cf_unicode, ""}}));
    EXPECT_EQ(rig.policy.times("rdp:clipboard:files"), 0u);
    EXPECT_THAT(rig.pass(in, list({{file_list_id, "FileGroupDescriptorW"}})).refusals, ElementsAre(HasSubstr("files")));
    EXPECT_EQ(rig.policy.times("rdp:clipboard:files"), 1u);
    Clipboard permitted({"rdp:clipboard:in", "rdp:clipboard:files"});
    EXPECT_EQ(permitted.announce(in, habit), habit);
    EXPECT_EQ(permitted.policy.times("rdp:clipboard:files"), 0u);
    EXPECT_TRUE(permitted.unchanged(out, ask(file_list_id)));
    EXPECT_EQ(permitted.policy.times("rdp:clipboard:files"), 1u);
}
TEST(Clipboard, WithoutForesightPolicyIsAskedOnce) {
    Policy policy{.allow = {"rdp:clipboard:in"}};
    const auto filter = make_filter("cliprdr", {.permits = policy.permits()});
    for (unsigned i = 0; i < 3; ++i) EXPECT_TRUE(filter->pass(out, caps(0x3e)));
    EXPECT_EQ(policy.times("rdp:clipboard:files"), 1u);
}
TEST(Clipboard, AnswersThatNobodyAskedForDoNotPass) {
    Clipboard rig({"rdp:clipboard:in", "rdp:clipboard:out", "rdp:clipboard:files"});
    EXPECT_TRUE(rig.silent(in, listed()));
    EXPECT_TRUE(rig.silent(in, give(utf16("x"))));
    EXPECT_TRUE(rig.silent(in, content(1, "x")));
    rig.announce(in, list({{cf_unicode, ""}}));
    EXPECT_TRUE(rig.silent(out, listed()));
    rig.transfer(in, cf_unicode, utf16("x"));
    EXPECT_TRUE(rig.silent(in, give(utf16("again"))));
}
TEST(Clipboard, RequestsDoNotPileUp) {
    Clipboard rig({"rdp:clipboard:in"});
    rig.announce(in, list({{cf_unicode, ""}}));
    for (unsigned i = 0; i < 16; ++i) EXPECT_TRUE(rig.unchanged(out, ask(cf_unicode)));
    EXPECT_THAT(rig.pass(out, ask(cf_unicode)).back, ElementsAre(none));
    for (unsigned i = 0; i < 16; ++i) EXPECT_TRUE(rig.unchanged(in, give(utf16("x"))));
    EXPECT_TRUE(rig.silent(in, give(utf16("x"))));
}
TEST(Clipboard, ListsDoNotPileUp) {
    Clipboard rig({"rdp:clipboard:in"});
    for (unsigned i = 0; i < 16; ++i) EXPECT_TRUE(rig.unchanged(in, list({{cf_unicode, ""}})));
    EXPECT_THAT(rig.pass(in, list({{cf_unicode, ""}})).back, ElementsAre(listed(fail_flag)));
}
TEST(Clipboard, ARefusalDoesNotOvertakeAnAnswer) {
    Clipboard rig({"rdp:clipboard:in"});
    rig.announce(in, list({{cf_unicode, ""}}));
    EXPECT_TRUE(rig.unchanged(out, ask(cf_unicode)));
    EXPECT_TRUE(rig.silent(out, ask(cf_dib)));
    EXPECT_THAT(rig.pass(in, give(utf16("x"))).forward, ElementsAre(give(utf16("x")), none));
}
TEST(Clipboard, ARefusedAnswerCarriesNothing) {
    Clipboard rig({"rdp:clipboard:in"});
    rig.announce(in, list({{cf_unicode, ""}, {16, ""}}));
    EXPECT_TRUE(rig.unchanged(out, ask(cf_unicode)));
    EXPECT_THAT(rig.pass(in, message(5, fail_flag, utf16("x"))).forward, ElementsAre(none));
    EXPECT_THAT(rig.transfer(in, 16, utf16("smuggled")).forward, ElementsAre(none));
    EXPECT_THAT(rig.transfer(in, 16, Out().u32(0x409).take()).forward, SizeIs(1));
    EXPECT_TRUE(rig.unchanged(out, ask(cf_unicode)));
    EXPECT_TRUE(rig.refuses(in, give(Bytes(3))));
}
TEST(Clipboard, OverTheLimitNothingPassesInThatDirection) {
    Clipboard rig({"rdp:clipboard:in", "rdp:clipboard:out"}, false, 20);
    rig.announce(in, list({{cf_unicode, ""}}));
    rig.announce(out, list({{cf_unicode, ""}}));
    EXPECT_THAT(rig.transfer(in, cf_unicode, Bytes(20)).forward, ElementsAre(give(Bytes(20))));
    const auto passed = rig.transfer(in, cf_unicode, Bytes(2));
    EXPECT_THAT(passed.forward, ElementsAre(none));
    EXPECT_THAT(passed.clipboard, IsEmpty());
    EXPECT_THAT(passed.refusals, ElementsAre(HasSubstr("limit")));
    EXPECT_THAT(rig.transfer(out, cf_unicode, Bytes(20)).forward, ElementsAre(give(Bytes(20))));
}
TEST(Clipboard, PaddingBehindAMessageIsCutAndLengthsThatLieAreRefused) {
    Clipboard rig({"rdp:clipboard:in"});
    EXPECT_THAT(rig.pass(in, joined(list({{cf_unicode, ""}}), Bytes(4))).forward, ElementsAre(list({{cf_unicode, ""}})));
    EXPECT_TRUE(rig.refuses(in, joined(list({{cf_unicode, ""}}), Bytes(9))));
    EXPECT_TRUE(rig.refuses(in, Out().u16(2).u16(0).u32(7).zeros(6).take()));
    EXPECT_TRUE(rig.refuses(in, Out().u16(2).u16(0).u32(0xffffffff).zeros(6).take()));
    EXPECT_TRUE(rig.refuses(in, message(4, 0, Bytes(3))));
    EXPECT_TRUE(rig.refuses(in, message(7, 0, Out().u16(2).u16(0).u16(1).u16(12).u32(2).u32(2).take())));
    EXPECT_TRUE(rig.refuses(in, message(7, 0, Out().u16(1).u16(0).u16(1).u16(2).u32(2).u32(2).take())));
    EXPECT_TRUE(rig.refuses(in, message(1, 0)));
    EXPECT_TRUE(rig.silent(in, message(99, 0)));
    EXPECT_TRUE(rig.silent(in, message(6, 0, Bytes(520))));
    EXPECT_TRUE(rig.silent(in, message(10, 0, Bytes(4))));
}
TEST(Clipboard, TooManyFormatsAreRefused) {
    Clipboard rig({"rdp:clipboard:in"});
    EXPECT_TRUE(rig.refuses(in, list(std::vector<Named>(1025, {cf_unicode, ""}))));
}
TEST(Clipboard, PolicyIsAskedOnceForEachDirection) {
    Clipboard rig({"rdp:clipboard:in"});
    for (unsigned i = 0; i < 10; ++i) {
        rig.announce(in, list({{cf_unicode, ""}}));
        rig.announce(out, list({{cf_unicode, ""}}));
    }
    EXPECT_EQ(rig.policy.asked.size(), 2u);
}

struct Files : Clipboard {
    explicit Files(std::uint64_t limit = 0, bool text = false) : Clipboard({"rdp:clipboard:files"}, text, limit) {}
    Passed announce_files(Way way, const std::vector<std::pair<std::string, std::uint64_t>>& files) {
        announce(way, list({{file_list_id, "FileGroupDescriptorW"}}));
        return transfer(way, file_list_id, descriptors(files));
    }
};
TEST(ClipboardFiles, PassWithTheirCapabilityAndAreRecordedWhole) {
    Files rig(0, true);
    const auto named = rig.announce_files(out, {{"scan.dcm", 10}, {"notes\\a.txt", 3}});
    EXPECT_EQ(named.clipboard.at(0).text, "scan.dcm\nnotes\\a.txt\n");
    EXPECT_TRUE(rig.unchanged(in, want(1, 0, 0, 8, 1)));
    EXPECT_TRUE(rig.unchanged(out, message(9, ok_flag, Out().u32(1).u64(10).take())));
    EXPECT_TRUE(rig.unchanged(in, want(2, 0, 0, 6)));
    EXPECT_THAT(rig.pass(out, content(2, "012345")).files, IsEmpty());
    EXPECT_TRUE(rig.unchanged(in, want(3, 0, 6, 6)));
    const auto passed = rig.pass(out, content(3, "6789"));
    ASSERT_THAT(passed.files, SizeIs(1));
    EXPECT_EQ(passed.files[0].verb, FileVerb::read);
    EXPECT_EQ(passed.files[0].path, "clipboard:scan.dcm");
    EXPECT_EQ(passed.files[0].size, 10u);
    EXPECT_EQ(passed.files[0].sha256, crypto::sha256(view("0123456789")));
    EXPECT_TRUE(passed.files[0].succeeded);
}
TEST(ClipboardFiles, PartlyCopiedOnesAreRecordedWithoutADigest) {
    for (const bool ends : {true, false}) {
        Files rig;
        rig.announce_files(in, {{"scan.dcm", 10}});
        EXPECT_TRUE(rig.unchanged(out, want(1, 0, 0, 6)));
        EXPECT_TRUE(rig.unchanged(in, content(1, "012345")));
        const auto passed = ends ? rig.filter->close() : rig.pass(in, list({}));
        ASSERT_THAT(passed.files, SizeIs(1));
        EXPECT_EQ(passed.files[0].verb, FileVerb::write);
        EXPECT_EQ(passed.files[0].size, 6u);
        EXPECT_FALSE(passed.files[0].sha256);
        EXPECT_FALSE(passed.files[0].succeeded);
    }
}
TEST(ClipboardFiles, ContentOutOfOrderHasNoDigest) {
    Files rig;
    rig.announce_files(in, {{"scan.dcm", 10}});
    for (const std::uint64_t at : {5u, 0u}) {
        EXPECT_TRUE(rig.unchanged(out, want(1, 0, at, 5)));
        EXPECT_TRUE(rig.unchanged(in, content(1, "01234")));
    }
    const auto passed = rig.filter->close();
    EXPECT_EQ(passed.files.at(0).size, 10u);
    EXPECT_FALSE(passed.files.at(0).sha256);
}
TEST(ClipboardFiles, NeitherTheirListNorTheirContentPassesWithoutTheCapability) {
    Clipboard rig({"rdp:clipboard:in", "rdp:clipboard:out"});
    const auto passed = rig.pass(in, list({{file_list_id, "FileGroupDescriptorW"}, {cf_unicode, ""}}));
    EXPECT_THAT(passed.forward, ElementsAre(list({{cf_unicode, ""}})));
    EXPECT_THAT(passed.refusals, IsEmpty());  // clients name files beside every text
    EXPECT_THAT(rig.pass(in, list({{file_list_id, "FileGroupDescriptorW"}})).refusals, ElementsAre(HasSubstr("files")));
    EXPECT_THAT(rig.pass(out, ask(file_list_id)).back, ElementsAre(none));
    EXPECT_THAT(rig.pass(out, want(7, 0, 0, 6)).back, ElementsAre(message(9, fail_flag, Out().u32(7).take())));
    EXPECT_TRUE(rig.silent(in, content(7, "012345")));
}
TEST(ClipboardFiles, NamesThatLeadElsewhereAreRefused) {
    for (const auto* name : {"..\\evil", "a\\..\\..\\evil", "C:\\evil", "\\evil", "\\\\host\\share", "", "a/b", "a\\\\b", "a\nb", ".", "file:stream"}) {
        Files rig;
        rig.announce(out, list({{file_list_id, "FileGroupDescriptorW"}}));
        const auto passed = rig.transfer(out, file_list_id, descriptors({{"good.txt", 3}, {name, 3}}));
        EXPECT_THAT(passed.forward, ElementsAre(none)) << name;
        EXPECT_THAT(passed.refusals, SizeIs(1));
        EXPECT_THAT(rig.pass(in, want(1, 0, 0, 3)).back, SizeIs(1));
    }
}
TEST(ClipboardFiles, CountsThatLieAreRefused) {
    const auto patched = [](std::uint32_t count) { return Out().u32(count).bytes(View(descriptors({{"a", 1}})).subspan(4)).take(); };
    for (const std::uint32_t count : {0u, 2u, 0xffffffffu}) {
        Files rig;
        rig.announce(in, list({{file_list_id, "FileGroupDescriptorW"}}));
        EXPECT_TRUE(rig.unchanged(out, ask(file_list_id)));
        EXPECT_TRUE(rig.refuses(in, give(patched(count))));
    }
}
TEST(ClipboardFiles, NobodyGetsMoreThanWasAskedFor) {
    Files rig;
    rig.announce_files(in, {{"scan.dcm", 10}});
    EXPECT_TRUE(rig.unchanged(out, want(1, 0, 0, 3)));
    EXPECT_TRUE(rig.refuses(in, content(1, "0123")));
    EXPECT_TRUE(rig.unchanged(out, want(1, 0, 0, 8, 1)));
    EXPECT_TRUE(rig.refuses(in, content(1, "0123")));
    EXPECT_THAT(rig.pass(out, want(1, 1, 0, 3)).back, SizeIs(1));     // no such file
    EXPECT_THAT(rig.pass(out, want(1, 0, 0, 3, 3)).back, SizeIs(1));  // neither a size nor a range
    EXPECT_TRUE(rig.unchanged(out, want(1, 0, 0, 3)));
    EXPECT_THAT(rig.pass(out, want(1, 0, 0, 3)).back, SizeIs(1));  // the same stream twice
    EXPECT_TRUE(rig.refuses(out, message(8, 0, Bytes(23))));
}
TEST(ClipboardFiles, OfAnOlderListGoNowhere) {
    Files rig;
    rig.announce_files(in, {{"scan.dcm", 10}});
    EXPECT_TRUE(rig.unchanged(out, want(1, 0, 0, 3)));
    rig.announce_files(in, {{"other.dcm", 10}});
    EXPECT_TRUE(rig.silent(in, content(1, "012")));
}
TEST(ClipboardFiles, OverTheLimitFail) {
    Files rig(1000);
    rig.announce_files(in, {{"scan.dcm", 10000}});
    EXPECT_TRUE(rig.unchanged(out, want(1, 0, 0, 5000)));
    const auto passed = rig.pass(in, content(1, std::string(5000, 'x')));
    EXPECT_THAT(passed.forward, ElementsAre(message(9, fail_flag, Out().u32(1).take())));
    EXPECT_THAT(passed.refusals, ElementsAre(HasSubstr("limit")));
}

TEST(Clipboard, SurvivesAnything) {
    const Story story{{out, caps(0x3e)},
                      {out, message(1, 0)},
                      {in, caps(0x3e)},
                      {in, list({{cf_unicode, ""}, {cf_dib, ""}, {file_list_id, "FileGroupDescriptorW"}})},
                      {out, listed()},
                      {out, ask(cf_unicode)},
                      {in, give(utf16("hello"))},
                      {out, ask(file_list_id)},
                      {in, give(descriptors({{"a.txt", 5}, {"b\\c.txt", 9}}))},
                      {out, want(1, 0, 0, 8, 1)},
                      {in, message(9, ok_flag, Out().u32(1).u64(5).take())},
                      {out, want(1, 0, 0, 5)},
                      {in, content(1, "hello")},
                      {in, short_list({{cf_unicode, ""}, {0xC001, "HTML Format"}}, true)}};
    survives_anything("cliprdr", {"rdp:clipboard:in", "rdp:clipboard:out", "rdp:clipboard:files"}, story, 6000);
}

}  // namespace
}  // namespace anteroom::rdp
