// The handlers of the table's rows, by the files that hold them.
#pragma once

#include "broker/console/routes.h"

namespace anteroom::console {

// site, sign_in, sign_out, me, active, factor options
Result<Answer> site(Call& call);
void sign_in(std::shared_ptr<Call> call, Given give);
Result<Answer> sign_in_options(Call& call);
void sign_in_passkey(std::shared_ptr<Call> call, Given give);
Result<Answer> sign_out(Call& call);
Result<Answer> me(Call& call);
Result<Answer> active(Call& call);
Result<Answer> factor_options(Call& call);

// my security, and enrolment
Result<Answer> security(Call& call);
Result<Answer> passkey_options(Call& call);
Result<Answer> passkey_add(Call& call);
Result<Answer> passkey_remove(Call& call);
Result<Answer> codes_begin(Call& call);
Result<Answer> codes_confirm(Call& call);
void password_set(std::shared_ptr<Call> call, Given give);
Result<Answer> recovery_codes(Call& call);
void enrol(std::shared_ptr<Call> call, Given give);
Result<Answer> enrol_passkey(Call& call);
Result<Answer> console_session_end(Call& call);

// home.cpp
Result<Answer> home(Call& call);
Result<Answer> rdp_ticket(Call& call);
Result<Answer> request_form(Call& call);
Result<Answer> break_glass(Call& call);

// requests.cpp, decisions.cpp
Result<Answer> request_create(Call& call);
Result<Answer> request_list(Call& call);
Result<Answer> request_card(Call& call);
Result<Answer> request_withdraw(Call& call);
Result<Answer> request_ask_extension(Call& call);
Result<Answer> approvals(Call& call);
Result<Answer> request_approve(Call& call);
Result<Answer> request_deny(Call& call);
Result<Answer> request_extend(Call& call);
Result<Answer> request_revoke(Call& call);

// live.cpp
Result<Answer> live_sessions(Call& call);
Result<Answer> session_terminate(Call& call);
Result<Answer> session_watch(Call& call);

// recordings.cpp, reviews.cpp, exports.cpp
Result<Answer> recordings(Call& call);
Result<Answer> recording(Call& call);
Result<Answer> recording_open(Call& call);
Result<Answer> recording_note(Call& call);
Result<Answer> recording_watched(Call& call);
Result<Answer> recording_sign_off(Call& call);
Result<Answer> recording_ask_consent(Call& call);
Result<Answer> recording_consent(Call& call);
Result<Answer> recording_export(Call& call);

// emergencies.cpp
Result<Answer> emergencies(Call& call);
Result<Answer> emergency_review(Call& call);

// audit.cpp
Result<Answer> audit_page(Call& call);
Result<Answer> audit_kinds(Call& call);

// policy.cpp
Result<Answer> policy_current(Call& call);
Result<Answer> policy_names(Call& call);
Result<Answer> policy_explain(Call& call);
Result<Answer> policy_who_can(Call& call);
Result<Answer> policy_diff(Call& call);

// people.cpp
Result<Answer> people_list(Call& call);
Result<Answer> person_detail(Call& call);
Result<Answer> person_keep(Call& call);
Result<Answer> person_disable(Call& call);
Result<Answer> person_enable(Call& call);

// openapi.cpp
Result<Answer> openapi(Call& call);

}  // namespace anteroom::console
