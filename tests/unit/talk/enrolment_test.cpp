// Enrolment from the first line to the last, and everything that must leave nothing behind.
#include <gmock/gmock.h>

#include "broker/access/people_notices.h"
#include "broker/audit/reader.h"
#include "broker/identity/password.h"
#include "broker/identity/typed_code.h"
#include "tests/unit/talk/scene.h"

namespace anteroom::talk::testing {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

const PersonId gina("gina");
constexpr const char* good_password = "a scanner with a view";

class TalkEnrolment : public Talking {
protected:
    TalkEnrolment() {
        store::Person person;
        person.name = gina;
        person.display_name = "Gina Lund";
        person.created = clock.now();
        must(here->people.insert(person));
        code = invite(gina);
    }
    std::string invite(const PersonId& person, Duration length = 72h) {
        const auto made = identity::new_typed_code(identity::TypedCode::invitation);
        const auto hash = identity::hash_of_typed(identity::TypedCode::invitation, person, made.expose_text());
        must(here->invitations.make({person, hash.value(), clock.now(), clock.now() + length, "unix:root", 0}));
        return std::string(made.expose_text());
    }
    Party invited(const PersonId& person = gina) {
        auto one = party(person.str());
        one.enrolling = true;
        return one;
    }
    Screen& enrol_screen(const control::Audience& audience = terminal(), std::optional<Party> who = std::nullopt) {
        auto& made = screen();
        made.begin(enrolment(who ? std::move(*who) : invited(), made), audience);
        return made;
    }
    void choose_password(Screen& at) const {
        at.type(good_password);
        at.type(good_password);
    }
    // What the person reads off the screen, turned into a code.
    std::string code_shown(const Screen& at) {
        const auto line = at.said.find("(time-based)");
        EXPECT_NE(line, std::string::npos) << at.said;
        auto typed = at.said.substr(at.said.find(": ", line) + 2);
        typed = typed.substr(0, typed.find('\n'));
        secret_text = typed;
        std::erase(typed, ' ');
        secret = from_base32(typed);
        return code_now();
    }
    std::string code_now() { return must(identity::totp_generate(secret, clock.now())); }
    static Secret from_base32(const std::string& text) {
        Bytes out;
        unsigned bits = 0, held = 0;
        for (char c : text) {
            held = held << 5 | static_cast<unsigned>(c >= 'A' ? c - 'A' : c - '2' + 26);
            if ((bits += 5) >= 8) out.push_back(static_cast<std::uint8_t>(held >> (bits -= 8)));
        }
        return Secret(std::move(out));
    }
    std::vector<std::string> recovery_shown(const Screen& at) const {
        std::vector<std::string> all;
        std::istringstream words(at.said);
        for (std::string word; words >> word;)
            if (word.size() == 19 && word[4] == '-' && word[9] == '-') all.push_back(word);
        return all;
    }
    Screen& enrolled() {
        auto& at = enrol_screen();
        choose_password(at);
        at.type(code_shown(at));
        return at;
    }
    void expect_nothing_kept() {
        const auto person = must(here->people.find(gina)).value();
        EXPECT_FALSE(person.password_hash);
        EXPECT_FALSE(must(here->totp.find(gina)));
        EXPECT_EQ(must(here->recovery_codes.left(gina)), 0);
        EXPECT_FALSE(must(here->totp.newest_step(gina))) << "not even a used code";
        EXPECT_EQ(count("person.enrolled") + count("totp.enrolled") + count("password.set"), 0);
    }
    int count(const std::string& kind) {
        audit::Filter filter;
        filter.kind = kind;
        filter.person = "gina";
        int found = 0;
        must(audit::each_entry(here->database, here->log->chain(), filter, [&](const audit::Entry&) {
            ++found;
            return ok();
        }));
        return found;
    }
    bool invitation_good() { return must(here->invitations.find(gina)) && here->check_invitation(gina, Secret::copy_of(code)); }

