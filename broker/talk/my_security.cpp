// My security: what a person's factors are and who issued them, and the person's own changes to them. Each change takes a fresh code.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "broker/talk/factor_forms.h"

namespace anteroom::talk {
namespace {

constexpr std::size_t longest_key_line = 16 * 1024;
constexpr const char* help_text =
    "  password         a new password\n"
    "  codes            new one-time codes: another phone or app\n"
    "  recovery         ten new recovery codes; those of before no longer count\n"
    "  key add          an SSH key (its .pub line)\n"
    "  key remove 1     takes an SSH key away\n"
    "  back             to the menu\n"
    "Each of them asks for a fresh code first.";

class MySecurity final : public FactorForms {
public:
    MySecurity(Party party, Stage& stage) : FactorForms(std::move(party), stage) {}
    void left() override;

private:
    using Words = std::vector<std::string>;
    using Proven = std::function<void()>;

    void started() override;
    void failed(const Error& why) override { done(sentence_of(why)); }
    void show();
    void prompt();
    void typed(const Secret& line);
    void back();
    void done(const std::string& sentence);
    void prove(Proven then);
    void finish(const Status& changed, const std::string& sentence);
    void password();
    void codes();
    void recovery();
    void key_line();
    void remove(const Words& words);
    std::string issuer(const std::string& by) const;

