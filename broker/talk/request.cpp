// The way of one request on one connection: its questions, the waiting, the connection. Break-glass stands beside it where the policy
// names the person. What was asked for stays when the connection goes; the next one finds it here and goes on waiting.
#include <fmt/format.h>

#include "broker/talk/prompted.h"
#include "broker/talk/request_emergency.h"
#include "broker/talk/request_form.h"
#include "broker/talk/request_standing.h"
#include "broker/talk/waiting.h"

namespace anteroom::talk {
namespace {

using access::Request;
using access::RequestState;

class RequestAndWait final : public Prompted {
public:
    RequestAndWait(Party party, Stage& stage, policy::Ask ask) : Prompted(std::move(party), stage), ask_(std::move(ask)) {}

    void begin(const control::Audience& audience) override;
    void left() override;
    void tick() override;
    void changed(const Request& request) override;
    bool reads() const override { return false; }

private:
    void ask_questions();
    void ask_form();
    void form_answered(Secret line);
    void not_created();
    void offer_emergency_only(const std::string& sentence);
    void begin_emergency(bool drill);
    void ask_emergency();
    void emergency_answered(const Secret& line);
    void resume_after_emergency();
    void wait_for(const Request& request, bool resumed);
    void ask_waiting();
    void waiting_answered(const Secret& line);
    void look(bool aloud);
    void follow(const Request& request, bool aloud);
    void follow_grant(const Request& request);
    void withdraw();

    bool person_answers() const { return audience_.use == control::ChannelUse::shell; }
    // Access calls back while it changes something for us: what it did is said by whoever asked for it.
    template <class Do>
    auto by_ourselves(Do what) {
        busy_ = true;
        auto result = what();
        busy_ = false;
        return result;
    }

