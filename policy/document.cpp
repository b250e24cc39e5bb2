// Questions that the document answers by itself.
#include "policy/document.h"

#include <algorithm>
#include <regex>

namespace anteroom::policy {
namespace {

// libstdc++'s polynomial matcher, since the text comes from a person: a backtracking one takes exponential time for (a+)+b.
// It has no back-references, and says so.
#ifdef __GLIBCXX__
constexpr auto regex_flags = std::regex_constants::ECMAScript | std::regex_constants::__polynomial;
#else
constexpr auto regex_flags = std::regex_constants::ECMAScript;
#endif
constexpr std::size_t longest_ticket_pattern = 128, longest_ticket = 64;

}  // namespace

std::string to_text(const Subject& subject) {
    switch (subject.kind) {
        case Subject::Kind::any: return "any";
        case Subject::Kind::person: return "person:" + subject.name;
        case Subject::Kind::group: return "group:" + subject.name;
        case Subject::Kind::vendor: return "vendor:" + subject.name;
        case Subject::Kind::role: return "role:" + subject.name;
    }
    return "";
}

const Rule* Document::rule(std::string_view id) const {
    auto at = std::find_if(rules.begin(), rules.end(), [&](const Rule& r) { return r.id == id; });
    return at == rules.end() ? nullptr : &*at;
}

const BreakGlass* Document::emergency(std::string_view id) const {
    auto at = std::find_if(break_glass.begin(), break_glass.end(), [&](const BreakGlass& b) { return b.id == id; });
    return at == break_glass.end() ? nullptr : &*at;
}

Status check_ticket_pattern(std::string_view pattern) {
    if (pattern.size() > longest_ticket_pattern) return fail(ErrorKind::invalid, "longer than 128 characters");
    // std::regex has no way to fail but to throw.
    try {
        (void)std::regex(pattern.begin(), pattern.end(), regex_flags);
    } catch (const std::regex_error& error) { return fail(ErrorKind::invalid, error.what()); }
    return ok();
}

bool ticket_matches(const Approval& approval, std::string_view ticket) {
    if (approval.ticket.empty()) return true;
    if (ticket.size() > longest_ticket || approval.ticket.size() > longest_ticket_pattern) return false;
    try {
        return std::regex_match(ticket.begin(), ticket.end(), std::regex(approval.ticket, regex_flags));
    } catch (const std::regex_error&) { return false; }
}

bool selects(const Selector& selector, const TargetId& id, const Labels& labels) {
    if (!selector.targets.empty() && std::find(selector.targets.begin(), selector.targets.end(), id) == selector.targets.end()) return false;
    return std::all_of(selector.labels.begin(), selector.labels.end(), [&](const auto& wanted) {
        const auto have = labels.find(wanted.first);
        return have != labels.end() && std::find(wanted.second.begin(), wanted.second.end(), have->second) != wanted.second.end();
    });
}

bool selects(const Selector& selector, const AccountId& account) {
    return selector.accounts.empty() || std::find(selector.accounts.begin(), selector.accounts.end(), account) != selector.accounts.end();
}

}  // namespace anteroom::policy
