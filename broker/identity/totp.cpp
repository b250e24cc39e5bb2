// liboath computes the codes; the three candidates are always all computed and compared in constant time.
#include "broker/identity/totp.h"

#include <liboath/oath.h>

#include <algorithm>
#include <array>
#include <mutex>

#include "base/crypto.h"

namespace anteroom::identity {
namespace {

constexpr unsigned digits = 6;

std::int64_t step_of(Time now) { return unix_seconds(now) / totp_step.count(); }

Result<std::string> code_of_step(const Secret& secret, std::int64_t step) {
    static std::once_flag ready;
    std::call_once(ready, [] { oath_init(); });
    std::array<char, digits + 1> out{};
    int status = oath_totp_generate(reinterpret_cast<const char*>(secret.expose().data()), secret.size(), step * totp_step.count(),
                                    static_cast<unsigned>(totp_step.count()), OATH_TOTP_DEFAULT_START_TIME, digits, out.data());
    if (status != OATH_OK) return fail(ErrorKind::crypto, "liboath could not compute a code");
    return std::string(out.data(), digits);
}

std::optional<std::string> six_digits(std::string_view code) {
    std::string out;
    for (char c : code.substr(0, 32))
        if (c != ' ') out.push_back(c);
    bool fits = code.size() <= 32 && out.size() == digits && std::ranges::all_of(out, [](char c) { return c >= '0' && c <= '9'; });
    return fits ? std::optional(out) : std::nullopt;
}

std::string percent_encoded(std::string_view text) {
    std::string out;
    for (char c : text) {
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
        out += plain ? std::string(1, c) : "%" + hex(view(std::string_view(&c, 1)));
    }
    return out;
}

Secret uri_of(std::string_view issuer, const PersonId& person, const Secret& secret, const std::string& rest) {
    auto key = base32(secret.expose());
    auto uri = "otpauth://totp/" + percent_encoded(issuer) + ":" + percent_encoded(person.str()) + "?secret=" + key + rest;
    auto out = Secret::copy_of(uri);
    wipe(key.data(), key.size());
    wipe(uri.data(), uri.size());
    return out;
}

}  // namespace

Secret totp_new_secret() { return crypto::random_secret(20); }

Result<std::string> totp_generate(const Secret& secret, Time now) { return code_of_step(secret, step_of(now)); }

std::optional<std::int64_t> totp_check(const Secret& secret, std::string_view code, Time now) {
    auto wanted = six_digits(code);
    const auto given = wanted.value_or("------");
    std::optional<std::int64_t> matched;
    for (std::int64_t offset : {1, -1, 0}) {  // the current step last, so that it wins a coincidence
        auto step = std::max<std::int64_t>(step_of(now) + offset, 0);
        auto candidate = code_of_step(secret, step);
        if (candidate && equal_in_constant_time(view(*candidate), view(given))) matched = step;
    }
    return matched;
}

std::chrono::seconds totp_until_next(Time now) { return totp_step - std::chrono::seconds(unix_seconds(now) % totp_step.count()); }

Secret otpauth_uri(std::string_view issuer, const PersonId& person, const Secret& secret) {
    return uri_of(issuer, person, secret, "&issuer=" + percent_encoded(issuer) + "&algorithm=SHA1&digits=6&period=30");
}

Secret short_otpauth_uri(std::string_view issuer, const PersonId& person, const Secret& secret) { return uri_of(issuer, person, secret, ""); }

Secret totp_typable(const Secret& secret) {
    auto key = base32(secret.expose());
    Bytes out;
    for (std::size_t i = 0; i < key.size(); ++i) {
        if (i > 0 && i % 4 == 0) out.push_back(' ');
        out.push_back(static_cast<std::uint8_t>(key[i]));
    }
    wipe(key.data(), key.size());
    return Secret(std::move(out));
}

CodeVerdict check_code(const PersonId& person, const Secret& secret, std::string_view code, Time now, StepLedger& ledger) {
    auto step = totp_check(secret, code, now);
    if (!step) return {.kind = CodeVerdict::Kind::wrong};
    if (ledger.consume(person, *step)) return {.kind = CodeVerdict::Kind::accepted, .step = *step};
    auto until = std::chrono::seconds((*step + 1) * totp_step.count() - unix_seconds(now));
    return {.kind = CodeVerdict::Kind::used, .step = *step, .until_next = std::max(until, std::chrono::seconds(0))};
}

CodeVerdict check_dummy_code(std::string_view code, Time now) {
    static const Secret nobody = totp_new_secret();
    (void)totp_check(nobody, code, now);
    return {.kind = CodeVerdict::Kind::wrong};
}

}  // namespace anteroom::identity
