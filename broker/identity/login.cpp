// The rounds of a login. Where a stranger's path and a person's path could differ, they go through the same function.
#include "broker/identity/login.h"

#include <algorithm>

namespace anteroom::identity {

using namespace login;

namespace {

constexpr const char* sentence_user_changed = "The user name changed during the login. Please connect again.";
constexpr const char* sentence_out_of_order = "The client sent something out of turn. Please connect again.";
constexpr const char* sentence_too_many = "Too many attempts. Please connect again.";
constexpr const char* sentence_too_slow = "The login took too long. Please connect again.";

template <class... Fs>
struct Overload : Fs... {
    using Fs::operator()...;
};
template <class... Fs>
Overload(Fs...) -> Overload<Fs...>;

Step answer_with(Answer answer) {
    Step step;
    step.answer = std::move(answer);
    return step;
}

std::string fingerprint_or_words(const Bytes& blob) {
    auto key = PublicKey::parse_blob(blob);
    return key ? key->fingerprint() : "no SSH key";
}

std::string fact_text(const Fact& fact) { return std::string(fact_name(fact.kind)) + (fact.detail.empty() ? "" : ": " + fact.detail); }

std::string ticket_sentence(const TicketVerdict& verdict) {
    constexpr const char* sign_on = " Please sign on here, or make a new file.";
    if (verdict.kind == TicketVerdict::Kind::used) return "This .rdp file was used already, at " + verdict.when + "; it is good once." + sign_on;
    if (verdict.kind == TicketVerdict::Kind::late) return "This .rdp file was good until " + verdict.when + "." + sign_on;
    return std::string("This .rdp file is not good here.") + sign_on;
}

}  // namespace

Step Login::on(Event event, Monotonic now) {
    if (over()) return answer_with(Disconnect{sentence_out_of_order});
    if (now > deadline()) return end(FactKind::too_slow, "", sentence_too_slow);
    auto as_request = [&](auto& one) {
        auto user = one.user;
        return request(std::move(event), user);
    };
    return std::visit(
        Overload{[&](InteractiveAnswers& answers) { return answered(std::move(answers)); }, [&](PersonLoaded& result) { return loaded(std::move(result)); },
                 [&](PasswordChecked& result) { return password_checked(result); }, [&](CodeChecked& result) { return code_checked(result); },
                 [&](TicketChecked& result) { return ticket_checked(std::move(result)); }, as_request},
        event);
}

// Every request passes here: the user name is fixed by the first, and nothing may overtake a result.
Step Login::request(Event event, const std::string& user) {
    if (user_ && *user_ != user) return end(FactKind::user_changed, "", sentence_user_changed);
    if (stage_ == Stage::loading || stage_ == Stage::checking_password || stage_ == Stage::checking_code || stage_ == Stage::checking_ticket)
        return end(FactKind::out_of_order, "a request while another was being judged", sentence_out_of_order);
    if (++requests_ > max_requests) return end(FactKind::too_many, "requests", sentence_too_many);
    stage_ = Stage::idle;  // a request abandons the questions that were open (RFC 4252 section 5.1)
    if (user_) return dispatch(std::move(event));
    user_ = user;
    if (auto name = parse_user_name(user)) name_ = std::move(*name);
    waiting_ = std::move(event);
    stage_ = Stage::loading;
    Step step;
    step.effects.push_back(LookUp{.ticket = ++ticket_, .person = name_ ? std::optional(name_->person) : std::nullopt});
    return step;
}

Step Login::loaded(PersonLoaded result) {
    if (!expects(result.ticket, Stage::loading)) return end(FactKind::out_of_order, "a person nobody asked for", sentence_out_of_order);
    stage_ = Stage::idle;
    if (result.facts && name_ && result.facts->person == name_->person) person_ = std::move(*result.facts);
    auto event = std::move(*waiting_);
    waiting_.reset();
    return dispatch(std::move(event));
}

Step Login::dispatch(Event event) {
    return std::visit(Overload{[&](KeyOffer& offer) { return offered(offer); }, [&](KeyProof& proof) { return proven(std::move(proof)); },
                               [&](PasswordRequest& request) { return key_proven() ? refuse() : submit_password(std::move(request.password), true); },
                               [&](TicketPresented& presented) { return key_proven() ? refuse() : submit_ticket(std::move(presented.token)); },
                               [&](InteractiveStart&) {
                                   if (first_ && (key_proven() || first_->by_method)) return ask_code("");
                                   return ask_password();
                               },
                               [&](auto&) { return refuse(); }},
                      event);
}

bool Login::enrolled(const Bytes& key_blob) const { return welcome() && std::ranges::find(person_->key_blobs, key_blob) != person_->key_blobs.end(); }

Step Login::offered(const KeyOffer& offer) {
    if (!key_proven() && enrolled(offer.key_blob)) return answer_with(KeyUsable{});
    return refuse();
}

Step Login::proven(KeyProof proof) {
    if (key_proven()) return refuse();
    auto fingerprint = fingerprint_or_words(proof.key_blob);
    if (proof.verified && enrolled(proof.key_blob)) {
        first_ = FirstFactor{.factor = Factor::key, .right = true, .by_method = true, .key_blob = std::move(proof.key_blob), .signature = proof.facts};
        auto step = answer_with(PartialSuccess{methods()});
        step.facts.push_back({FactKind::key_proven, fingerprint});
        return step;
    }
    Step step;
    step.facts.push_back({FactKind::key_refused, fingerprint + (proof.verified ? "" : ", signature not right")});
    if (!welcome()) step.facts.push_back(why_not());
    step.effects.push_back(CountAttempt{typed_name(), person_.has_value(), AttemptKind::key});
    step.slow = AttemptKind::key;
    ++attempts_;
    return refuse(std::move(step));
}

Step Login::answered(InteractiveAnswers answers) {
    bool asked = stage_ == Stage::asking_password || stage_ == Stage::asking_code;
    if (!asked || answers.answers.size() != 1) return end(FactKind::out_of_order, "answers that fit no question", sentence_out_of_order);
    if (++requests_ > max_requests) return end(FactKind::too_many, "requests", sentence_too_many);
    auto answer = std::move(answers.answers.front());
    if (stage_ == Stage::asking_password) return submit_password(std::move(answer), false);
    if (!answer.empty() || key_proven()) return submit_code(std::move(answer));
    first_.reset();  // Enter alone: from the beginning, as the instruction says
    return ask_password();
}

Step Login::submit_password(Secret password, bool by_method) {
    if (attempts_ >= max_attempts) return end(FactKind::too_many, "attempts", sentence_too_many);
    ++attempts_;
    first_.reset();
    by_method_ = by_method;
    stage_ = Stage::checking_password;
    bool real = invited() || (welcome() && person_->has_password);
    Step step;
    step.effects.push_back(CountAttempt{typed_name(), person_.has_value(), AttemptKind::password});
    step.effects.push_back(CheckPassword{
        .ticket = ++ticket_, .person = real ? std::optional(person_->person) : std::nullopt, .password = std::move(password), .invitation = invited()});
    return step;
}

// Right or wrong, what follows looks the same: only the code's answer ends the round.
Step Login::password_checked(const PasswordChecked& result) {
    if (!expects(result.ticket, Stage::checking_password)) return end(FactKind::out_of_order, "a verdict nobody asked for", sentence_out_of_order);
    stage_ = Stage::idle;
    if (result.right && invited()) return accept_invited();
    bool right = result.right && welcome() && person_->has_password;
    first_ = FirstFactor{.factor = Factor::password, .right = right, .by_method = by_method_, .key_blob = {}, .signature = {}};
    auto step = by_method_ ? answer_with(PartialSuccess{methods()}) : ask_code("");
    step.slow = AttemptKind::password;
    auto wrong = invited() ? FactKind::invitation_wrong : person_ && person_->has_password ? FactKind::password_wrong : FactKind::no_password;
    if (!right && welcome()) step.facts.push_back({wrong, ""});
    return step;
}

bool Login::code_can_count() const { return welcome() && person_->has_codes && first_ && first_->right && (key_proven() || !person_->needs_key); }

Step Login::submit_code(Secret code) {
    if (attempts_ >= max_attempts) return end(FactKind::too_many, "attempts", sentence_too_many);
    ++attempts_;
    stage_ = Stage::checking_code;
    code_counts_ = code_can_count();
    Step step;
    step.effects.push_back(CountAttempt{typed_name(), person_.has_value(), code_kind()});
    step.effects.push_back(CheckCode{.ticket = ++ticket_, .person = code_counts_ ? std::optional(person_->person) : std::nullopt, .code = std::move(code)});
    return step;
}

Step Login::code_checked(const CodeChecked& result) {
    if (!expects(result.ticket, Stage::checking_code)) return end(FactKind::out_of_order, "a verdict nobody asked for", sentence_out_of_order);
    stage_ = Stage::idle;
    if (!code_counts_ || result.verdict.kind == CodeVerdict::Kind::wrong) return code_wrong();
    if (result.verdict.kind == CodeVerdict::Kind::used) return code_used(result.verdict);
    return accept(result.verdict);
}

Fact Login::why_not() const {
    if (!person_) return {FactKind::unknown_person, name_ ? "" : "the user name is no name"};
    if (!person_->may_log_in) return {FactKind::not_allowed, printable(person_->why_not)};
    if (!person_->has_codes) return {FactKind::no_codes, ""};
    if (person_->needs_key && !key_proven()) return {FactKind::needs_key, ""};
    if (first_ && !first_->right) return {FactKind::password_wrong, ""};
    return {FactKind::code_wrong, ""};
}

Step Login::code_wrong() {
    ++wrong_codes_;
    auto reason = why_not();
    auto kind = code_kind();  // end() forgets the first factor
    bool last = wrong_codes_ >= max_wrong_codes || attempts_ >= max_attempts;
    auto restart = key_proven() ? " Please try again." : " Please try the code again, or press Enter alone to begin with the password.";
    auto step = last ? end(reason.kind, reason.detail, wrong_sentence()) : ask_code(wrong_sentence() + restart);
    if (!last) step.facts.push_back(std::move(reason));
    step.slow = kind;
    return step;
}

// Only somebody whose first factor is right comes here; the code was theirs, so it was no guess and counts as none.
Step Login::code_used(const CodeVerdict& verdict) {
    --attempts_;
    auto kind = code_kind();
    auto seconds = verdict.until_next.count();
    auto next = seconds > 0 ? "; the next one comes in " + std::to_string(seconds) + " s." : "; please type the one that is shown now.";
    auto sentence = "That code was used already" + next;
    bool last = ++used_codes_ >= max_used_codes;
    auto step = last ? end(FactKind::code_used, "", sentence_too_many) : ask_code(sentence);
    if (!last) step.facts.push_back({FactKind::code_used, ""});
    step.effects.push_back(ForgiveAttempt{typed_name(), true, kind});
    return step;
}

Step Login::accept(const CodeVerdict& verdict) {
    if (!code_can_count()) return code_wrong();
    SignedIn signed_in;
    signed_in.person_ = person_->person;
    signed_in.name_ = name_;
    signed_in.first_ = first_->factor;
    signed_in.key_blob_ = first_->key_blob;
    signed_in.signature_ = first_->signature;
    signed_in.code_step_ = verdict.step;
    signed_in.recovery_code_ = verdict.recovery;
    auto step = answer_with(Accepted{std::move(signed_in)});
    if (!key_proven()) step.effects.push_back(ForgiveAttempt{typed_name(), true, AttemptKind::password});
    step.effects.push_back(ForgiveAttempt{typed_name(), true, code_kind()});
    step.facts.push_back({FactKind::accepted, key_proven() ? "key and code" : "password and code"});
    stage_ = Stage::over;
    return step;
}

// Nothing is used up here: the invitation goes with the factors it is exchanged for, when enrolment is done.
Step Login::accept_invited() {
    SignedIn signed_in;
    signed_in.person_ = person_->person;
    signed_in.name_ = name_;
    signed_in.first_ = Factor::invitation;
    auto step = answer_with(Accepted{std::move(signed_in)});
    step.effects.push_back(ForgiveAttempt{typed_name(), true, AttemptKind::password});
    step.facts.push_back({FactKind::accepted, "invitation"});
    stage_ = Stage::over;
    return step;
}

// Counted on this connection, and not against the person: 256 random bits are not guessed, and a file that came late is no attempt.
Step Login::submit_ticket(Secret token) {
    if (attempts_ >= max_attempts) return end(FactKind::too_many, "attempts", sentence_too_many);
    ++attempts_;
    first_.reset();
    stage_ = Stage::checking_ticket;
    Step step;
    step.effects.push_back(CheckTicket{.ticket = ++ticket_, .person = welcome() ? std::optional(person_->person) : std::nullopt, .token = std::move(token)});
    return step;
}

Step Login::ticket_checked(TicketChecked result) {
    using Kind = TicketVerdict::Kind;
    if (!expects(result.ticket, Stage::checking_ticket)) return end(FactKind::out_of_order, "a verdict nobody asked for", sentence_out_of_order);
    stage_ = Stage::idle;
    auto& verdict = result.verdict;
    if (verdict.kind == Kind::good && welcome() && verdict.name.person == person_->person) return accept_ticket(std::move(verdict));
    Step step;
    const char* why = verdict.kind == Kind::used ? "used" : verdict.kind == Kind::late ? "late" : "unknown";
    step.facts.push_back({FactKind::ticket_refused, welcome() ? why : fact_text(why_not())});
    step.answer = Refused{.methods = methods(), .sentence = ticket_sentence(welcome() ? verdict : TicketVerdict())};
    // Who comes next on this connection says so anew.
    user_.reset();
    name_.reset();
    person_.reset();
    return step;
}

Step Login::accept_ticket(TicketVerdict verdict) {
    SignedIn signed_in;
    signed_in.person_ = person_->person;
    signed_in.name_ = std::move(verdict.name);
    signed_in.first_ = Factor::ticket;
    signed_in.proven_at_ = verdict.issued;
    auto step = answer_with(Accepted{std::move(signed_in)});
    step.facts.push_back({FactKind::accepted, "ticket"});
    stage_ = Stage::over;
    return step;
}

Step Login::ask_password() {
    if (attempts_ >= max_attempts) return end(FactKind::too_many, "attempts", sentence_too_many);
    first_.reset();
    stage_ = Stage::asking_password;
    return answer_with(Ask{.instruction = "", .prompts = {{.text = "Password: ", .echo = false}}});
}

Step Login::ask_code(std::string instruction) {
    stage_ = Stage::asking_code;
    return answer_with(Ask{.instruction = std::move(instruction), .prompts = {{.text = "Code: ", .echo = true}}});
}

Methods Login::methods() const {
    if (first_ && (key_proven() || first_->by_method)) return {Method::keyboard_interactive};
    return {Method::public_key, Method::password, Method::keyboard_interactive};
}

Step Login::refuse(Step step) {
    if (attempts_ >= max_attempts) return end(FactKind::too_many, "attempts", sentence_too_many, std::move(step));
    step.answer = Refused{methods()};
    return step;
}

Step Login::end(FactKind kind, std::string detail, std::string sentence, Step step) {
    stage_ = Stage::over;
    first_.reset();
    step.facts.push_back({kind, std::move(detail)});
    step.answer = Disconnect{std::move(sentence)};
    return step;
}

}  // namespace anteroom::identity
