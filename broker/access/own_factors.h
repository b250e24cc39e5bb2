// A person's factors as they set them up themselves: each change is one transaction with its audit records, the notice to the person
// and the mark of who issued what. Nothing here asks or shows anything.
#pragma once

#include "broker/access/second_factor.h"
#include "broker/identity/ssh_key.h"
#include "broker/identity/webauthn.h"

namespace anteroom::access {

inline constexpr std::size_t recovery_codes_made = 10;
inline constexpr std::size_t most_passkeys = 20;         // of one person
inline constexpr std::size_t longest_passkey_name = 64;  // bytes
// A code shown this long ago is not fresh any more: it does not answer for somebody else who sits down at an open terminal.
inline constexpr Duration fresh_for = std::chrono::minutes(10);

// Whose factors they are, and from where they are changed.
struct Owner {
    installation::Installation& here;
    PersonId person;
    std::string source_ip;
    std::string console = "";  // the id of the console session that this comes from: it stays when the others end
};

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
Result<identity::CodeVerdict> enrol(const Owner& owner, const std::string& invitation_hash, const FirstFactors& factors, const Secret& code);

// A passkey just made, and what its person and browser say of it.
struct MadePasskey {
    identity::NewPasskey made;
    std::string name, transports;
};
// The end of an enrolment with a passkey alone: it is both factors in one. `conflict` as above.
Status enrol_with_passkey(const Owner& owner, const std::string& invitation_hash, const MadePasskey& passkey);

// What follows is for somebody enrolled, with a fresh factor of theirs. A new password or new codes end their other console sessions.
Status change_password(const Owner& owner, const SecondFactor& proof, const std::string& hash);
Result<identity::CodeVerdict> change_codes(const Owner& owner, const SecondFactor& proof, const Secret& totp_secret, const Secret& code);
Status change_recovery_codes(const Owner& owner, const SecondFactor& proof, const std::vector<std::string>& hashes);
Status add_passkey(const Owner& owner, const SecondFactor& proof, const MadePasskey& passkey);
// `conflict`: without it nobody could sign on as this person any more.
Status remove_passkey(const Owner& owner, const SecondFactor& proof, const std::string& id);
Status add_key(const Owner& owner, const SecondFactor& proof, const identity::PublicKey& key);
Status remove_key(const Owner& owner, const SecondFactor& proof, const store::PersonKey& key);

}  // namespace anteroom::access
