// The questions that enrolment and My security share: a new password, new codes with their QR code, recovery codes shown once.
#pragma once

#include "broker/access/own_factors.h"
#include "broker/talk/prompted.h"

namespace anteroom::talk {

class FactorForms : public Prompted {
public:
    void begin(const control::Audience& audience) final {
        audience_ = audience;
        started();
    }

protected:
    using Hash = std::function<void(std::string hash)>;
    using Judge = std::function<Result<identity::CodeVerdict>(const Secret& code)>;

    FactorForms(Party party, Stage& stage) : Prompted(std::move(party), stage) {}
    virtual void started() = 0;
    // The rules are not met, the hash cannot be made, ...: asked again. A failure that cannot be mended by typing goes to failed().
    virtual void failed(const Error& why) = 0;

    void ask_password(Hash then);
    // Shows the secret, then asks for its code until `judge` accepts one.
    void ask_codes(const Secret& totp_secret, Judge judge, std::function<void()> then);
    void show_recovery(const access::RecoverySet& set);
    access::Owner owner() { return {here(), party_.person, party_.source_ip}; }
    void stop_hashing() { hashing_.reset(); }

    control::Audience audience_;

private:
    void password_again(Secret first, Hash then);
    void hash(Secret password, Hash then);
    void ask_code(Judge judge, std::function<void()> then);
    void code_typed(const Secret& line, Judge judge, std::function<void()> then);

    std::shared_ptr<bool> hashing_;  // a hash comes back late, and perhaps to somebody who has left
};

}  // namespace anteroom::talk
