// SecondFactor: the proof that a person has just shown a code that was not used before. Whatever decides (approve, deny, extend,
// review, watch, terminate) takes one by value, and only prove() makes one: a decision without a fresh factor does not compile.
#pragma once

#include "broker/installation/installation.h"

namespace anteroom::access {

inline constexpr int max_code_attempts = 10;
inline constexpr Duration code_attempts_window = std::chrono::minutes(15);

struct PasskeyProof;  // passkey_factor.h

class SecondFactor {
public:
    const PersonId& person() const { return person_; }
    bool self_enrolled() const { return self_enrolled_; }  // the person enrolled it themselves, nobody else has known it
    Time at() const { return at_; }
    // How it was proven, for the record of what it is used for: {"factor": "code"}, or {"factor": "passkey", "credential", "signed", ...}
    // with everything that verifies the signature over the decision again.
    const audit::Fields& evidence() const { return evidence_; }

private:
    friend Result<SecondFactor> prove_second_factor(installation::Installation&, const PersonId&, const Secret&, std::string*);
    friend Result<SecondFactor> prove_passkey(installation::Installation&, const PersonId&, const PasskeyProof&);
    SecondFactor() = default;
    PersonId person_;
    bool self_enrolled_ = false;
    Time at_;
    audit::Fields evidence_;
};

// Attempts are counted before the code is looked at, and after ten within 15 minutes no code counts. Disabled and expired people
// prove nothing. Kind `refused`: the detail is a sentence for the person. A refusal is audited here, unless `why` is given: then the
// caller writes the record, with those words.
Result<SecondFactor> prove_second_factor(installation::Installation& here, const PersonId& person, const Secret& code, std::string* why = nullptr);

}  // namespace anteroom::access