    std::optional<access::SecondFactor> proof_;
    Secret totp_secret_;
    bool asking_ = false;  // within a change
};

std::string capital(std::string text) {
    if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
    if (!text.empty() && text.back() != '.') text += '.';
    return text;
}

void MySecurity::started() {
    if (party_.enrolling) return refuse("You are not enrolled yet.");
    if (audience_.use == control::ChannelUse::subsystem) return refuse("This takes a terminal: connect with ssh.");
    show();
    if (over_) return;
    say("Type help for what there is.");
    prompt();
}

std::string MySecurity::issuer(const std::string& by) const {
    if (by == store::issued_by(party_.person)) return "by you";
    return "by an administrator" + (by.empty() ? "" : " (" + printable(by, 64) + ")");
}

void MySecurity::show() {
    const auto person = here().people.find(party_.person);
    const auto totp = here().totp.find(party_.person);
    const auto keys = here().person_keys.of(party_.person);
    const auto passkeys = here().passkeys.of(party_.person);
    const auto left = here().recovery_codes.left(party_.person);
    const auto made = here().recovery_codes.made(party_.person);
    if (!person || !totp || !keys || !passkeys || !left || !made || !*person) return refuse("That cannot be shown right now.");
    const auto at = [&](Time time) { return here().time_text(time); };
    std::string text = fmt::format("My security: {}\n", name_of(here(), party_.person));
    const auto line = [&](const char* what, const std::string& how) { text += fmt::format("  {:<15}{}\n", what, how); };
    const auto set = (*person)->password_set;
    line("password", !(*person)->password_hash ? "none" : fmt::format("set {}{}", set ? at(*set) + " " : "", issuer((*person)->password_set_by)));
    line("codes", !*totp ? "none" : fmt::format("enrolled {} {}", at((*totp)->enrolled), issuer((*totp)->enrolled_by)));
    line("recovery codes", !*made ? "none" : fmt::format("{} left, made {}", *left, at(**made)));
    if (!passkeys->empty()) line("passkeys", "for the console");
    for (const auto& passkey : *passkeys)
        text += fmt::format("    {}\n      added {} {}\n", passkey.name.empty() ? "a passkey" : printable(passkey.name, 60), at(passkey.added),
                            issuer(passkey.issued_by));
    line("SSH keys", keys->empty() ? "none" : "");
    for (std::size_t i = 0; i < keys->size(); ++i) {
        const auto& key = (*keys)[i];
        text += fmt::format("    {} {} {}\n      added {} {}\n", i + 1, key.fingerprint, printable(key.comment, 60), at(key.added), issuer(key.added_by));
    }
    text.pop_back();
    say(text);
}

void MySecurity::prompt() {
    asking_ = false;
    stop_hashing();  // a hash that comes now was for a change that is over
    proof_.reset();
    ask("security> ", true, [this](Secret line) { typed(line); });
}

void MySecurity::done(const std::string& sentence) {
    if (!sentence.empty()) say(sentence);
    prompt();
}

void MySecurity::typed(const Secret& line) {
    const auto text = typed_line(line);
    if (!text) return done(sentence_of(text.error()));
    const auto words = words_of(*text);
    const auto is = [&](std::string_view first, std::string_view second = {}) {
        return !words.empty() && words[0] == first && (second.empty() ? words.size() == 1 : words.size() > 1 && words[1] == second);
    };
    if (words.empty() || is("show")) return show(), over_ ? void() : prompt();
    if (is("help") || is("?")) return done(help_text);
    if (is("back") || is("quit") || is("exit") || is("q")) return back();
    if (is("password")) return prove([this] { password(); });
    if (is("codes")) return prove([this] { codes(); });
    if (is("recovery")) return prove([this] { recovery(); });
    if (is("key", "add") && words.size() == 2) return prove([this] { key_line(); });
    if (is("key", "remove")) return remove(words);
    done("There is no \"" + printable(*text, 80) + "\" here. Type help for what there is.");
}

// From a command ("ssh dana@broker security") there is no menu to go back to: it would begin this again.
void MySecurity::back() {
    if (audience_.use != control::ChannelUse::shell) return end(0, "");
    hand_over(menu(party_, stage_));
}

void MySecurity::prove(Proven then) {
    asking_ = true;
    ask("Code: ", true, [this, then = std::move(then)](const Secret& line) {
        const auto code = typed_line(line);
        if (!code || code->empty()) return done("Nothing was changed.");
        auto proof = access::prove_second_factor(here(), party_.person, Secret::copy_of(*code));
        if (!proof) return done(capital(sentence_of(proof.error())));
        proof_ = std::move(*proof);
        then();
    });
}

void MySecurity::finish(const Status& changed, const std::string& sentence) { done(changed ? sentence : capital(sentence_of(changed.error()))); }

void MySecurity::password() {
    say("At least 10 characters, and your name is not in it.");
    ask_password([this](const std::string& hash) { finish(access::change_password(owner(), *proof_, hash), "Your password is changed."); });
}

void MySecurity::codes() {
    totp_secret_ = identity::totp_new_secret();
    const auto judge = [this](const Secret& code) { return access::change_codes(owner(), *proof_, totp_secret_, code); };
    ask_codes(totp_secret_, judge, [this] {
        totp_secret_ = Secret();
        done("From now on these codes count, and those of before do not.");
    });
}

void MySecurity::recovery() {
    const auto set = access::new_recovery_codes(party_.person);
    const auto kept = access::change_recovery_codes(owner(), *proof_, set.hashes);
    if (kept) show_recovery(set);
    finish(kept, "Those of before no longer count.");
}

void MySecurity::key_line() {
    ask("The line of the .pub file: ", true, [this](const Secret& line) {
        auto text = line.expose_text();
        while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
        if (text.empty() || text.size() > longest_key_line) return done("That is no public key: nothing was changed.");
        const auto key = identity::PublicKey::parse_openssh_line(text);
        if (!key) return done(capital(sentence_of(key.error())));
        finish(access::add_key(owner(), *proof_, *key), "The key " + key->fingerprint() + " is added.");
    });
}

void MySecurity::remove(const Words& words) {
    const auto keys = here().person_keys.of(party_.person);
    if (!keys) return failed(keys.error());
    std::size_t number = 0;
    const auto digits = words.size() == 3 ? std::string_view(words[2]) : std::string_view();
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    const bool is_number = !digits.empty() && error == std::errc() && stop == digits.data() + digits.size();
    const auto found = std::find_if(keys->begin(), keys->end(), [&](const auto& key) { return key.fingerprint == digits; });
    if (!(is_number && number >= 1 && number <= keys->size()) && found == keys->end()) return done("Type the key's number behind it, as key remove 1.");
    const auto key = found != keys->end() ? *found : (*keys)[number - 1];
    say("Takes away " + key.fingerprint + " " + printable(key.comment, 60));
    prove([this, key] { finish(access::remove_key(owner(), *proof_, key), "The key " + key.fingerprint + " is removed."); });
}

void MySecurity::left() {
    if (over_) return;
    totp_secret_ = Secret();
    if (asking_ && audience_.terminal) return done("Nothing was changed.");
    end(asking_ ? 1 : 0, "");
}

}  // namespace

std::unique_ptr<Conversation> my_security(Party party, Stage& stage) { return std::make_unique<MySecurity>(std::move(party), stage); }

}  // namespace anteroom::talk
