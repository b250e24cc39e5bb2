// SQL of broker/store/totp.h.
#include "broker/store/totp.h"

namespace anteroom::store {

namespace {

Result<TotpEnrolment> read(Row& row) {
    TotpEnrolment enrolment;
    enrolment.person = PersonId(row.text());
    enrolment.sealed_secret = row.text();
    enrolment.confirmed = row.boolean();
    enrolment.enrolled = row.time();
    enrolment.enrolled_by = row.text();
    TRY(row.finished());
    return enrolment;
}

}  // namespace

Result<std::optional<TotpEnrolment>> Totp::find(const PersonId& person) {
    return read_one(database_.select_one({"person", "sealed_secret", "confirmed", "enrolled", "enrolled_by"}, "FROM totp WHERE person = ?", {person}), read);
}

Status Totp::enrol(const TotpEnrolment& enrolment) {
    TRY(database_.insert("totp",
                         {{"person", enrolment.person},
                          {"sealed_secret", enrolment.sealed_secret},
                          {"confirmed", enrolment.confirmed},
                          {"enrolled", enrolment.enrolled},
                          {"enrolled_by", enrolment.enrolled_by}},
                         "ON CONFLICT (person) DO UPDATE SET sealed_secret = excluded.sealed_secret, confirmed = excluded.confirmed, "
                         "enrolled = excluded.enrolled, enrolled_by = excluded.enrolled_by"));
    return ok();
}

Status Totp::confirm(const PersonId& person) {
    if (TRY(database_.update("totp", {{"confirmed", true}}, "WHERE person = ?", {person})) == 0)
        return fail(ErrorKind::not_found, person.str() + " has no code generator enrolled");
    return ok();
}

Status Totp::remove(const PersonId& person) {
    TRY(database_.execute("DELETE FROM totp WHERE person = ?", {person}));
    return ok();
}

Result<bool> Totp::use_step(const PersonId& person, std::int64_t step, Time now) {
    return database_.insert("totp_steps", {{"person", person}, {"step", step}, {"used_at", now}}, "ON CONFLICT (person, step) DO NOTHING");
}

Result<std::optional<std::int64_t>> Totp::newest_step(const PersonId& person) {
    auto row = TRY(database_.select_one({"step"}, "FROM totp_steps WHERE person = ? ORDER BY step DESC LIMIT 1", {person}));
    if (!row) return std::optional<std::int64_t>();
    const auto step = row->integer();
    TRY(row->finished());
    return std::optional<std::int64_t>(step);
}

}  // namespace anteroom::store
