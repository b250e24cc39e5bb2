// Time-based one-time codes (RFC 6238): SHA-1, six digits, 30 seconds, one step either side. A step is used once for a
// person, whoever else tries it at the same moment: the StepLedger decides, and the store is one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "base/secret.h"

namespace anteroom::identity {

inline constexpr std::chrono::seconds totp_step{30};

Secret totp_new_secret();  // 160 random bits (RFC 4226 section 4)
Result<std::string> totp_generate(const Secret& secret, Time now);
// The step whose code this is. Spaces within the code are passed over; anything else but six digits matches nothing.
std::optional<std::int64_t> totp_check(const Secret& secret, std::string_view code, Time now);
std::chrono::seconds totp_until_next(Time now);
// otpauth://totp/ISSUER:PERSON?secret=...: it holds the secret, and so is one.
Secret otpauth_uri(std::string_view issuer, const PersonId& person, const Secret& secret);
// The same without what every app takes for granted (SHA1, 6 digits, 30 s; the issuer stands before the name): its QR code is small.
Secret short_otpauth_uri(std::string_view issuer, const PersonId& person, const Secret& secret);
// "ABCD EFGH ...": to be typed where no camera is.
Secret totp_typable(const Secret& secret);

class StepLedger {
public:
    virtual ~StepLedger() = default;
    // True for exactly one caller for each step of a person, and never again for that step or an earlier one.
    virtual bool consume(const PersonId& person, std::int64_t step) = 0;
};

struct CodeVerdict {
    enum class Kind { accepted, wrong, used };
    Kind kind = Kind::wrong;
    std::int64_t step = 0;               // accepted: the step that is now used; 0 for a recovery code
    std::chrono::seconds until_next{0};  // used: until the next code can be read; 0 when it can already
    bool recovery = false;               // accepted: it was a recovery code, which is now used
};
CodeVerdict check_code(const PersonId& person, const Secret& secret, std::string_view code, Time now, StepLedger& ledger);
// For people who are unknown or have no codes: the same work, nothing consumed, always wrong.
CodeVerdict check_dummy_code(std::string_view code, Time now);

}  // namespace anteroom::identity
