// Time-based codes: one sealed secret a person, and the steps that were used. A step is accepted once, for ever: used
// steps are kept, so that neither a clock set back nor a new secret makes an old one good again.
#pragma once

#include "broker/store/database.h"

namespace anteroom::store {

struct TotpEnrolment {
    PersonId person;
    std::string sealed_secret;  // as the vault sealed it
    bool confirmed = false;     // the person has shown a good code since
    Time enrolled;
    std::string enrolled_by;
};

class Totp {
public:
    explicit Totp(Database& database) : database_(database) {}

    Result<std::optional<TotpEnrolment>> find(const PersonId& person);
    Status enrol(const TotpEnrolment& enrolment);  // takes the place of an earlier one
    Status confirm(const PersonId& person);        // `not_found`: not enrolled
    Status remove(const PersonId& person);         // not an error when there is none
    // True for the one call that used this step, false for every later one, from whatever connection.
    Result<bool> use_step(const PersonId& person, std::int64_t step, Time now);
    Result<std::optional<std::int64_t>> newest_step(const PersonId& person);

private:
    Database& database_;
};

}  // namespace anteroom::store
