// The decision: facts + what is asked + now -> Decision, with the rule that decided. Pure: no clock, no randomness, no I/O.
// Default deny; a forbid beats every permit; what a person may not know does not show in the sentence they read.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/document.h"

namespace anteroom::policy {

struct Facts {
    PersonId person;
    std::vector<std::string> groups;
    std::optional<VendorId> vendor;
    bool disabled = false;
    std::optional<Time> person_expires;
    std::string source_ip;  // as text; matters for people of a vendor with networks
};

struct Ask {
    TargetId target;
    AccountId account;
    bool operator==(const Ask&) const = default;
};

// An approval that holds now: of this person, for what is asked, under this rule.
struct Grant {
    std::string rule;
    Time ends;
};

struct Decision {
    enum class Verdict { permit, needs_approval, deny };
    enum class Reason {
        none,
        unknown_target,
        unknown_account,
        no_rule,
        forbidden,
        disabled,
        person_expired,
        agreement_missing,
        agreement_not_yet,
        agreement_expired,
        network,
        schedule,
        protocol,  // rules apply, and nothing that they allow is of the target's protocol
    };
    Verdict verdict = Verdict::deny;
    Reason reason = Reason::none;            // of a deny
    Ask ask;                                 // what it was decided for
    std::string rule;                        // the id that decided, or default-deny, person-disabled, person-expired, agreement, network
    std::vector<std::string> allow, forbid;  // capability texts. permit: the union of all rules that permit; needs_approval: those of `rule`
    std::vector<std::string> on_request;     // rules under which (more) may be asked for now
    // The strictest of the rules that permit. For needs_approval `max` is what may be approved at most.
    std::optional<Duration> max, idle, grace;
    AtExpiry at_expiry = AtExpiry::cut;
    bool self_enrolled_mfa = false;
    // Of a desktop. What one of the rules that permit wants kept is kept.
    Kept screen = Kept::everything, clipboard = Kept::facts;
    bool keystrokes_sealed = false;    // one of the rules that permit wants it; never in an emergency
    std::optional<Time> ends;          // when hours, agreement, person or grant end it. Never beyond this, whatever `max` says
    std::string sentence;              // for the person. The same for an unknown target and for one they have no rule for
    std::vector<std::string> changes;  // what would change it, for administrators
};
std::string_view name(Decision::Verdict verdict);
std::string_view name(Decision::Reason reason);

// With grants, an on-request rule that still applies permits like a standing one until its grant ends.
Decision evaluate(const Document& document, const Facts& facts, const Ask& ask, Time now, std::span<const Grant> grants = {});

// Break-glass: permit under the first entry that covers it, `rule` is the entry's id (Document::emergency). People who are
// disabled or expired, vendors out of agreement or network, and forbids are refused here as well; hours do not matter.
Decision evaluate_break_glass(const Document& document, const Facts& facts, const Ask& ask, Time now);

bool is_one_of(const Document& document, const Facts& facts, const Subjects& subjects);

// Why one rule or forbid does or does not count, for explain.
struct Considered {
    std::string rule;
    bool forbid = false;
    bool applies = false;
    std::string why;
};
std::vector<Considered> considered(const Document& document, const Facts& facts, const Ask& ask, Time now);

// What a connection is made to. Only a permit makes one, and only for what it was decided for.
class AuthorizedTarget {
public:
    static std::optional<AuthorizedTarget> from(const Decision& decision, const Document& document, const Ask& ask);

    const TargetId& target() const { return ask_.target; }
    const AccountId& account() const { return ask_.account; }
    const std::string& host() const { return target_.host; }
    std::uint16_t port() const { return target_.port; }
    Protocol protocol() const { return target_.protocol; }
    const std::vector<std::string>& host_keys() const { return target_.host_keys; }
    const Labels& labels() const { return target_.labels; }
    SecretSource secret() const { return account_.secret; }
    bool privileged() const { return account_.privileged; }
    // How the target calls the account; domain "" where it has none, or stands in the name ("user@domain").
    struct Login {
        std::string user, domain;
    };
    Login login() const;
    bool filmed() const { return decision_.screen == Kept::everything; }
    bool clipboard_kept() const { return decision_.clipboard == Kept::everything; }
    bool keystrokes_sealed() const { return decision_.keystrokes_sealed; }
    // The target's picture is used to diagnose: labels `display: lossless` or `use: diagnostic`.
    bool lossless() const;
    const std::vector<std::string>& allow() const { return decision_.allow; }
    const std::vector<std::string>& forbid() const { return decision_.forbid; }
    const std::string& rule() const { return decision_.rule; }
    std::optional<Time> ends() const { return decision_.ends; }
    std::optional<Duration> max() const { return decision_.max; }
    std::optional<Duration> idle() const { return decision_.idle; }
    std::optional<Duration> grace() const { return decision_.grace; }
    AtExpiry at_expiry() const { return decision_.at_expiry; }

private:
    AuthorizedTarget(const Decision& decision, Target target, Account account, Ask ask)
        : decision_(decision), target_(std::move(target)), account_(std::move(account)), ask_(std::move(ask)) {}
    Decision decision_;
    Target target_;
    Account account_;
    Ask ask_;
};

}  // namespace anteroom::policy
