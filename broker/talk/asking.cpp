// Asking and waiting in questions and answers, one at a time.
#include "broker/talk/asking.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "broker/talk/request_standing.h"
#include "broker/talk/words.h"

namespace anteroom::talk {

using access::Request;
using access::RequestState;

bool is_file_tool(std::string_view client_version) {
    static constexpr std::array<std::string_view, 12> known{"winscp",  "filezilla", "cyberduck", "jsch",         "sshj",     "libssh2",
                                                            "coreftp", "ws_ftp",    "smartftp",  "renci.sshnet", "flashfxp", "globalscape"};
    std::string lower(client_version.substr(0, 255));
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return std::any_of(known.begin(), known.end(), [&](std::string_view one) { return lower.find(one) != std::string::npos; });
}

Asking::Asking(Party party, policy::Ask ask, const std::string& client_version)
    : party_(std::move(party)), ask_(std::move(ask)), file_tool_(is_file_tool(client_version)), began_(party_.here.clock.monotonic()) {}

std::optional<Asking::Question> Asking::begin() {
    const auto standing = standing_of(party_, ask_);
    if (!standing || standing->permitted()) return std::nullopt;
    const auto may = party_.access.may_break_glass(party_.person, ask_, party_.source_ip);
    may_break_glass_ = may && *may;
    const auto now = party_.here.clock.now();
    if (standing->request && !standing->request->grants(now) && !standing->for_later(now)) {
        if (!file_tool_) return std::nullopt;  // its channel waits by itself
        id_ = standing->request->id;
        auto next = look();
        auto* first = std::get_if<Question>(&next);
        return first == nullptr ? std::nullopt : std::optional(std::move(*first));
    }
    const auto questions = party_.access.questions(party_.person, {ask_}, party_.source_ip);
    if (!questions) return std::nullopt;
    const bool no_rule = standing->decision.reason == policy::Decision::Reason::no_rule;
    auto text = questions->possible ? needs_approval(ask_, *questions) : no_rule ? emergency_only(ask_) : printable(questions->sentence, 400);
    if (questions->possible) form_.emplace(party_.here, *questions);
    else if (!file_tool_ || !may_break_glass_) return std::nullopt;
    else stage_ = Stage::emergency_only;
    text += "\n" + marked(questions->unusual);
    if (may_break_glass_) text += offer_break_glass() + "\n";
    text.pop_back();
    return question(text);
}

Asking::Question Asking::question(const std::string& instruction) const {
    switch (stage_) {
        case Stage::form:
            if (!file_tool_ && form_->field() == RequestForm::Field::reason) return {instruction, "Reason (or Enter to be asked in the terminal): ", true};
            return {instruction, form_->prompt(), true};
        case Stage::looking: return {instruction, "Enter: ", true};
        case Stage::emergency: return {instruction, emergency_->prompt(), true};
        case Stage::emergency_only: break;
    }
    return {instruction, "(break-glass, or Enter to leave): ", true};
}

// A client that answers by itself would otherwise ask the database as fast as it can.
bool Asking::hurried() const {
    constexpr int at_once = 30;
    const auto passed = std::chrono::floor<std::chrono::seconds>(party_.here.clock.monotonic() - began_).count();
    return answers_ > at_once + passed;
}

Asking::Next Asking::answered(Secret line) {
    ++answers_;
    if (hurried()) return Refused{id_ == 0 ? std::string("Too many answers at once; connect again.") : stays_text(id_)};
    switch (stage_) {
        case Stage::form: return form_answered(line);
        case Stage::looking: return looked(line);
        case Stage::emergency: return emergency_answered(line);
        case Stage::emergency_only: break;
    }
    if (const auto word = emergency_word(line)) return emergency_word_typed(word->drill);
    return Refused{"Nothing was asked for."};
}

Asking::Next Asking::form_answered(const Secret& line) {
    if (form_->field() == RequestForm::Field::reason) {
        if (const auto word = emergency_word(line)) return emergency_word_typed(word->drill);
        if (const auto typed = typed_line(line); !file_tool_ && typed && typed->empty()) return Finished{};
    }
    if (const auto taken = form_->take(line); !taken) return question(sentence_of(taken.error()));
    if (!form_->done()) return question("");
    const auto created = party_.access.create(form_->filled(party_.person, {ask_}, party_.source_ip));
    if (!created) {
        // The policy has changed in between, or another connection was faster. A terminal asks anew by itself.
        if (!file_tool_) return Finished{};
        const auto standing = standing_of(party_, ask_);
        if (standing && standing->permitted()) return Finished{};
        if (!standing || !standing->request || standing->for_later(party_.here.clock.now())) return Refused{sentence_of(created.error())};
        id_ = standing->request->id;
        return look();
    }
    return made(*created);
}

Asking::Next Asking::made(const Request& request) {
    if (!file_tool_) return Finished{};
    id_ = request.id;
    stage_ = Stage::looking;
    const auto text = sent_text(id_, form_->questions().approvers) + "\nPress Enter to look again.";
    return question(with_help(party_.here, text));
}

Asking::Next Asking::looked(const Secret& line) {
    if (const auto word = emergency_word(line)) return emergency_word_typed(word->drill);
    if (const auto typed = typed_line(line); typed && *typed == "withdraw") {
        const auto withdrawn = party_.access.withdraw(id_, party_.person);
        if (withdrawn) return Refused{state_text(party_.here, *withdrawn)};
    }
    return look();
}

// What has become of the request that is waited for.
Asking::Next Asking::look() {
    stage_ = Stage::looking;
    const auto standing = standing_of(party_, ask_);
    if (!standing) return Refused{sentence_of(standing.error())};
    if (standing->permitted()) return Finished{};
    const auto request = party_.access.find(id_);
    if (!request) return Refused{sentence_of(request.error())};
    if (!*request) return Refused{fmt::format("request {} is not there any more.", id_)};
    const auto now = party_.here.clock.now();
    const bool granted = (*request)->state == RequestState::approved || (*request)->state == RequestState::active;
    if (granted && (*request)->grants(now)) return Refused{standing->decision.sentence};  // approved, and policy is another since
    if ((*request)->state != RequestState::requested && !granted) return Refused{state_text(party_.here, **request)};
    auto text = state_text(party_.here, **request);
    if (!granted) {
        const auto card = party_.access.card(**request);
        if (card) text = waiting_text(*card, now);
    }
    return question(with_help(party_.here, text + "\nPress Enter to look again." + (may_break_glass_ ? " " + offer_break_glass() : "")));
}

// ---- break-glass

Asking::Next Asking::back(const std::string& sentence) {
    emergency_.reset();
    if (id_ == 0) {
        stage_ = form_ ? Stage::form : Stage::emergency_only;
        return question(sentence);
    }
    auto next = look();
    if (auto* again = std::get_if<Question>(&next)) again->instruction = sentence + "\n" + again->instruction;
    return next;
}

Asking::Next Asking::emergency_word_typed(bool drill) {
    emergency_.emplace(party_, ask_, drill);
    const auto explained = emergency_->explanation();
    if (!explained) return back(sentence_of(explained.error()));
    stage_ = Stage::emergency;
    return question(*explained);
}

Asking::Next Asking::emergency_answered(const Secret& line) {
    const auto taken = emergency_->take(line);
    party_.factor_at = emergency_->factor_at();
    if (emergency_->field() == Emergency::Field::done) return Finished{};
    const auto sentence = taken ? std::string() : sentence_of(taken.error());
    return emergency_->field() == Emergency::Field::left ? back(sentence) : question(sentence);
}

}  // namespace anteroom::talk
