// The conversation in which a person signs on, as a pure state machine, one for each connection. It does nothing itself: events
// go in, a Step comes out (effects to carry out, at most one answer to give, facts to audit). Nobody is accepted without a proven
// first factor (key or password) and an accepted code of the same person, or a ticket that stands for these, or, having no factors yet,
// the code of their invitation: that opens enrolment and nothing else. Strangers see the same rounds and the same words.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "broker/identity/slowing.h"
#include "broker/identity/ssh_key.h"
#include "broker/identity/totp.h"
#include "broker/identity/user_name.h"

namespace anteroom::identity {

namespace login {

inline constexpr unsigned max_attempts = 6;  // keys that failed, passwords, codes; used codes aside
inline constexpr unsigned max_wrong_codes = 3;
inline constexpr unsigned max_used_codes = 5;
inline constexpr unsigned max_requests = 40;  // of any kind, offers of keys included
inline constexpr Duration max_time = std::chrono::minutes(5);

// ---- what comes in from the connection. Every request bears the whole user name, as the client sent it.
struct NoneRequest {
    std::string user;
};
struct KeyOffer {  // "would you take this key?": proves nothing, counts for nothing
    std::string user;
    Bytes key_blob;
};
struct KeyProof {  // `verified` is what verify_user_auth said, asked with user(), this blob and the broker's own session id
    std::string user;
    Bytes key_blob;
    bool verified = false;
    SignatureFacts facts;
};
struct PasswordRequest {
    std::string user;
    Secret password;
};
struct InteractiveStart {
    std::string user;
};
struct InteractiveAnswers {
    std::vector<Secret> answers;
};
struct TicketPresented {  // the one-time token of a .rdp file
    std::string user;
    Secret token;
};

// ---- what comes in as the result of an effect, with the effect's ticket
struct PersonFacts {
    PersonId person;
    bool may_log_in = false;  // enabled and not expired; agreements and networks are policy's, and judged at each access
    std::string why_not;      // for the audit, when not
    bool has_password = false;
    bool has_codes = false;        // TOTP is enrolled
    bool needs_key = false;        // Slowing::needs_key: too many failures
    std::vector<Bytes> key_blobs;  // enrolled and not expired
    bool invited = false;          // an invitation is open: counts only while there is no factor at all
    bool has_passkeys = false;     // for the console: none of them opens this door, and none is made by an invitation beside them
};
struct PersonLoaded {
    std::uint64_t ticket = 0;
    std::optional<PersonFacts> facts;
};
struct PasswordChecked {
    std::uint64_t ticket = 0;
    bool right = false;
};
struct CodeChecked {
    std::uint64_t ticket = 0;
    CodeVerdict verdict;
};
// What a ticket was worth: `good` is said once in its life, and only for the person that was asked about.
struct TicketVerdict {
    enum class Kind { good, unknown, used, late };
    Kind kind = Kind::unknown;
    UserName name{};     // of a good one: whom and where to
    Time issued{};       // of a good one: its person proved a code then
    std::string when{};  // of one used or late: since when, for the person
};
struct TicketChecked {
    std::uint64_t ticket = 0;
    TicketVerdict verdict;
};

using Event = std::variant<NoneRequest, KeyOffer, KeyProof, PasswordRequest, InteractiveStart, InteractiveAnswers, PersonLoaded, PasswordChecked, CodeChecked,
                           TicketPresented, TicketChecked>;

// ---- effects. Each of the first four is answered by exactly one result; while it is under way no request may come.
struct LookUp {
    std::uint64_t ticket = 0;
    std::optional<PersonId> person;  // absent: not even a name; answer with no facts, after as long
};
struct CheckPassword {
    std::uint64_t ticket = 0;
    std::optional<PersonId> person;  // absent: verify_password(nullopt, ...)
    Secret password;
    bool invitation = false;  // judged as the code of the person's invitation, after as long as a password takes
};
struct CheckCode {
    std::uint64_t ticket = 0;
    std::optional<PersonId> person;  // absent: check_dummy_code; nothing may be consumed
    Secret code;
};
struct CheckTicket {
    std::uint64_t ticket = 0;
    std::optional<PersonId> person;  // absent: nothing may be consumed, the verdict is `unknown`
    Secret token;
};
// Slowing::count and ::success. Counted in the same step as the check it belongs to: carry it out before the check.
struct CountAttempt {
    std::string name;
    bool known = false;
    AttemptKind kind = AttemptKind::password;
};
struct ForgiveAttempt {
    std::string name;
    bool known = false;
    AttemptKind kind = AttemptKind::password;
};
using Effect = std::variant<LookUp, CheckPassword, CheckCode, CheckTicket, CountAttempt, ForgiveAttempt>;

// ---- answers
enum class Method { public_key, password, keyboard_interactive };
std::string_view method_name(Method method);  // as in RFC 4252
using Methods = std::vector<Method>;
enum class Factor { key, password, invitation, ticket };

struct Prompt {
    std::string text;
    bool echo = false;
};
struct Ask {
    std::string instruction;
    std::vector<Prompt> prompts;
};
struct KeyUsable {};  // SSH_MSG_USERAUTH_PK_OK
struct PartialSuccess {
    Methods methods;
};
struct Refused {
    Methods methods;
    std::string sentence{};  // why, where the person may know
};
struct Disconnect {
    std::string sentence;
};

// ---- what the audit should know
enum class FactKind {
    unknown_person,
    not_allowed,
    key_refused,
    key_proven,
    password_wrong,
    no_password,
    invitation_wrong,
    no_codes,
    needs_key,
    code_wrong,
    code_used,
    user_changed,
    out_of_order,
    too_many,
    too_slow,
    ticket_refused,
    accepted
};
std::string_view fact_name(FactKind kind);
struct Fact {
    FactKind kind;
    std::string detail;  // printable: a fingerprint, a reason
};

}  // namespace login

// Proof that somebody signed on, which only a Login can make.
class SignedIn {
public:
    const PersonId& person() const { return person_; }
    const std::optional<UserName>& name() const { return name_; }
    login::Factor first_factor() const { return first_; }
    const Bytes& key_blob() const { return key_blob_; }  // empty after a password
    const SignatureFacts& signature() const { return signature_; }
    std::int64_t code_step() const { return code_step_; }
    std::optional<Time> proven_at() const { return proven_at_; }  // by a ticket: the code was proven then, not now
    bool recovery_code() const { return recovery_code_; }         // in place of a code of the generator
    // Came in by an invitation: nothing but the conversation in which factors are made may be opened.
    bool enrolling() const { return first_ == login::Factor::invitation; }

private:
    friend class Login;
    SignedIn() = default;
    PersonId person_;
    std::optional<UserName> name_;
    login::Factor first_ = login::Factor::key;
    Bytes key_blob_;
    SignatureFacts signature_;
    std::int64_t code_step_ = 0;
    bool recovery_code_ = false;
    std::optional<Time> proven_at_;
};

namespace login {
struct Accepted {
    SignedIn signed_in;
};
using Answer = std::variant<Ask, KeyUsable, PartialSuccess, Refused, Accepted, Disconnect>;

struct Step {
    std::vector<Effect> effects;
    std::optional<Answer> answer;     // absent: an effect's result is awaited
    std::optional<AttemptKind> slow;  // the answer waits Slowing::delay of an attempt of this kind
    std::vector<Fact> facts;
};
}  // namespace login

class Login {
public:
    explicit Login(Monotonic started) : started_(started) {}
    login::Step on(login::Event event, Monotonic now);

