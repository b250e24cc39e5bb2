// Looks a command up, checks what came with it, asks for the person's code where the table says so, and audits it.
#include "broker/admin/admin.h"

#include <algorithm>

#include "base/log.h"
#include "broker/admin/actor.h"
#include "broker/admin/commands.h"

namespace anteroom::admin {

namespace {

constexpr std::size_t max_value = 4096, max_list = 64;

bool one_clean_line(std::string_view text) { return text.size() <= max_value && printable(text, max_value) == text; }

Status check_arguments(const Command& command, const control::AdminCall& asked) {
    const auto is_in = [](const auto& list, std::string_view name) { return std::find(list.begin(), list.end(), name) != list.end(); };
    for (const auto& [name, value] : asked.arguments) {
        if (!is_in(command.required, name) && !is_in(command.allowed, name))
            return fail(ErrorKind::invalid, std::string(command.verb) + " takes no argument called " + quoted(name));
        if (!one_clean_line(value))
            return fail(ErrorKind::invalid,
                        std::string(command.verb) + ": " + name + " must be one line of at most 4096 characters, in UTF-8 and without control characters");
    }
    for (const auto& name : command.required)
        if (const auto found = asked.arguments.find(std::string(name)); found == asked.arguments.end() || found->second.empty())
            return fail(ErrorKind::invalid, std::string(command.verb) + " needs the argument " + std::string(name));
    return ok();
}

Status check_rest(const Command& command, const control::AdminCall& asked) {
    const auto refuse = [&](const char* what) { return fail(ErrorKind::invalid, std::string(command.verb) + " takes no " + what); };
    if (!asked.list.empty() && (command.carries & a_list) == 0) return refuse("list");
    if (!asked.text.empty() && (command.carries & a_text) == 0) return refuse("text");
    if (!asked.secret.empty() && (command.carries & a_secret) == 0) return refuse("secret");
    if (command.needs == Needs::unix_user && (!asked.actor.empty() || !asked.code.empty())) return refuse("person (--as)");
    if (asked.list.size() > max_list || !std::all_of(asked.list.begin(), asked.list.end(), one_clean_line))
        return fail(ErrorKind::invalid, std::string(command.verb) + ": the list must have at most 64 items, each one line without control characters");
    return ok();
}

audit::Record command_record(const Call& call, const char* outcome, const std::string& why) {
    audit::Fields fields{{"outcome", outcome}};
    if (!why.empty()) fields["why"] = why.substr(0, why.find('\n'));
    for (const auto& [name, value] : call.asked.arguments)
        if (fields.size() < audit::field_limit / 2) fields["argument." + name] = value;
    return call.record(audit::Kind::admin_command, std::move(fields));
}

// Floods of nonsense must not fill the disk, so refusals like each other are counted.
void audit_refusal(Call& call, const std::string& why) {
    const auto record = command_record(call, "refused", why);
    const auto key = std::to_string(call.caller.uid) + "/" + printable(call.asked.verb, 64) + "/" + printable(why, 64);
    if (auto noted = call.here.log->append_coalesced(key, record); !noted) log::error("audit", {{"error", noted.error().detail}});
}

Outcome run(Call& call) {
    const Command* command = command_named(call.asked.verb);
    if (command == nullptr)
        return fail(ErrorKind::not_found, "this broker knows no command " + quoted(call.asked.verb) + "; is `anteroom` of another version than the broker?");
    TRY(check_arguments(*command, call.asked));
    TRY(check_rest(*command, call.asked));
    if (command->needs == Needs::person_with_code) TRY(prove_actor(call));
    if (command->audited == Audited::before) TRY(call.append(command_record(call, "begun", "")));
    auto outcome = command->handler(call);
    if (outcome) TRY(call.rows.flush());
    return outcome;
}

}  // namespace

Outcome handle(installation::Installation& here, Live& live, const Caller& caller, control::AdminCall asked, const Reply& reply) {
    Call call{here, live, caller, asked, reply, Rows(reply), PersonId(), false};
    auto outcome = run(call);
    if (!outcome && !call.recorded) audit_refusal(call, outcome.error().detail);
    return outcome;
}

}  // namespace anteroom::admin
