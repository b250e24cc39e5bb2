// Asking: what a request must be, what is unusual about it, and what it leaves behind.
#include <gmock/gmock.h>

#include "tests/unit/access/scene.h"

namespace anteroom::access::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Asking = AccessTest;

TEST_F(Asking, KeepsRowAuditRecordAndAlertOfARequestTogether) {
    const auto request = asked();
    EXPECT_EQ(request.id, 1);
    EXPECT_EQ(now_of(1), request);
    EXPECT_EQ(request.wanted.at(0).rule, "mri-service");
    const auto record = records("access.requested").at(0);
    EXPECT_EQ(record.person, "sam");
    EXPECT_EQ(record.target, "mri-3");
    EXPECT_EQ(record.fields.at("request"), "1");
    EXPECT_EQ(record.fields.at("state"), "requested");
    EXPECT_EQ(record.fields.at("reason"), "gradient coil");
    EXPECT_EQ(record.fields.at("ticket"), "CHG-7");
    EXPECT_EQ(record.fields.at("rule"), "mri-service");
    EXPECT_EQ(record.fields.at("unusual"), "first time on mri-3; first time from 203.0.113.9");
    const auto alert = alerts("request.created").at(0);
    EXPECT_EQ(alert.at("channel").as_string(), "soc");
    EXPECT_THAT(std::string(alert.at("summary").as_string()), HasSubstr("sam (Acme Imaging) asks for mri-3 as service for 2 h"));
    EXPECT_FALSE(alert.contains("reason"));
    ASSERT_EQ(told.size(), 1u);
    EXPECT_FALSE(may_connect());
}

TEST_F(Asking, RefusesReasonsThatAreNoLine) {
    for (const auto& reason : {std::string("two\nlines"), std::string("\x1b[31mred"), std::string("a\0b", 3), std::string("\xff\xfe"), std::string(),
                               std::string("   "), std::string(501, 'x'), std::string(1 << 20, 'x'), std::string("bi\u202edi")}) {
        auto wrong = wish();
        wrong.reason = reason;
        const auto sentence = refusal(access->create(wrong));
        EXPECT_THAT(sentence, HasSubstr("The reason")) << reason.size();
        EXPECT_LT(sentence.size(), 100u) << "it repeats nothing";
    }
    auto right = wish();
    right.reason = std::string(498, 'x') + "\u00fc\u00df";
    EXPECT_EQ(refusal(access->create(right)), "") << "500 characters, not bytes";
    EXPECT_EQ(must(access->list(true)).size(), 1u);
    EXPECT_EQ(records("access.requested").size(), 1u);
}

TEST_F(Asking, RefusesTicketsThatAreNotOfTheKind) {
    for (const auto& ticket : {std::string(), std::string("CHG-"), std::string("CHG-7\n"), std::string("xCHG-7"), std::string("CHG-7\x1b[0m"),
                               "CHG-" + std::string(100, '7'), std::string(1 << 20, '7')}) {
        auto wrong = wish();
        wrong.ticket = ticket;
        EXPECT_THAT(refusal(access->create(wrong)), HasSubstr("ticket")) << ticket.size();
    }
    EXPECT_TRUE(must(access->list(true)).empty());
}

TEST_F(Asking, TakesTheMaximumForNoLengthAndNamesItWhenMoreIsWanted) {
    EXPECT_THAT(refusal(access->create(wish({mri3}, 5h))), HasSubstr("At most 4 h"));
    EXPECT_NE(refusal(access->create(wish({mri3}, -1h))), "");
    EXPECT_EQ(asked({mri3}, Duration(0)).asked, 4h);
}

TEST_F(Asking, SaysWhyNothingCanBeAskedFor) {
    EXPECT_THAT(refusal(access->create(wish({}))), HasSubstr("at least one"));
    EXPECT_THAT(refusal(access->create(wish({mri3, mri3}))), HasSubstr("twice"));
    EXPECT_THAT(refusal(access->create(wish({{TargetId("mri-9"), AccountId("service")}}))), HasSubstr("no access to a target"));
    EXPECT_THAT(refusal(access->create(wish({{TargetId("mri-3"), AccountId("root")}}))), HasSubstr("no access to a target"));
    auto stranger = wish();
    stranger.person = PersonId("dana");
    EXPECT_NE(refusal(access->create(stranger)), "");
    stranger.person = PersonId("nobody");
    EXPECT_NE(refusal(access->create(stranger)), "");
    must(here->people.set_disabled(PersonId("sam"), true));
    EXPECT_THAT(refusal(access->create(wish())), HasSubstr("switched off"));
    EXPECT_FALSE(must(access->questions(PersonId("sam"), {mri3}, "203.0.113.9")).possible);
}

TEST_F(Asking, IsNotNeededWhereAccessIsPermittedAlready) {
    const auto request = granted();
    EXPECT_THAT(refusal(access->create(wish())), HasSubstr("already"));
    apply(with(hospital, "access: on-request\n    approval: { by: [role:admins], count: 1, max: 4h, ticket: \"CHG-[0-9]+\" }", "access: standing"));
    EXPECT_THAT(refusal(access->create(wish({mri4}))), HasSubstr("You may connect to mri-4 as service already"));
}

