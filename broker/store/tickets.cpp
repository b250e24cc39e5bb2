// SQL of broker/store/tickets.h.
#include "broker/store/tickets.h"

namespace anteroom::store {

Status Tickets::insert(const Ticket& ticket) {
    TRY(database_.insert("tickets", {{"token_hash", ticket.token_hash},
                                     {"person", ticket.person},
                                     {"target", ticket.target},
                                     {"account", ticket.account},
                                     {"issued", ticket.issued},
                                     {"ends", ticket.ends},
                                     {"used", std::nullopt}}));
    return ok();
}

Result<std::optional<Ticket>> Tickets::find(const std::string& token_hash) {
    auto row =
        TRY(database_.select_one({"token_hash", "person", "target", "account", "issued", "ends", "used"}, "FROM tickets WHERE token_hash = ?", {token_hash}));
    if (!row) return std::optional<Ticket>();
    Ticket ticket;
    ticket.token_hash = row->text();
    ticket.person = PersonId(row->text());
    ticket.target = TargetId(row->text());
    if (const auto account = row->optional_text()) ticket.account = AccountId(*account);
    ticket.issued = row->time();
    ticket.ends = row->time();
    ticket.used = row->optional_time();
    TRY(row->finished());
    return std::optional<Ticket>(std::move(ticket));
}

// One statement judges and marks: of two that come at once, the second finds it used.
Result<bool> Tickets::use(const std::string& token_hash, const PersonId& person, Time now) {
    return TRY(database_.update("tickets", {{"used", now}}, "WHERE token_hash = ? AND person = ? AND used IS NULL AND ends > ?", {token_hash, person, now})) ==
           1;
}

Status Tickets::forget_ended_before(Time time) {
    TRY(database_.execute("DELETE FROM tickets WHERE ends < ?", {time}));
    return ok();
}

}  // namespace anteroom::store
