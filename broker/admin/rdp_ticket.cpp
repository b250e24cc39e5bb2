// Whether a ticket may be had, and making it.
#include "broker/admin/rdp_ticket.h"

#include "broker/admin/rdp_file.h"
#include "broker/installation/tickets.h"
#include "policy/explain.h"

namespace anteroom::admin {

namespace {

using Verdict = policy::Decision::Verdict;

Result<AccountId> account_of(installation::Installation& here, const policy::Facts& facts, const TicketFor& wanted) {
    if (wanted.account) return *wanted.account;
    const auto& document = here.policy.document;
    const auto now = here.clock.now();
    if (const auto account = policy::default_account(document, facts, wanted.target, now)) return *account;
    std::string list;
    for (const auto& account : policy::accounts_for(document, facts, wanted.target, now)) list += (list.empty() ? "" : ", ") + account.str();
    if (list.empty()) return AccountId();
    return fail(ErrorKind::invalid, "say which account: --account, with one of " + list);
}

}  // namespace

Result<TicketTo> ticket_to(installation::Installation& here, access::Access& access, const TicketFor& wanted) {
    const auto facts = TRY(here.facts_of(wanted.person, ""));
    auto account = TRY(account_of(here, facts, wanted));
    policy::Ask ask{wanted.target, std::move(account)};
    const auto& document = here.policy.document;
    const auto grants = TRY(access.grants(wanted.person, ask, ""));
    const auto decision = policy::evaluate(document, facts, ask, here.clock.now(), grants);
    const bool elsewhere = decision.reason == policy::Decision::Reason::network;
    if (decision.verdict == Verdict::deny && !elsewhere) {
        const bool in_an_emergency = TRY(access.may_break_glass(wanted.person, ask, ""));
        if (!in_an_emergency) return fail(ErrorKind::refused, decision.sentence);
    }
    const auto found = document.targets.find(wanted.target);
    if (found == document.targets.end()) return fail(ErrorKind::refused, decision.sentence);
    if (found->second.protocol != policy::Protocol::rdp) return fail(ErrorKind::invalid, wanted.target.str() + " is reached by SSH; a ticket is for desktops");
    auto may = TRY(policy::CapabilitySet::parse(decision.allow, decision.forbid));
    return TicketTo{std::move(ask), std::move(may)};
}

Result<RdpTicket> issue_rdp_ticket(installation::Installation& here, const PersonId& person, const TicketTo& to, audit::Record record) {
    record.person = person.str();
    record.target = to.ask.target.str();
    record.fields["account"] = to.ask.account.str();
    record.fields["ends"] = rfc3339(here.clock.now() + installation::ticket_lasts);
    installation::NewTicket made;
    TRY(here.database.transaction([&]() -> Status {
        made = TRY(installation::issue_ticket(here, person, to.ask.target, to.ask.account));
        TRY(here.log->append(record));
        return ok();
    }));
    auto text = rdp_file({here.config.rdp.reached_at(), person.str(), std::string(made.token.expose_text())}, to.may);
    if (here.rdp_signer) text = TRY(signed_rdp_file(text, *here.rdp_signer));
    return RdpTicket{std::move(text), made.ends};
}

}  // namespace anteroom::admin
