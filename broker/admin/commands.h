// The table of the administrator's commands: what each takes, whether a person must show a code for it, and what carries it
// out. What is not in it does not exist.
#pragma once

#include <span>

#include "broker/admin/call.h"

namespace anteroom::admin {

// What a call may carry besides its arguments.
enum Carries : unsigned { nothing = 0, a_list = 1, a_text = 2, a_secret = 4 };
enum class Needs { unix_user, person_with_code };
// `before`: an admin.command record is durable before the handler runs. `with_effect`: the handler writes a record of its own
// kind in the transaction of its effect, or before an effect that is no row.
enum class Audited { before, with_effect };

struct Command {
    std::string_view verb;
    Needs needs;
    Audited audited;
    unsigned carries;
    std::vector<std::string_view> required, allowed;
    Outcome (*handler)(Call&);
};
std::span<const Command> commands();
const Command* command_named(std::string_view verb);

Outcome person_add(Call& call);
Outcome person_list(Call& call);
Outcome person_show(Call& call);
Outcome person_disable(Call& call);
Outcome person_enable(Call& call);
Outcome person_invite(Call& call);
Outcome person_reset(Call& call);
Outcome person_totp(Call& call);
Outcome person_key_add(Call& call);
Outcome person_key_list(Call& call);
Outcome person_key_remove(Call& call);
Outcome secret_put(Call& call);
Outcome secret_list(Call& call);
Outcome policy_apply(Call& call);
Outcome policy_diff(Call& call);
Outcome policy_explain(Call& call);
Outcome policy_who_can(Call& call);
Outcome request_list(Call& call);
Outcome request_show(Call& call);
Outcome request_create(Call& call);
Outcome request_withdraw(Call& call);
Outcome request_approve(Call& call);
Outcome request_deny(Call& call);
Outcome request_extend(Call& call);
Outcome request_revoke(Call& call);
Outcome break_glass_list(Call& call);
Outcome break_glass_review(Call& call);
Outcome window_open(Call& call);
Outcome window_list(Call& call);
Outcome session_list(Call& call);
Outcome session_show(Call& call);
Outcome session_terminate(Call& call);
Outcome session_watch(Call& call);
Outcome recording_list(Call& call);
Outcome recording_verify(Call& call);
Outcome recording_play(Call& call);
Outcome recording_export(Call& call);
Outcome recording_search(Call& call);
Outcome recording_index(Call& call);
Outcome audit_show(Call& call);
Outcome audit_verify(Call& call);
Outcome audit_checkpoint(Call& call);
Outcome audit_export(Call& call);
Outcome alert_list(Call& call);
Outcome alert_test(Call& call);
Outcome ticket_rdp(Call& call);
Outcome key_list(Call& call);
Outcome key_keystrokes(Call& call);
Outcome doctor(Call& call);

// alerts.cpp, for the doctor: channels that policy names and nobody defines, channels that nothing reaches.
Status check_alerts(Call& call, const std::function<Status(const char* check, const char* state, std::string what, std::string mend)>& add);

}  // namespace anteroom::admin
