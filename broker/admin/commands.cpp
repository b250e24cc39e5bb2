// The table.
#include "broker/admin/commands.h"

#include <algorithm>

namespace anteroom::admin {

std::span<const Command> commands() {
    using enum Needs;
    using enum Audited;
    static const std::vector<Command> table = {
        {"person add", unix_user, with_effect, a_list | a_secret, {"name"}, {"email", "vendor", "display_name"}, person_add},
        {"person list", unix_user, before, nothing, {}, {}, person_list},
        {"person show", unix_user, before, nothing, {"name"}, {}, person_show},
        {"person disable", unix_user, with_effect, nothing, {"name"}, {}, person_disable},
        {"person enable", unix_user, with_effect, nothing, {"name"}, {}, person_enable},
        {"person invite", unix_user, with_effect, a_list, {"name"}, {"email", "vendor", "display_name", "expires"}, person_invite},
        {"person reset", unix_user, with_effect, nothing, {"name", "reason"}, {}, person_reset},
        {"person totp", unix_user, with_effect, nothing, {"name"}, {}, person_totp},
        {"person key add", unix_user, with_effect, a_text, {"name"}, {}, person_key_add},
        {"person key list", unix_user, before, nothing, {"name"}, {}, person_key_list},
        {"person key remove", unix_user, with_effect, nothing, {"name", "key"}, {}, person_key_remove},
        {"secret put", unix_user, with_effect, a_secret, {"account", "kind"}, {}, secret_put},
        {"secret list", unix_user, before, nothing, {}, {}, secret_list},
        {"policy apply", unix_user, with_effect, a_text, {"file"}, {"dry_run"}, policy_apply},
        {"policy diff", unix_user, before, a_text, {"file"}, {}, policy_diff},
        {"policy explain", unix_user, before, nothing, {"person", "target", "account", "capability"}, {"at", "from"}, policy_explain},
        {"policy who-can", unix_user, before, nothing, {"target"}, {"from"}, policy_who_can},
        {"request list", unix_user, before, nothing, {}, {"all"}, request_list},
        {"request show", unix_user, before, nothing, {"id"}, {}, request_show},
        {"request create", person_with_code, with_effect, a_list, {"reason"}, {"ticket", "for", "at"}, request_create},
        {"request withdraw", person_with_code, with_effect, nothing, {"id"}, {}, request_withdraw},
        {"request approve", person_with_code, with_effect, nothing, {"id"}, {"for", "confirm"}, request_approve},
        {"request deny", person_with_code, with_effect, nothing, {"id", "reason"}, {}, request_deny},
        {"request extend", person_with_code, with_effect, nothing, {"id"}, {"no", "confirm"}, request_extend},
        {"request revoke", person_with_code, with_effect, nothing, {"id", "reason"}, {}, request_revoke},
        {"break-glass list", unix_user, before, nothing, {}, {"all"}, break_glass_list},
        {"break-glass review", person_with_code, with_effect, nothing, {"id", "outcome", "note"}, {"follow_up"}, break_glass_review},
        {"window open", unix_user, with_effect, nothing, {"target", "vendor", "for", "ticket"}, {}, window_open},
        {"window list", unix_user, before, nothing, {}, {"all"}, window_list},
        {"session list", unix_user, before, nothing, {}, {"all"}, session_list},
        {"session show", unix_user, before, nothing, {"id"}, {}, session_show},
        {"session terminate", person_with_code, with_effect, nothing, {"id", "reason"}, {}, session_terminate},
        {"session watch", person_with_code, with_effect, nothing, {"id"}, {}, session_watch},
        {"recording list", unix_user, before, nothing, {}, {}, recording_list},
        {"recording verify", unix_user, with_effect, nothing, {"id"}, {"checkpoints_from"}, recording_verify},
        {"recording play", person_with_code, with_effect, nothing, {"id"}, {}, recording_play},
        {"recording keystrokes", person_with_code, with_effect, nothing, {"id"}, {}, recording_play},
        {"recording export", person_with_code, with_effect, nothing, {"id", "format"}, {}, recording_export},
        {"recording search", person_with_code, with_effect, nothing, {"text"}, {"person", "target", "since"}, recording_search},
        {"recording index", unix_user, before, nothing, {"id"}, {}, recording_index},
        {"audit show", unix_user, with_effect, nothing, {}, {"since", "until", "kind", "person", "target", "session", "after", "upto"}, audit_show},
        {"audit verify", unix_user, before, a_text, {}, {}, audit_verify},
        {"audit checkpoint", unix_user, before, nothing, {}, {}, audit_checkpoint},
        {"audit export", unix_user, with_effect, nothing, {"format"}, {"since", "until", "kind", "person", "target", "session", "after", "upto"}, audit_export},
        {"alert list", unix_user, before, nothing, {}, {}, alert_list},
        {"alert test", unix_user, before, nothing, {"name"}, {}, alert_test},
        {"ticket rdp", person_with_code, with_effect, nothing, {"target"}, {"account"}, ticket_rdp},
        {"key list", unix_user, before, nothing, {}, {}, key_list},
        {"key keystrokes", unix_user, with_effect, nothing, {"public_key"}, {"replace"}, key_keystrokes},
        {"doctor", unix_user, before, nothing, {}, {}, doctor},
    };
    return table;
}

const Command* command_named(std::string_view verb) {
    const auto table = commands();
    const auto found = std::find_if(table.begin(), table.end(), [&](const Command& command) { return command.verb == verb; });
    return found == table.end() ? nullptr : &*found;
}

}  // namespace anteroom::admin
