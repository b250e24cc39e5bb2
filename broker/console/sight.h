// Who sees which live session: the person themselves, reviewers of its target, and whoever decides about what it rests on. And which
// requests somebody may see. Looks only.
#pragma once

#include "broker/access/access.h"
#include "broker/installation/installation.h"

namespace anteroom::console {

// A live session, as far as sight of it goes.
struct Seen {
    store::Session session;
    bool emergency = false;  // its rule is a break-glass entry
};

// By `reviewers:`, under the policy and the labels that are in force now.
bool reviews(const installation::Installation& here, const policy::Facts& facts, const store::Session& session, Time now);
// They approve what its rule takes, or stand in for somebody who does; an emergency they are to review.
bool decides_about(installation::Installation& here, const policy::Facts& facts, const Seen& seen, Time now);
bool sees(installation::Installation& here, const policy::Facts& facts, const Seen& seen, Time now);

// Mine, or one that I decide on or have decided on.
Result<bool> sees(access::Access& access, const PersonId& person, const access::Request& request);

}  // namespace anteroom::console
