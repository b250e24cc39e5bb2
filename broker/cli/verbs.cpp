// The table from what is typed to what is done.
#include "broker/cli/command.h"

namespace anteroom::cli {

namespace {

using enum Shape;
using enum Goes;

const Parameter name_of_person{"name", "NAME", required, to_broker, "the person's name"};
const Parameter session_id{"id", "ID", required, to_broker, "the session's id"};
const std::vector<Parameter> audit_filters = {
    {"since", "--since", option, to_broker, "from this time on (2026-01-02T03:04:05Z, or 2h: two hours ago)"},
    {"until", "--until", option, to_broker, "before this time"},
    {"kind", "--kind", option, to_broker, "records of this kind"},
    {"person", "--person", option, to_broker, "records of this person"},
    {"target", "--target", option, to_broker, "records of this target"},
    {"session", "--session", option, to_broker, "records of this session"},
};

std::vector<Parameter> with(std::vector<Parameter> first, const std::vector<Parameter>& more) {
    first.insert(first.end(), more.begin(), more.end());
    return first;
}

std::vector<Verb> installation_verbs() {
    return {
        {"init",
         "make an installation: keys, database, anteroom.yaml, policy.yaml",
         run_init,
         {{"escrow", "--escrow", option, stays, "where the escrow key goes (default: escrow-key.txt, here)"}}},
        {"serve", "run the broker and the gateway in this terminal", run_serve, {}},
        {"doctor", "check an installation, and say how to mend what is wrong", run_doctor, {}},
        {"key list", "public keys and fingerprints of this installation", run_remote, {}},
    };
}

std::vector<Verb> person_verbs() {
    return {
        {"person add",
         "add a person, set up by an administrator",
         run_person_add,
         {name_of_person,
          {"email", "--email", option, to_broker, "e-mail address"},
          {"vendor", "--vendor", option, to_broker, "the vendor this person works for"},
          {"group", "--group", repeated, to_broker, "a group (may be given several times)"},
          {"display_name", "--display-name", option, to_broker, "the name for people"},
          {"password_stdin", "--password-stdin", flag, stays, "read a password from standard input"}}},
        {"person list", "everybody", run_remote, {}},
        {"person show", "one person", run_remote, {name_of_person}},
        {"person disable", "refuse a person, and end their sessions", run_remote, {name_of_person}},
        {"person enable", "let a person in again", run_remote, {name_of_person}},
        {"person totp", "enrol one-time codes: prints a QR code and the otpauth URI", run_person_totp, {name_of_person}},
        {"person key add",
         "add an SSH public key, from a file or standard input",
         run_key_add,
         {name_of_person, {"key_file", "--key", option, stays, "a .pub file (default: standard input)"}}},
        {"person key list", "the SSH keys of a person", run_remote, {name_of_person}},
        {"person key remove", "take an SSH key away", run_remote, {name_of_person, {"key", "KEY", required, to_broker, "its id or its fingerprint"}}},
    };
}

std::vector<Verb> policy_verbs() {
    const Parameter from{"from", "--from", option, to_broker, "the address the person would come from"};
    const Parameter target{"target", "TARGET", required, to_broker, "the target's name"};
    return {
        {"secret put",
         "seal the password or the key of an account",
         run_secret_put,
         {{"account", "TARGET/ACCOUNT", required, to_broker, "the account"},
          {"password_stdin", "--password-stdin", flag, stays, "read a password from standard input"},
          {"key_file", "--key", option, stays, "a file with an SSH private key without a passphrase"}}},
        {"secret list", "which accounts have a secret; never the secret", run_remote, {}},
        {"policy check", "read a policy and say what is wrong in it", run_policy_check, {{"file", "FILE", optional, stays, "default: DIR/policy.yaml"}}},
        {"policy explain",
         "why a person may or may not",
         run_remote,
         {{"person", "PERSON", required, to_broker, "who"},
          target,
          {"account", "ACCOUNT", required, to_broker, "the account on the target"},
          {"capability", "CAPABILITY", required, to_broker, "shell, exec:COMMAND, sftp:read, ..."},
          {"at", "--at", option, to_broker, "at this time (2026-01-02T03:04:05Z)"},
          from}},
        {"policy diff", "what a policy would change", run_policy_file, {{"file", "FILE", required, stays, "the policy to compare with the one in force"}}},
        {"policy who-can", "who may reach a target now", run_remote, {target, from}},
        {"policy apply",
         "show the differences, then put a policy in force",
         run_policy_file,
         {{"file", "FILE", optional, stays, "default: DIR/policy.yaml"}, {"dry_run", "--dry-run", flag, to_broker, "only show the differences"}}},
    };
}

std::vector<Verb> session_verbs() {
    return {
        {"session list", "live sessions", run_remote, {{"all", "--all", flag, to_broker, "also those that have ended"}}},
        {"session show", "one session", run_remote, {session_id}},
        {"session terminate",
         "end a session now",
         run_remote,
         {session_id, {"reason", "--reason", required_option, to_broker, "the person reads it, and the audit log keeps it"}},
         true},
        {"recording list", "recordings, newest first", run_remote, {}},
        {"recording verify",
         "check a recording without any decryption key",
         run_recording_verify,
         {{"what", "ID|FILE", required, stays, "a session's id, or an .arec file"},
          {"public_key", "--public-key", option, stays, "the signer's public key (default: DIR/recording-signer.pub)"}}},
        {"recording play",
         "show a recording as it happened",
         run_recording_play,
         {session_id,
          {"speed", "--speed", option, stays, "so many times as fast"},
          {"idle", "--idle", option, stays, "no pause longer than this (2s)"},
          {"from", "--from", option, stays, "begin there (90s, 5m)"}},
         true},
        {"recording export",
         "write a recording for other players",
         run_recording_export,
         {session_id,
          {"format", "--format", required_option, to_broker, "cast (asciicast v2)"},
          {"out", "--out", required_option, stays, "the file to write"},
          {"force", "--force", flag, stays, "replace the file if it is there"}},
         true},
    };
}

std::vector<Verb> audit_verbs() {
    const Parameter force{"force", "--force", flag, stays, "replace the file if it is there"};
    return {
        {"audit show", "the audit log", run_audit_show, audit_filters},
        {"audit verify",
         "check that the audit log is as it was written",
         run_audit_verify,
         {{"against", "--against", option, stays, "a checkpoint that was kept elsewhere"}}},
        {"audit checkpoint",
         "a signed statement of the log's head, to keep elsewhere",
         run_audit_checkpoint,
         {{"out", "--out", required_option, stays, "the file to write"}, force}},
        {"audit export", "the audit log for other machines", run_audit_export,
         with({{"format", "--format", required_option, to_broker, "jsonl"},
               {"out", "--out", option, stays, "the file to write (default: standard output)"},
               force},
              audit_filters)},
    };
}

}  // namespace

std::span<const Verb> verbs() {
    static const auto all = [] {
        std::vector<Verb> list;
        for (const auto& part : {installation_verbs(), person_verbs(), policy_verbs(), session_verbs(), audit_verbs()})
            list.insert(list.end(), part.begin(), part.end());
        return list;
    }();
    return all;
}

std::span<const char* const> later_verbs() {
    static constexpr const char* list[] = {"person invite", "person reset", "request", "break-glass",      "window",
                                           "alert",         "ticket",       "ca",      "recording search", "session watch"};
    return list;
}

}  // namespace anteroom::cli
