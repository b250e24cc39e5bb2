// What people are told about their own way in, and by which channel.
#include "broker/access/people_notices.h"

#include "broker/identity/typed_code.h"
#include "tests/unit/installation/scene.h"

namespace anteroom::access {
namespace {

using namespace installation::testing;
using namespace std::chrono_literals;

class PeopleNotices : public WithInstallation {
protected:
    PeopleNotices() {
        write("anteroom.yaml",
              "alerts:\n"
              "  mail: { smtp: { host: mail.example, security: starttls, from: a@hospital.example, to: [person] }, events: [people] }\n"
              "  soc: { webhook: { url: \"https://soc.example/hook\", secret_file: keys/soc }, events: [requests, alarms] }\n");
        here = opened();
        must(here->people.insert({.name = dana, .display_name = "Dana\x1b[2J Reyes", .email = "dana@hospital.example", .created = clock.now()}));
    }
    std::vector<store::OutboxRow> told() { return must(here->outbox.list(100)); }

    const PersonId dana{"dana"};
    std::unique_ptr<installation::Installation> here;
};

TEST_F(PeopleNotices, GoToTheChannelsForPeopleAndToNoOther) {
    must(tell_invited(*here, dana, clock.now() + 72h));
    must(tell_reset(*here, dana));
    must(tell_factor_added(*here, dana, "a new password", store::issued_by(dana)));
    must(tell_recovery_used(*here, dana, 4));
    const auto rows = told();
    ASSERT_EQ(rows.size(), 4u);
    for (const auto& row : rows) {
        EXPECT_EQ(row.channel, "mail");
        EXPECT_NE(row.body.find("dana@hospital.example"), std::string::npos);
        EXPECT_EQ(row.body.find("\\u001b"), std::string::npos);
    }
    EXPECT_EQ(rows[3].event, "person.invited");
    EXPECT_EQ(rows[2].event, "person.reset");
    EXPECT_EQ(rows[1].event, "factor.added");
    EXPECT_EQ(rows[0].event, "factor.recovery-used");
    EXPECT_NE(rows[0].body.find("4 are left"), std::string::npos);
}

TEST_F(PeopleNotices, AFactorOfAnAdministratorsIsLouderThanOnesOwn) {
    must(tell_factor_added(*here, dana, "one-time codes", store::issued_by(dana)));
    EXPECT_NE(told()[0].body.find("\"loudness\":0"), std::string::npos);
    must(tell_factor_added(*here, dana, "one-time codes", "unix:root"));
    EXPECT_NE(told()[0].body.find("\"loudness\":1"), std::string::npos);
    EXPECT_NE(told()[0].body.find("an administrator (unix:root)"), std::string::npos);
}

TEST_F(PeopleNotices, EachUseOfARecoveryCodeIsToldWithoutTheCode) {
    tell_of_recovery_codes(*here);
    const auto code = identity::new_typed_code(identity::TypedCode::recovery);
    must(here->recovery_codes.replace(dana, {*identity::hash_of_typed(identity::TypedCode::recovery, dana, code.expose_text())}, clock.now()));
    EXPECT_EQ(here->check_code(dana, Secret::copy_of("0000-0000-0000-0000")).kind, identity::CodeVerdict::Kind::wrong);
    EXPECT_TRUE(told().empty());
    EXPECT_EQ(here->check_code(dana, code).kind, identity::CodeVerdict::Kind::accepted);
    ASSERT_EQ(told().size(), 1u);
    EXPECT_EQ(told()[0].body.find(code.expose_text()), std::string::npos);
}

TEST_F(PeopleNotices, OfNobodyIsAnErrorAndTellsNobody) {
    EXPECT_FALSE(tell_reset(*here, PersonId("nobody")));
    EXPECT_TRUE(told().empty());
}

}  // namespace
}  // namespace anteroom::access
