// Effects of the login conversation.
#include "broker/daemon/login_driver.h"

#include <boost/asio/post.hpp>

#include "base/log.h"
#include "broker/identity/password.h"
#include "broker/identity/user_auth.h"
#include "broker/installation/tickets.h"

namespace anteroom::daemon {

namespace {

using namespace identity::login;
constexpr const char* unavailable = "Signing in is not possible right now. Please try again in a moment.";

template <class... F>
struct Overloaded : F... {
    using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

std::string_view attempt_name(identity::AttemptKind kind) {
    switch (kind) {
        case identity::AttemptKind::key: return "key";
        case identity::AttemptKind::password: return "password";
        case identity::AttemptKind::code: return "code";
        case identity::AttemptKind::code_after_key: return "code-after-key";
    }
    return "?";
}

std::vector<std::string> names(const Methods& methods) {
    std::vector<std::string> list;
    for (const auto method : methods) list.emplace_back(method_name(method));
    return list;
}

}  // namespace

LoginDriver::LoginDriver(Shared& shared, std::string source, Bytes session_id, Give give, std::string at)
    : shared_(shared),
      source_(std::move(source)),
      session_id_(std::move(session_id)),
      give_(std::move(give)),
      login_(shared.monotonic()),
      timer_(shared.io),
      at_(std::move(at)) {}

void LoginDriver::stop() {
    stopped_ = true;
    timer_.cancel();
}

std::string LoginDriver::factors() const {
    if (!signed_in_) return "";
    if (signed_in_->enrolling()) return "invitation";
    if (signed_in_->first_factor() == Factor::ticket) return "ticket";
    return std::string(signed_in_->first_factor() == Factor::key ? "publickey" : "password") + (signed_in_->recovery_code() ? "+recovery-code" : "+code");
}

std::string LoginDriver::key_fingerprint() const {
    if (!signed_in_ || signed_in_->key_blob().empty()) return "";
    const auto key = identity::PublicKey::parse_blob(signed_in_->key_blob());
    return key ? key->fingerprint() : "";
}

Status LoginDriver::step(control::LoginStep step) {
    if (answering_) return fail(ErrorKind::refused, "a login step while an answer is due");
    // By the first request, and by the first one after a ticket that was refused.
    if (!login_.user() && step.method != control::LoginMethod::answers) {
        name_ = printable(step.user, 64);
        const auto parsed = identity::parse_user_name(step.user);
        person_name_ = parsed ? parsed->person.str() : "";
        known_ = false;
    }
    take(login_.on(event_of(std::move(step)), shared_.monotonic()));
    return ok();
}

Event LoginDriver::event_of(control::LoginStep step) const {
    switch (step.method) {
        case control::LoginMethod::none: return NoneRequest{step.user};
        case control::LoginMethod::ticket: return TicketPresented{step.user, std::move(step.password)};
        case control::LoginMethod::key_offer: return KeyOffer{step.user, step.key_blob};
        case control::LoginMethod::password: return PasswordRequest{step.user, std::move(step.password)};
        case control::LoginMethod::interactive: return InteractiveStart{step.user};
        case control::LoginMethod::answers: return InteractiveAnswers{std::move(step.answers)};
        case control::LoginMethod::key_signed: break;
    }
    // The worker's word counts for nothing: the session id is the one this broker signed, the name the one fixed at first.
    KeyProof proof{step.user, step.key_blob, false, {}};
    const auto key = identity::PublicKey::parse_blob(step.key_blob);
    const auto claimed = identity::parse_user_auth(step.signed_data);
    if (!key || !claimed || session_id_.empty()) return proof;
    const std::string user = login_.user().value_or(step.user);
    const auto facts = identity::verify_user_auth({session_id_, user, *key, claimed->algorithm}, step.signed_data, step.signature);
    if (!facts) log::info("login.signature-refused", {{"source", source_}, {"why", facts.error().detail}});
    if (facts) proof.verified = true, proof.facts = *facts;
    return proof;
}

void LoginDriver::take(Step step) {
    for (const auto& fact : step.facts) record(fact);
    auto answer_now = std::move(step.answer);
    const Duration delay = step.slow ? shared_.slowing.delay(attempt(person_name_, known_, *step.slow), shared_.monotonic()) : Duration(0);
    for (auto& effect : step.effects) carry_out(std::move(effect));
    if (answer_now) answer(std::move(*answer_now), delay);
}

void LoginDriver::carry_out(Effect effect) {
    std::visit(Overloaded{
                   [&](LookUp& e) { look_up(e); },
                   [&](CheckPassword& e) { check_password(std::move(e)); },
                   [&](CheckCode& e) {
                       const auto verdict =
                           e.person ? shared_.here.check_code(*e.person, e.code) : identity::check_dummy_code(e.code.expose_text(), shared_.now());
                       last_code_ = e.person ? std::optional(verdict) : std::nullopt;
                       take(login_.on(CodeChecked{e.ticket, verdict}, shared_.monotonic()));
                   },
                   [&](const CheckTicket& e) {
                       auto verdict = installation::use_ticket(shared_.here, e.person, e.token, source_);
                       if (!verdict) {
                           log::error("ticket.not-judged", {{"error", verdict.error().detail}});
                           return answer(Disconnect{unavailable}, Duration(0));
                       }
                       take(login_.on(TicketChecked{e.ticket, std::move(*verdict)}, shared_.monotonic()));
                   },
                   [&](CountAttempt& e) {
                       shared_.slowing.count(attempt(e.name, e.known, e.kind), shared_.monotonic());
                       if (auto id = PersonId::parse(e.name); e.known && id) (void)shared_.here.attempts.note_attempt(*id, attempt_name(e.kind), shared_.now());
                       if (const auto refuse = shared_.slowing.refuse_for(source_, shared_.monotonic()); refuse > Duration(0))
                           shared_.gateway.penalize(source_, refuse);
                   },
                   [&](ForgiveAttempt& e) {
                       shared_.slowing.success(attempt(e.name, e.known, e.kind), shared_.monotonic());
                       if (auto id = PersonId::parse(e.name); e.known && id) (void)shared_.here.attempts.clear(*id, attempt_name(e.kind));
                   },
               },
               effect);
}

void LoginDriver::look_up(const LookUp& effect) {
    std::optional<PersonFacts> facts;
    if (effect.person) {
        const auto person = shared_.here.people.find(*effect.person);
        const auto keys = shared_.here.person_keys.of(*effect.person);
        const auto codes = shared_.here.totp.find(*effect.person);
        const auto invitation = shared_.here.invitations.find(*effect.person);
        const auto passkeys = shared_.here.passkeys.count(*effect.person);
        if (!person || !keys || !codes || !invitation || !passkeys) return answer(Disconnect{unavailable}, Duration(0));
        if (*person) {
            const auto& who = **person;
            known_ = true;
            facts = PersonFacts{who.name,
                                !who.disabled && !who.expired(shared_.now()),
                                who.disabled ? "disabled" : "expired",
                                who.password_hash.has_value(),
                                codes->has_value(),
                                shared_.slowing.needs_key(who.name.str(), shared_.monotonic()),
                                {},
                                *invitation && (*invitation)->open(shared_.now()),
                                *passkeys > 0};
            for (const auto& key : *keys) facts->key_blobs.push_back(key.blob);
        }
    }
    take(login_.on(PersonLoaded{effect.ticket, std::move(facts)}, shared_.monotonic()));
}

void LoginDriver::check_password(CheckPassword effect) {
    std::optional<std::string> encoded;
    const auto invited = effect.invitation ? effect.person : std::nullopt;
    if (effect.person && !invited)
        if (const auto person = shared_.here.people.find(*effect.person); person && *person) encoded = (*person)->password_hash;
    auto secret = std::make_shared<Secret>(std::move(effect.password));
    const bool taken = shared_.passwords.submit(identity::source_key(source_), [self = shared_from_this(), secret, encoded, invited, ticket = effect.ticket] {
        const bool right = identity::verify_password(encoded, *secret);  // the same work for everybody
        boost::asio::post(self->shared_.io, [self, secret, invited, ticket, right] {
            if (self->stopped_) return;
            // Last, in the same turn as the acceptance: an invitation that was replaced meanwhile opens nothing.
            const bool good = invited ? self->shared_.here.check_invitation(*invited, *secret) : right;
            self->take(self->login_.on(PasswordChecked{ticket, good}, self->shared_.monotonic()));
        });
    });
    if (!taken) answer(Disconnect{unavailable}, Duration(0));
}

void LoginDriver::record(const Fact& fact) {
    if (fact.kind == FactKind::accepted || fact.kind == FactKind::key_proven) return;
    const bool ticket = fact.kind == FactKind::ticket_refused;
    const std::string why(ticket ? fact.detail : fact_name(fact.kind));
    audit::Record refused{ticket ? audit::Kind::ticket_refused : audit::Kind::login_refused,
                          person_name_,
                          "",
                          "",
                          {{"why", why}, {"detail", ticket ? "" : fact.detail}, {"source", source_}, {"user", name_}}};
    if (!at_.empty()) refused.fields["at"] = at_;
    if (auto written = shared_.here.log->append_coalesced(source_ + "|" + name_ + "|" + why, refused); !written)
        log::error("audit.failed", {{"error", written.error().detail}});
}

void LoginDriver::answer(Answer answer, Duration delay) {
    auto message = told(std::move(answer));
    if (!message || stopped_) return;
    if (delay <= Duration(0)) return give_(std::move(*message));
    answering_ = true;
    timer_.expires_after(delay);
    timer_.async_wait([self = shared_from_this(), message = std::move(*message)](const boost::system::error_code& error) mutable {
        self->answering_ = false;
        if (!error && !self->stopped_) self->give_(std::move(message));
    });
}

std::optional<control::LoginAnswer> LoginDriver::told(Answer answer) {
    control::LoginAnswer message;
    std::visit(Overloaded{
                   [&](Ask& a) {
                       message.verdict = control::LoginVerdict::prompt;
                       message.instruction = std::move(a.instruction);
                       for (auto& prompt : a.prompts) message.prompts.push_back({std::move(prompt.text), prompt.echo});
                   },
                   [&](KeyUsable&) { message.verdict = control::LoginVerdict::key_acceptable; },
                   [&](PartialSuccess& a) { message.verdict = control::LoginVerdict::partial, message.methods = names(a.methods); },
                   [&](Refused& a) {
                       message.verdict = control::LoginVerdict::refused;
                       message.methods = names(a.methods);
                       message.sentence = a.sentence;
                   },
                   [&](Accepted& a) {
                       auto accepted = accept(std::move(a));
                       if (accepted) {
                           message.verdict = control::LoginVerdict::accepted;
                       } else {
                           log::error("login.not-recorded", {{"error", accepted.error().detail}});
                           message = {control::LoginVerdict::disconnect, {}, "", {}, unavailable};
                       }
                   },
                   [&](Disconnect& a) { message.verdict = control::LoginVerdict::disconnect, message.sentence = shared_.with_help(a.sentence); },
               },
               answer);
    return message;
}

// Durable before the client hears of it.
Status LoginDriver::accept(Accepted accepted) {
    signed_in_.emplace(std::move(accepted.signed_in));
    audit::Record record{audit::Kind::login_accepted,
                         signed_in_->person().str(),
                         "",
                         "",
                         {{"source", source_}, {"factors", factors()}, {"key", key_fingerprint()}, {"step", std::to_string(signed_in_->code_step())}}};
    if (!at_.empty()) record.fields["at"] = at_;
    auto written = shared_.here.log->append(record);
    if (!written) {
        signed_in_.reset();
        return fail(written.error());
    }
    return ok();
}

}  // namespace anteroom::daemon
