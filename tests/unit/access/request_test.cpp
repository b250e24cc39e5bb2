// The pure state machine: every move, and its hostile twin.
#include <gmock/gmock.h>

#include "broker/access/request_json.h"
#include "tests/unit/access/machine.h"

namespace anteroom::access::testing {
namespace {

using command::Approve;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(AccessRequest, IsApprovedByOneAndRunsFromThen) {
    const auto it = approved(noon + 10min);
    EXPECT_EQ(it.state, RequestState::approved);
    EXPECT_EQ(it.starts, noon + 10min);
    EXPECT_EQ(it.ends, noon + 10min + 2h);
    EXPECT_EQ(it.length, 2h);
    EXPECT_EQ(it.decided_by, PersonId("dana"));
    EXPECT_TRUE(it.grants(noon + 10min));
    EXPECT_FALSE(it.grants(noon + 9min));
    EXPECT_FALSE(it.grants(noon + 10min + 2h)) << "the end does not belong to it";
}

TEST(AccessRequest, RefusesApprovalByTheRequester) {
    const auto request = asked_for();
    auto self = decider("sam");
    EXPECT_THAT(sentence(request, Approve{self, {}, false}, terms_of(request)), HasSubstr("Nobody decides on a request of their own"));
    auto second_account = decider("sam2");
    second_account.human = second_account.stands_for_human = "sam";
    EXPECT_THAT(sentence(request, Approve{second_account, {}, false}, terms_of(request)), HasSubstr("Nobody decides on a request of their own"));
    EXPECT_THAT(sentence(request, command::Deny{self, "no"}, terms_of(request)), HasSubstr("Nobody decides"));
}

TEST(AccessRequest, RefusesWhoStandsInForTheRequesterOrIsTheRequesterStandingInForAnother) {
    const auto request = asked_for();
    EXPECT_THAT(sentence(request, Approve{standing_in("dana", "sam"), {}, false}, terms_of(request)), HasSubstr("in the name of the person who made it"));
    auto own = standing_in("sam2", "dana");
    own.human = "sam";
    EXPECT_THAT(sentence(request, Approve{own, {}, false}, terms_of(request)), HasSubstr("Nobody decides on a request of their own"));
}

TEST(AccessRequest, RefusesWhomPolicyDoesNotName) {
    const auto request = asked_for();
    EXPECT_THAT(sentence(request, Approve{decider("mallory", {}), {}, false}, terms_of(request)), HasSubstr("does not name you"));
    EXPECT_THAT(sentence(request, command::Deny{decider("mallory", {}), "no"}, terms_of(request)), HasSubstr("does not name you"));
    EXPECT_NE(sentence(request, Approve{decider("mallory", {7}), {}, false}, terms_of(request)), "it was done") << "a place that is not asked for";
}

TEST(AccessRequest, WaitsForSeveralDistinctPeople) {
    const auto request = asked_for();
    const auto terms = terms_of(request, 2);
    const auto once = after(request, Approve{decider("dana"), {}, false}, terms);
    EXPECT_EQ(once.state, RequestState::requested);
    EXPECT_THAT(missing(once, terms), ElementsAre(1));
    EXPECT_THAT(sentence(once, Approve{decider("dana"), {}, false}, terms), HasSubstr("said yes to this already"));
    const auto twice = after(once, Approve{decider("erin"), {}, false}, terms);
    EXPECT_EQ(twice.state, RequestState::approved);
}

TEST(AccessRequest, CountsAnApproverAndTheirStandInOnceWhicheverComesFirst) {
    const auto request = asked_for();
    const auto terms = terms_of(request, 2);
    const auto by_dana = after(request, Approve{decider("dana"), {}, false}, terms);
    EXPECT_THAT(sentence(by_dana, Approve{standing_in("erin", "dana"), {}, false}, terms), HasSubstr("already"));
    const auto by_stand_in = after(request, Approve{standing_in("erin", "dana"), {}, false}, terms);
    EXPECT_THAT(sentence(by_stand_in, Approve{decider("dana"), {}, false}, terms), HasSubstr("already"));
    EXPECT_THAT(sentence(by_stand_in, Approve{decider("erin"), {}, false}, terms), HasSubstr("already")) << "one person does not say yes twice";
    EXPECT_THAT(sentence(by_stand_in, Approve{standing_in("frank", "erin"), {}, false}, terms), HasSubstr("already"));
    EXPECT_EQ(after(by_stand_in, Approve{decider("gina"), {}, false}, terms).state, RequestState::approved);
}

TEST(AccessRequest, IsApprovedOnlyWhenEveryTargetIs) {
    const auto request = asked_for({mri3, mri4});
    const auto terms = terms_of(request);
    const auto half = after(request, Approve{decider("dana", {0}), {}, false}, terms);
    EXPECT_EQ(half.state, RequestState::requested);
    EXPECT_THAT(missing(half, terms), ElementsAre(0, 1));
    EXPECT_EQ(after(half, Approve{decider("erin", {1}), {}, false}, terms).state, RequestState::approved);
    // The same person may decide on the other target in somebody else's name.
    EXPECT_EQ(after(half, Approve{standing_in("dana", "erin", {1}), {}, false}, terms).state, RequestState::approved);
}

TEST(AccessRequest, IsShortenedNeverLengthened) {
    const auto request = asked_for();
    const auto terms = terms_of(request, 2, 4h);
    EXPECT_THAT(sentence(request, Approve{decider("dana"), 3h, false}, terms), HasSubstr("At most 2 h"));
    EXPECT_THAT(sentence(request, Approve{decider("dana"), 0s, false}, terms), HasSubstr("no time at all"));
    EXPECT_THAT(sentence(request, Approve{decider("dana"), -5min, false}, terms), HasSubstr("no time at all"));
    const auto once = after(request, Approve{decider("dana"), 30min, false}, terms);
    const auto twice = after(once, Approve{decider("erin"), 1h, false}, terms);
    EXPECT_EQ(twice.length, 30min) << "the smallest counts";
}

TEST(AccessRequest, GivesNoMoreThanPolicyGivesWhenItIsApproved) {
    const auto request = asked_for();
    const auto it = after(request, Approve{decider("dana"), {}, false}, terms_of(request, 1, 20min));
    EXPECT_EQ(it.length, 20min);
    EXPECT_THAT(sentence(request, Approve{decider("dana"), 30min, false}, terms_of(request, 1, 20min)), HasSubstr("At most 20 min"));
}

TEST(AccessRequest, IsNotApprovedWhenPolicyNoLongerPermitsIt) {
    const auto request = asked_for();
    auto terms = terms_of(request);
    terms.of[0].possible = false;
    EXPECT_THAT(sentence(request, Approve{decider("dana"), {}, false}, terms), HasSubstr("stays open until it expires"));
    EXPECT_THAT(sentence(request, Approve{decider("dana"), {}, false}, Terms{}), HasSubstr("no longer permits")) << "terms of another request";
}

TEST(AccessRequest, HasToBeConfirmedWherePolicySaysSo) {
    const auto request = asked_for();
    auto terms = terms_of(request);
    terms.confirm = {"Scanner idle, room told"};
    EXPECT_THAT(sentence(request, Approve{decider("dana"), {}, false}, terms), HasSubstr("Scanner idle, room told"));
    EXPECT_EQ(after(request, Approve{decider("dana"), {}, true}, terms).state, RequestState::approved);
}

TEST(AccessRequest, HasOneOutcomeAndNamesWhoWasFirst) {
    const auto request = asked_for();
    const auto terms = terms_of(request);
    const auto yes = approved();
    EXPECT_THAT(sentence(yes, Approve{decider("erin"), {}, false}, terms), HasSubstr("dana approved it at 2026-01-05T12:00:00Z"));
    EXPECT_THAT(sentence(yes, command::Deny{decider("erin"), "no"}, terms), HasSubstr("dana approved it"));
    const auto no = after(request, command::Deny{decider("dana"), "not today"}, terms);
    EXPECT_EQ(no.state, RequestState::denied);
    EXPECT_EQ(no.decision, "not today");
    EXPECT_THAT(sentence(no, Approve{decider("erin"), {}, false}, terms), HasSubstr("dana denied it"));
    EXPECT_THAT(sentence(no, command::Withdraw{}, terms), HasSubstr("dana denied it"));
    EXPECT_THAT(sentence(request, command::Deny{decider("dana"), ""}, terms), HasSubstr("says why"));
}

TEST(AccessRequest, IsNeverApprovedAfterItWasWithdrawnOrExpired) {
    const auto request = asked_for();
    const auto terms = terms_of(request);
    const auto withdrawn = after(request, command::Withdraw{}, terms);
    EXPECT_EQ(withdrawn.state, RequestState::withdrawn);
    EXPECT_THAT(sentence(withdrawn, Approve{decider("dana"), {}, false}, terms), HasSubstr("sam withdrew it"));
    EXPECT_THAT(sentence(request, Approve{decider("dana"), {}, false}, terms, noon + 24h), HasSubstr("expired")) << "without a tick in between";
    EXPECT_EQ(after(request, Approve{decider("dana"), {}, false}, terms, noon + 24h - 1us).state, RequestState::approved);
    EXPECT_EQ(after(request, command::Pass{}, terms, noon + 24h).state, RequestState::expired);
}

TEST(AccessRequest, StartsAtItsHourWhenItWasMadeForLater) {
    auto request = asked_for();
    request.not_before = noon + 3h;
    const auto it = after(request, Approve{decider("dana"), {}, false}, terms_of(request));
    EXPECT_FALSE(it.grants(noon + 2h));
    EXPECT_NE(sentence(it, command::Connect{}, terms_of(request), noon + 2h), "it was done");
    EXPECT_TRUE(it.grants(noon + 3h));
    EXPECT_EQ(it.ends, noon + 5h);
    const auto late = after(request, Approve{decider("dana"), {}, false}, terms_of(request), noon + 4h);
    EXPECT_EQ(late.ends, noon + 6h) << "approved after its hour, it starts then";
}

TEST(AccessRequest, RunsFromTheFirstConnectionWherePolicySaysSo) {
    const auto request = asked_for();
    auto terms = terms_of(request);
    terms.clock = policy::GrantClock::first_connection;
    const auto waiting = after(request, Approve{decider("dana"), {}, false}, terms);
    EXPECT_EQ(waiting.ends, std::nullopt);
    EXPECT_TRUE(waiting.grants(noon + 48h));
    const auto running = after(waiting, command::Connect{}, terms, noon + 48h);
    EXPECT_EQ(running.state, RequestState::active);
    EXPECT_EQ(running.ends, noon + 50h);
    EXPECT_EQ(after(running, command::Connect{}, terms, noon + 49h).ends, noon + 50h) << "a second connection does not start it again";
    const auto shorter = after(waiting, command::Connect{}, terms_of(request, 1, 30min), noon + 48h);
    EXPECT_EQ(shorter.ends, noon + 48h + 30min) << "policy gave less by then";
    EXPECT_EQ(after(waiting, command::Pass{}, terms, noon + unused_after).state, RequestState::expired);
    EXPECT_NE(sentence(waiting, command::Connect{}, terms, noon + unused_after), "it was done");
}

TEST(AccessRequest, EndsByTimeByWithdrawalAndByRevocation) {
    const auto it = approved();
    const auto terms = terms_of(it);
    EXPECT_EQ(after(it, command::Pass{}, terms, noon + 2h).state, RequestState::ended);
    const auto gone = after(it, command::Withdraw{}, terms, noon + 1h);
    EXPECT_EQ(gone.state, RequestState::withdrawn);
    EXPECT_EQ(gone.ends, noon + 1h);
    EXPECT_FALSE(gone.grants(noon + 1h));
    const auto revoked = after(it, command::Revoke{PersonId("erin"), "wrong scanner"}, terms, noon + 1h);
    EXPECT_EQ(revoked.state, RequestState::revoked);
    EXPECT_EQ(revoked.ends, noon + 1h);
    EXPECT_THAT(sentence(revoked, command::Connect{}, terms, noon + 1h), HasSubstr("Nothing is granted"));
    EXPECT_THAT(sentence(it, command::Revoke{PersonId("erin"), ""}, terms), HasSubstr("says why"));
    EXPECT_THAT(sentence(asked_for(), command::Revoke{PersonId("erin"), "x"}, terms), HasSubstr("deny it"));
    EXPECT_THAT(sentence(it, command::Revoke{PersonId("erin"), "x"}, terms, noon + 3h), HasSubstr("It ended at 2026-01-05T14:00:00Z"));
}

TEST(AccessRequest, GetsMoreTimeOnlyUpToPolicysMaximum) {
    const auto it = approved();
    const auto terms = terms_of(it, 2, 4h);
    EXPECT_THAT(sentence(it, command::AskExtension{3h}, terms, noon + 1h), HasSubstr("at most 2 h can be added"));
    const auto asks = after(it, command::AskExtension{2h}, terms, noon + 1h);
    EXPECT_THAT(sentence(asks, command::AskExtension{1h}, terms, noon + 1h), HasSubstr("already"));
    EXPECT_THAT(missing(asks, terms), ElementsAre(2));
    const auto once = after(asks, command::ApproveExtension{decider("dana"), false}, terms, noon + 1h);
    EXPECT_EQ(once.ends, noon + 2h) << "one of two";
    EXPECT_NE(sentence(once, command::ApproveExtension{decider("dana"), false}, terms, noon + 1h), "it was done");
    const auto twice = after(once, command::ApproveExtension{decider("erin"), false}, terms, noon + 1h);
    EXPECT_EQ(twice.ends, noon + 4h);
    EXPECT_EQ(twice.length, 4h);
    EXPECT_FALSE(twice.extension);
    EXPECT_THAT(sentence(twice, command::AskExtension{1s}, terms, noon + 3h), HasSubstr("no more than 4 h in all"));
}

TEST(AccessRequest, GetsNoMoreTimeThanPolicyGivesWhenItIsDecided) {
    const auto asks = after(approved(), command::AskExtension{2h}, terms_of(approved()), noon + 1h);
    EXPECT_THAT(sentence(asks, command::ApproveExtension{decider("dana"), false}, terms_of(asks, 1, 3h), noon + 1h), HasSubstr("no more than 3 h"));
    EXPECT_THAT(sentence(asks, command::ApproveExtension{decider("sam"), false}, terms_of(asks), noon + 1h), HasSubstr("of their own"));
    EXPECT_FALSE(after(asks, command::DenyExtension{decider("dana")}, terms_of(asks), noon + 1h).extension);
}

TEST(AccessRequest, LosesAnUndecidedExtensionWithItsGrant) {
    const auto asks = after(approved(), command::AskExtension{1h}, terms_of(approved()), noon + 1h);
    const auto over = after(asks, command::Pass{}, terms_of(asks), noon + 2h);
    EXPECT_EQ(over.state, RequestState::ended);
    EXPECT_FALSE(over.extension);
    EXPECT_NE(sentence(asks, command::ApproveExtension{decider("dana"), false}, terms_of(asks), noon + 2h), "it was done");
    EXPECT_FALSE(after(asks, command::Withdraw{}, terms_of(asks), noon + 1h).extension);
}

TEST(AccessRequest, IsNotExtendedBeforeItRunsNorAsAnEmergency) {
    EXPECT_THAT(sentence(asked_for(), command::AskExtension{1h}, terms_of(asked_for())), HasSubstr("nothing to extend"));
    auto emergency = approved();
    emergency.emergency = true;
    EXPECT_THAT(sentence(emergency, command::AskExtension{1h}, terms_of(emergency)), HasSubstr("hard limit"));
    auto unused = approved();
    unused.ends.reset();
    EXPECT_THAT(sentence(unused, command::AskExtension{1h}, terms_of(unused)), HasSubstr("first connection"));
}

TEST(AccessRequest, ForgetsYesesOfWhoNoLongerDecides) {
    const auto request = asked_for();
    const auto terms = terms_of(request, 3);
    auto it = after(request, Approve{decider("dana"), {}, false}, terms);
    it = after(it, Approve{decider("erin"), {}, false}, terms);
    const auto kept =
        counted_again(it.yeses, [](const Yes& yes) { return yes.by == PersonId("erin") ? std::optional<Decider>() : decider(yes.by.str().c_str()); });
    ASSERT_EQ(kept.size(), 1u);
    EXPECT_EQ(kept[0].by, PersonId("dana"));
    // Two accounts that turn out to be one human count once.
    const auto merged = counted_again(it.yeses, [](const Yes& yes) {
        auto by = decider(yes.by.str().c_str());
        by.human = by.stands_for_human = "one@example.org";
        return std::optional(by);
    });
    EXPECT_EQ(merged.size(), 1u);
    const auto own = counted_again(it.yeses, [](const Yes& yes) {
        auto by = decider(yes.by.str().c_str());
        by.requester_human = "erin";
        return std::optional(by);
    });
    EXPECT_EQ(own.size(), 1u) << "an approver who turns out to be the requester";
}

TEST(AccessRequest, IsKeptAsTextAndReadBackWhole) {
    auto it = asked_for({mri3, mri4});
    it = after(it, Approve{standing_in("erin", "dana", {0, 1}), 90min, false}, terms_of(it));
    it = after(it, command::AskExtension{30min}, terms_of(it));
    it = after(it, command::ApproveExtension{decider("gina", {0}), false}, terms_of(it));
    it.not_before = noon - 1h;
    it.unusual = {"first time on mri-3", "outside the hours of rule \"x\"\\"};
    it.reason = "gr\u00fc\u00df dich, \"Coil\"";
    it.review_due = noon + 5h;
    it.follow_up = "service by the vendor";
    it.reviewed = noon + 6h;
    it.emergency = it.drill = it.escalated = true;
    it.outcome = "partly";
    it.reminders = 3;
    const auto read = parse_body(body_of(it));
    ASSERT_TRUE(read) << read.error().detail;
    EXPECT_EQ(*read, it);
    const auto plain = parse_body(body_of(asked_for()));
    ASSERT_TRUE(plain) << plain.error().detail;
    EXPECT_EQ(*plain, asked_for());
}

TEST(AccessRequest, IsReadFromARowOfBeforeThereWereFollowUps) {
    auto body = body_of(asked_for());
    for (const char* later : {",\"follow_up\":\"\"", ",\"reviewed\":null"}) {
        const auto at = body.find(later);
        ASSERT_NE(at, std::string::npos) << later;
        body.erase(at, std::string_view(later).size());
    }
    const auto read = parse_body(body);
    ASSERT_TRUE(read) << read.error().detail;
    EXPECT_EQ(*read, asked_for());
}

TEST(AccessRequest, IsNotReadFromARowThatSomebodyChanged) {
    const auto body = body_of(approved());
    const auto with = [&](const std::string& was, const std::string& is) {
        auto text = body;
        const auto at = text.find(was);
        EXPECT_NE(at, std::string::npos) << was;
        return text.replace(at, was.size(), is);
    };
    EXPECT_TRUE(parse_body(body));
    for (const auto& [was, is] : std::vector<std::pair<std::string, std::string>>{{"\"state\":\"approved\"", "\"state\":\"granted\""},
                                                                                  {"\"id\":42", "\"id\":\"42\""},
                                                                                  {"\"id\":42", "\"id\":0"},
                                                                                  {"\"id\":42", "\"id\":42,\"extra\":1"},
                                                                                  {"\"id\":42,", ""},
                                                                                  {"\"person\":\"sam\"", "\"person\":\"Sam O'Brien\""},
                                                                                  {"\"covers\":[0]", "\"covers\":[1]"},
                                                                                  {"\"covers\":[0]", "\"covers\":[-1]"},
                                                                                  {"\"drill\":false", "\"drill\":0"},
                                                                                  {"\"emergency\":false", "\"emergency\":true"},
                                                                                  {"\"asked\":7200000000", "\"asked\":-1"},
                                                                                  {"\"asked\":7200000000", "\"asked\":7.2e9"},
                                                                                  {"\"clock\":\"approval\"", "\"clock\":\"never\""}})
        EXPECT_FALSE(parse_body(with(was, is))) << was << " -> " << is;
    for (std::size_t cut = 0; cut < body.size(); cut += 7) EXPECT_FALSE(parse_body(body.substr(0, cut)));
    EXPECT_FALSE(parse_body("[]"));
    EXPECT_FALSE(parse_body(std::string(1 << 20, '[')));
}

}  // namespace
}  // namespace anteroom::access::testing
