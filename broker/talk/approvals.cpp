// Approvals: what waits for this person's decision, as cards, and the decisions. Each takes a code of its own. Who may decide is
// never kept: every command asks Access anew.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "broker/talk/approvals_decision.h"
#include "broker/talk/prompted.h"

namespace anteroom::talk {
namespace {

using access::Request;
using Words = std::vector<std::string>;

constexpr const char* help_text =
    "  approve [42] [30m]      approves, for a shorter time if you name one\n"
    "  deny [42] REASON        denies; the person reads the reason\n"
    "  revoke 42 REASON        ends what was approved\n"
    "  show [42]               shows a request\n"
    "  next                    shows the next one that waits\n"
    "  list                    lists what waits for you\n"
    "  quit";

std::optional<std::int64_t> id_of(std::string_view word) {
    std::int64_t id = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), id);
    if (word.empty() || word.front() == '-' || error != std::errc() || end != word.data() + word.size()) return std::nullopt;
    return id;
}

class Approvals final : public Prompted {
public:
    Approvals(Party party, Stage& stage) : Prompted(std::move(party), stage) {}

    void begin(const control::Audience& audience) override;
    void left() override;
    void changed(const Request& request) override;
    bool patient() const override { return true; }  // each decision takes a fresh code

private:
    struct Named {
        std::int64_t id = 0;  // 0: none named, and none shown
        std::string rest;
    };
    // The request of "VERB [42] REST", the one shown when none is named.
    Named named(const std::string& line) const;

    void take(const std::string& line);
    void prompt();
    void done(bool well, const std::string& sentence);
    void list(bool with_card = false);
    void show(std::int64_t id);
    void next();
    void approve(const Named& what);
    void deny(const Named& what);
    void revoke(const Named& what);
    void ask_code_for_revoke(std::int64_t id, const std::string& reason);
    void begin_decision(std::int64_t id, Decision::Wish wish);
    void ask_decision();
    void decision_answered(const Secret& line);
    std::optional<std::vector<Request>> waiting();

    control::Audience audience_;
    bool one_command_ = false, failed_ = false, busy_ = false, asking_code_ = false;
    std::int64_t current_ = 0;            // the request that is shown
    std::map<std::int64_t, bool> known_;  // told of already; whether as more time
    std::optional<Decision> decision_;
};

void Approvals::begin(const control::Audience& audience) {
    audience_ = audience;
    auto words = words_of(audience.command);
    if (!words.empty() && words[0] == "approvals") words.erase(words.begin());
    if (const auto all = waiting())
        for (const auto& one : *all) known_[one.id] = one.extension.has_value();
    if (words.empty()) {
        list(true);
        if (!over_) next();
        return;
    }
    one_command_ = true;
    std::string line;
    for (const auto& word : words) line += (line.empty() ? "" : " ") + word;
    take(line);
}

std::optional<std::vector<Request>> Approvals::waiting() {
    auto all = access().waiting_for(party_.person);
    if (all) return std::move(*all);
    refuse(sentence_of(all.error()));
    return std::nullopt;
}

void Approvals::prompt() {
    ask(current_ != 0 ? fmt::format("request {}> ", current_) : "approvals> ", true, [this](Secret line) {
        const auto typed = typed_line(line);
        if (!typed) return done(false, sentence_of(typed.error()));
        take(*typed);
    });
}

void Approvals::done(bool well, const std::string& sentence) {
    failed_ = !well;
    if (one_command_ && !well) return end(1, sentence);
    if (!sentence.empty()) say(sentence);
    if (one_command_) return end(0, "");
    prompt();
}

Approvals::Named Approvals::named(const std::string& line) const {
    const auto words = words_of(line);
    Named out{current_, ""};
    if (words.size() < 2) return out;
    out.rest = line.substr(line.find(words[1], line.find(words[0]) + words[0].size()));
    const auto id = id_of(words[1]);
    if (!id) return out;
    out.id = *id;
    out.rest.erase(0, words[1].size());
    out.rest.erase(0, std::min(out.rest.find_first_not_of(" \t"), out.rest.size()));
    return out;
}

void Approvals::take(const std::string& line) {
    const auto words = words_of(line);
    const std::string word = words.empty() ? "show" : words[0];
    const auto what = named(line);
    if (word == "quit" || word == "q" || word == "exit" || word == "back") return left();
    if (word == "help" || word == "?") return done(true, help_text);
    if (word == "next") return next();
    if (word == "list") {
        list();
        if (!over_) done(true, "");
        return;
    }
    if (word != "show" && word != "approve" && word != "deny" && word != "revoke")
        return done(false, "There is no \"" + printable(word, 80) + "\" here. Type help for what there is.");
    if (what.id == 0) return words.empty() ? done(true, "") : done(false, "Which one? Name its number, as in " + word + " 42.");
    if (word == "show") return show(what.id);
    if (word == "approve") return approve(what);
    if (word == "deny") return deny(what);
    revoke(what);
}

// ---- looking

// `with_card`: the card of the first follows, and says all of it where it is the only one.
void Approvals::list(bool with_card) {
    const auto all = waiting();
    if (!all) return;
    if (all->empty()) return say("Nothing waits for your decision.");
    auto text = all->size() == 1 ? std::string("1 request waits for you:") : fmt::format("{} requests wait for you:", all->size());
    if (all->size() > 1 || !with_card)
        for (const auto& request : *all) text += "\n  " + summary_text(here(), request);
    say(text);
}

