// The audit log as administrators see it.
#include "tests/unit/admin/fixture.h"

namespace anteroom::admin {
namespace {

class AdminAudit : public Administering {
protected:
    void fill(int count) {
        for (int i = 0; i < count; ++i) ASSERT_TRUE(here->log->append({audit::Kind::login_refused, "vera", "mri-3", "", {{"n", std::to_string(i)}}}));
    }
    // Page after page, as the command line asks.
    json::array all(const std::string& verb, std::map<std::string, std::string> arguments, int& pages) {
        json::array rows;
        for (pages = 1; pages < 100; ++pages) {
            auto answer = call(verb, arguments);
            EXPECT_TRUE(answer.done) << answer.sentence;
            for (auto& row : answer.rows) rows.push_back(row);
            if (!answer.meta.contains("next")) break;
            for (const auto& [name, value] : answer.meta.at("next").as_object()) arguments[std::string(name)] = std::string(value.as_string());
        }
        return rows;
    }
};

TEST_F(AdminAudit, PagesToTheEndWithoutLengtheningTheLog) {
    fill(900);
    const auto before = records().size();
    int pages = 0;
    const auto rows = all("audit show", {}, pages);
    EXPECT_EQ(rows.size(), before + 1);  // its own record is in it
    EXPECT_GE(pages, 5);
    EXPECT_LE(records().size(), before + 3);
    std::int64_t expected = 0;
    for (const auto& row : rows) EXPECT_EQ(row.as_object().at("seq").as_int64(), ++expected);
}

TEST_F(AdminAudit, Filters) {
    fill(3);
    int pages = 0;
    EXPECT_EQ(all("audit show", {{"kind", "login.refused"}}, pages).size(), 3u);
    EXPECT_EQ(all("audit show", {{"person", "vera"}, {"target", "mri-3"}}, pages).size(), 3u);
    EXPECT_EQ(all("audit show", {{"person", "nobody"}}, pages).size(), 0u);
    EXPECT_EQ(all("audit show", {{"until", "2020-01-01T00:00:00Z"}}, pages).size(), 0u);
    EXPECT_GE(all("audit show", {{"since", "1h"}}, pages).size(), 3u);
    EXPECT_FALSE(call("audit show", {{"kind", "nonsense"}}).done);
    EXPECT_FALSE(call("audit show", {{"since", "yesterday"}}).done);
    EXPECT_FALSE(call("audit show", {{"after", "-1"}}).done);
    EXPECT_EQ(all("audit show", {{"person", "' OR 1=1 --"}}, pages).size(), 0u);
}

TEST_F(AdminAudit, ExportsLinesWithHashes) {
    fill(250);
    int pages = 0;
    const auto rows = all("audit export", {{"format", "jsonl"}}, pages);
    EXPECT_GE(rows.size(), 250u);
    for (const auto& row : rows) EXPECT_NE(std::string(row.as_object().at("line").as_string()).find("\"hash\":"), std::string::npos);
    EXPECT_FALSE(call("audit export", {{"format", "csv"}}).done);
}

TEST_F(AdminAudit, VerifiesAlsoAgainstACheckpointKeptElsewhere) {
    fill(10);
    EXPECT_TRUE(call("audit verify").done);
    const auto checkpoint = call("audit checkpoint");
    ASSERT_TRUE(checkpoint.done) << checkpoint.sentence;
    std::string document;
    for (const auto& line : checkpoint.row().at("lines").as_array()) document += std::string(line.as_string()) + "\n";
    auto against = [&](std::string text) {
        auto asked = call_of("audit verify");
        asked.text = std::move(text);
        return call(std::move(asked));
    };
    EXPECT_TRUE(against(document).done);
    EXPECT_FALSE(against("nonsense").done);
    auto forged = document;
    const auto at = forged.find("\"head\": \"") + 9;
    forged[at] = forged[at] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(against(forged).done);
}

TEST_F(AdminAudit, SaysWhereTheLogWasChanged) {
    fill(5);
    const auto changed = here->database.execute("UPDATE audit_records SET person = 'olaf', body = replace(body, 'vera', 'olaf') WHERE seq = 4");
    ASSERT_TRUE(changed) << changed.error().detail;
    const auto answer = call("audit verify");
    EXPECT_FALSE(answer.done);
    ASSERT_EQ(answer.rows.size(), 1u);
    EXPECT_FALSE(answer.row().at("intact").as_bool());
    EXPECT_EQ(answer.row().at("findings").as_array().at(0).as_object().at("seq").as_int64(), 4);
    EXPECT_NE(answer.sentence.find("not as it was written"), std::string::npos);
}

}  // namespace
}  // namespace anteroom::admin