    const std::optional<std::string>& user() const { return user_; }  // fixed by the first request, until a ticket is refused
    bool over() const { return stage_ == Stage::over; }
    Monotonic deadline() const { return started_ + login::max_time; }

private:
    enum class Stage { idle, asking_password, asking_code, loading, checking_password, checking_code, checking_ticket, over };
    struct FirstFactor {
        login::Factor factor = login::Factor::password;
        bool right = false;
        bool by_method = false;  // the password method, not keyboard-interactive
        Bytes key_blob;
        SignatureFacts signature;
    };
    using Step = login::Step;

    Step request(login::Event event, const std::string& user);
    Step dispatch(login::Event event);
    Step offered(const login::KeyOffer& offer);
    Step proven(login::KeyProof proof);
    Step answered(login::InteractiveAnswers answers);
    Step submit_password(Secret password, bool by_method);
    Step submit_code(Secret code);
    Step loaded(login::PersonLoaded result);
    Step password_checked(const login::PasswordChecked& result);
    Step code_checked(const login::CodeChecked& result);
    Step submit_ticket(Secret token);
    Step ticket_checked(login::TicketChecked result);
    Step accept_ticket(login::TicketVerdict verdict);
    Step code_wrong();
    Step code_used(const CodeVerdict& verdict);
    Step accept(const CodeVerdict& verdict);
    Step accept_invited();
    Step ask_password();
    Step ask_code(std::string instruction);
    Step refuse(Step step = {});
    Step end(login::FactKind kind, std::string detail, std::string sentence, Step step = {});

    bool expects(std::uint64_t ticket, Stage stage) const { return stage_ == stage && ticket == ticket_; }
    bool welcome() const { return person_ && person_->may_log_in; }
    bool invited() const {
        return welcome() && person_->invited && !person_->has_password && !person_->has_codes && !person_->has_passkeys && person_->key_blobs.empty();
    }
    bool key_proven() const { return first_ && first_->factor == login::Factor::key; }
    bool enrolled(const Bytes& key_blob) const;
    bool code_can_count() const;
    login::Methods methods() const;
    AttemptKind code_kind() const { return key_proven() ? AttemptKind::code_after_key : AttemptKind::code; }
    std::string wrong_sentence() const { return key_proven() ? "Code not right." : "Password or code not right."; }
    login::Fact why_not() const;
    std::string typed_name() const { return name_ ? name_->person.str() : std::string(); }

    Monotonic started_;
    Stage stage_ = Stage::idle;
    std::optional<std::string> user_;
    std::optional<UserName> name_;  // absent: the user name was no name at all
    std::optional<login::PersonFacts> person_;
    std::optional<login::Event> waiting_;  // the first request, while the person is looked up
    std::optional<FirstFactor> first_;
    std::uint64_t ticket_ = 0;
    bool by_method_ = false;
    bool code_counts_ = false;  // the code under way is really checked
    unsigned attempts_ = 0, wrong_codes_ = 0, used_codes_ = 0, requests_ = 0;
};

}  // namespace anteroom::identity