TEST_F(Asking, HasOneOpenRequestForATargetAndTwentyInAll) {
    (void)asked();
    EXPECT_THAT(refusal(access->create(wish())), HasSubstr("Request 1 for mri-3 as service is open already"));
    auto later = wish();
    for (int i = 1; i < 20; ++i) {
        later.not_before = clock.now() + i * 5h;
        EXPECT_EQ(refusal(access->create(later)), "");
    }
    EXPECT_THAT(refusal(access->create(later)), HasSubstr("20 open requests"));
    (void)must(access->withdraw(1, PersonId("sam")));
    EXPECT_EQ(refusal(access->create(later)), "");
}

TEST_F(Asking, IsForTheNextThirtyDaysAtTheFurthest) {
    auto later = wish();
    later.not_before = clock.now() + 31 * 24h;
    EXPECT_THAT(refusal(access->create(later)), HasSubstr("30 days"));
    later.not_before = clock.now() + 29 * 24h;
    const auto request = must(access->create(later));
    EXPECT_EQ(request.waits_until, *later.not_before + 2h);
    EXPECT_EQ(must(access->approve(request.id, factor("dana"), {}, false)).starts, later.not_before);
    EXPECT_FALSE(may_connect());
}

TEST_F(Asking, MarksWhatIsUnusualTheExceptionFirst) {
    apply(with(with(hospital, "agreement: { signed: 2025-01-15, expires: 2028-01-15 } }",
                    "agreement: { signed: 2025-01-15, expires: 2028-01-15 }, networks: { from: [198.51.100.0/24], otherwise: ask } }"),
               "    access: on-request\n",
               "    access: on-request\n    when: { days: [mon-fri], hours: \"07:00-19:00\", zone: America/Chicago, otherwise: ask }\n"));
    // 09:00 UTC is 03:00 in Chicago.
    EXPECT_THAT(asked().unusual, ElementsAre("outside the hours of rule mri-service", "from outside Acme Imaging's networks", "first time on mri-3",
                                             "first time from 203.0.113.9"));
    store::Session visit;
    visit.id = SessionId(random_id());
    visit.worker = WorkerId(random_id());
    visit.person = PersonId("sam");
    visit.target = TargetId("mri-3");
    visit.account = AccountId("service");
    visit.source = "198.51.100.7";
    visit.started = clock.now();
    must(here->sessions.insert(visit));
    must(access->withdraw(1, PersonId("sam")));
    clock.advance(6h);  // 09:00 in Chicago
    auto usual = wish();
    usual.source_ip = "198.51.100.7";
    EXPECT_THAT(must(access->create(usual)).unusual, ElementsAre());
    const auto card = must(access->card(now_of(2)));
    ASSERT_EQ(card.visits.size(), 1u);
    EXPECT_EQ(card.visits[0].target, "mri-3");
    EXPECT_EQ(card.agreement, "until 2028-01-15");
    EXPECT_EQ(card.vendor, "Acme Imaging");
    EXPECT_EQ(card.places.at(0).description, "MRI 3, basement");
    EXPECT_THAT(card.waiting_for, ElementsAre("1 of admins"));
    EXPECT_EQ(card.max, 2h);
    EXPECT_EQ(card.notified, now_of(2).created);
}

TEST_F(Asking, AsksTheQuestionsThatPolicyHas) {
    const auto questions = must(access->questions(PersonId("sam"), {mri3, mri4}, "203.0.113.9"));
    EXPECT_TRUE(questions.possible) << questions.sentence;
    EXPECT_TRUE(questions.ticket);
    EXPECT_EQ(questions.ticket_pattern, "CHG-[0-9]+");
    EXPECT_EQ(questions.max, 4h);
    EXPECT_THAT(questions.approvers, ElementsAre("admins"));
}

TEST_F(Asking, IsWithdrawnByItsPersonAlone) {
    const auto request = granted();
    EXPECT_THAT(refusal(access->withdraw(request.id, PersonId("dana"))), HasSubstr("Only sam"));
    EXPECT_TRUE(may_connect());
    (void)must(access->withdraw(request.id, PersonId("sam")));
    EXPECT_FALSE(may_connect());
    EXPECT_EQ(records("access.withdrawn").size(), 1u);
    EXPECT_NE(refusal(access->withdraw(request.id, PersonId("sam"))), "");
    EXPECT_EQ(refusal(access->create(wish())), "") << "and may be asked for again";
}

TEST_F(Asking, ExpiresWhenNobodyDecides) {
    const auto request = asked();
    clock.advance(24h - 1s);
    must(access->tick());
    EXPECT_EQ(now_of(request.id).state, RequestState::requested);
    clock.advance(1s);
    EXPECT_THAT(refusal(access->approve(request.id, factor("dana"), {}, false)), HasSubstr("expired"));
    must(access->tick());
    EXPECT_EQ(now_of(request.id).state, RequestState::expired);
    EXPECT_EQ(records("access.expired").size(), 1u);
    must(access->tick());
    EXPECT_EQ(records("access.expired").size(), 1u) << "once";
    EXPECT_FALSE(must(access->open_request(PersonId("sam"), mri3)));
}

TEST_F(Asking, LeavesNothingBehindWhenItCannotBeTold) {
    const auto before = records().size();
    must(here->database.execute("DROP TABLE outbox"));
    EXPECT_NE(refusal(access->create(wish())), "");
    EXPECT_TRUE(must(access->list(true)).empty());
    EXPECT_EQ(records().size(), before);
    EXPECT_TRUE(told.empty());
}

}  // namespace
}  // namespace anteroom::access::testing
