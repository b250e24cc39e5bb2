// The questions of break-glass.
#include "broker/talk/request_emergency.h"

#include "broker/talk/words.h"

namespace anteroom::talk {

namespace {
// Access wants a factor of the last five minutes; asked for anew a little before, so that typing YES has its time.
constexpr Duration fresh_for = std::chrono::minutes(4);
}  // namespace

std::optional<EmergencyWord> emergency_word(const Secret& line) {
    const auto typed = typed_line(line);
    if (!typed) return std::nullopt;
    const auto words = words_of(*typed);
    if (words.empty() || words[0] != "break-glass") return std::nullopt;
    if (words.size() == 1) return EmergencyWord{};
    return words.size() == 2 && words[1] == "drill" ? std::optional(EmergencyWord{true}) : std::nullopt;
}

Result<std::string> Emergency::explanation() {
    const auto facts = TRY(party_.here.facts_of(party_.person, party_.source_ip));
    const auto& document = party_.here.policy.document;
    const auto decision = policy::evaluate_break_glass(document, facts, ask_, party_.here.clock.now());
    const auto* entry = decision.verdict == policy::Decision::Verdict::permit ? document.emergency(decision.rule) : nullptr;
    if (entry == nullptr) return fail(ErrorKind::refused, "Break-glass is not open to you here.");
    return emergency_text(ask_, *entry, drill_);
}

std::string Emergency::prompt() const {
    switch (field_) {
        case Field::reason: return drill_ ? "What would the emergency be: " : "What is the emergency: ";
        case Field::code: return "Code: ";
        case Field::confirm: return drill_ ? "Type YES to break the glass (DRILL): " : "Type YES to break the glass: ";
        case Field::done:
        case Field::left: break;
    }
    return "";
}

bool Emergency::fresh() const {
    const auto age = party_.here.clock.now() - party_.factor_at;
    return age >= Duration::zero() && age <= fresh_for;
}

Status Emergency::take(const Secret& line) {
    if (field_ == Field::code) return take_code(line);
    const auto typed = TRY(typed_line(line));
    if (field_ == Field::confirm) return take_confirmation(typed);
    if (typed.empty()) return fail(ErrorKind::invalid, "Say in a few words what the emergency is; whoever reviews it reads it.");
    reason_ = typed;
    field_ = fresh() ? Field::confirm : Field::code;
    return ok();
}

Status Emergency::take_code(const Secret& line) {
    if (line.empty()) {
        field_ = Field::left;
        return fail(ErrorKind::refused, "Nothing was done.");
    }
    if (!could_be_code(line)) return fail(ErrorKind::invalid, "That is no code.");
    const auto factor = TRY(access::prove_second_factor(party_.here, party_.person, line));
    party_.factor_at = factor.at();
    if (confirmed_) return go();
    field_ = Field::confirm;
    return ok();
}

Status Emergency::take_confirmation(const std::string& typed) {
    if (typed != "YES") {
        field_ = Field::left;
        return fail(ErrorKind::refused, "Nothing was done.");
    }
    confirmed_ = true;
    if (fresh()) return go();
    field_ = Field::code;
    return ok();
}

Status Emergency::go() {
    auto granted = party_.access.break_glass(party_.person, ask_, reason_, party_.source_ip, party_.factor_at, drill_);
    field_ = granted ? Field::done : Field::left;
    if (!granted) return fail(granted.error());
    granted_ = std::move(*granted);
    return ok();
}

}  // namespace anteroom::talk
