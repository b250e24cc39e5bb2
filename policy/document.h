// A policy as plain values: what parser.h makes of policy.yaml, and what every decision reads. Names in it that refer to roles,
// targets and vendors exist, when it came from the parser.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "policy/network.h"
#include "policy/schedule.h"

namespace anteroom::policy {

using Day = std::chrono::sys_days;

// Both days belong to it, counted in UTC.
struct Agreement {
    Day signed_on{};
    Day expires_on{};
    bool operator==(const Agreement&) const = default;
};

struct Vendor {
    std::string name;                    // for people
    std::optional<Agreement> agreement;  // without one its people are refused
    std::vector<Network> networks;       // none: from anywhere
    Otherwise outside = Otherwise::refuse;
    bool operator==(const Vendor&) const = default;
};

// `any`, `person:X`, `group:X`, `vendor:X`, `role:X`
struct Subject {
    enum class Kind { any, person, group, vendor, role };
    Kind kind = Kind::any;
    std::string name{};
    bool operator==(const Subject&) const = default;
};
using Subjects = std::vector<Subject>;
std::string to_text(const Subject& subject);

enum class Protocol { ssh, rdp };
// Where an account's secret comes from: the vault, nowhere, or the person at the prompt.
enum class SecretSource { stored, none, ask };

struct Account {
    SecretSource secret = SecretSource::stored;
    bool privileged = false;
    // rdp: how the target calls the account, where that is not its name here: "DOMAIN\\user", "user@domain" or "user".
    std::string login{};
    bool operator==(const Account&) const = default;
};

using Labels = std::map<std::string, std::string>;

struct Target {
    std::string host;
    std::uint16_t port = 0;
    Protocol protocol = Protocol::ssh;
    std::vector<std::string> host_keys;  // "type base64", any of them; rdp: "x509-sha256 base64" of the certificate
    Labels labels;                       // `criticality` is one of them
    std::map<AccountId, Account> accounts;
    std::string description;
    bool operator==(const Target&) const = default;
};

// What a rule is about. Parts that are absent select everything, except that the parser wants labels or targets to be there.
struct Selector {
    std::map<std::string, std::vector<std::string>> labels;  // each label has one of the values
    std::vector<TargetId> targets;
    std::vector<AccountId> accounts;
    bool operator==(const Selector&) const = default;
};

enum class Access { standing, on_request };
enum class GrantClock { approval, first_connection };
enum class AtExpiry { cut, grace };
// What is kept of a desktop, and of the text that passes its clipboard.
enum class Kept { facts, everything };

struct Escalation {
    Duration after{};
    Subjects to;
    bool operator==(const Escalation&) const = default;
};

struct Approval {
    Subjects by;
    int count = 1;  // of distinct people, 1 to 5
    std::optional<Duration> max;
    std::string ticket;  // a regular expression for the whole ticket; "": no ticket asked
    std::optional<Escalation> escalate;
    std::string confirm;  // what whoever approves has to say yes to: "Scanner idle, room told"; "": nothing
    GrantClock clock = GrantClock::approval;
    bool operator==(const Approval&) const = default;
};

struct Rule {
    std::string id;
    bool forbid = false;
    Subjects who;
    Selector to;
    std::vector<std::string> allow;  // of a forbid: what it forbids; none is everything
    Access access = Access::standing;
    std::optional<Approval> approval;
    std::optional<Schedule> when;
    std::optional<Duration> max, idle, grace;
    AtExpiry at_expiry = AtExpiry::cut;
    bool self_enrolled_mfa = false;  // only factors that the person enrolled themselves count
    Kept screen = Kept::everything;  // `record`: with facts a consultation is not filmed
    Kept clipboard = Kept::facts;    // `record_clipboard`
    bool keystrokes_sealed = false;  // `keystrokes: sealed`: kept, for the holder of a key of their own alone; else they are counted
    bool operator==(const Rule&) const = default;
};

struct Reviewer {
    Subjects who;
    Selector of;
    int consent = 0;  // further people to be asked
    bool operator==(const Reviewer&) const = default;
};

struct BreakGlass {
    std::string id;
    Subjects who;
    Selector to;
    std::vector<std::string> allow;
    Duration max{};
    std::vector<std::string> alert;  // names from anteroom.yaml
    Subjects review_by;
    Duration review_within{};
    std::optional<Duration> idle;
    bool operator==(const BreakGlass&) const = default;
};

// Who sees which page of the console beside what everybody sees of themselves and deciders of their requests. Nobody, where nothing is said.
struct Console {
    Subjects audit;   // the audit log
    Subjects policy;  // explain, who-can, diff
    Subjects people;  // who has access, and its review
    bool operator==(const Console&) const = default;
};

// While somebody is away another stands in for them and decides in their name. Both days belong to it, counted in UTC.
struct Delegation {
    PersonId from, to;
    Day since{};
    Day until{};
    bool operator==(const Delegation&) const = default;
};

struct Document {
    int version = 1;
    bool self_enrolled_mfa = false;  // for every rule
    std::map<VendorId, Vendor> vendors;
    std::map<std::string, Subjects> roles;
    std::map<TargetId, Target> targets;
    std::vector<Rule> rules;
    std::vector<Reviewer> reviewers;
    std::vector<BreakGlass> break_glass;
    std::vector<Delegation> delegations;
    Console console;
    std::vector<std::string> warnings;  // "policy.yaml:14: rules[0].to: selects no target"

    const Rule* rule(std::string_view id) const;
    const BreakGlass* emergency(std::string_view id) const;
};

// Whether a ticket is what the approval asks for; a ticket over 64 characters never is.
bool ticket_matches(const Approval& approval, std::string_view ticket);
Status check_ticket_pattern(std::string_view pattern);

bool selects(const Selector& selector, const TargetId& id, const Labels& labels);
bool selects(const Selector& selector, const AccountId& account);

}  // namespace anteroom::policy
