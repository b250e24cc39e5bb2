// Tickets: a .rdp file that signs one person in, once, within minutes. It stands for the sign-in alone; whether they may reach the
// target is decided when it is used, as for everybody.
#include "broker/installation/tickets.h"

#include <boost/json.hpp>

#include "broker/admin/commands.h"
#include "broker/admin/rdp_file.h"
#include "policy/explain.h"

namespace anteroom::admin {

namespace {

using Verdict = policy::Decision::Verdict;

struct Wanted {
    policy::Ask ask;
    policy::CapabilitySet may;
};

Result<AccountId> account_of(Call& call, const policy::Facts& facts, const TargetId& target) {
    if (call.given("account")) {
        auto account = AccountId::parse(call.argument("account"));
        if (!account) return fail(ErrorKind::invalid, quoted(call.argument("account")) + " is no account's name");
        return account;
    }
    const auto& document = call.here.policy.document;
    if (const auto account = policy::default_account(document, facts, target, call.now())) return *account;
    std::string list;
    for (const auto& account : policy::accounts_for(document, facts, target, call.now())) list += (list.empty() ? "" : ", ") + account.str();
    if (list.empty()) return AccountId();
    return fail(ErrorKind::invalid, "say which account: --account, with one of " + list);
}

// What the person may do there, now or after an approval. From where is not asked: this command line is not where they will sit.
Result<Wanted> wanted(Call& call) {
    const auto target = TargetId::parse(call.argument("target"));
    if (!target) return fail(ErrorKind::invalid, quoted(call.argument("target")) + " is no target's name");
    const auto facts = TRY(call.here.facts_of(call.actor, ""));
    const policy::Ask ask{*target, TRY(account_of(call, facts, *target))};
    const auto decision = policy::evaluate(call.here.policy.document, facts, ask, call.now(), TRY(call.live.access().grants(call.actor, ask, "")));
    const bool elsewhere = decision.reason == policy::Decision::Reason::network;
    if (decision.verdict == Verdict::deny && !elsewhere && !TRY(call.live.access().may_break_glass(call.actor, ask, "")))
        return fail(ErrorKind::refused, decision.sentence);
    const auto found = call.here.policy.document.targets.find(*target);
    if (found == call.here.policy.document.targets.end()) return fail(ErrorKind::refused, decision.sentence);
    if (found->second.protocol != policy::Protocol::rdp) return fail(ErrorKind::invalid, target->str() + " is reached by SSH; a ticket is for desktops");
    return Wanted{ask, TRY(policy::CapabilitySet::parse(decision.allow, decision.forbid))};
}

}  // namespace

Outcome ticket_rdp(Call& call) {
    const auto& rdp = call.here.config.rdp;
    if (!rdp.on()) return fail(ErrorKind::refused, "RDP is not served here: listen: {rdp: HOST:PORT} in anteroom.yaml turns it on");
    const auto to = TRY(wanted(call));
    const auto proof = TRY(take_factor(call));
    installation::NewTicket made;
    auto record = call.record(audit::Kind::ticket_issued, {{"account", to.ask.account.str()}});
    record.person = proof.person().str();
    record.target = to.ask.target.str();
    record.fields["ends"] = rfc3339(call.now() + installation::ticket_lasts);
    TRY(call.with_record(record, [&]() -> Status {
        made = TRY(installation::issue_ticket(call.here, proof.person(), to.ask.target, to.ask.account));
        return ok();
    }));
    auto text = rdp_file({rdp.reached_at(), proof.person().str(), std::string(made.token.expose_text())}, to.may);
    if (call.here.rdp_signer) text = TRY(signed_rdp_file(text, *call.here.rdp_signer));
    TRY(call.rows.add({{"person", proof.person().str()},
                       {"target", to.ask.target.str()},
                       {"account", to.ask.account.str()},
                       {"ends", rfc3339(made.ends)},
                       {"signed", call.here.rdp_signer.has_value()}}));
    return done(call, "good once, until " + call.here.time_text(made.ends), {{"file", std::move(text)}});
}

}  // namespace anteroom::admin
