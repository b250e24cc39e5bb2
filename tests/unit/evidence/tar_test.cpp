// The archive: what is written is read again, and nothing else is.
#include "tests/unit/evidence/fixture.h"

namespace anteroom::evidence {
namespace {

using testing::must;

Bytes packed(const std::vector<std::pair<std::string, std::string>>& members) {
    Bytes out;
    TarWriter archive([&](View bytes) {
        out.insert(out.end(), bytes.begin(), bytes.end());
        return ok();
    });
    for (const auto& [name, text] : members) must(archive.add(name, view(text)));
    must(archive.finish());
    return out;
}

Result<std::vector<TarMember>> read(const Bytes& bytes) {
    const Fd file = recorder::testing::memory_file(bytes);
    return read_tar(file.get());
}
std::string refused(const Bytes& bytes) {
    const auto members = read(bytes);
    return members ? "" : members.error().detail;
}
// With its sum mended: what is refused then is refused for itself.
void patch(Bytes& archive, std::size_t at, std::string_view text) {
    std::copy(text.begin(), text.end(), archive.begin() + static_cast<std::ptrdiff_t>(at));
    const std::string blanks(8, ' ');
    std::copy(blanks.begin(), blanks.end(), archive.begin() + 148);
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < tar_block; ++i) sum += archive[i];
    char octal[8];
    std::snprintf(octal, sizeof octal, "%06o", static_cast<unsigned>(sum));
    std::copy(octal, octal + 7, archive.begin() + 148);
}

const std::vector<std::pair<std::string, std::string>> two = {{"a.json", "{}\n"}, {"b.bin", std::string(1024, 'x')}};

TEST(BundleArchive, ReadsBackWhatWasWritten) {
    const auto bytes = packed({{"a.json", "{}\n"}, {"empty", ""}, {"b.bin", std::string(512, 'x')}});
    const auto members = must(read(bytes));
    ASSERT_EQ(members.size(), 3u);
    EXPECT_EQ(members[0].name, "a.json");
    EXPECT_EQ(members[0].size, 3u);
    EXPECT_EQ(to_string(View(bytes).subspan(members[0].offset, 3)), "{}\n");
    EXPECT_EQ(members[1].size, 0u);
    EXPECT_EQ(members[2].offset % tar_block, 0u);
    EXPECT_EQ(bytes.size() % tar_block, 0u);
}

TEST(BundleArchive, IsTheSameForTheSameContent) { EXPECT_EQ(packed(two), packed(two)); }

TEST(BundleArchive, NoByteCanBeChangedInWhatIsNoContent) {
    const auto bytes = packed(two);
    const auto members = must(read(bytes));
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const auto inside = [&](const TarMember& m) { return i >= m.offset && i < m.offset + m.size; };
        if (std::any_of(members.begin(), members.end(), inside)) continue;
        auto changed = bytes;
        changed[i] ^= 0x01;
        EXPECT_FALSE(read(changed)) << "byte " << i;
    }
}

TEST(BundleArchive, RefusesNamesThatAreNoMembers) {
    for (const char* name : {"/etc/passwd", "../up", "a/b", ".hidden", "", "a b", "x\n"}) {
        auto bytes = packed({{"plain", "x"}});
        patch(bytes, 0, std::string(name) + std::string(100 - std::string(name).size(), '\0'));
        EXPECT_NE(refused(bytes), "") << name;
        EXPECT_FALSE(tar_header(name, 1)) << name;
    }
}

TEST(BundleArchive, RefusesLinksFoldersAndExtensions) {
    for (const char type : std::string("\0"
                                       "123456789xgLKSD",
                                       16)) {
        auto bytes = packed({{"plain", "x"}});
        patch(bytes, 156, std::string(1, type));
        EXPECT_NE(refused(bytes), "") << "type " << type;
    }
}

TEST(BundleArchive, RefusesOwnersTimesAndModesThatTheWriterDoesNotWrite) {
    for (const std::size_t at : {100u, 108u, 116u, 136u, 265u, 297u, 329u, 345u}) {
        auto bytes = packed({{"plain", "x"}});
        patch(bytes, at + 3, "5");
        EXPECT_NE(refused(bytes), "") << at;
    }
}

TEST(BundleArchive, RefusesAMemberTwiceAndNamesIt) { EXPECT_NE(refused(packed({{"a", "1"}, {"a", "2"}})).find("a stands there twice"), std::string::npos); }

TEST(BundleArchive, RefusesTooManyMembers) {
    std::vector<std::pair<std::string, std::string>> many;
    for (std::size_t i = 0; i <= most_members; ++i) many.emplace_back("m" + std::to_string(i), "x");
    EXPECT_NE(refused(packed(many)).find("too many"), std::string::npos);
}

TEST(BundleArchive, RefusesEveryCutAndEverythingBehindTheEnd) {
    const auto bytes = packed(two);
    for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(read(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)))) << size;
    auto longer = bytes;
    longer.push_back(0);
    EXPECT_NE(refused(longer).find("behind the end"), std::string::npos);
    EXPECT_FALSE(read(Bytes(2 * tar_block, 0))) << "no members";
}

TEST(BundleArchive, ASizeBeyondTheFileIsNoReasonToReadThere) {
    auto bytes = packed({{"plain", "x"}});
    patch(bytes, 124, "77777777777");
    EXPECT_NE(refused(bytes).find("plain is cut off"), std::string::npos);
    EXPECT_FALSE(tar_header("plain", largest_member + 1));
}

TEST(BundleArchive, TheWriterKeepsToTheSizeItWasTold) {
    TarWriter archive([](View) { return ok(); });
    must(archive.begin("a", 3));
    EXPECT_FALSE(archive.write(view("four")));
    EXPECT_FALSE(archive.finish());
    EXPECT_FALSE(archive.begin("b", 1));
    EXPECT_TRUE(archive.write(view("abc")));
    EXPECT_TRUE(archive.finish());
}

}  // namespace
}  // namespace anteroom::evidence
