// The shared questions.
#include "broker/talk/factor_forms.h"

#include <fmt/format.h>

#include "broker/identity/password.h"
#include "broker/identity/qr.h"

namespace anteroom::talk {

namespace {

constexpr const char* issuer = "Anteroom";

std::string_view without_line_end(const Secret& line) {
    auto text = line.expose_text();
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
    return text;
}

// Two lines below it are the secret and the question: together they fill the screen, and the code can still be scanned.
std::string qr_text(const control::Audience& audience, const PersonId& person, const Secret& totp_secret) {
    if (!audience.terminal) return "";
    const Secret uri = identity::short_otpauth_uri(issuer, person, totp_secret);
    const auto lines = identity::qr_lines_within(std::string(uri.expose_text()), audience.columns, audience.rows - 2);
    if (!lines) return "";
    std::string text;
    for (const auto& line : *lines) text += line + "\n";
    return text;
}

}  // namespace

void FactorForms::ask_password(Hash then) {
    ask("New password: ", false, [this, then = std::move(then)](Secret line) mutable {
        auto password = Secret::copy_of(without_line_end(line));
        if (const auto good = identity::check_password_rules(password, party_.person.str()); !good) {
            say(good.error().detail);
            return ask_password(std::move(then));
        }
        password_again(std::move(password), std::move(then));
    });
}

void FactorForms::password_again(Secret first, Hash then) {
    // A function must be copyable, a secret is not.
    auto kept = std::make_shared<Secret>(std::move(first));
    ask("The same once more: ", false, [this, kept, then = std::move(then)](Secret line) mutable {
        if (!equal_in_constant_time(kept->expose(), view(without_line_end(line)))) {
            say("These two are not the same.");
            return ask_password(std::move(then));
        }
        hash(std::move(*kept), std::move(then));
    });
}

void FactorForms::hash(Secret password, Hash then) {
    hashing_ = std::make_shared<bool>(true);
    const std::weak_ptr<bool> wanted = hashing_;
    auto done = [this, wanted, then = std::move(then)](Result<std::string> hashed) {
        if (wanted.expired() || over_) return;
        if (!hashed) return failed(hashed.error());
        then(std::move(*hashed));
    };
    if (party_.hash_password) return party_.hash_password(std::move(password), std::move(done));
    done(identity::hash_password(password));
}

void FactorForms::ask_codes(const Secret& totp_secret, Judge judge, std::function<void()> then) {
    const auto qr = qr_text(audience_, party_.person, totp_secret);
    say(qr.empty() ? "Add this to an authenticator app on your phone:" : "Scan this with an authenticator app on your phone:");
    say(fmt::format("{}{} {}", qr,
                    qr.empty() ? "Secret (time-based):" : "Or type the secret (time-based):", identity::totp_typable(totp_secret).expose_text()));
    ask_code(std::move(judge), std::move(then));
}

void FactorForms::ask_code(Judge judge, std::function<void()> then) {
    ask("Code that the app shows: ", true,
        [this, judge = std::move(judge), then = std::move(then)](Secret line) mutable { code_typed(line, std::move(judge), std::move(then)); });
}

void FactorForms::code_typed(const Secret& line, Judge judge, std::function<void()> then) {
    const auto code = Secret::copy_of(without_line_end(line));
    const auto verdict = could_be_code(code) ? judge(code) : Result<identity::CodeVerdict>(identity::CodeVerdict{});
    if (!verdict) return failed(verdict.error());
    using Kind = identity::CodeVerdict::Kind;
    if (verdict->kind == Kind::accepted) return then();
    if (verdict->kind == Kind::wrong) say("That code is not right. If that happens again, look at your phone's clock.");
    else
        say("A code of this time was used already; please take " +
            (verdict->until_next.count() > 0 ? fmt::format("the next one, in {} s.", verdict->until_next.count()) : "the one that is shown now."));
    ask_code(std::move(judge), std::move(then));
}

void FactorForms::show_recovery(const access::RecoverySet& set) {
    std::string text = "Recovery codes. Each is good once in place of a code of the app, should you lose your phone:\n";
    for (std::size_t i = 0; i < set.codes.size(); ++i) text += fmt::format("    {}{}", set.codes[i].expose_text(), i % 2 == 1 ? "\n" : "");
    say(text + "They are shown only now. Keep them where your phone is not.");
}

}  // namespace anteroom::talk
