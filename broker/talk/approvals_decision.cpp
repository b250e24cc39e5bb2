// The questions before a decision, and what is said of it.
#include "broker/talk/approvals_decision.h"

#include <fmt/format.h>

#include "broker/talk/words.h"

namespace anteroom::talk {

using access::Request;
using access::RequestState;

Result<Decision> Decision::begin(const Party& party, std::int64_t id, Wish wish) {
    Decision out(party, id, std::move(wish));
    TRY(out.prepare());
    return out;
}

Status Decision::prepare() {
    const auto request = TRY(party_.access.find(id_));
    if (!request) return fail(ErrorKind::not_found, fmt::format("There is no request {}.", id_));
    extension_ = request->extension.has_value();
    if (request->state != RequestState::requested && !extension_) return fail(ErrorKind::conflict, state_text(party_.here, *request));
    TRY(party_.access.may_decide(party_.person, *request));
    const auto card = TRY(party_.access.card(*request));
    if (wish_.yes) confirm_ = card.confirm;
    if (wish_.length && extension_) return fail(ErrorKind::invalid, "More time is approved as it was asked for, or denied.");
    if (wish_.length && *wish_.length > request->asked)
        return fail(ErrorKind::refused, fmt::format("{} were asked for: that can be shortened, not lengthened.", duration_text(request->asked)));
    next();
    return ok();
}

void Decision::next() {
    if (!wish_.yes && wish_.reason.empty() && !extension_) field_ = Field::reason;
    else field_ = wish_.yes && confirmed_ < confirm_.size() ? Field::confirm : Field::code;
}

std::string Decision::prompt() const {
    switch (field_) {
        case Field::reason: return "Reason (the person reads it): ";
        case Field::confirm: return printable(confirm_[confirmed_]) + " - type yes: ";
        case Field::code: return "Code: ";
        case Field::done:
        case Field::left: break;
    }
    return "";
}

Status Decision::leave(const std::string& sentence) {
    field_ = Field::left;
    return fail(ErrorKind::refused, sentence);
}

Status Decision::take(const Secret& line) {
    if (field_ == Field::code) return take_code(line);
    const auto typed = TRY(typed_line(line));
    if (field_ == Field::reason) {
        if (typed.empty()) return leave("Nothing was decided: a denial needs a reason.");
        wish_.reason = typed;
    } else {
        if (!is_yes(typed)) return leave("Nothing was decided: that was not confirmed.");
        ++confirmed_;
    }
    next();
    return ok();
}

Status Decision::take_code(const Secret& line) {
    if (line.empty()) return leave("Nothing was decided.");
    if (!could_be_code(line)) return fail(ErrorKind::invalid, "That is no code.");
    auto factor = TRY(access::prove_second_factor(party_.here, party_.person, line));
    auto decided = decide(std::move(factor));
    if (decided) {
        field_ = Field::done;
        decided_ = std::move(*decided);
        return ok();
    }
    field_ = Field::left;
    auto sentence = sentence_of(decided.error());
    // Whoever was second reads who was first.
    if (const auto request = party_.access.find(id_); request && *request && (*request)->state != RequestState::requested && !(*request)->extension)
        sentence += "\n" + state_text(party_.here, **request);
    return fail(ErrorKind::refused, sentence);
}

Result<Request> Decision::decide(access::SecondFactor factor) {
    const bool confirmed = !confirm_.empty() && confirmed_ == confirm_.size();
    if (extension_) return party_.access.extend(id_, std::move(factor), wish_.yes, confirmed);
    if (wish_.yes) return party_.access.approve(id_, std::move(factor), wish_.length, confirmed);
    return party_.access.deny(id_, std::move(factor), wish_.reason);
}

std::string Decision::outcome() {
    const auto& request = *decided_;
    const auto head = fmt::format("request {}: ", id_);
    const auto whom = name_of(party_.here, request.person);
    const bool waits_still = extension_ ? request.extension.has_value() : request.state == RequestState::requested;
    if (waits_still) {
        const auto card = party_.access.card(request);
        return head + "your yes counts" + (card && !card->waiting_for.empty() ? "; still waiting for " + listed(card->waiting_for, " and ") : "") + ".";
    }
    if (extension_) return head + (wish_.yes ? "more time, " + granted_text(party_.here, request) : std::string("no more time")) + ". " + whom + " is told.";
    if (!wish_.yes) return head + "denied. " + whom + " is told, with the reason.";
    return head + "approved " + granted_text(party_.here, request) + ". " + whom + " is told.";
}

}  // namespace anteroom::talk
