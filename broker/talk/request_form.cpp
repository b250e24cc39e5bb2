// What counts as an answer to the questions of a request.
#include "broker/talk/request_form.h"

#include "broker/talk/words.h"

namespace anteroom::talk {

namespace {

bool matches(const std::string& pattern, std::string_view ticket) {
    policy::Approval approval;
    approval.ticket = pattern;
    return policy::ticket_matches(approval, ticket);
}

// Several rules want "A and B" of one ticket.
bool matches_all(const std::string& patterns, std::string_view ticket) {
    constexpr std::string_view between = " and ";
    if (ticket.empty()) return false;
    if (matches(patterns, ticket)) return true;
    for (std::size_t from = 0;;) {
        const auto at = patterns.find(between, from);
        if (!matches(patterns.substr(from, at == std::string::npos ? at : at - from), ticket)) return false;
        if (at == std::string::npos) return true;
        from = at + between.size();
    }
}

}  // namespace

std::string RequestForm::prompt() const {
    switch (field_) {
        case Field::reason: return "Reason: ";
        case Field::ticket: return questions_.ticket_pattern.empty() ? "Ticket: " : "Ticket (" + printable(questions_.ticket_pattern, 128) + "): ";
        case Field::length: return "For how long [" + length_text(questions_.max) + "]: ";
        case Field::done: break;
    }
    return "";
}

Status RequestForm::take(const Secret& line) {
    const auto typed = TRY(typed_line(line));
    switch (field_) {
        case Field::reason:
            if (typed.empty()) return fail(ErrorKind::invalid, "A reason is needed: the approver reads it.");
            reason_ = typed;
            field_ = questions_.ticket ? Field::ticket : Field::length;
            return ok();
        case Field::ticket:
            if (!matches_all(questions_.ticket_pattern, typed))
                return fail(ErrorKind::invalid, typed.empty() ? "A ticket is needed." : "That is no ticket of the form asked for.");
            ticket_ = typed;
            field_ = Field::length;
            return ok();
        case Field::length: return take_length(typed);
        case Field::done: break;
    }
    return ok();
}

// "", "2h", "2h from 18:00", "from 18:00"
Status RequestForm::take_length(const std::string& typed) {
    auto length = questions_.max;
    std::optional<Time> from;
    auto how_long = typed;
    if (const auto at = (" " + typed).find(" from "); at != std::string::npos) {
        from = TRY(time_of(*here_, std::string_view(typed).substr(at + 5)));
        how_long = typed.substr(0, at);
    }
    if (how_long.find_first_not_of(' ') != std::string::npos) length = TRY(length_of(how_long));
    if (length > questions_.max) return fail(ErrorKind::invalid, "At most " + length_text(questions_.max) + " can be asked for.");
    length_ = length;
    not_before_ = from;
    field_ = Field::done;
    return ok();
}

access::NewRequest RequestForm::filled(const PersonId& person, std::vector<policy::Ask> asks, const std::string& source_ip) const {
    return {person, std::move(asks), reason_, ticket_, length_, not_before_, source_ip, "ssh"};
}

}  // namespace anteroom::talk
