// Opening, migrations, transactions, and what SOCI must not let through.
#include "broker/store/database.h"

#include <sys/stat.h>

#include <fstream>

#include "broker/store/migrations.h"
#include "broker/store/settings.h"
#include "tests/unit/store/temporary.h"

namespace anteroom::store {
namespace {

using anteroom::testing::kind_of;
using anteroom::testing::must;
using anteroom::testing::TemporaryDirectory;

class DatabaseTest : public anteroom::testing::WithDatabase {
protected:
    std::optional<std::string> setting(std::string_view name) { return must(Settings(database).get(name)); }
    Status set(std::string_view name) { return Settings(database).set(name, "x"); }
};

mode_t mode_of(const std::string& path) {
    struct stat found{};
    return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 07777 : 0;
}

TEST_F(DatabaseTest, IsReadableByItsOwnerOnly) {
    must(set("a"));
    for (const char* name : {"anteroom.db", "anteroom.db-wal", "anteroom.db-shm"}) EXPECT_EQ(mode_of(directory.file(name)), 0600u) << name;
}

TEST_F(DatabaseTest, ClosesAnExistingFileToOthers) {
    const auto path = directory.file("wide.db");
    std::ofstream(path).close();
    ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
    must(Database::open("sqlite:" + path, clock));
    EXPECT_EQ(mode_of(path), 0600u);
}

TEST_F(DatabaseTest, IsAsDurableAndStrictAsIntended) {
    const auto pragma = [&](const char* name) {
        auto row = must(database.select_one({"*"}, std::string("FROM pragma_") + name));
        return row->text();
    };
    EXPECT_EQ(pragma("journal_mode"), "wal");
    EXPECT_EQ(pragma("synchronous"), "2");
    EXPECT_EQ(pragma("foreign_keys"), "1");
    EXPECT_EQ(pragma("busy_timeout"), "5000");
}

TEST_F(DatabaseTest, OpensPathsWithSpacesAndEqualSigns) {
    const auto path = directory.file("a b=c timeout=0.db");
    must(Database::open("sqlite:" + path, clock));
    EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(DatabaseTest, RefusesADirectoryAMissingFolderAndOtherAddresses) {
    auto directory_error = Database::open("sqlite:" + directory.path(), clock);
    ASSERT_FALSE(directory_error);
    EXPECT_NE(directory_error.error().detail.find("is a directory"), std::string::npos);
    EXPECT_FALSE(Database::open("sqlite:" + directory.file("no/such/folder.db"), clock));
    EXPECT_EQ(kind_of(Database::open("sqlite:", clock)), ErrorKind::invalid);
    EXPECT_EQ(kind_of(Database::open("sqlite::memory:", clock)), ErrorKind::invalid);
    EXPECT_EQ(kind_of(Database::open("postgresql://host/db", clock)), ErrorKind::invalid);
    EXPECT_EQ(kind_of(Database::open("sqlite:/tmp/a\" timeout=\"1", clock)), ErrorKind::invalid);
}

TEST_F(DatabaseTest, RefusesAFileThatIsNoDatabaseAndLeavesItAlone) {
    const auto path = directory.file("letter.txt");
    const std::string content(5000, 'x');
    std::ofstream(path) << content;
    EXPECT_FALSE(Database::open("sqlite:" + path, clock));
    std::ifstream again(path);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(again), {}), content);
}

TEST_F(DatabaseTest, MigratesOnceHoweverOftenItIsOpened) {
    const auto applied = [&] { return must(database.select({"number", "applied_at"}, "FROM schema_migrations ORDER BY number")).size(); };
    EXPECT_EQ(applied(), migrations().size());
    must(set("kept"));
    for (int i = 0; i < 3; ++i) must(Database::open(address(), clock));
    EXPECT_EQ(applied(), migrations().size());
    EXPECT_TRUE(setting("kept"));
}

TEST_F(DatabaseTest, MigrationsAreNumberedWithoutGaps) {
    std::int64_t expected = 1;
    for (const auto& step : migrations()) EXPECT_EQ(step.number, expected++);
}

TEST_F(DatabaseTest, RefusesADatabaseOfANewerProgram) {
    must(database.execute("INSERT INTO schema_migrations (number, name, applied_at) VALUES (9999, 'from the future', 0)"));
    auto reopened = Database::open(address(), clock);
    ASSERT_FALSE(reopened);
    EXPECT_EQ(reopened.error().kind, ErrorKind::refused);
    EXPECT_NE(reopened.error().detail.find("9999"), std::string::npos);
    EXPECT_NE(reopened.error().detail.find("newer"), std::string::npos);
}

TEST_F(DatabaseTest, AFailingMigrationLeavesNothingBehindAndSaysWhich) {
    std::vector<Migration> steps(migrations().begin(), migrations().end());
    const auto next = steps.back().number + 1;
    steps.push_back({next, "half good", {"CREATE TABLE half (a TEXT)", "CREATE TABEL oops (a TEXT)"}});
    auto status = migrate(database, steps, clock);
    ASSERT_FALSE(status);
    EXPECT_NE(status.error().detail.find("half good"), std::string::npos);
    EXPECT_FALSE(database.select({"a"}, "FROM half"));
    steps.back().statements[1] = "CREATE TABLE oops (a TEXT)";
    must(migrate(database, steps, clock));
    EXPECT_TRUE(database.select({"a"}, "FROM half"));
}

TEST_F(DatabaseTest, KeepsATransactionWholeOrNotAtAll) {
    must(database.transaction([&] { return set("one"); }));
    EXPECT_TRUE(setting("one"));
    const auto refused = database.transaction([&]() -> Status {
        TRY(set("two"));
        return fail(ErrorKind::refused, "no");
    });
    EXPECT_EQ(kind_of(refused), ErrorKind::refused);
    EXPECT_FALSE(setting("two"));
    EXPECT_THROW((void)database.transaction([&]() -> Status {
        TRY(set("three"));
        throw std::runtime_error("a bug");
    }),
                 std::runtime_error);
    EXPECT_FALSE(setting("three"));
    EXPECT_FALSE(database.in_transaction());
    must(set("still usable"));
}

TEST_F(DatabaseTest, AnInnerTransactionIsUndoneAloneAndLastsOnlyWithItsOuterOne) {
    must(database.transaction([&]() -> Status {
        TRY(set("outer"));
        EXPECT_FALSE(database.transaction([&]() -> Status {
            TRY(set("inner"));
            return fail(ErrorKind::refused, "no");
        }));
        EXPECT_THROW((void)database.transaction([&]() -> Status {
            TRY(set("inner too"));
            throw std::runtime_error("a bug");
        }),
                     std::runtime_error);
        return database.transaction([&] { return set("second inner"); });
    }));
    EXPECT_TRUE(setting("outer"));
    EXPECT_FALSE(setting("inner"));
    EXPECT_FALSE(setting("inner too"));
    EXPECT_TRUE(setting("second inner"));
    (void)database.transaction([&]() -> Status {
        TRY(database.transaction([&] { return set("lost with the outer"); }));
        return fail(ErrorKind::refused, "no");
    });
    EXPECT_FALSE(setting("lost with the outer"));
}

TEST_F(DatabaseTest, AFailedStatementCannotBeOverlookedWithinATransaction) {
    const auto status = database.transaction([&]() -> Status {
        TRY(set("before"));
        (void)database.execute("INSERT INTO no_such_table (a) VALUES (1)");  // its error is ignored
        EXPECT_FALSE(set("after"));
        return ok();
    });
    EXPECT_FALSE(status);
    EXPECT_FALSE(setting("before"));
    EXPECT_FALSE(setting("after"));
    must(set("later"));
}

TEST_F(DatabaseTest, AFailedInnerTransactionLetsTheOuterOneGoOn) {
    must(database.transaction([&]() -> Status {
        TRY(set("outer"));
        EXPECT_FALSE(database.transaction([&]() -> Status {
            TRY(database.execute("INSERT INTO no_such_table (a) VALUES (1)"));
            return ok();
        }));
        return set("outer goes on");
    }));
    EXPECT_TRUE(setting("outer goes on"));
}

TEST_F(DatabaseTest, ErrorsNeverContainParameters) {
    must(database.execute("CREATE TABLE once (a TEXT PRIMARY KEY)"));
    must(database.execute("INSERT INTO once (a) VALUES (?)", {"hunter2"}));
    auto twice = database.execute("INSERT INTO once (a) VALUES (?)", {"hunter2"});
    ASSERT_FALSE(twice);
    EXPECT_EQ(twice.error().detail.find("hunter2"), std::string::npos) << twice.error().detail;
}

TEST_F(DatabaseTest, RefusesTextWithANulByteInsteadOfCuttingIt) {
    EXPECT_EQ(kind_of(Settings(database).set("name", std::string_view("a\0b", 3))), ErrorKind::invalid);
    EXPECT_FALSE(setting("name"));
}

TEST_F(DatabaseTest, HostileTextIsOnlyText) {
    for (const std::string text : {"'; DROP TABLE settings; --", ":p1", "?", "%s", "\"", "\\", "\xff\xfe", ""}) {
        must(Settings(database).set("name", text));
        EXPECT_EQ(setting("name"), text);
    }
}

TEST_F(DatabaseTest, NumbersOfSixtyFourBitsAndNullsComeBackAsTheyWere) {
    must(database.execute("CREATE TABLE wide (a BIGINT, b TEXT)"));
    for (const std::int64_t number : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1}, std::int64_t{0}, std::numeric_limits<std::int64_t>::max()}) {
        must(database.execute("DELETE FROM wide"));
        must(database.insert("wide", {{"a", number}, {"b", std::nullopt}}));
        auto row = must(database.select_one({"a", "b"}, "FROM wide"));
        EXPECT_EQ(row->integer(), number);
        EXPECT_EQ(row->optional_text(), std::nullopt);
        must(row->finished());
    }
    auto row = must(database.select_one({"a", "b"}, "FROM wide"));
    (void)row->integer();
    (void)row->text();
    EXPECT_EQ(kind_of(row->finished()), ErrorKind::damaged);
}

TEST_F(DatabaseTest, AnotherConnectionSeesOnlyWhatWasCommitted) {
    auto other = must(Database::open(address(), clock));
    must(database.transaction([&]() -> Status {
        TRY(set("now"));
        EXPECT_FALSE(must(Settings(other).get("now")));
        return ok();
    }));
    EXPECT_TRUE(must(Settings(other).get("now")));
}

}  // namespace
}  // namespace anteroom::store