    policy::Ask ask_;
    control::Audience audience_;
    bool may_break_glass_ = false, busy_ = false, permitted_ = false, no_rule_ = false;
    std::optional<RequestForm> form_;
    std::optional<Emergency> emergency_;
    std::int64_t id_ = 0;  // of the request that is waited for
    WaitingLine line_;
    std::int64_t policy_version_ = 0;
    std::optional<Time> starts_;  // approved for later; said once
};

void RequestAndWait::begin(const control::Audience& audience) {
    audience_ = audience;
    const auto standing = standing_of(party_, ask_);
    if (!standing) return refuse(sentence_of(standing.error()));
    // Decided in between. With the next tick, so that a gate that sees it otherwise is not asked without a pause.
    if (standing->permitted()) {
        permitted_ = true;
        return;
    }
    const auto may = access().may_break_glass(party_.person, ask_, party_.source_ip);
    may_break_glass_ = may && *may;
    no_rule_ = standing->decision.reason == policy::Decision::Reason::no_rule;
    const auto& open = standing->request;
    const bool later = standing->for_later(now()) && person_answers();
    // Approved under a rule that is there no more opens nothing: that one is asked for anew.
    if (open && !open->grants(now()) && !later) return wait_for(*open, true);
    if (later) say(state_text(here(), *open) + "\nThat one is for " + here().time_text(*open->not_before) + " and stays. For now:");
    if (!person_answers()) {
        constexpr const char* how = ": connect with a terminal, or answer the question at the login, to ask for it.";
        if (standing->decision.verdict == policy::Decision::Verdict::needs_approval)
            return refuse("Access to " + place_text(ask_) + " needs an approval" + how);
        return refuse((no_rule_ ? emergency_only(ask_) : standing->decision.sentence) + " Connect with a terminal for break-glass.");
    }
    ask_questions();
}

// ---- asking

void RequestAndWait::ask_questions() {
    form_.reset();
    const auto questions = access().questions(party_.person, {ask_}, party_.source_ip);
    if (!questions) return refuse(sentence_of(questions.error()));
    if (!questions->possible)
        return may_break_glass_ ? offer_emergency_only(no_rule_ ? emergency_only(ask_) : questions->sentence) : refuse(printable(questions->sentence, 400));
    auto text = needs_approval(ask_, *questions) + "\n" + marked(questions->unusual);
    if (may_break_glass_) text += offer_break_glass() + "\n";
    text.pop_back();
    say(text);
    form_.emplace(here(), *questions);
    ask_form();
}

void RequestAndWait::ask_form() {
    ask(form_->prompt(), true, [this](Secret line) { form_answered(std::move(line)); });
}

void RequestAndWait::form_answered(Secret line) {
    if (form_->field() == RequestForm::Field::reason)
        if (const auto word = emergency_word(line)) return begin_emergency(word->drill);
    if (const auto taken = form_->take(line); !taken) say(sentence_of(taken.error()));
    if (!form_->done()) return ask_form();
    const auto created = by_ourselves([&] { return access().create(form_->filled(party_.person, {ask_}, party_.source_ip)); });
    if (!created) {
        say(sentence_of(created.error()));
        return not_created();
    }
    say(sent_text(created->id, form_->questions().approvers));
    form_.reset();
    wait_for(*created, false);
}

// Something has changed while it was asked: the policy, or another connection of the same person was faster.
void RequestAndWait::not_created() {
    const auto standing = standing_of(party_, ask_);
    if (!standing) return refuse(sentence_of(standing.error()));
    if (standing->permitted()) return connect(ask_);
    if (!standing->request || standing->request->grants(now()) || standing->for_later(now())) return ask_questions();
    form_.reset();
    wait_for(*standing->request, true);
}

// ---- break-glass

void RequestAndWait::offer_emergency_only(const std::string& sentence) {
    say(with_help(here(), printable(sentence, 400) + "\n" + offer_break_glass()));
    resume_after_emergency();
}

void RequestAndWait::begin_emergency(bool drill) {
    emergency_.emplace(party_, ask_, drill);
    const auto explained = emergency_->explanation();
    if (!explained) {
        say(sentence_of(explained.error()));
        return resume_after_emergency();
    }
    say(*explained);
    ask_emergency();
}

void RequestAndWait::ask_emergency() {
    ask(emergency_->prompt(), true, [this](Secret line) { emergency_answered(line); });
}

void RequestAndWait::emergency_answered(const Secret& line) {
    const auto taken = by_ourselves([&] { return emergency_->take(line); });
    party_.factor_at = emergency_->factor_at();
    if (!taken) say(sentence_of(taken.error()));
    if (emergency_->field() == Emergency::Field::left) return resume_after_emergency();
    if (emergency_->field() != Emergency::Field::done) return ask_emergency();
    say(state_text(here(), emergency_->granted()));
    connect(ask_);
}

void RequestAndWait::resume_after_emergency() {
    emergency_.reset();
    if (id_ != 0) return ask_waiting();
    if (form_) return ask_form();
    ask("(break-glass, or quit) > ", true, [this](Secret line) {
        if (const auto word = emergency_word(line)) return begin_emergency(word->drill);
        const auto typed = typed_line(line);
        if (!typed || (!typed->empty() && *typed != "quit")) return resume_after_emergency();
        end(1, "Nothing was asked for.");
    });
}

// ---- waiting

void RequestAndWait::wait_for(const Request& request, bool resumed) {
    id_ = request.id;
    policy_version_ = here().policy.version;
    if (request.state != RequestState::requested) {
        follow(request, true);
    } else {
        const auto card = access().card(request);
        if (!card) return refuse(sentence_of(card.error()));
        auto text = line_.shown(*card, now(), here().clock.monotonic());
        if (resumed && may_break_glass_ && person_answers()) text += "\n" + offer_break_glass();
        say(with_help(here(), text));
    }
    if (!over_) ask_waiting();
}

void RequestAndWait::ask_waiting() {
    if (!person_answers()) return;
    ask(may_break_glass_ ? "(withdraw, break-glass, or Enter to look again) > " : "(withdraw, or Enter to look again) > ", true,
        [this](Secret line) { waiting_answered(line); });
}

void RequestAndWait::waiting_answered(const Secret& line) {
    if (const auto word = emergency_word(line)) return begin_emergency(word->drill);
    const auto typed = typed_line(line);
    if (typed && *typed == "withdraw") return withdraw();
    if (typed && *typed == "quit") return left();
    if (typed && typed->empty()) {
        look(true);
    } else {
        say("Type withdraw" + std::string(may_break_glass_ ? ", break-glass" : "") + " or quit, or press Enter to look again.");
    }
    if (!over_) ask_waiting();
}

void RequestAndWait::withdraw() {
    const auto withdrawn = by_ourselves([&] { return access().withdraw(id_, party_.person); });
    if (withdrawn) return end(1, state_text(here(), *withdrawn));
    say(sentence_of(withdrawn.error()));
    look(true);
    if (!over_) ask_waiting();
}

// Looks into the database: `aloud` says the line even when it is what was said last.
void RequestAndWait::look(bool aloud) {
    policy_version_ = here().policy.version;
    const auto found = access().find(id_);
    if (!found) return say(sentence_of(found.error()));
    if (!*found) return refuse(fmt::format("request {} is not there any more.", id_));
    follow(**found, aloud);
}

void RequestAndWait::follow(const Request& request, bool aloud) {
    if (request.state == RequestState::approved || request.state == RequestState::active) return follow_grant(request);
    if (request.state != RequestState::requested) return refuse(state_text(here(), request));
    // A support window, or a policy that changed, may have opened the way.
    if (const auto standing = standing_of(party_, ask_); standing && standing->permitted()) {
        say("You may connect now, without an approval.");
        return connect(ask_);
    }
    const auto card = access().card(request);
    if (!card) return;  // said with the next minute's line
    const auto at = here().clock.monotonic();
    if (const auto line = aloud ? std::optional(line_.shown(*card, now(), at)) : line_.due(*card, now(), at)) say(*line);
}

void RequestAndWait::follow_grant(const Request& request) {
    if (request.grants(now())) {
        const auto standing = standing_of(party_, ask_);
        if (!standing) return refuse(sentence_of(standing.error()));
        call_back();
        say(state_text(here(), request));
        if (standing->permitted()) return connect(ask_);
        return refuse(
            standing->decision.verdict == policy::Decision::Verdict::needs_approval
                ? "That approval does not hold for this connection: the policy has changed since, or it was asked for from another network. Withdraw it "
                  "in the menu to ask anew."
                : standing->decision.sentence);
    }
    if (!request.starts || *request.starts <= now()) return refuse(state_text(here(), request));
    if (starts_ == request.starts) return;
    starts_ = request.starts;
    const auto text = state_text(here(), request);
    if (!person_answers()) return end(1, text);
    say(with_help(here(), text + "\nStay here to be connected then, or connect again."));
}

void RequestAndWait::changed(const Request& request) {
    if (!over_ && !busy_ && id_ != 0 && request.id == id_) follow(request, false);
}

void RequestAndWait::tick() {
    if (over_) return;
    if (permitted_) return connect(ask_);
    if (id_ == 0) return;
    if (starts_) {
        if (*starts_ <= now()) look(false);
        return;
    }
    if (policy_version_ != here().policy.version || line_.old(here().clock.monotonic())) look(false);
}

void RequestAndWait::left() {
    if (over_) return;
    if (id_ != 0) return end(1, stays_text(id_));
    end(1, "Nothing was asked for.");
}

}  // namespace

std::unique_ptr<Conversation> request_and_wait(Party party, Stage& stage, policy::Ask ask) {
    return std::make_unique<RequestAndWait>(std::move(party), stage, std::move(ask));
}

}  // namespace anteroom::talk
