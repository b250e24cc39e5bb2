// One-time sign-ins of .rdp files: made for one person and one target, good once and for minutes. The token leaves here once and is
// kept only as a hash.
#pragma once

#include "broker/identity/login.h"
#include "broker/installation/installation.h"

namespace anteroom::installation {

inline constexpr Duration ticket_lasts = std::chrono::minutes(5);

struct NewTicket {
    Secret token;  // 52 letters and digits, of 256 random bits
    Time ends{};
};
// Within the caller's transaction, with its audit record.
Result<NewTicket> issue_ticket(Installation& here, const PersonId& person, const TargetId& target, const std::optional<AccountId>& account);

// Uses it up where it is good, with the record of that, in one transaction. Absent `person`: nothing is looked at. A ticket in another
// name than its own is `unknown`, and stays.
Result<identity::login::TicketVerdict> use_ticket(Installation& here, const std::optional<PersonId>& person, const Secret& token, const std::string& source);

}  // namespace anteroom::installation