void Approvals::show(std::int64_t id) {
    const auto request = access().find(id);
    if (!request) return done(false, sentence_of(request.error()));
    // The same words for a request that is not there and one that is nobody's business here.
    const auto none = fmt::format("There is no request {} for you to decide.", id);
    if (!*request) return done(false, none);
    const bool open = (*request)->state == access::RequestState::requested || (*request)->extension;
    if (const auto may = access().may_decide(party_.person, **request); !may && !(known_.contains(id) && !open))
        return done(false, (*request)->person == party_.person ? sentence_of(may.error()) : none);
    if (!open) return done(true, state_text(here(), **request));
    const auto card = access().card(**request);
    if (!card) return done(false, sentence_of(card.error()));
    current_ = id;
    known_[id] = (*request)->extension.has_value();
    const std::string hint = one_command_ ? "" : (*request)->extension ? "\napprove | deny | next | quit" : "\napprove [30m] | deny REASON | next | quit";
    done(true, card_text(here(), *card) + hint);
}

// The one behind the one that is shown, then from the start.
void Approvals::next() {
    const auto all = waiting();
    if (!all) return;
    const Request* chosen = nullptr;
    for (const auto& one : *all)
        if (one.id > current_ && (chosen == nullptr || one.id < chosen->id)) chosen = &one;
    if (chosen == nullptr)
        for (const auto& one : *all)
            if (chosen == nullptr || one.id < chosen->id) chosen = &one;
    if (chosen != nullptr) return show(chosen->id);
    const bool had = std::exchange(current_, 0) != 0;
    done(true, had ? "Nothing waits for your decision." : "");
}

// ---- deciding

void Approvals::approve(const Named& what) {
    Decision::Wish wish{true, std::nullopt, ""};
    if (!what.rest.empty()) {
        const auto length = length_of(what.rest);
        if (!length) return done(false, sentence_of(length.error()));
        wish.length = *length;
    }
    begin_decision(what.id, std::move(wish));
}

void Approvals::deny(const Named& what) { begin_decision(what.id, {false, std::nullopt, what.rest}); }

void Approvals::begin_decision(std::int64_t id, Decision::Wish wish) {
    auto decision = Decision::begin(party_, id, std::move(wish));
    if (!decision) return done(false, sentence_of(decision.error()));
    decision_.emplace(std::move(*decision));
    ask_decision();
}

void Approvals::ask_decision() {
    ask(decision_->prompt(), true, [this](Secret line) { decision_answered(line); });
}

void Approvals::decision_answered(const Secret& line) {
    busy_ = true;
    const auto taken = decision_->take(line);
    busy_ = false;
    if (decision_->field() == Decision::Field::done) {
        auto outcome = decision_->outcome();
        const auto more = access().waiting_for(party_.person);
        if (more && !more->empty() && !one_command_) outcome += fmt::format("\n{} more: next", more->size());
        if (decision_->id() == current_) current_ = 0;
        decision_.reset();
        return done(true, outcome);
    }
    if (decision_->field() == Decision::Field::left) {
        decision_.reset();
        return done(false, taken ? std::string() : taken.error().detail);
    }
    if (!taken) say(sentence_of(taken.error()));
    ask_decision();
}

void Approvals::revoke(const Named& what) {
    if (what.rest.empty()) return done(false, fmt::format("Say why: the person reads it, as in revoke {} wrong machine.", what.id));
    const auto request = access().find(what.id);
    if (!request) return done(false, sentence_of(request.error()));
    if (!*request) return done(false, fmt::format("There is no request {} for you to decide.", what.id));
    ask_code_for_revoke(what.id, what.rest);
}

void Approvals::ask_code_for_revoke(std::int64_t id, const std::string& reason) {
    asking_code_ = true;
    ask("Code: ", true, [this, id, reason](Secret line) {
        asking_code_ = false;
        if (!could_be_code(line)) return done(false, line.empty() ? "Nothing was decided." : "That is no code.");
        auto factor = access::prove_second_factor(here(), party_.person, line);
        if (!factor) {
            say(sentence_of(factor.error()));
            return ask_code_for_revoke(id, reason);
        }
        busy_ = true;
        const auto revoked = access().revoke(id, std::move(*factor), reason);
        busy_ = false;
        done(revoked.has_value(), revoked ? state_text(here(), *revoked) : sentence_of(revoked.error()));
    });
}

// ---- from outside

void Approvals::changed(const Request& request) {
    if (over_ || busy_ || one_command_) return;
    const bool open = request.state == access::RequestState::requested || request.extension;
    if (!open) {
        if (known_.contains(request.id) && request.decided_by != party_.person) say(state_text(here(), request));
        known_.erase(request.id);
        if (current_ == request.id && !decision_) current_ = 0;
        return;
    }
    const bool more_time = request.extension.has_value();
    if (const auto told = known_.find(request.id); told != known_.end() && told->second == more_time) return;
    if (!access().may_decide(party_.person, request)) return;
    known_[request.id] = more_time;
    say("new: " + summary_text(here(), request) + fmt::format(" (show {})", request.id));
}

void Approvals::left() {
    if (over_) return;
    const bool deciding = decision_.has_value() || asking_code_;
    decision_.reset();
    asking_code_ = false;
    if (deciding && audience_.terminal) return done(false, "Nothing was decided.");
    // Where it was opened from the menu, it goes back to it.
    if (audience_.use == control::ChannelUse::shell && audience_.terminal) return hand_over(menu(party_, stage_));
    end(failed_ || deciding ? 1 : 0, "");
}

}  // namespace

std::unique_ptr<Conversation> approvals(Party party, Stage& stage) { return std::make_unique<Approvals>(std::move(party), stage); }

}  // namespace anteroom::talk