    std::string code, secret_text;
    Secret secret;
};

TEST_F(TalkEnrolment, MakesAPasswordCodesAndRecoveryCodesInOneGo) {
    auto& at = enrol_screen();
    EXPECT_TRUE(at.shows("Welcome, Gina Lund (gina)"));
    EXPECT_EQ(at.prompt, "New password: ");
    EXPECT_FALSE(at.echoes);
    at.type(good_password);
    EXPECT_FALSE(at.echoes);
    at.type(good_password);
    EXPECT_TRUE(at.echoes);
    EXPECT_TRUE(at.shows("\u2588\u2588"));
    const auto first = code_shown(at);
    expect_nothing_kept();
    at.type(first);
    EXPECT_TRUE(at.shows("you are enrolled"));
    const auto recovery = recovery_shown(at);
    EXPECT_EQ(recovery.size(), 10u);
    EXPECT_EQ(at.prompt, "Type saved when you have them: ");
    at.type("yes");
    EXPECT_EQ(at.prompt, "Type saved when you have them: ");
    at.type("saved\n");
    EXPECT_EQ(at.status, 0);
    EXPECT_THAT(at.sentence, HasSubstr("gina+TARGET"));

    const auto person = must(here->people.find(gina)).value();
    EXPECT_TRUE(identity::verify_password(person.password_hash, Secret::copy_of(good_password)));
    EXPECT_EQ(person.password_set_by, "person:gina");
    EXPECT_EQ(person.password_set, clock.now());
    EXPECT_FALSE(person.set_up_by_admin);
    const auto totp = must(here->totp.find(gina)).value();
    EXPECT_TRUE(totp.confirmed);
    EXPECT_EQ(totp.enrolled_by, "person:gina");
    EXPECT_FALSE(must(here->invitations.find(gina))) << "used up";
    EXPECT_EQ(count("person.enrolled"), 1);
    EXPECT_EQ(count("totp.enrolled"), 1);
    EXPECT_EQ(count("password.set"), 1);
    for (const auto& one : recovery) EXPECT_EQ(here->check_code(gina, Secret::copy_of(one)).kind, identity::CodeVerdict::Kind::accepted) << one;
}

TEST_F(TalkEnrolment, TheConfirmingCodeDoesNotSignAnybodyOn) {
    enrolled();
    EXPECT_EQ(here->check_code(gina, Secret::copy_of(code_now())).kind, identity::CodeVerdict::Kind::used);
    clock.advance(30s);
    EXPECT_EQ(here->check_code(gina, Secret::copy_of(code_now())).kind, identity::CodeVerdict::Kind::accepted);
}

TEST_F(TalkEnrolment, TheSecretIsNowhereInTheClear) {
    enrolled();
    auto plain = secret_text;
    std::erase(plain, ' ');
    must(here->log->flush());
    int looked = 0;
    for (const auto& file : std::filesystem::directory_iterator(dir)) {
        if (!file.is_regular_file()) continue;
        const auto content = to_string(must(read_file(file.path())));
        ++looked;
        for (const auto& text : {plain, std::string(good_password), code}) EXPECT_EQ(content.find(text), std::string::npos) << file.path();
    }
    EXPECT_GT(looked, 2);
}

TEST_F(TalkEnrolment, TheLastScreenBeforeTheCodeFits80By24) {
    auto& at = enrol_screen();
    choose_password(at);
    // From the first line of the QR code to the question, as a terminal of 24 rows shows it.
    std::vector<std::string> lines;
    std::istringstream text(at.said);
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    const auto first = std::find_if(lines.begin(), lines.end(), [](const auto& line) { return line.find("\u2588") != std::string::npos; });
    ASSERT_NE(first, lines.end());
    EXPECT_LE(lines.end() - first + 1, 24);
    for (const auto& line : lines) {
        const auto width = std::count_if(line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
        EXPECT_LE(width, 80) << line;
    }
}

TEST_F(TalkEnrolment, ShowsOnlyTheSecretWhereTheQrCodeHasNoRoom) {
    for (const auto& audience :
         {control::Audience{control::ChannelUse::shell, true, 80, 12, ""}, control::Audience{control::ChannelUse::shell, true, 30, 24, ""},
          control::Audience{control::ChannelUse::shell, true, 0, 0, ""}, control::Audience{control::ChannelUse::shell, false, 80, 24, ""}}) {
        auto& at = enrol_screen(audience);
        choose_password(at);
        EXPECT_FALSE(at.shows("\u2588"));
        EXPECT_FALSE(code_shown(at).empty());
        at.leave();
    }
    expect_nothing_kept();
}

TEST_F(TalkEnrolment, AsksAgainForPasswordsThatWillNotDo) {
    auto& at = enrol_screen();
    for (const char* bad : {"", "short", "my name is gina 99", "tab\tin the middle", "\x1b[2Jescape sequence"}) {
        at.type(bad);
        EXPECT_EQ(at.prompt, "New password: ") << bad;
        EXPECT_TRUE(at.shows("The password"));
        EXPECT_FALSE(at.shows("\x1b"));
    }
    at.type(std::string(300, 'x'));
    EXPECT_TRUE(at.shows("too long"));
    at.type(good_password);
    at.type("something different");
    EXPECT_TRUE(at.shows("not the same"));
    EXPECT_EQ(at.prompt, "New password: ");
    expect_nothing_kept();
}

TEST_F(TalkEnrolment, AWrongCodeIsAskedAgainAndKeepsNothing) {
    auto& at = enrol_screen();
    choose_password(at);
    code_shown(at);
    for (const auto& typed : {std::string("000000"), std::string(), std::string("abc"), std::string("12345\x1b[A"), std::string(100'000, '1')}) {
        if (typed == code_now()) continue;
        at.type(typed);
        EXPECT_TRUE(at.shows("not right")) << typed.size();
        EXPECT_EQ(at.prompt, "Code that the app shows: ");
    }
    expect_nothing_kept();
    EXPECT_TRUE(invitation_good());
    at.type(code_now());
    EXPECT_TRUE(at.shows("you are enrolled"));
}

TEST_F(TalkEnrolment, LeavingAtAnyStepBeforeTheCodeLeavesNothing) {
    for (int steps = 0; steps <= 3; ++steps) {
        auto& at = enrol_screen();
        if (steps > 0) at.type(good_password);
        if (steps > 1) at.type(good_password);
        if (steps > 2) at.type("000000");
        at.leave();
        EXPECT_EQ(at.status, 1);
        EXPECT_THAT(at.sentence, HasSubstr("Nothing was set up"));
        expect_nothing_kept();
        EXPECT_TRUE(invitation_good()) << steps;
    }
}

TEST_F(TalkEnrolment, LeavingAfterTheCodeKeepsWhatWasSetUp) {
    auto& at = enrolled();
    at.leave();
    EXPECT_EQ(at.status, 0);
    EXPECT_TRUE(must(here->totp.find(gina)));
    EXPECT_EQ(must(here->recovery_codes.left(gina)), 10);
}

TEST_F(TalkEnrolment, OfTwoAtOnceOneIsTooLate) {
    auto& first = enrol_screen();
    auto& second = enrol_screen();
    choose_password(first);
    second.type("quite another password");
    second.type("quite another password");
    const auto code_of_second = code_shown(second);
    first.type(code_shown(first));
    EXPECT_TRUE(first.shows("you are enrolled"));
    second.type(code_of_second);
    EXPECT_EQ(second.status, 1);
    EXPECT_THAT(second.sentence, HasSubstr("used, replaced or withdrawn"));
    EXPECT_TRUE(identity::verify_password(must(here->people.find(gina))->password_hash, Secret::copy_of(good_password)));
    EXPECT_EQ(count("person.enrolled"), 1);
    EXPECT_EQ(here->check_code(gina, Secret::copy_of(code_of_second)).kind, identity::CodeVerdict::Kind::wrong) << "the second secret never counts";
}

TEST_F(TalkEnrolment, AnInvitationReplacedMeanwhileEndsIt) {
    auto& at = enrol_screen();
    choose_password(at);
    const auto typed = code_shown(at);
    clock.advance(1s);
    code = invite(gina);
    at.type(typed);
    EXPECT_EQ(at.status, 1);
    expect_nothing_kept();
    EXPECT_TRUE(invitation_good()) << "the new one is untouched";
}

TEST_F(TalkEnrolment, AnInvitationYoungerThanTheLoginIsNotThisOnes) {
    auto who = invited();
    clock.advance(1s);
    invite(gina);
    auto& at = enrol_screen(terminal(), std::move(who));
    EXPECT_EQ(at.status, 1);
    EXPECT_THAT(at.sentence, HasSubstr("not good any more"));
}

TEST_F(TalkEnrolment, AnExpiredWithdrawnOrSpentInvitationBeginsNothing) {
    invite(gina, 1h);
    clock.advance(1h);
    EXPECT_EQ(enrol_screen().status, 1);
    invite(gina);
    for (int i = 0; i < 10; ++i) EXPECT_FALSE(here->check_invitation(gina, Secret::copy_of("0000-0000-0000-0000-0000")));
    EXPECT_EQ(enrol_screen().status, 1);
    must(here->invitations.withdraw(gina));
    EXPECT_EQ(enrol_screen().status, 1);
    expect_nothing_kept();
}

TEST_F(TalkEnrolment, IsForNobodyWhoSignedOnWithFactors) {
    auto& at = enrol_screen(terminal(), party("gina"));
    EXPECT_EQ(at.status, 1);
    auto& alice = enrol_screen(terminal(), party("alice"));
    EXPECT_EQ(alice.status, 1);
}

TEST_F(TalkEnrolment, AnInvitationThatEndsWhileItRunsIsSaidAtTheNextTick) {
    auto& late = enrol_screen();
    late.tick();
    EXPECT_FALSE(late.over());
    clock.advance(72h);
    late.tick();
    EXPECT_EQ(late.status, 1);
    code = invite(gina);
    auto& disabled = enrol_screen();
    must(here->people.set_disabled(gina, true));
    disabled.tick();
    EXPECT_EQ(disabled.status, 1);
    expect_nothing_kept();
}

TEST_F(TalkEnrolment, DisabledMeanwhileSetsNothingUp) {
    auto& at = enrol_screen();
    choose_password(at);
    const auto typed = code_shown(at);
    must(here->people.set_disabled(gina, true));
    at.type(typed);
    EXPECT_EQ(at.status, 1);
    must(here->people.set_disabled(gina, false));
    expect_nothing_kept();
    EXPECT_TRUE(invitation_good());
}

TEST_F(TalkEnrolment, FactorsSetUpByAnAdministratorMeanwhileAreNotOverwritten) {
    auto& at = enrol_screen();
    choose_password(at);
    const auto typed = code_shown(at);
    must(here->people.set_password(gina, "$argon2id$other", clock.now(), "unix:root"));
    at.type(typed);
    EXPECT_EQ(at.status, 1);
    EXPECT_EQ(must(here->people.find(gina))->password_hash, "$argon2id$other");
    EXPECT_FALSE(must(here->totp.find(gina)));
}

TEST_F(TalkEnrolment, EndsByItselfAfterHalfAnHour) {
    auto& at = enrol_screen();
    clock.advance(30min);
    at.tick();
    EXPECT_FALSE(at.over());
    clock.advance(1min);
    at.tick();
    EXPECT_EQ(at.status, 1);
    EXPECT_TRUE(invitation_good());
}

TEST_F(TalkEnrolment, WantsAShellAndNoCommand) {
    EXPECT_EQ(enrol_screen(sftp()).status, 1);
    EXPECT_EQ(enrol_screen(command("reboot")).status, 1);
}

TEST_F(TalkEnrolment, AHashThatComesAfterThePersonLeftIsForgotten) {
    Party::Hashed late;
    auto who = invited();
    who.hash_password = [&](Secret, Party::Hashed done) { late = std::move(done); };
    auto& at = enrol_screen(terminal(), std::move(who));
    choose_password(at);
    ASSERT_TRUE(late);
    EXPECT_TRUE(at.prompt.empty()) << "nothing is asked while it is being made";
    at.leave();
    late(std::string("$argon2id$late"));
    EXPECT_EQ(at.status, 1);
    kept.clear();
    late(std::string("$argon2id$later"));
    expect_nothing_kept();
}

TEST_F(TalkEnrolment, GoesOnWhenTheHashComes) {
    Party::Hashed late;
    auto who = invited();
    who.hash_password = [&](Secret password, Party::Hashed done) {
        EXPECT_EQ(password.expose_text(), good_password);
        late = std::move(done);
    };
    auto& at = enrol_screen(terminal(), std::move(who));
    choose_password(at);
    late(std::string("$argon2id$made"));
    EXPECT_EQ(at.prompt, "Code that the app shows: ");
}

TEST_F(TalkEnrolment, ANameWithEscapeSequencesIsShownHarmless) {
    store::Person person;
    person.name = PersonId("mallory");
    person.display_name = "Mal\x1b[2J\nory";
    person.created = clock.now();
    must(here->people.insert(person));
    invite(person.name);
    auto& at = enrol_screen(terminal(), invited(person.name));
    EXPECT_FALSE(at.shows("\x1b"));
    EXPECT_FALSE(at.shows("\nory"));
}

}  // namespace
}  // namespace anteroom::talk::testing
