// Making and using tickets.
#include "broker/installation/tickets.h"

namespace anteroom::installation {

namespace {

using identity::login::TicketVerdict;
constexpr std::size_t token_bytes = 32;
constexpr Duration remembered = std::chrono::hours(24 * 30);  // so long a late or used one gets its own sentence

std::string hash_of(const Secret& token) {
    crypto::Sha256 hash;
    hash.update(view("anteroom ticket v1\n"));
    hash.update(token.expose());
    return hex(hash.finish());
}

}  // namespace

Result<NewTicket> issue_ticket(Installation& here, const PersonId& person, const TargetId& target, const std::optional<AccountId>& account) {
    const Time now = here.clock.now();
    const Secret random = crypto::random_secret(token_bytes);
    NewTicket made{Secret::copy_of(base32(random.expose())), now + ticket_lasts};
    TRY(here.tickets.forget_ended_before(now - remembered));
    TRY(here.tickets.insert({hash_of(made.token), person, target, account, now, made.ends, std::nullopt}));
    return made;
}

Result<TicketVerdict> use_ticket(Installation& here, const std::optional<PersonId>& person, const Secret& token, const std::string& source) {
    TicketVerdict verdict;
    if (!person) return verdict;
    const auto hash = hash_of(token);
    TRY(here.database.transaction([&]() -> Status {
        const bool used = TRY(here.tickets.use(hash, *person, here.clock.now()));
        const auto ticket = TRY(here.tickets.find(hash));
        if (!ticket || ticket->person != *person) return ok();
        if (!used) {
            verdict.kind = ticket->used ? TicketVerdict::Kind::used : TicketVerdict::Kind::late;
            verdict.when = here.time_text(ticket->used.value_or(ticket->ends));
            return ok();
        }
        TRY(here.log->append({audit::Kind::ticket_used,
                              person->str(),
                              ticket->target.str(),
                              "",
                              {{"account", ticket->account ? ticket->account->str() : ""}, {"issued", rfc3339(ticket->issued)}, {"source", source}}}));
        verdict = {TicketVerdict::Kind::good, {ticket->person, ticket->target, ticket->account}, ticket->issued, ""};
        return ok();
    }));
    return verdict;
}

}  // namespace anteroom::installation
