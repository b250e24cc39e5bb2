// Requests on the command line: asked for and decided on in a person's name, with a code each time; and everything that is
// no such thing.
#include "tests/unit/admin/fixture.h"

namespace anteroom::admin {
namespace {

constexpr const char* access_policy = R"(version: 1
vendors:
  acme:   { name: Acme Imaging, agreement: { signed: 2025-01-15, expires: 2030-01-15 } }
  others: { name: Others, agreement: { signed: 2025-01-15, expires: 2030-01-15 } }
roles:
  service: { members: [vendor:acme] }
  imaging-admins: { members: [person:dana, person:eva] }
targets:
  mri-3:
    address: 10.20.3.7:22
    protocol: ssh
    host_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS
    labels: { zone: imaging }
    description: MRI scanner 3
    accounts:
      service: { secret: none }
      root:    { secret: none, privileged: true }
  ct-1:
    address: 10.20.3.8:22
    protocol: ssh
    host_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS
    labels: { zone: ct }
    accounts:
      service: { secret: none }
rules:
  - id: mri-service
    who: [role:service]
    to: { labels: { zone: imaging }, accounts: [service] }
    allow: [shell, exec]
    access: on-request
    approval: { by: [role:imaging-admins], max: 4h, ticket: "CHG-[0-9]+" }
  - id: ct-service
    who: [role:service]
    to: { labels: { zone: ct } }
    allow: [shell]
    access: on-request
    approval: { by: [role:imaging-admins], count: 2, max: 2h, confirm: "Scanner idle, room told" }
break_glass:
  - id: night
    who: [person:nora]
    to: { labels: { zone: imaging } }
    allow: [shell]
    max: 1h
    alert: [soc]
    review: { by: [role:imaging-admins], within: 24h }
)";

using Arguments = std::map<std::string, std::string>;

class AdminRequests : public Administering {
protected:
    void SetUp() override {
        Administering::SetUp();
        ASSERT_TRUE(here->apply_policy(access_policy, "policy.yaml", "test"));
        ASSERT_TRUE(call("person add", {{"name", "vera"}, {"vendor", "acme"}, {"display_name", "Vera Vendor"}}).done);
        for (const char* name : {"dana", "eva", "nora"}) ASSERT_TRUE(call("person add", {{"name", name}}).done);
        for (const char* name : {"vera", "dana", "eva", "nora"}) {
            codes[name] = identity::totp_new_secret();
            ASSERT_TRUE(here->totp.enrol({PersonId(name), *here->ring.seal(vault::purpose::totp, name, codes[name]), true, clock.now(), "test"}));
        }
    }

