// Enrolment: whoever came in by an invitation makes their own factors here. Until the last code is right nothing is kept;
// then everything is, in one transaction, and the invitation is used up.
#include <fmt/format.h>

#include "broker/talk/factor_forms.h"

namespace anteroom::talk {
namespace {

constexpr Duration longest = std::chrono::minutes(30);

class Enrolment final : public FactorForms {
public:
    Enrolment(Party party, Stage& stage) : FactorForms(std::move(party), stage), totp_secret_(identity::totp_new_secret()) {}

    void left() override;
    void tick() override;

private:
    void started() override;
    void failed(const Error& why) override { refuse(sentence_of(why)); }
    Status still_open();
    void password_chosen(std::string hash);
    void enrolled();
    void ask_saved();

    std::string invitation_hash_, password_hash_;
    Secret totp_secret_;
    access::RecoverySet recovery_;
    std::optional<Monotonic> began_;
    bool done_ = false;
};

void Enrolment::started() {
    if (audience_.use != control::ChannelUse::shell)
        return refuse("You are invited, but not enrolled yet. Connect with ssh alone first, without a command: it takes a few minutes.");
    const auto invitation = here().invitations.find(party_.person);
    if (!invitation) return failed(invitation.error());
    // One that was made after this login is another's: that code has not been shown here.
    if (!party_.enrolling || !*invitation || (*invitation)->made > party_.factor_at || !(*invitation)->open(now()))
        return refuse("Your invitation is not good any more. Please ask for another.");
    invitation_hash_ = (*invitation)->code_hash;
    began_ = here().clock.monotonic();
    say(
        fmt::format("Welcome, {}. Here you set up how you sign on: a password, one-time codes from an app on\n"
                    "your phone, and recovery codes. It is not recorded. {} leaves and changes nothing.\n"
                    "The password: at least 10 characters, and your name ({}) is not in it.",
                    name_of(here(), party_.person), leaving_key(party_.protocol), printable(party_.person.str())));
    ask_password([this](std::string hash) { password_chosen(std::move(hash)); });
}

void Enrolment::password_chosen(std::string hash) {
    password_hash_ = std::move(hash);
    recovery_ = access::new_recovery_codes(party_.person);
    const auto judge = [this](const Secret& code) {
        return access::enrol(owner(), invitation_hash_, {password_hash_, totp_secret_.duplicate(), recovery_.hashes}, code);
    };
    ask_codes(totp_secret_, judge, [this] { enrolled(); });
}

void Enrolment::enrolled() {
    done_ = true;
    say("That is right: you are enrolled.");
    show_recovery(recovery_);
    recovery_ = {};
    ask_saved();
}

void Enrolment::ask_saved() {
    ask("Type saved when you have them: ", true, [this](const Secret& line) {
        const auto typed = typed_line(line);
        if (!typed || *typed != "saved") return ask_saved();
        const auto alone = party_.protocol == policy::Protocol::rdp ? party_.person.str() + " alone" : "ssh " + party_.person.str() + "@...";
        end(0, fmt::format("Done. From now on you sign on as you just did, with your password and a code of the app (the next one in {} s).\n"
                           "{} shows what you may reach; {}+TARGET as the user name goes right there.",
                           identity::totp_until_next(now()).count(), alone, party_.person.str()));
    });
}

Status Enrolment::still_open() {
    const auto invitation = TRY(here().invitations.find(party_.person));
    if (!invitation || invitation->code_hash != invitation_hash_ || !invitation->open(now()))
        return fail(ErrorKind::refused, "Your invitation is not good any more; nothing was set up. Please ask for another.");
    const auto person = TRY(here().people.find(party_.person));
    if (!person || person->disabled || person->expired(now())) return fail(ErrorKind::refused, "You may not sign on here any more; nothing was set up.");
    return ok();
}

void Enrolment::tick() {
    if (over_ || !began_) return;
    if (here().clock.monotonic() - *began_ > longest)
        return done_ ? end(0, "You are enrolled. This waited long enough.") : refuse("This took too long; nothing was set up. Your invitation is still good.");
    if (done_) return;
    if (const auto open = still_open(); !open) failed(open.error());
}

void Enrolment::left() {
    if (over_) return;
    if (done_) return end(0, "You are enrolled. Should you not have kept the recovery codes: `security` in the menu makes new ones.");
    refuse("Nothing was set up. Your invitation is still good.");
}

}  // namespace

std::unique_ptr<Conversation> enrolment(Party party, Stage& stage) { return std::make_unique<Enrolment>(std::move(party), stage); }

}  // namespace anteroom::talk
