// A person's factors as they set them up themselves: each change is one transaction with its audit records, the notice to the person
// and the mark of who issued what. Nothing here asks or shows anything.
#pragma once

#include "broker/access/second_factor.h"
#include "broker/identity/ssh_key.h"
#include "broker/talk/conversation.h"

namespace anteroom::talk {

inline constexpr std::size_t recovery_codes_made = 10;
// A code shown this long ago is not fresh any more: it does not answer for somebody else who sits down at an open terminal.
inline constexpr Duration fresh_for = std::chrono::minutes(10);

struct RecoverySet {
    std::vector<Secret> codes;  // to be shown once
    std::vector<std::string> hashes;
};
RecoverySet new_recovery_codes(const PersonId& person);

struct FirstFactors {
    std::string password_hash;
    Secret totp_secret;
    std::vector<std::string> recovery_hashes;
};
// The end of an enrolment. When the code is not accepted nothing has changed; else the invitation is used up and the factors count.
// `conflict`: the invitation has been used, withdrawn or replaced, or its time is over.
Result<identity::CodeVerdict> enrol(const Party& party, const std::string& invitation_hash, const FirstFactors& factors, const Secret& code);

// What follows is for somebody enrolled, with a fresh code of theirs.
Status change_password(const Party& party, const access::SecondFactor& proof, const std::string& hash);
Result<identity::CodeVerdict> change_codes(const Party& party, const access::SecondFactor& proof, const Secret& totp_secret, const Secret& code);
Status change_recovery_codes(const Party& party, const access::SecondFactor& proof, const std::vector<std::string>& hashes);
Status add_key(const Party& party, const access::SecondFactor& proof, const identity::PublicKey& key);
Status remove_key(const Party& party, const access::SecondFactor& proof, const store::PersonKey& key);

}  // namespace anteroom::talk