    Answered create(std::vector<std::string> targets, Arguments arguments = {{"reason", "coil fault"}, {"ticket", "CHG-77"}}, const char* who = "vera") {
        auto asked = call_of("request create", std::move(arguments));
        asked.list = std::move(targets);
        return call_as(who, std::move(asked));
    }
    std::string created(const std::string& target = "mri-3") {
        const auto made = create({target});
        EXPECT_TRUE(made.done) << made.sentence;
        return made.done ? json::serialize(made.row().at("id")) : "";
    }
    Answered as(const char* who, std::string verb, Arguments arguments) { return call_as(who, call_of(std::move(verb), std::move(arguments))); }
    std::string state_of(const std::string& id) { return call("request show", {{"id", id}}).text("state"); }
    static bool says(const Answered& answer, std::string_view part) { return answer.sentence.find(part) != std::string::npos; }
};

TEST_F(AdminRequests, ARequestIsMadeShownApprovedAndListed) {
    const auto made = create({"mri-3"}, {{"reason", "coil fault"}, {"ticket", "CHG-77"}, {"for", "2h"}});
    ASSERT_TRUE(made.done) << made.sentence;
    EXPECT_TRUE(says(made, "waits for")) << made.sentence;
    EXPECT_EQ(made.text("state"), "requested");
    const auto id = json::serialize(made.row().at("id"));
    EXPECT_EQ(call("request list").row().at("targets").as_array(), json::array({"mri-3+service"}));

    const auto shown = call("request show", {{"id", id}});
    EXPECT_EQ(shown.text("person_name"), "Vera Vendor");
    EXPECT_EQ(shown.text("vendor"), "Acme Imaging");
    EXPECT_NE(shown.text("agreement").find("2030-01-15"), std::string::npos);
    const auto& place = shown.row().at("places").as_array().at(0).as_object();
    EXPECT_EQ(place.at("description").as_string(), "MRI scanner 3");
    EXPECT_EQ(place.at("rule").as_string(), "mri-service");
    EXPECT_EQ(place.at("capabilities").as_array(), json::array({"shell", "exec"}));
    EXPECT_EQ(place.at("capability_words").as_array(), json::array({"work in a shell", "run commands"}));
    EXPECT_EQ(shown.text("reason"), "coil fault");
    EXPECT_EQ(shown.row().at("asked_seconds").to_number<int>(), 7200);

    const auto approved = as("dana", "request approve", {{"id", id}});
    ASSERT_TRUE(approved.done) << approved.sentence;
    EXPECT_TRUE(says(approved, "is approved until ")) << approved.sentence;
    EXPECT_EQ(approved.text("state"), "approved");
    EXPECT_EQ(approved.row().at("granted_seconds").to_number<int>(), 7200);
    EXPECT_EQ(approved.row().at("yeses").as_array().at(0).as_object().at("by").as_string(), "dana");
    const auto began = records("admin.command");
    EXPECT_TRUE(std::any_of(began.begin(), began.end(), [&](const audit::Entry& e) {
        return e.person == "dana" && e.fields.at("verb") == "request approve" && e.fields.at("outcome") == "begun" && e.fields.at("unix_user") == "ada";
    }));
    EXPECT_EQ(records("access.approved").size(), 1u);
}

TEST_F(AdminRequests, AnApproverShortensAndNeverLengthens) {
    const auto id = created();
    EXPECT_FALSE(as("dana", "request approve", {{"id", id}, {"for", "5h"}}).done);
    EXPECT_EQ(state_of(id), "requested");
    const auto shorter = as("dana", "request approve", {{"id", id}, {"for", "30m"}});
    ASSERT_TRUE(shorter.done) << shorter.sentence;
    EXPECT_EQ(shorter.row().at("granted_seconds").to_number<int>(), 1800);
}

TEST_F(AdminRequests, NobodyDecidesOnTheirOwnAndStrangersOnNone) {
    const auto id = created();
    for (const char* who : {"vera", "nora"}) {
        for (const char* verb : {"request approve", "request deny", "request extend", "request revoke"}) {
            Arguments arguments{{"id", id}};
            if (std::string_view(verb).ends_with("deny") || std::string_view(verb).ends_with("revoke")) arguments["reason"] = "mine";
            EXPECT_FALSE(as(who, verb, arguments).done) << who << " " << verb;
        }
    }
    EXPECT_EQ(state_of(id), "requested");
    EXPECT_TRUE(records("access.approved").empty());
    const auto kept = records("admin.command");
    EXPECT_GE(std::count_if(kept.begin(), kept.end(),
                            [](const audit::Entry& e) { return e.person == "vera" && e.fields.contains("outcome") && e.fields.at("outcome") == "refused"; }),
              1);
}

TEST_F(AdminRequests, ADenialHasAReasonAndIsTheOnlyOutcome) {
    const auto id = created();
    EXPECT_FALSE(as("dana", "request deny", {{"id", id}}).done);
    const auto denied = as("dana", "request deny", {{"id", id}, {"reason", "not today"}});
    ASSERT_TRUE(denied.done) << denied.sentence;
    EXPECT_EQ(denied.text("decision"), "not today");
    EXPECT_EQ(denied.text("decided_by"), "dana");
    const auto late = as("eva", "request approve", {{"id", id}});
    EXPECT_FALSE(late.done);
    EXPECT_TRUE(says(late, "dana")) << late.sentence;
    EXPECT_EQ(state_of(id), "denied");
    EXPECT_TRUE(call("request list").rows.empty());
    EXPECT_EQ(call("request list", {{"all", "yes"}}).rows.size(), 1u);
}

TEST_F(AdminRequests, WhatWantsTwoPeopleAndConfirmationGetsBoth) {
    const auto made = create({"ct-1"}, {{"reason", "tube change"}});
    ASSERT_TRUE(made.done) << made.sentence;
    const auto id = json::serialize(made.row().at("id"));
    EXPECT_EQ(made.row().at("confirm").as_array().size(), 1u);
    const auto unconfirmed = as("dana", "request approve", {{"id", id}});
    EXPECT_FALSE(unconfirmed.done);
    EXPECT_TRUE(says(unconfirmed, "Scanner idle, room told")) << unconfirmed.sentence;
    const auto first = as("dana", "request approve", {{"id", id}, {"confirm", "yes"}});
    ASSERT_TRUE(first.done) << first.sentence;
    EXPECT_TRUE(says(first, "counts; it waits for 1 of imaging-admins")) << first.sentence;
    EXPECT_EQ(first.text("state"), "requested");
    EXPECT_FALSE(as("dana", "request approve", {{"id", id}, {"confirm", "yes"}}).done) << "the same person twice";
    const auto second = as("eva", "request approve", {{"id", id}, {"confirm", "yes"}});
    ASSERT_TRUE(second.done) << second.sentence;
    EXPECT_EQ(second.text("state"), "approved");
}

TEST_F(AdminRequests, SeveralTargetsAreOneRequest) {
    const auto made = create({"mri-3+service", "ct-1"});
    ASSERT_TRUE(made.done) << made.sentence;
    EXPECT_EQ(made.row().at("targets").as_array(), json::array({"mri-3+service", "ct-1+service"}));
    EXPECT_EQ(made.row().at("places").as_array().size(), 2u);
}

TEST_F(AdminRequests, OnlyWhoAskedTakesItBack) {
    const auto id = created();
    EXPECT_FALSE(as("dana", "request withdraw", {{"id", id}}).done);
    EXPECT_EQ(state_of(id), "requested");
    EXPECT_TRUE(as("vera", "request withdraw", {{"id", id}}).done);
    EXPECT_EQ(state_of(id), "withdrawn");
    EXPECT_FALSE(as("dana", "request approve", {{"id", id}}).done);
}

TEST_F(AdminRequests, ARevokedGrantGrantsNothing) {
    const auto id = created();
    EXPECT_FALSE(as("dana", "request revoke", {{"id", id}, {"reason", "x"}}).done) << "nothing was granted";
    ASSERT_TRUE(as("dana", "request approve", {{"id", id}}).done);
    const auto revoked = as("eva", "request revoke", {{"id", id}, {"reason", "looks wrong"}});
    ASSERT_TRUE(revoked.done) << revoked.sentence;
    EXPECT_EQ(revoked.text("state"), "revoked");
    const policy::Ask ask{TargetId("mri-3"), AccountId("service")};
    EXPECT_TRUE(live.access().grants(PersonId("vera"), ask)->empty());
}

TEST_F(AdminRequests, MoreTimeIsDecidedOn) {
    const auto id = created();
    ASSERT_TRUE(as("dana", "request approve", {{"id", id}, {"for", "30m"}}).done);
    EXPECT_FALSE(as("dana", "request extend", {{"id", id}}).done) << "nobody asked";
    const auto number = std::stoll(id);
    const auto asked = live.access().ask_extension(number, 20min);
    ASSERT_TRUE(asked) << asked.error().detail;
    const auto before = *asked->ends;
    EXPECT_NE(call("request show", {{"id", id}}).row().at("extension").if_object(), nullptr);
    EXPECT_TRUE(as("dana", "request extend", {{"id", id}, {"no", "yes"}}).done);
    EXPECT_EQ((*live.access().find(number))->ends, before);
    ASSERT_TRUE(live.access().ask_extension(number, 20min));
    const auto yes = as("eva", "request extend", {{"id", id}});
    ASSERT_TRUE(yes.done) << yes.sentence;
    EXPECT_TRUE(says(yes, "goes on until ")) << yes.sentence;
    EXPECT_EQ((*live.access().find(number))->ends, before + 20min);
}

TEST_F(AdminRequests, ForLaterMeansNotBefore) {
    const auto made = create({"mri-3"}, {{"reason", "x"}, {"ticket", "CHG-1"}, {"at", "2026-03-04T18:00:00+01:00"}});
    ASSERT_TRUE(made.done) << made.sentence;
    EXPECT_EQ(made.text("not_before").substr(0, 19), "2026-03-04T17:00:00");
    const auto soon = create({"mri-3"}, {{"reason", "x"}, {"ticket", "CHG-1"}, {"at", "2h"}});
    ASSERT_TRUE(soon.done) << soon.sentence;
    const auto approved = as("dana", "request approve", {{"id", json::serialize(soon.row().at("id"))}});
    EXPECT_TRUE(says(approved, "approved from ")) << approved.sentence;
}

TEST_F(AdminRequests, WhatIsNoNumberLengthTimeOrTargetIsRefusedInOneSentence) {
    const auto refused = [&](const Answered& answer, std::string_view why, const std::string& wrong) {
        EXPECT_FALSE(answer.done) << wrong;
        EXPECT_TRUE(says(answer, why)) << wrong << ": " << answer.sentence;
        EXPECT_EQ(answer.sentence.find('\n'), std::string::npos);
    };
    const Arguments good{{"reason", "r"}, {"ticket", "CHG-1"}};
    const auto with = [&](const char* name, const std::string& value) {
        auto arguments = good;
        arguments[name] = value;
        return arguments;
    };
    const std::vector<std::string> lengths = {"4x", "-4h", "0m", "h", "4", "4h4h", "9999999999999999999h", "1e3s"};
    for (const auto& wrong : lengths) refused(create({"mri-3"}, with("for", wrong)), "is no length of time", wrong);
    for (const std::string wrong : {"yesterday", "-2h", "2026-13-01T00:00:00Z", "2026-01-01"})
        refused(create({"mri-3"}, with("at", wrong)), "is no time", wrong);
    for (const std::string wrong : {"", "+service", "../mri-3", "MRI-3"}) refused(create({wrong}), "is no target", wrong);
    for (const std::string wrong : {"mri-3+", "mri-3+service+x"}) refused(create({wrong}), "names no account", wrong);
    for (const std::string wrong : {"nowhere", "mri-3+nobody", "mri-3+root"}) EXPECT_FALSE(create({wrong}).done) << wrong;
    refused(create({}), "at least one target", "no target");
    refused(create({"mri-3", "mri-3+service"}), "named twice", "twice");
    refused(create({"mri-3"}, with("ticket", "INC-1")), "CHG-[0-9]+", "not the policy's pattern");
    refused(create({"mri-3"}, {{"ticket", "CHG-1"}}), "needs the argument reason", "no reason");
    EXPECT_TRUE(call("request list", {{"all", "yes"}}).rows.empty());

    const auto id = created();
    for (const auto& wrong : lengths) refused(as("dana", "request approve", {{"id", id}, {"for", wrong}}), "is no length of time", wrong);
    for (const std::string wrong : {"x", "-1", "0", "1x", "1 ", "99999999999999999999", "999", "1;--", "\xc2\xb2"}) {
        const std::string why = wrong == "999" ? "there is no request 999" : "is no request's number";
        refused(call("request show", {{"id", wrong}}), why, wrong);
        refused(as("dana", "request approve", {{"id", wrong}}), why, wrong);
    }
    EXPECT_EQ(state_of(id), "requested");
}

TEST_F(AdminRequests, HostileReasonsAndTicketsGoNowhere) {
    for (const auto& wrong :
         {std::string("line\nbreak"), std::string("\x1b]0;t\a"), std::string("a\0b", 3), std::string("\xff\xfe"), std::string(1 << 20, 'r')}) {
        EXPECT_FALSE(create({"mri-3"}, {{"reason", wrong}, {"ticket", "CHG-1"}}).done);
        EXPECT_FALSE(create({"mri-3"}, {{"reason", "r"}, {"ticket", wrong}}).done);
    }
    EXPECT_TRUE(call("request list", {{"all", "yes"}}).rows.empty());
    const auto id = created();
    EXPECT_FALSE(as("dana", "request deny", {{"id", id}, {"reason", "no\r\nX-Header: 1"}}).done);
    EXPECT_EQ(state_of(id), "requested");
    EXPECT_EQ(everything_kept().find("\nX-Header"), std::string::npos) << "what was typed is kept printable";
}

TEST_F(AdminRequests, ForgedCallsDecideNothing) {
    const auto id = created();
    EXPECT_FALSE(call("request approve", {{"id", id}}).done) << "nobody named";
    auto unproven = call_of("request approve", {{"id", id}});
    unproven.actor = "dana";
    EXPECT_FALSE(call(std::move(unproven)).done) << "no code";
    auto foreign = call_of("request approve", {{"id", id}});
    foreign.actor = "dana";
    foreign.code = code_of("vera");
    EXPECT_FALSE(call(std::move(foreign)).done) << "another person's code";
    EXPECT_FALSE(as("dana", "request approve", {{"id", id}, {"by", "eva"}}).done) << "an argument that is not in the table";
    auto listed = call_of("request approve", {{"id", id}});
    listed.list = {"eva"};
    EXPECT_FALSE(call_as("dana", std::move(listed)).done) << "a list it does not take";
    const auto code = code_of("dana");
    for (int i = 0; i < 2; ++i) {
        auto denied = call_of("request deny", {{"id", id}, {"reason", i == 0 ? "" : "used code"}});
        denied.actor = "dana";
        denied.code = code.duplicate();
        // The first fails for its missing reason before the code is looked at, so the second may use it.
        EXPECT_EQ(call(std::move(denied)).done, i == 1);
    }
    auto again = call_of("request revoke", {{"id", id}, {"reason", "the same code"}});
    again.actor = "dana";
    again.code = code.duplicate();
    EXPECT_FALSE(call(std::move(again)).done);
    EXPECT_TRUE(records("access.approved").empty());
    for (const char* verb : {"request list", "request show", "window list", "break-glass list"}) {
        auto asked = call_of(verb, std::string_view(verb) == "request show" ? Arguments{{"id", id}} : Arguments{});
        asked.actor = "dana";
        EXPECT_FALSE(call(std::move(asked)).done) << verb << " names nobody";
    }
}

TEST_F(AdminRequests, WindowsAreOpenedForOneVendorAndOneTarget) {
    const Arguments good{{"target", "mri-3"}, {"vendor", "acme"}, {"for", "4h"}, {"ticket", "CHG-77"}};
    const auto opened = call("window open", good);
    ASSERT_TRUE(opened.done) << opened.sentence;
    EXPECT_EQ(opened.row().at("seconds_left").to_number<int>(), 4 * 3600);
    const auto record = records("window.opened").at(0);
    EXPECT_NE(audit::text_of(record).find("ada"), std::string::npos) << "the Unix user is on the record";
    EXPECT_EQ(call("window list").text("vendor"), "acme");
    const policy::Ask ask{TargetId("mri-3"), AccountId("service")};
    EXPECT_EQ(live.access().grants(PersonId("vera"), ask)->size(), 1u);
    clock.advance(4h);
    EXPECT_TRUE(call("window list").rows.empty());
    EXPECT_EQ(call("window list", {{"all", "yes"}}).rows.size(), 1u);
    EXPECT_TRUE(live.access().grants(PersonId("vera"), ask)->empty());
    for (const auto& [name, wrong] : std::vector<std::pair<std::string, std::string>>{{"target", "nowhere"},
                                                                                      {"target", "../x"},
                                                                                      {"vendor", "nobody"},
                                                                                      {"vendor", "Acme"},
                                                                                      {"for", "4x"},
                                                                                      {"for", "-4h"},
                                                                                      {"for", "0s"},
                                                                                      {"ticket", ""}}) {
        auto arguments = good;
        arguments[name] = wrong;
        EXPECT_FALSE(call("window open", arguments).done) << name << " " << wrong;
    }
    EXPECT_EQ(records("window.opened").size(), 1u);
}

class AdminEmergencies : public AdminRequests {
protected:
    std::string used(bool drill = false) {
        const auto request =
            live.access().break_glass(PersonId("nora"), {TargetId("mri-3"), AccountId("service")}, "patient on the table", "203.0.113.9", clock.now(), drill);
        EXPECT_TRUE(request) << request.error().detail;
        return request ? std::to_string(request->id) : "";
    }
    Answered review(const char* who, const std::string& id, const std::string& outcome = "justified", const std::string& note = "seen") {
        return as(who, "break-glass review", {{"id", id}, {"outcome", outcome}, {"note", note}});
    }
};

TEST_F(AdminEmergencies, AreListedUntilSomebodyElseReviewedThem) {
    const auto id = used();
    auto list = call("break-glass list");
    ASSERT_EQ(list.rows.size(), 1u);
    EXPECT_EQ(list.text("review"), "due");
    EXPECT_EQ(list.text("kind"), "break-glass");
    clock.advance(25h);
    EXPECT_EQ(call("break-glass list").text("review"), "overdue");
    EXPECT_FALSE(review("nora", id).done) << "their own";
    EXPECT_FALSE(review("vera", id).done) << "no reviewer";
    EXPECT_FALSE(review("dana", id, "perhaps").done);
    EXPECT_FALSE(review("dana", id, "justified", "").done);
    const auto done =
        as("dana", "break-glass review", {{"id", id}, {"outcome", "unjustified"}, {"note", "there was no patient"}, {"follow_up", "talk to nora"}});
    ASSERT_TRUE(done.done) << done.sentence;
    EXPECT_EQ(done.text("follow_up"), "talk to nora");
    EXPECT_EQ(done.text("review"), "unjustified");
    EXPECT_EQ(done.text("reviewed_by"), "dana");
    EXPECT_EQ(records("break-glass.reviewed").size(), 1u);
    EXPECT_EQ(records("incident.opened").size(), 1u);
    EXPECT_TRUE(call("break-glass list").rows.empty());
    EXPECT_EQ(call("break-glass list", {{"all", "yes"}}).rows.size(), 1u);
    EXPECT_FALSE(review("eva", id).done) << "reviewed already";
}

TEST_F(AdminEmergencies, ADrillIsMarkedAndAnOrdinaryRequestIsNone) {
    const auto drill = used(true);
    EXPECT_EQ(call("break-glass list").text("kind"), "drill");
    EXPECT_TRUE(call("break-glass list").row().at("drill").as_bool());
    const auto ordinary = created();
    EXPECT_FALSE(review("dana", ordinary).done);
    EXPECT_EQ(call("break-glass list").rows.size(), 1u);
}

}  // namespace
}  // namespace anteroom::admin
