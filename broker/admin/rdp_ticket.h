// A one-time .rdp file for one person and one target, for the command line and for the console alike. It stands for the sign-in alone;
// whether they may reach the target is decided when it is used, as for everybody.
#pragma once

#include "broker/access/access.h"
#include "policy/capability.h"

namespace anteroom::admin {

struct TicketFor {
    PersonId person;
    TargetId target;
    std::optional<AccountId> account;  // none: the only one that it can be
};
// What was asked for, with the account, where the person may do anything there, now or after an approval. From where is not asked: they
// will sit elsewhere.
struct TicketTo {
    policy::Ask ask;
    policy::CapabilitySet may;
};
Result<TicketTo> ticket_to(installation::Installation& here, access::Access& access, const TicketFor& wanted);

struct RdpTicket {
    std::string text;
    Time ends{};
};
// Issued with this record (its fields `account` and `ends`, person and target are set here), in one transaction.
Result<RdpTicket> issue_rdp_ticket(installation::Installation& here, const PersonId& person, const TicketTo& to, audit::Record record);

}  // namespace anteroom::admin
