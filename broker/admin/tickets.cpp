// Tickets: a .rdp file that signs one person in, once, within minutes.
#include <boost/json.hpp>

#include "broker/admin/commands.h"
#include "broker/admin/rdp_ticket.h"

namespace anteroom::admin {

Outcome ticket_rdp(Call& call) {
    const auto& rdp = call.here.config.rdp;
    if (!rdp.on()) return fail(ErrorKind::refused, "RDP is not served here: listen: {rdp: HOST:PORT} in anteroom.yaml turns it on");
    const auto target = TargetId::parse(call.argument("target"));
    if (!target) return fail(ErrorKind::invalid, quoted(call.argument("target")) + " is no target's name");
    TicketFor wanted{call.actor, *target, std::nullopt};
    if (call.given("account")) {
        const auto account = AccountId::parse(call.argument("account"));
        if (!account) return fail(ErrorKind::invalid, quoted(call.argument("account")) + " is no account's name");
        wanted.account = *account;
    }
    const auto to = TRY(ticket_to(call.here, call.live.access(), wanted));
    const auto proof = TRY(take_factor(call));
    const auto made = TRY(issue_rdp_ticket(call.here, proof.person(), to, call.record(audit::Kind::ticket_issued)));
    call.recorded = true;
    TRY(call.rows.add({{"person", proof.person().str()},
                       {"target", to.ask.target.str()},
                       {"account", to.ask.account.str()},
                       {"ends", rfc3339(made.ends)},
                       {"signed", call.here.rdp_signer.has_value()}}));
    return done(call, "good once, until " + call.here.time_text(made.ends), {{"file", made.text}});
}

}  // namespace anteroom::admin
