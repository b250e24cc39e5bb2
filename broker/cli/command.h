// What was typed: one verb of the table (verbs.cpp) with its arguments. Nothing secret is ever an argument.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "broker/control/messages.h"

namespace anteroom::cli {

// What was typed behind the verb. `sent` goes to the broker as it is, `kept` is for this side.
struct Given {
    std::string dir;
    bool json = false;
    std::map<std::string, std::string> sent, kept;
    std::vector<std::string> list;
    std::string actor;
    bool code_stdin = false;

    bool has(const std::string& name) const { return kept.contains(name) && !kept.at(name).empty(); }
    std::string value(const std::string& name, const std::string& otherwise = {}) const { return has(name) ? kept.at(name) : otherwise; }
    std::string admin_socket() const { return dir + "/run/admin.sock"; }
    std::string signer_file() const { return dir + "/recording-signer.pub"; }
};

enum class Shape { required, optional, option, required_option, flag, repeated, several };  // several: one or more, without an option
enum class Goes { to_broker, stays };
struct Parameter {
    const char* name;   // of the argument
    const char* typed;  // "NAME", "--email"
    Shape shape;
    Goes goes;
    const char* help;
};

struct Verb;
// The exit status; an error is a sentence for stderr and status 1.
using Run = Result<int> (*)(const Verb& verb, Given& given);
struct Verb {
    const char* words;  // "person key add"
    const char* help;
    Run run;
    std::vector<Parameter> parameters;
    bool names_person = false;  // --as, --code-stdin
};
std::span<const Verb> verbs();

// Names of what comes with later versions: not advertised, answered with a sentence.
std::span<const char* const> later_verbs();

struct Parsed {
    const Verb* verb = nullptr;
    Given given;
    int status = 0;  // where there is no verb: 0 after --help, 2 after a wrong usage, 1 for what comes later
};
Parsed parse(int argc, char** argv, const char* default_dir);

Result<int> run_remote(const Verb& verb, Given& given);
Result<int> run_init(const Verb& verb, Given& given);
Result<int> run_serve(const Verb& verb, Given& given);
Result<int> run_doctor(const Verb& verb, Given& given);
Result<int> run_person_add(const Verb& verb, Given& given);
Result<int> run_person_totp(const Verb& verb, Given& given);
Result<int> run_key_add(const Verb& verb, Given& given);
Result<int> run_secret_put(const Verb& verb, Given& given);
Result<int> run_policy_check(const Verb& verb, Given& given);
Result<int> run_policy_file(const Verb& verb, Given& given);
Result<int> run_recording_verify(const Verb& verb, Given& given);
Result<int> run_recording_play(const Verb& verb, Given& given);
Result<int> run_session_watch(const Verb& verb, Given& given);
Result<int> run_recording_export(const Verb& verb, Given& given);
Result<int> run_recording_search(const Verb& verb, Given& given);
Result<int> run_ticket_rdp(const Verb& verb, Given& given);
Result<int> run_key_keystrokes(const Verb& verb, Given& given);
Result<int> run_recording_keystrokes(const Verb& verb, Given& given);
Result<int> run_audit_show(const Verb& verb, Given& given);
Result<int> run_audit_verify(const Verb& verb, Given& given);
Result<int> run_audit_checkpoint(const Verb& verb, Given& given);
Result<int> run_audit_export(const Verb& verb, Given& given);

}  // namespace anteroom::cli
