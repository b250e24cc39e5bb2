// Nonces that a browser is to bring back with a signature: each good once, for minutes, for one purpose and one person. Nothing is kept
// of one that was only given out (it carries its end and a seal of this broker's), so that nobody fills the memory by asking for more.
#pragma once

#include <map>

#include "base/clock.h"
#include "base/crypto.h"

namespace anteroom::access {

class Challenges {
public:
    enum class Purpose : std::uint8_t { sign_in, decision, registration, codes };
    static constexpr Duration lasts = std::chrono::minutes(2);
    static constexpr Duration codes_last = std::chrono::minutes(15);  // an app has to be found and a code typed
    static constexpr std::size_t most_used = 16384;                   // within those minutes; after that none is good

    explicit Challenges(const Clock& clock) : clock_(clock), key_(crypto::random_secret(32)) {}

    // `owner`: the person's name; "" where nobody is known yet.
    Bytes make(Purpose purpose, std::string_view owner) const;
    // Made here for that, in time, and not used.
    bool good(const Bytes& nonce, Purpose purpose, std::string_view owner) const;
    // True for the one caller who uses it. After the signature was found right: what was refused uses nothing up.
    bool use(const Bytes& nonce, Purpose purpose, std::string_view owner);
    // The challenge that goes with a nonce where there is no decision: SHA-256 of the purpose and the nonce.
    static Bytes challenge_of(Purpose purpose, const Bytes& nonce);
    // Bytes that follow from a nonce and that only this broker can tell: the secret of codes which are not enrolled yet.
    Secret derived(const Bytes& nonce, std::size_t size) const;

private:
    Bytes seal(View head, Purpose purpose, std::string_view owner) const;

    const Clock& clock_;
    Secret key_;
    std::map<Bytes, Monotonic> used_;  // and until when each would be good: the one that ends first comes first
};

}  // namespace anteroom::access
