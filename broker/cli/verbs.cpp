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
        {"serve", "run broker, gateway and courier in this terminal", run_serve, {}},
        {"doctor", "check an installation, and say how to mend what is wrong", run_doctor, {}},
        {"alert list", "alert channels: where to, what waits, what arrived last", run_remote, {}},
        {"alert test", "send a test to one channel", run_remote, {{"name", "NAME", required, to_broker, "a channel of `alerts:` in anteroom.yaml"}}},
        {"key list", "public keys and fingerprints of this installation", run_remote, {}},
        {"key keystrokes",
         "make the key that keystrokes are sealed to where policy says so",
         run_key_keystrokes,
         {{"out", "--out", option, stays, "the file of the private half, to be kept offline"},
          {"public_key", "--public-key", option, stays, "the public half (base64) of a key that was made elsewhere"},
          {"replace", "--replace", flag, stays, "instead of the one there is, for new sessions"},
          {"force", "--force", flag, stays, "replace the file if it is there"}}},
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
        {"person invite",
         "invite somebody: prints a one-use code, with which the person enrols by ssh within 72 h",
         run_remote,
         {name_of_person,
          {"email", "--email", option, to_broker, "e-mail address"},
          {"vendor", "--vendor", option, to_broker, "the vendor this person works for"},
          {"group", "--group", repeated, to_broker, "a group (may be given several times)"},
          {"display_name", "--display-name", option, to_broker, "the name for people"},
          {"expires", "--expires", option, to_broker, "the person may come until then (2027-01-31, 2027-01-31T17:00:00Z, or 90d: from now)"}}},
        {"person reset",
         "take all factors of a person away, end their sessions, and invite them anew",
         run_remote,
         {name_of_person, {"reason", "--reason", required_option, to_broker, "the audit log keeps it"}}},
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

std::vector<Verb> access_verbs() {
    const Parameter id{"id", "ID", required, to_broker, "the request's number"};
    const Parameter all{"all", "--all", flag, to_broker, "also those that are over"};
    const Parameter confirm{"confirm", "--confirm", flag, to_broker, "what the policy wants confirmed is so"};
    const auto reason = [](const char* help) { return Parameter{"reason", "--reason", required_option, to_broker, help}; };
    return {
        {"request list", "open requests for access", run_remote, {all}},
        {"request show", "one request, with everything that whoever decides should know", run_remote, {id}},
        {"request create",
         "ask for access, in the name of a person",
         run_remote,
         {{"targets", "TARGET[+ACCOUNT]...", several, to_broker, "where"},
          reason("what for; whoever decides reads it"),
          {"ticket", "--ticket", option, to_broker, "the ticket, where the policy wants one"},
          {"for", "--for", option, to_broker, "for so long (30m, 4h; default: as long as the policy allows)"},
          {"at", "--at", option, to_broker, "not before this time (2026-01-02T03:04:05Z, or 2h: in two hours)"}},
         true},
        {"request withdraw", "take a request back", run_remote, {id}, true},
        {"request approve",
         "say yes to a request",
         run_remote,
         {id, {"for", "--for", option, to_broker, "for so long, which is shorter than asked (30m)"}, confirm},
         true},
        {"request deny", "say no to a request", run_remote, {id, reason("the person reads it, and the audit log keeps it")}, true},
        {"request extend",
         "decide on more time that was asked for from inside a session",
         run_remote,
         {id, {"no", "--no", flag, to_broker, "no more time"}, confirm},
         true},
        {"request revoke", "end what was approved, now", run_remote, {id, reason("the person reads it, and the audit log keeps it")}, true},
        {"break-glass list",
         "emergencies that have to be reviewed, the next due first",
         run_remote,
         {{"all", "--all", flag, to_broker, "also those that were"}}},
        {"break-glass review",
         "say what an emergency was",
         run_remote,
         {id,
          {"outcome", "--outcome", required_option, to_broker, "justified, partly or unjustified"},
          {"note", "--note", required_option, to_broker, "why; the audit log keeps it"},
          {"follow_up", "--follow-up", option, to_broker, "what is to be done about it"}},
         true},
        {"ticket rdp",
         "write a .rdp file that signs a person in at a desktop: good once, for five minutes",
         run_ticket_rdp,
         {{"target", "TARGET", required, to_broker, "where"},
          {"account", "--account", option, to_broker, "the account on the target, where there are several"},
          {"out", "--out", required_option, stays, "the file to write"},
          {"force", "--force", flag, stays, "replace the file if it is there"}},
         true},
        {"window open",
         "let a vendor in at a target, for one call",
         run_remote,
         {{"target", "TARGET", required, to_broker, "where"},
          {"vendor", "--vendor", required_option, to_broker, "whose people"},
          {"for", "--for", required_option, to_broker, "for so long (4h)"},
          {"ticket", "--ticket", required_option, to_broker, "the ticket of the call"}}},
        {"window list", "open support windows", run_remote, {all}},
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
        {"session watch",
         "see a live session as it happens",
         run_session_watch,
         {session_id, {"channel", "--channel", option, stays, "the terminal of this channel (default: the first, then the next)"}},
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
          {"from", "--from", option, stays, "begin there (00:12:03, 12m3s, 723)"},
          {"frame_at", "--frame-at", option, stays, "of a desktop: save the picture of this moment (00:12:03) and no more"},
          {"out", "--out", option, stays, "with --frame-at: the PNG file to write"},
          {"force", "--force", flag, stays, "replace the file if it is there"}},
         true},
        {"recording keystrokes",
         "show the keystrokes that were kept sealed, to whoever holds their key",
         run_recording_keystrokes,
         {session_id, {"key", "--key", required_option, stays, "the file that `anteroom key keystrokes --out FILE` made"}},
         true},
        {"recording search",
         "find a text in what was shown",
         run_recording_search,
         {{"text", "TEXT", required, to_broker, "upper and lower case are the same"},
          {"person", "--person", option, to_broker, "only this person's sessions"},
          {"target", "--target", option, to_broker, "only sessions on this target"},
          {"since", "--since", option, to_broker, "only sessions that ended since (2026-01-02T03:04:05Z, or 30d ago)"}},
         true},
        {"recording index", "make the index of a recording anew, which search and replay use", run_remote, {session_id}},
        {"recording export",
         "write a recording for other players, or as evidence",
         run_recording_export,
         {session_id,
          {"format", "--format", required_option, to_broker,
           "cast (asciicast v2) of a terminal, mp4 of a desktop, bundle (evidence for anteroom-verify) of either"},
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
        for (const auto& part : {installation_verbs(), person_verbs(), policy_verbs(), access_verbs(), session_verbs(), audit_verbs()})
            list.insert(list.end(), part.begin(), part.end());
        return list;
    }();
    return all;
}

std::span<const char* const> later_verbs() {
    static constexpr const char* list[] = {"ca"};
    return list;
}

}  // namespace anteroom::cli
