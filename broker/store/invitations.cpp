// SQL of broker/store/invitations.h.
#include "broker/store/invitations.h"

#include "broker/store/people.h"

namespace anteroom::store {

namespace {

Result<Invitation> read(Row& row) {
    Invitation invitation;
    invitation.person = PersonId(row.text());
    invitation.code_hash = row.text();
    invitation.made = row.time();
    invitation.expires = row.time();
    invitation.made_by = row.text();
    invitation.failures = row.integer();
    TRY(row.finished());
    return invitation;
}

}  // namespace

Status Invitations::make(const Invitation& invitation) {
    return database_.transaction([&]() -> Status {
        if (!TRY(People(database_).find(invitation.person))) return fail(ErrorKind::not_found, "there is no person named " + invitation.person.str());
        TRY(database_.insert("invitations",
                             {{"person", invitation.person},
                              {"code_hash", invitation.code_hash},
                              {"made", invitation.made},
                              {"expires", invitation.expires},
                              {"made_by", invitation.made_by},
                              {"failures", invitation.failures}},
                             "ON CONFLICT (person) DO UPDATE SET code_hash = excluded.code_hash, made = excluded.made, expires = excluded.expires, "
                             "made_by = excluded.made_by, failures = excluded.failures"));
        return ok();
    });
}

Result<std::optional<Invitation>> Invitations::find(const PersonId& person) {
    return read_one(database_.select_one({"person", "code_hash", "made", "expires", "made_by", "failures"}, "FROM invitations WHERE person = ?", {person}),
                    read);
}

Result<bool> Invitations::count_attempt(const PersonId& person, Time now) {
    const auto counted = TRY(database_.execute("UPDATE invitations SET failures = failures + 1 WHERE person = ? AND failures < ? AND expires > ?",
                                               {person, Invitation::max_failures, now}));
    return counted == 1;
}

Status Invitations::forgive_attempt(const PersonId& person, const std::string& code_hash) {
    TRY(database_.execute("UPDATE invitations SET failures = failures - 1 WHERE person = ? AND code_hash = ? AND failures > 0", {person, code_hash}));
    return ok();
}

Result<bool> Invitations::use_up(const PersonId& person, const std::string& code_hash, Time now) {
    const auto gone = TRY(database_.execute("DELETE FROM invitations WHERE person = ? AND code_hash = ? AND failures < ? AND expires > ?",
                                            {person, code_hash, Invitation::max_failures, now}));
    return gone == 1;
}

Result<bool> Invitations::withdraw(const PersonId& person) { return TRY(database_.execute("DELETE FROM invitations WHERE person = ?", {person})) > 0; }

}  // namespace anteroom::store
