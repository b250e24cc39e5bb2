// Drives, printers and smart cards: which are there, what may be done with them, and what is recorded of it.
#include "tests/unit/rdp_channels/fixture.h"

namespace anteroom::rdp {
namespace {

using namespace testing;
using recorder::FileVerb;

constexpr std::uint32_t serial = 1, printer = 4, drive = 8, smart_card = 0x20;
constexpr std::uint32_t denied = 0xC0000022, bad_handle = 0xC0000008, no_device = 0xC000000E, unsupported = 0xC00000BB;
constexpr std::uint32_t open_existing = 1, make = 2, overwrite_or_make = 5;
constexpr std::uint32_t reading = 0x120089, writing = 0x120116;

Out core(std::uint16_t packet) {
    Out out;
    out.u16(0x4472).u16(packet);
    return out;
}
struct Device {
    std::uint32_t kind = drive, id = 1;
    std::string name = "share";
};
Bytes announce(const std::vector<Device>& devices) {
    Out out = core(0x4441);
    out.u32(static_cast<std::uint32_t>(devices.size()));
    for (const auto& device : devices) out.u32(device.kind).u32(device.id).bytes(view(device.name)).zeros(8 - device.name.size()).u32(2).u16(0);
    return out.take();
}
Bytes reply(std::uint32_t id, std::uint32_t status) { return core(0x6472).u32(id).u32(status).take(); }

struct Io {
    std::uint32_t device = 1, file = 0, completion = 1;
};
Out request(const Io& io, std::uint32_t major, std::uint32_t minor = 0) {
    Out out = core(0x4952);
    out.u32(io.device).u32(io.file).u32(io.completion).u32(major).u32(minor);
    return out;
}
Bytes create(const Io& io, std::string_view path, std::uint32_t access = reading, std::uint32_t disposition = open_existing, std::uint32_t options = 0) {
    const Bytes name = utf16(path);
    return request(io, 0).u32(access).u64(0).u32(0).u32(7).u32(disposition).u32(options).u32(static_cast<std::uint32_t>(name.size())).bytes(name).take();
}
Bytes close(const Io& io) { return request(io, 2).zeros(32).take(); }
Bytes read(const Io& io, std::uint64_t at, std::uint32_t size) { return request(io, 3).u32(size).u64(at).zeros(20).take(); }
Bytes write(const Io& io, std::uint64_t at, std::string_view bytes) {
    return request(io, 4).u32(static_cast<std::uint32_t>(bytes.size())).u64(at).zeros(20).bytes(view(bytes)).take();
}
Bytes set(const Io& io, std::uint32_t kind, const Bytes& buffer) {
    return request(io, 6).u32(kind).u32(static_cast<std::uint32_t>(buffer.size())).zeros(24).bytes(buffer).take();
}
Bytes query(const Io& io, std::uint32_t kind) { return request(io, 5).u32(kind).u32(0).zeros(24).take(); }
Bytes list(const Io& io, std::string_view pattern) {
    const Bytes name = utf16(pattern);
    return request(io, 12, 1).u32(1).u8(1).u32(static_cast<std::uint32_t>(name.size())).zeros(23).bytes(name).take();
}
Out done(const Io& io, std::uint32_t status = 0) {
    Out out = core(0x4943);
    out.u32(io.device).u32(io.completion).u32(status);
    return out;
}
Bytes opened(const Io& io, std::uint32_t file) { return done(io).u32(file).u8(1).take(); }
Bytes content(const Io& io, std::string_view bytes) { return done(io).u32(static_cast<std::uint32_t>(bytes.size())).bytes(view(bytes)).take(); }
Bytes written(const Io& io, std::uint32_t size) { return done(io).u32(size).u8(0).take(); }

struct Devices : Rig {
    explicit Devices(std::set<std::string> allow, std::uint64_t limit = 0) : Rig("rdpdr", std::move(allow), false, limit) {}
    Devices& with(const Device& device) {
        EXPECT_TRUE(unchanged(in, announce({device})));
        return *this;
    }
    // The status with which a request is answered in the client's place; 0 when it passed.
    std::uint32_t status(const Bytes& message) {
        const auto passed = pass(out, message);
        if (!passed.forward.empty()) {
            EXPECT_THAT(passed.forward, ElementsAre(message));
            EXPECT_THAT(passed.back, IsEmpty());
            return 0;
        }
        EXPECT_THAT(passed.back, SizeIs(1));
        In answer(passed.back.at(0));
        EXPECT_EQ(answer.u32(), 0x49434472u);
        const auto device = answer.u32(), completion = answer.u32();
        EXPECT_EQ(device, In(View(message).subspan(4)).u32());
        EXPECT_EQ(completion, In(View(message).subspan(12)).u32());
        return answer.u32();
    }
    Passed ask(const Bytes& question, const Bytes& answer) {
        EXPECT_EQ(status(question), 0u);
        auto passed = pass(in, answer);
        EXPECT_THAT(passed.forward, ElementsAre(answer));
        return passed;
    }
    Devices& open(std::uint32_t file, std::string_view path, std::uint32_t access = reading, std::uint32_t disposition = open_existing,
                  std::uint32_t options = 0) {
        ask(create({}, path, access, disposition, options), opened({}, file));
        return *this;
    }
    std::vector<recorder::FileOperation> closed(std::uint32_t file) { return ask(close({.file = file}), done({}).zeros(4).take()).files; }
};
const std::set<std::string> both{"rdp:drive:read", "rdp:drive:write"};

TEST(Devices, AreAnnouncedByWhatIsPermitted) {
    Devices rig({"rdp:drive:read", "rdp:printer"});
    const auto passed = rig.pass(in, announce({{serial, 1, "COM1"}, {drive, 2, "share"}, {smart_card, 3, "SCARD"}, {printer, 4, "PRN1"}}));
    EXPECT_THAT(passed.forward, ElementsAre(announce({{drive, 2, "share"}, {printer, 4, "PRN1"}})));
    EXPECT_THAT(passed.back, ElementsAre(reply(1, denied), reply(3, denied)));
    EXPECT_THAT(passed.refusals, ElementsAre(HasSubstr("ports"), HasSubstr("smart cards")));
}
TEST(Devices, OfWhichNoneIsPermittedAreNotAnnounced) {
    Devices rig({"rdp:printer"});
    const auto passed = rig.pass(in, announce({{drive, 2, "share"}}));
    EXPECT_THAT(passed.forward, IsEmpty());
    EXPECT_THAT(passed.refusals, ElementsAre(HasSubstr("drives")));
    EXPECT_EQ(rig.status(create({.device = 2}, "\\")), no_device);
}
TEST(Devices, EachHasItsCapability) {
    for (const auto& [kind, capability] : std::vector<std::pair<std::uint32_t, std::string>>{
             {drive, "rdp:drive:read"}, {drive, "rdp:drive:write"}, {printer, "rdp:printer"}, {smart_card, "rdp:smartcard"}}) {
        Devices permitted({capability});
        permitted.with({kind, 1, "it"});
        Devices refused({"rdp:audio"});
        EXPECT_THAT(refused.pass(in, announce({{kind, 1, "it"}})).forward, IsEmpty());
    }
    Devices ports({"rdp:drive:read", "rdp:drive:write", "rdp:printer", "rdp:smartcard"});
    for (const std::uint32_t kind : {1u, 2u, 16u, 64u}) EXPECT_THAT(ports.pass(in, announce({{kind, 1, "it"}})).forward, IsEmpty());
}
TEST(Devices, MayBeAnnouncedAgainButNotAsSomethingElse) {
    Devices rig({"rdp:drive:read", "rdp:printer"});
    rig.with({drive, 1}).with({drive, 1});
    EXPECT_TRUE(rig.refuses(in, announce({{printer, 1, "PRN1"}})));
}
TEST(Devices, ListsThatLieAreRefused) {
    const auto patched = [](std::size_t at, std::uint8_t value) {
        Bytes message = announce({{drive, 1}});
        message[at] = value;
        return message;
    };
    for (const auto& message : {patched(4, 0), patched(4, 2), patched(7, 0xff), patched(24, 3), patched(27, 0xff)})
        EXPECT_TRUE(Devices(both).refuses(in, message));
    EXPECT_TRUE(Devices(both).refuses(out, announce({{drive, 1}})));
}
TEST(Devices, ThereAreOnlySoMany) {
    Devices rig(both);
    for (std::uint32_t id = 0; id < 64; ++id) rig.with({drive, id});
    EXPECT_THAT(rig.pass(in, announce({{drive, 64}})).forward, IsEmpty());
}
TEST(Devices, ThatAreRemovedAreGone) {
    Devices rig(both);
    rig.with({});
    rig.open(5, "\\a.txt").ask(read({.file = 5}, 0, 3), content({}, "abc"));
    const auto passed = rig.pass(in, core(0x444D).u32(2).u32(1).u32(9).take());
    EXPECT_THAT(passed.forward, ElementsAre(core(0x444D).u32(1).u32(1).take()));
    EXPECT_THAT(passed.files, SizeIs(1));
    EXPECT_EQ(rig.status(close({.file = 5})), no_device);
    EXPECT_TRUE(rig.refuses(in, core(0x444D).u32(0x40000000).u32(1).take()));
}
TEST(Devices, OfWhichTheTargetWantsNoneAreGone) {
    Devices rig(both);
    rig.with({});
    EXPECT_TRUE(rig.unchanged(out, reply(1, 0)));
    EXPECT_TRUE(rig.unchanged(out, reply(1, denied)));
    EXPECT_TRUE(rig.silent(out, reply(1, 0)));
    EXPECT_EQ(rig.status(create({}, "\\")), no_device);
}
Bytes capabilities(std::uint16_t packet, const std::vector<std::uint16_t>& types, std::uint32_t special = 1) {
    Out out = core(packet);
    out.u16(static_cast<std::uint16_t>(types.size())).u16(0);
    for (const auto type : types) {
        if (type == 1) out.u16(1).u16(44).u32(2).zeros(32).u32(special);
        else out.u16(type).u16(8).u32(1);
    }
    return out.take();
}
TEST(Devices, CapabilitiesAreCutDownToWhatIsPermitted) {
    Devices rig({"rdp:drive:write"});
    EXPECT_THAT(rig.pass(out, capabilities(0x5350, {1, 2, 3, 4, 5, 6})).forward, ElementsAre(capabilities(0x5350, {1, 2, 4, 5})));
    EXPECT_THAT(rig.pass(in, capabilities(0x4350, {1, 2, 3, 4, 5}, 0)).forward, ElementsAre(capabilities(0x4350, {1, 4}, 0)));
    EXPECT_THAT(rig.policy.asked, IsEmpty());
    // Smart cards that are to be there before the person has signed in to the target.
    EXPECT_THAT(rig.pass(in, capabilities(0x4350, {1, 4}, 2)).forward, ElementsAre(capabilities(0x4350, {1, 4}, 0)));
    EXPECT_EQ(rig.policy.times("rdp:smartcard"), 1u);
    EXPECT_TRUE(rig.refuses(in, capabilities(0x5350, {1})));
    for (const auto& lies : {core(0x4350).u16(2).u16(0).u16(2).u16(8).u32(1).take(), core(0x4350).u16(1).u16(0).u16(2).u16(9).u32(1).take(),
                             core(0x4350).u16(1).u16(0).u16(2).u16(7).u32(1).take(), core(0x4350).u16(0xffff).u16(0).take()})
        EXPECT_TRUE(rig.refuses(in, lies));
}
TEST(Devices, TheOpeningOfTheChannelPasses) {
    Devices rig(both);
    EXPECT_TRUE(rig.unchanged(out, core(0x496E).u16(1).u16(13).u32(7).take()));
    EXPECT_TRUE(rig.unchanged(in, core(0x4343).u16(1).u16(13).u32(7).take()));
    EXPECT_TRUE(rig.unchanged(in, core(0x434E).u32(1).u32(0).u32(10).bytes(utf16("host")).take()));
    EXPECT_TRUE(rig.unchanged(out, core(0x4343).u16(1).u16(13).u32(7).take()));
    EXPECT_TRUE(rig.unchanged(out, core(0x554C).take()));
    EXPECT_TRUE(rig.refuses(in, core(0x434E).u32(1).u32(0).u32(11).bytes(utf16("host")).take()));
    EXPECT_TRUE(rig.silent(in, Out().u16(0x4472).u16(0x1234).zeros(20).take()));
    EXPECT_TRUE(rig.silent(in, Out().u16(0x1234).u16(0x4943).zeros(20).take()));
    EXPECT_TRUE(rig.refuses(in, Bytes(3)));
}

TEST(Drives, AReadFileIsRecordedWithItsDigest) {
    Devices rig({"rdp:drive:read"});
    rig.with({}).open(5, "\\notes\\a.txt");
    rig.ask(read({.file = 5}, 0, 4), content({}, "abcd"));
    rig.ask(read({.file = 5}, 4, 4), content({}, "ef"));
    const auto files = rig.closed(5);
    ASSERT_THAT(files, SizeIs(1));
    EXPECT_EQ(files[0].verb, FileVerb::read);
    EXPECT_EQ(files[0].path, "\\\\tsclient\\share\\notes\\a.txt");
    EXPECT_EQ(files[0].size, 6u);
    EXPECT_EQ(files[0].sha256, crypto::sha256(view("abcdef")));
    EXPECT_TRUE(files[0].succeeded);
}
TEST(Drives, TheSizeThatTheClientNamesTellsWhetherAllWasRead) {
    for (const std::uint64_t size : {4u, 5u}) {
        Devices rig({"rdp:drive:read"});
        rig.with({}).open(5, "\\a.txt");
        rig.ask(query({.file = 5}, 5), done({}).u32(22).u64(4096).u64(size).zeros(6).take());
        rig.ask(read({.file = 5}, 0, 4), content({}, "abcd"));
        EXPECT_EQ(rig.closed(5).at(0).sha256.has_value(), size == 4);
    }
}
TEST(Drives, PartsOfAFileHaveNoDigest) {
    Devices rig({"rdp:drive:read"});
    rig.with({}).open(5, "\\a.txt");
    rig.ask(read({.file = 5}, 2, 4), content({}, "cd"));
    const auto files = rig.closed(5);
    EXPECT_EQ(files.at(0).size, 2u);
    EXPECT_FALSE(files.at(0).sha256);
}
TEST(Drives, AWrittenFileIsRecordedWithItsDigest) {
    Devices rig({"rdp:drive:write"});
    rig.with({}).open(5, "\\a.txt", writing, overwrite_or_make);
    rig.ask(write({.file = 5}, 0, "abc"), written({}, 3));
    rig.ask(write({.file = 5}, 3, "def"), written({}, 3));
    const auto files = rig.closed(5);
    ASSERT_THAT(files, SizeIs(1));
    EXPECT_EQ(files[0].verb, FileVerb::write);
    EXPECT_EQ(files[0].size, 6u);
    EXPECT_EQ(files[0].sha256, crypto::sha256(view("abcdef")));
}
TEST(Drives, WhatIsWrittenIntoAnOldFileOrNotWrittenByTheClientHasNoDigest) {
    Devices old({"rdp:drive:write"});
    old.with({}).open(5, "\\a.txt", writing, open_existing).ask(write({.file = 5}, 0, "abc"), written({}, 3));
    EXPECT_FALSE(old.closed(5).at(0).sha256);
    Devices full({"rdp:drive:write"});
    full.with({}).open(5, "\\a.txt", writing, overwrite_or_make).ask(write({.file = 5}, 0, "abc"), written({}, 2));
    const auto files = full.closed(5);
    EXPECT_FALSE(files.at(0).sha256);
    EXPECT_FALSE(files.at(0).succeeded);
    Devices longer({"rdp:drive:write"});
    longer.with({}).open(5, "\\a.txt", writing, overwrite_or_make).ask(set({.file = 5}, 20, Out().u64(9).take()), done({}).u32(8).take());
    longer.ask(write({.file = 5}, 0, "abc"), written({}, 3));
    EXPECT_FALSE(longer.closed(5).at(0).sha256);
}
TEST(Drives, WithoutWritingNothingIsChanged) {
    Devices rig({"rdp:drive:read"});
    rig.with({});
    for (const std::uint32_t disposition : {0u, 2u, 3u, 4u, 5u}) EXPECT_EQ(rig.status(create({}, "\\a", reading, disposition)), denied);
    for (const std::uint32_t access : {0x2u, 0x4u, 0x10u, 0x40u, 0x100u, 0x10000u, 0x40000u, 0x80000u, 0x10000000u, 0x40000000u})
        EXPECT_EQ(rig.status(create({}, "\\a", reading | access)), denied);
    EXPECT_EQ(rig.status(create({}, "\\a", reading, open_existing, 0x1000)), denied);
    rig.open(5, "\\a.txt");
    EXPECT_EQ(rig.status(write({.file = 5}, 0, "x")), denied);
    for (const std::uint32_t kind : {4u, 10u, 13u, 19u, 20u}) EXPECT_EQ(rig.status(set({.file = 5}, kind, Out().u64(1).take())), denied);
    EXPECT_THAT(rig.pass(out, write({.file = 5}, 0, "x")).refusals, ElementsAre(HasSubstr("Changing files")));
    rig.ask(read({.file = 5}, 0, 4), content({}, "abcd"));
}
TEST(Drives, WithoutReadingNothingIsReadNorListed) {
    Devices rig({"rdp:drive:write"});
    rig.with({}).open(5, "\\a.txt", writing | reading, overwrite_or_make);
    EXPECT_EQ(rig.status(read({.file = 5}, 0, 4)), denied);
    EXPECT_EQ(rig.status(list({.file = 5}, "\\*")), denied);
    EXPECT_EQ(rig.status(request({.file = 5}, 12, 2).u8(1).u32(1).zeros(27).take()), denied);
    rig.ask(write({.file = 5}, 0, "x"), written({}, 1));
}
TEST(Drives, WhoMayOnlyReadIsNotGivenWhateverRightsThereAre) {
    Devices rig({"rdp:drive:read"});
    rig.with({});
    EXPECT_THAT(rig.pass(out, create({}, "\\a", 0x02000000)).forward, ElementsAre(create({}, "\\a", 0x80000000)));
    Devices writer(both);
    writer.with({});
    EXPECT_EQ(writer.status(create({}, "\\a", 0x02000000)), 0u);
}
TEST(Drives, RefusalsAreAuditedByPathButNotWithoutEnd) {
    Devices rig({"rdp:drive:read"});
    rig.with({});
    for (std::uint32_t i = 0; i < 1000; ++i) EXPECT_EQ(rig.status(create({}, "\\a" + std::to_string(i), writing)), denied);
    EXPECT_EQ(rig.policy.asked.at(1).detail, "\\\\tsclient\\share\\a0");
    EXPECT_LE(rig.policy.asked.size(), 40u);
}
TEST(Drives, RenamingRemovingAndMakingFoldersIsRecorded) {
    Devices rig(both);
    rig.with({}).open(5, "\\a.txt", writing);
    const Bytes name = utf16("\\b.txt", false);
    const auto renamed =
        rig.ask(set({.file = 5}, 10, Out().u8(1).u8(0).u32(static_cast<std::uint32_t>(name.size())).bytes(name).take()), done({}).u32(0).take());
    ASSERT_THAT(renamed.files, SizeIs(1));
    EXPECT_EQ(renamed.files[0].verb, FileVerb::rename);
    EXPECT_EQ(renamed.files[0].path, "\\\\tsclient\\share\\a.txt");
    EXPECT_EQ(renamed.files[0].other, "\\\\tsclient\\share\\b.txt");
    rig.ask(set({.file = 5}, 13, {}), done({}).u32(0).take());
    const auto removed = rig.closed(5);
    ASSERT_THAT(removed, SizeIs(1));
    EXPECT_EQ(removed[0].verb, FileVerb::remove);
    EXPECT_EQ(removed[0].path, "\\\\tsclient\\share\\b.txt");
    rig.open(6, "\\folder", reading, make, 1);
    EXPECT_EQ(rig.closed(6).at(0).verb, FileVerb::make_directory);
    rig.open(7, "\\folder", reading, open_existing, 1).ask(list({.file = 7}, "\\folder\\*"), done({}).u32(0).take());
    EXPECT_EQ(rig.closed(7).at(0).verb, FileVerb::list);
    rig.open(8, "\\folder", writing, open_existing, 0x1001);
    EXPECT_EQ(rig.closed(8).at(0).verb, FileVerb::remove_directory);
}
TEST(Drives, PathsThatLeadElsewhereAreRefused) {
    Devices rig(both);
    rig.with({});
    for (const auto* path :
         {"\\..\\secret", "\\a\\..\\..\\secret", "..", "C:\\secret", "/../secret", "\\a/../../b", "//host/share", "\\\\host\\share", "\\a\nb", "\\a:stream"})
        EXPECT_EQ(rig.status(create({}, path)), denied) << path;
    rig.open(5, "\\a.txt", writing);
    for (const auto* path : {"\\..\\b", "..\\b", "", "\\"}) {
        const Bytes name = utf16(path, false);
        EXPECT_EQ(rig.status(set({.file = 5}, 10, Out().u16(1).u32(static_cast<std::uint32_t>(name.size())).bytes(name).take())), denied) << path;
    }
    rig.open(6, "").open(7, "\\").open(8, "\\folder\\").open(9, "/folder/a.txt");  // as xrdp writes it
}
TEST(Drives, ControlCodesAndUnknownFunctionsAreAnsweredInPlace) {
    Devices rig(both);
    rig.with({}).open(5, "\\a.txt");
    EXPECT_EQ(rig.status(request({.file = 5}, 14).u32(0).u32(0).u32(0x900a4).zeros(20).take()), unsupported);
    EXPECT_EQ(rig.status(request({.file = 5}, 11).zeros(32).take()), unsupported);
    EXPECT_EQ(rig.status(request({.file = 5}, 99).zeros(32).take()), unsupported);
    EXPECT_EQ(rig.status(request({.file = 5}, 12, 7).zeros(32).take()), unsupported);
    EXPECT_EQ(rig.status(set({.file = 5}, 11, Bytes(8))), denied);  // FileLinkInformation
}
TEST(Drives, OnlyOpenFilesAreUsed) {
    Devices rig(both);
    rig.with({});
    EXPECT_EQ(rig.status(read({.file = 5}, 0, 4)), bad_handle);
    EXPECT_EQ(rig.status(close({.file = 5})), bad_handle);
    EXPECT_EQ(rig.status(create({}, "\\a.txt")), 0u);
    EXPECT_THAT(rig.pass(in, done({}, 0xC0000034).u32(5).u8(0).take()).forward, SizeIs(1));
    EXPECT_EQ(rig.status(read({.file = 5}, 0, 4)), bad_handle);  // it could not be opened
    rig.open(5, "\\a.txt");
    rig.closed(5);
    EXPECT_EQ(rig.status(read({.file = 5}, 0, 4)), bad_handle);
}
TEST(Drives, AnswersBelongToRequests) {
    Devices rig(both);
    rig.with({}).with({drive, 2, "other"});
    EXPECT_TRUE(rig.silent(in, opened({}, 5)));
    EXPECT_EQ(rig.status(create({.completion = 7}, "\\a.txt")), 0u);
    EXPECT_TRUE(rig.silent(in, opened({.completion = 8}, 5)));
    EXPECT_TRUE(rig.silent(in, opened({.device = 2, .completion = 7}, 5)));
    EXPECT_TRUE(rig.refuses(out, create({.completion = 7}, "\\b.txt")));
    EXPECT_TRUE(rig.unchanged(in, opened({.completion = 7}, 5)));
    EXPECT_TRUE(rig.silent(in, opened({.completion = 7}, 5)));
}
TEST(Drives, NobodyReadsMoreThanWasAskedFor) {
    const auto answered = [](const Bytes& answer) {
        Devices rig(both);
        rig.with({}).open(5, "\\a.txt");
        EXPECT_EQ(rig.status(read({.file = 5}, 0, 4)), 0u);
        return rig.refuses(in, answer);
    };
    EXPECT_TRUE(answered(content({}, "abcde")));
    EXPECT_TRUE(answered(done({}).u32(4).bytes(view("abc")).take()));
    EXPECT_TRUE(answered(done({}).u32(0xffffffff).take()));
    EXPECT_TRUE(answered(done({}).take()));
    Devices behind(both);
    behind.with({}).open(5, "\\a.txt");
    EXPECT_EQ(behind.status(read({.file = 5}, 0, 4)), 0u);
    EXPECT_THAT(behind.pass(in, joined(content({}, "ab"), to_bytes("smuggled"))).forward, ElementsAre(content({}, "ab")));
}
TEST(Drives, LengthsThatLieAreRefused) {
    const auto asked = [](const Bytes& message) {
        Devices rig(both);
        rig.with({}).open(5, "\\a.txt", writing);
        return rig.refuses(out, message);
    };
    Bytes lies = write({.file = 5}, 0, "abc");
    lies[24] = 4;
    EXPECT_TRUE(asked(lies));
    EXPECT_TRUE(asked(cut(create({}, "\\a.txt"), 60)));
    EXPECT_TRUE(asked(request({}, 0).u32(reading).u64(0).zeros(16).u32(0xffffffff).take()));
    EXPECT_TRUE(asked(set({.file = 5}, 20, Bytes(7))));
    EXPECT_TRUE(asked(set({.file = 5}, 10, Out().u16(1).u32(8).u16('a').take())));
    EXPECT_TRUE(asked(cut(read({.file = 5}, 0, 4), 30)));
    EXPECT_TRUE(asked(cut(close({.file = 5}), 20)));
    Devices silent(both);
    silent.with({});
    EXPECT_EQ(silent.status(create({}, "\\a.txt")), 0u);
    EXPECT_TRUE(silent.refuses(in, done({}).take()));
    EXPECT_TRUE(silent.refuses(in, cut(done({}).take(), 15)));
    EXPECT_TRUE(silent.refuses(in, create({}, "\\a.txt")));
    EXPECT_TRUE(silent.refuses(out, opened({}, 1)));
}
TEST(Drives, TablesAreBounded) {
    Devices rig(both);
    rig.with({});
    std::uint32_t refused = 0;
    for (std::uint32_t i = 1; i <= 2000; ++i) refused += rig.status(create({.completion = i}, "\\a.txt")) != 0 ? 1 : 0;
    EXPECT_EQ(refused, 2000u - 1024u);
    for (std::uint32_t i = 1; i <= 1024; ++i) EXPECT_TRUE(rig.unchanged(in, opened({.completion = i}, i)));
    EXPECT_NE(rig.status(create({.completion = 1}, "\\a.txt")), 0u);
    rig.closed(7);
    EXPECT_EQ(rig.status(create({.completion = 1}, "\\a.txt")), 0u);
}
TEST(Drives, OverTheLimitNothingPassesInThatDirection) {
    Devices rig(both, 4);
    rig.with({}).open(5, "\\a.txt").open(6, "\\b.txt", writing);
    rig.ask(read({.file = 5}, 0, 4), content({}, "abcd"));
    EXPECT_EQ(rig.status(read({.file = 5}, 4, 4)), 0u);
    const auto passed = rig.pass(in, content({}, "e"));
    EXPECT_THAT(passed.forward, ElementsAre(done({}, denied).u32(0).take()));
    EXPECT_THAT(passed.refusals, ElementsAre(HasSubstr("limit")));
    rig.ask(write({.file = 6}, 0, "abcd"), written({}, 4));
    EXPECT_NE(rig.status(write({.file = 6}, 4, "e")), 0u);
    EXPECT_FALSE(rig.closed(5).at(0).succeeded);
}
TEST(Drives, WhatIsStillOpenAtTheEndIsRecorded) {
    Devices rig(both);
    rig.with({}).open(5, "\\a.txt", writing, overwrite_or_make).ask(write({.file = 5}, 0, "abc"), written({}, 3));
    const auto passed = rig.filter->close();
    ASSERT_THAT(passed.files, SizeIs(1));
    EXPECT_FALSE(passed.files[0].succeeded);
    EXPECT_FALSE(passed.files[0].sha256);
    EXPECT_THAT(rig.filter->close().files, IsEmpty());
}

TEST(Printers, TakeJobsAndNothingElse) {
    Devices rig({"rdp:printer"});
    rig.with({printer, 1, "PRN1"}).open(5, "");
    rig.ask(write({.file = 5}, 0, "page one, "), written({}, 10));
    rig.ask(write({.file = 5}, 0, "page two"), written({}, 8));
    EXPECT_EQ(rig.status(read({.file = 5}, 0, 4)), unsupported);
    EXPECT_EQ(rig.status(write({.file = 6}, 0, "x")), bad_handle);
    const auto files = rig.closed(5);
    ASSERT_THAT(files, SizeIs(1));
    EXPECT_EQ(files[0].path, "printer:PRN1");
    EXPECT_EQ(files[0].sha256, crypto::sha256(view("page one, page two")));
    const Bytes cache = Out().u16(0x5052).u16(0x5043).u32(4).zeros(20).take();
    EXPECT_TRUE(rig.unchanged(out, cache));
    EXPECT_TRUE(rig.silent(in, cache));
    Devices none({"rdp:drive:read"});
    EXPECT_TRUE(none.silent(out, cache));
}
TEST(SmartCards, AreSpokenToByControlCodesOnly) {
    Devices rig({"rdp:smartcard"});
    rig.with({smart_card, 1, "SCARD"});
    rig.ask(request({}, 14).u32(2048).u32(8).u32(0x90014).zeros(28).take(), done({}).u32(16).zeros(16).take());
    EXPECT_EQ(rig.status(read({}, 0, 4)), unsupported);
    EXPECT_TRUE(rig.silent(in, done({}).u32(16).zeros(16).take()));
}

struct Card : Devices {
    explicit Card(std::uint64_t limit) : Devices({"rdp:smartcard"}, limit) { with({smart_card, 1, "SCARD"}); }
    static Bytes command(std::size_t size) { return request({}, 14).u32(2048).u32(static_cast<std::uint32_t>(size)).u32(0x90014).zeros(20 + size).take(); }
    static Bytes response(std::size_t size) { return done({}).u32(static_cast<std::uint32_t>(size)).zeros(size).take(); }
};
TEST(SmartCards, CountEachDirectionAgainstTheLimit) {
    Card rig(1000);
    for (unsigned i = 0; i < 9; ++i) rig.ask(Card::command(68), Card::response(96));  // 100 bytes each way
    EXPECT_EQ(rig.status(Card::command(68)), 0u);
    const auto passed = rig.pass(in, Card::response(200));
    EXPECT_THAT(passed.forward, ElementsAre(done({}, denied).u32(0).take()));
    EXPECT_THAT(passed.refusals, ElementsAre(HasSubstr("limit")));
    EXPECT_EQ(rig.policy.times("rdp:channel"), 1u);
    EXPECT_EQ(rig.status(Card::command(68)), denied);
    EXPECT_THAT(rig.pass(out, Card::command(68)).refusals, ElementsAre(HasSubstr("limit")));
    EXPECT_EQ(rig.policy.times("rdp:channel"), 2u);  // once for each direction, however often it is tried
}
TEST(SmartCards, CarryNoMoreThanTheLimitWhateverTheySay) {
    for (unsigned seed = 0; seed < 3000; ++seed) {
        std::mt19937 random(seed);
        Card rig(5000);
        std::array<std::size_t, 2> carried{};
        for (unsigned i = 0; i < 60; ++i) {
            const Way way = random() % 2 == 0 ? out : in;
            const Bytes message = way == out ? Card::command(random() % 500) : Card::response(random() % 500);
            const auto passed = rig.filter->pass(way, random() % 4 == 0 ? mutated(message, random) : message);
            if (!passed) continue;
            for (const auto& one : passed->forward) carried[way == out] += one.size() - std::min<std::size_t>(one.size(), way == out ? 24 : 20);
        }
        ASSERT_LE(carried[0], 5000u);
        ASSERT_LE(carried[1], 5000u);
    }
}
TEST(SmartCards, HaveNoLimitWhereNoneIsSet) {
    Card rig(0);
    for (unsigned i = 0; i < 200; ++i) rig.ask(Card::command(8), Card::response(60000));
    EXPECT_EQ(rig.policy.times("rdp:channel"), 0u);
}
TEST(Printers, BringNothingInBehindTheirAnswers) {
    Devices rig({"rdp:printer"});
    rig.with({printer, 1, "PRN1"});
    EXPECT_EQ(rig.status(create({}, "")), 0u);
    EXPECT_THAT(rig.pass(in, joined(opened({}, 5), Bytes(60000, 0x55))).forward, ElementsAre(SizeIs(32)));
    EXPECT_EQ(rig.status(write({.file = 5}, 0, "page")), 0u);
    EXPECT_THAT(rig.pass(in, joined(written({}, 4), Bytes(60000, 0x55))).forward, ElementsAre(SizeIs(32)));
}

TEST(Devices, SurviveAnything) {
    const Bytes name = utf16("\\b.txt", false);
    const Story story{{out, capabilities(0x5350, {1, 2, 3, 4, 5})},
                      {in, capabilities(0x4350, {1, 2, 3, 4, 5})},
                      {in, announce({{drive, 1}, {printer, 2, "PRN1"}, {serial, 3, "COM1"}, {smart_card, 4, "SCARD"}})},
                      {out, reply(1, 0)},
                      {out, create({}, "\\a.txt", writing | reading, overwrite_or_make)},
                      {in, opened({}, 5)},
                      {out, write({.file = 5}, 0, "abc")},
                      {in, written({}, 3)},
                      {out, read({.file = 5}, 0, 4)},
                      {in, content({}, "abc")},
                      {out, query({.file = 5}, 5)},
                      {in, done({}).u32(22).u64(4096).u64(3).zeros(6).take()},
                      {out, list({.file = 5}, "\\*")},
                      {in, done({}).u32(0).take()},
                      {out, set({.file = 5}, 10, Out().u16(1).u32(static_cast<std::uint32_t>(name.size())).bytes(name).take())},
                      {in, done({}).u32(0).take()},
                      {out, close({.file = 5})},
                      {in, done({}).zeros(4).take()},
                      {out, create({.device = 2, .completion = 2}, "")},
                      {in, opened({.device = 2, .completion = 2}, 6)},
                      {out, write({.device = 2, .file = 6, .completion = 2}, 0, "page")},
                      {in, written({.device = 2, .completion = 2}, 4)},
                      {in, core(0x444D).u32(1).u32(1).take()}};
    survives_anything("rdpdr", {"rdp:drive:read", "rdp:drive:write", "rdp:printer", "rdp:smartcard"}, story, 6000);
}

}  // namespace
}  // namespace anteroom::rdp
