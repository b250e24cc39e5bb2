// The sentences of requests, cards and emergencies.
#include <fmt/format.h>

#include <algorithm>

#include "broker/talk/words.h"

namespace anteroom::talk {
namespace {

using access::RequestState;

std::string field(const char* name, const std::string& value) { return fmt::format("  {:<10}{}\n", name, value); }

std::string who_text(Installation& here, const access::Card& card) {
    auto out = name_of(here, card.request.person);
    if (card.vendor.empty()) return out;
    out += ", " + printable(card.vendor, 80);
    return card.agreement.empty() ? out : out + ", agreement " + printable(card.agreement, 80);
}

std::string place_lines(const access::Card::Place& place) {
    auto what = printable(place.target) + " as " + printable(place.account);
    if (place.privileged) what += " (PRIVILEGED)";
    if (!place.description.empty()) what += ", " + printable(place.description, 120);
    auto out = field("what", what);
    std::vector<std::string> may;
    for (const auto& capability : place.capabilities) may.push_back(capability_words(capability));
    if (!may.empty()) out += field("", "may " + listed(may));
    out += field("", place.grace ? "at the end: " + duration_text(*place.grace) + " of grace, under alarm, then cut" : "at the end: cut");
    return out;
}

std::string visits_text(Installation& here, const access::Card& card) {
    if (card.visits.empty()) return field("visits", "none yet");
    std::string out;
    for (const auto& visit : card.visits) {
        auto line = here.time_text(visit.started) + ", " + (visit.ended ? duration_text(*visit.ended - visit.started) : std::string("still there")) + ", " +
                    printable(visit.target) + " as " + printable(visit.account);
        if (!visit.ticket.empty()) line += ", " + printable(visit.ticket, 64);
        out += field(out.empty() ? "visits" : "", line);
    }
    return out;
}

std::string decided_text(Installation& here, const access::Card& card) {
    std::vector<std::string> yeses;
    for (const auto& yes : card.request.extension ? card.request.extension->yeses : card.request.yeses) {
        auto one = "yes of " + name_of(here, yes.by);
        if (yes.standing_in_for) one += " for " + name_of(here, *yes.standing_in_for);
        if (yes.length) one += ", " + duration_text(*yes.length);
        yeses.push_back(std::move(one));
    }
    auto out = yeses.empty() ? std::string("nobody yet") : listed(yeses, "; ");
    if (!card.waiting_for.empty()) out += "; waiting for " + listed(card.waiting_for, " and ");
    return out;
}

std::string reason_behind(const std::string& reason) { return reason.empty() ? "." : ": " + printable(reason, longest_line); }

}  // namespace

std::string needs_approval(const policy::Ask& ask, const access::Questions& questions) {
    auto out = "Access to " + place_text(ask) + " needs an approval";
    return questions.approvers.empty() ? out + "." : out + " by " + listed(questions.approvers, " and ") + ".";
}

std::string marked(const std::vector<std::string>& unusual) {
    std::string out;
    for (const auto& one : unusual) out += "! " + printable(one) + "\n";
    return out;
}

std::string offer_break_glass() { return "In an emergency type break-glass."; }

std::string emergency_only(const policy::Ask& ask) { return "Access to " + place_text(ask) + " is open to you in an emergency only."; }

std::string sent_text(std::int64_t id, const std::vector<std::string>& approvers) {
    return approvers.empty() ? fmt::format("request {}: sent.", id) : fmt::format("request {}: sent to {}.", id, listed(approvers, " and "));
}

std::string waiting_for_text(const access::Card& card) {
    const auto whom = listed(card.waiting_for, " and ");
    return fmt::format("request {}: waiting for {}", card.request.id, whom.empty() ? "a decision" : whom);
}

std::string waiting_text(const access::Card& card, Time now) {
    auto out = waiting_for_text(card);
    // Without an alert the person had better call.
    return out + (card.notified ? "; notified " + ago(*card.notified, now) + " ago" : "; nobody is notified by an alert");
}

std::string stays_text(std::int64_t id) { return fmt::format("request {} stays; connect again to go on waiting.", id); }

std::string granted_text(Installation& here, const access::Request& request) {
    const bool later = request.starts && *request.starts > here.clock.now();
    const auto from = later ? "from " + here.time_text(*request.starts) + " " : std::string();
    if (request.ends) return from + "until " + here.time_text(*request.ends);
    return from + "for " + duration_text(request.length) + " from the first connection";
}

std::string state_text(Installation& here, const access::Request& request) {
    auto head = fmt::format("request {}: ", request.id);
    const auto by = request.decided_by.empty() ? std::string() : " by " + name_of(here, request.decided_by);
    switch (request.state) {
        case RequestState::requested: return head + "waiting.";
        case RequestState::approved:
        case RequestState::active:
            if (request.ends && *request.ends <= here.clock.now()) return head + "the approved time is over.";
            if (request.emergency) return head + (request.drill ? "break-glass DRILL " : "break-glass ") + granted_text(here, request);
            return head + "approved" + by + " " + granted_text(here, request);
        case RequestState::ended: return head + "the approved time is over.";
        case RequestState::denied: return head + "denied by " + printable(request.decided_by.str()) + reason_behind(request.decision);
        case RequestState::withdrawn: return head + "withdrawn.";
        case RequestState::expired: return head + "expired; nobody decided in time.";
        case RequestState::revoked:
            return head + "revoked" + (by.empty() ? "" : " by " + printable(request.decided_by.str())) + reason_behind(request.decision);
    }
    return head;
}

std::string extension_text(Installation& here, const access::Request& request) {
    if (!request.extension) return "";
    auto out = duration_text(request.extension->by);
    return request.ends ? out + ", until " + here.time_text(*request.ends + request.extension->by) : out;
}

std::string summary_text(Installation& here, const access::Request& request) {
    auto out = fmt::format("request {}: {}, {}, ", request.id, name_of(here, request.person), places_text(request));
    if (request.extension) return out + "more time: " + extension_text(here, request);
    out += duration_text(request.asked) + ", waits " + ago(request.created, here.clock.now());
    return request.unusual.empty() ? out : out + " (! " + listed(request.unusual) + ")";
}

std::string card_text(Installation& here, const access::Card& card) {
    const auto& request = card.request;
    auto out = fmt::format("request {}, of {}{}\n", request.id, here.time_text(request.created),
                           request.emergency ? (request.drill ? ", BREAK-GLASS DRILL" : ", BREAK-GLASS") : "");
    out += marked(request.unusual);
    if (request.extension) out += field("more time", extension_text(here, request));
    out += field("who", who_text(here, card));
    for (const auto& place : card.places) out += place_lines(place);
    auto length = duration_text(request.asked);
    if (card.max > Duration::zero() && card.max != request.asked) length += " (at most " + duration_text(card.max) + ")";
    out += field("for", length);
    out += field("when", request.not_before ? "from " + here.time_text(*request.not_before) : "now");
    out += field("reason", printable(request.reason, longest_line));
    if (!request.ticket.empty()) out += field("ticket", printable(request.ticket, 64));
    out += field("from", request.source.empty() ? "the command line" : printable(request.source, 64));
    out += visits_text(here, card);
    out += field("so far", decided_text(here, card));
    for (const auto& sentence : card.confirm) out += field("confirm", printable(sentence));
    out.pop_back();
    return out;
}

std::string emergency_text(const policy::Ask& ask, const policy::BreakGlass& entry, bool drill) {
    std::vector<std::string> reviewers;
    for (const auto& subject : entry.review_by) reviewers.push_back(subject.kind == policy::Subject::Kind::any ? std::string("anybody else") : subject.name);
    return fmt::format("{}Break-glass opens {} at once, for at most {}.\n{} {} alerted now, and everything you do is recorded.\n{} will review it within {}.",
                       drill ? "DRILL. " : "", place_text(ask), duration_text(entry.max), listed(entry.alert, " and "), entry.alert.size() == 1 ? "is" : "are",
                       listed(reviewers, " and "), duration_text(entry.review_within));
}

}  // namespace anteroom::talk
