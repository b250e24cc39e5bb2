// The sentences.
#include "broker/access/people_notices.h"

namespace anteroom::access {

namespace {

Status tell(installation::Installation& here, const PersonId& person, const char* event, int loudness, const std::string& summary) {
    const auto found = TRY(here.people.find(person));
    if (!found) return fail(ErrorKind::not_found, "there is no person named " + person.str());
    Notice notice;
    notice.event = event;
    notice.about = installation::AlertEvent::people;
    notice.loudness = loudness;
    notice.person = person;
    notice.person_name = found->display_name.empty() ? person.str() : found->display_name;
    notice.vendor = found->vendor;
    notice.summary = summary;
    return announce(here, notice);
}

}  // namespace

Status tell_invited(installation::Installation& here, const PersonId& person, Time expires) {
    return tell(here, person, "person.invited", 0,
                person.str() + " was invited to enrol, until " + here.time_text(expires) + "; the code comes from the administrator");
}

Status tell_reset(installation::Installation& here, const PersonId& person) {
    return tell(here, person, "person.reset", 1, "all factors of " + person.str() + " were taken away by an administrator; they are to be enrolled anew");
}

Status tell_factor_added(installation::Installation& here, const PersonId& person, const std::string& what, const std::string& by) {
    const bool own = by == store::issued_by(person);
    return tell(here, person, "factor.added", own ? 0 : 1,
                person.str() + " has " + what + " now, set up by " + (own ? "themselves" : "an administrator (" + by + ")"));
}

Status tell_recovery_used(installation::Installation& here, const PersonId& person, std::int64_t left) {
    return tell(here, person, "factor.recovery-used", 1, "a recovery code of " + person.str() + " was used; " + std::to_string(left) + " are left");
}

void tell_of_recovery_codes(installation::Installation& here) {
    here.on_recovery_code = [&here](const PersonId& person, std::int64_t left) { return tell_recovery_used(here, person, left); };
}

}  // namespace anteroom::access
