// How the menu's list is made and read.
#include "broker/talk/menu_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "broker/talk/request_standing.h"
#include "broker/talk/words.h"
#include "policy/explain.h"

namespace anteroom::talk {
namespace {

using Verdict = policy::Decision::Verdict;

std::string request_behind(const Standing& standing, Time now) {
    if (standing.request && standing.request->grants(now)) return fmt::format(" (request {})", standing.request->id);
    return "";
}

std::string closed_text(const policy::Decision& decision) {
    if (decision.reason != policy::Decision::Reason::schedule) return printable(decision.sentence, 400);
    constexpr std::string_view opens = "opens next at ";
    const auto at = decision.sentence.find(opens);
    if (at == std::string::npos) return "outside hours";
    auto when = decision.sentence.substr(at);
    if (when.ends_with('.')) when.pop_back();
    return "outside hours: " + printable(when);
}

std::string entry_state(Installation& here, const Standing& standing, bool break_glass) {
    const auto now = here.clock.now();
    if (standing.emergency)
        return fmt::format("ready until {} (break-glass{}, request {})", standing.emergency->ends ? here.time_text(*standing.emergency->ends) : "",
                           standing.emergency->drill ? " DRILL" : "", standing.emergency->id);
    const auto& decision = standing.decision;
    std::string out;
    if (decision.verdict == Verdict::permit) {
        const auto behind = request_behind(standing, now);
        // Without a grant the end is that of the hours: nothing that a person plans by here.
        const bool granted = std::find(decision.on_request.begin(), decision.on_request.end(), decision.rule) != decision.on_request.end();
        return granted && decision.ends ? "ready until " + here.time_text(*decision.ends) + behind : "ready";
    }
    if (standing.request) {
        const bool waits = standing.request->state == access::RequestState::requested;
        out = waits ? fmt::format("waits for approval (request {})", standing.request->id)
                    : fmt::format("approved {} (request {})", granted_text(here, *standing.request), standing.request->id);
    } else {
        out = decision.verdict == Verdict::needs_approval ? std::string("needs approval") : closed_text(decision);
        if (break_glass && decision.reason == policy::Decision::Reason::no_rule) return "in an emergency only: break-glass";
    }
    return break_glass ? out + "; break-glass" : out;
}

Result<std::vector<std::string>> own_requests(const Party& party, const std::vector<MenuEntry>& entries) {
    std::vector<std::int64_t> seen;
    std::vector<std::string> out;
    for (const auto& entry : entries) {
        const auto request = TRY(party.access.open_request(party.person, entry.ask));
        if (!request || request->emergency || !access::is_open(request->state) || std::find(seen.begin(), seen.end(), request->id) != seen.end()) continue;
        seen.push_back(request->id);
        if (request->state != access::RequestState::requested) {
            out.push_back(state_text(party.here, *request) + " (" + places_text(*request) + ")");
            continue;
        }
        const auto card = TRY(party.access.card(*request));
        out.push_back(waiting_for_text(card) + " (" + places_text(*request) + ")");
    }
    return out;
}

std::optional<std::size_t> number_of(std::string_view word) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (word.empty() || error != std::errc() || end != word.data() + word.size()) return std::nullopt;
    return number;
}

}  // namespace

bool approves_anything(const policy::Document& document, const policy::Facts& facts) {
    return std::any_of(document.rules.begin(), document.rules.end(), [&](const policy::Rule& rule) {
        if (!rule.approval) return false;
        return policy::is_one_of(document, facts, rule.approval->by) ||
               (rule.approval->escalate && policy::is_one_of(document, facts, rule.approval->escalate->to));
    });
}

Result<MenuList> MenuList::of(const Party& party) {
    MenuList out;
    const auto& document = party.here.policy.document;
    const auto facts = TRY(party.here.facts_of(party.person, party.source_ip));
    for (const auto& one : policy::reachable(document, facts, party.here.clock.now())) {
        const policy::Ask ask{one.target, one.account};
        if (const auto speaks = document.targets.at(one.target).protocol; speaks != party.protocol) {
            out.elsewhere_.emplace(one.target.str(), other_way(party.here, party.person, ask, speaks));
            continue;
        }
        const auto standing = TRY(standing_of(party, ask));
        out.entries_.push_back({ask, printable(one.description, 80), entry_state(party.here, standing, one.break_glass)});
    }
    out.requests_ = TRY(own_requests(party, out.entries_));
    const auto waiting = TRY(party.access.waiting_for(party.person));
    if (!waiting.empty() || approves_anything(document, facts))
        out.approvals_ = waiting.empty() ? "approvals: none waiting" : fmt::format("approvals: {} waiting", waiting.size());
    return out;
}

std::string MenuList::text(std::size_t columns) const {
    std::string out = entries_.empty() ? "There is nothing that you may reach." : "You may reach:";
    std::size_t names = 0, descriptions = 0;
    for (const auto& entry : entries_) {
        names = std::max(names, place_text(entry.ask).size());
        descriptions = std::max(descriptions, entry.description.size());
    }
    const auto number_width = std::to_string(entries_.size()).size();
    const auto width = 2 + number_width + 2 + names + (descriptions > 0 ? descriptions + 3 : 0);
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        const auto& entry = entries_[i];
        auto line = fmt::format("  {:>{}}  {:<{}}", i + 1, number_width, place_text(entry.ask), names);
        if (descriptions > 0) line += fmt::format("   {:<{}}", entry.description, descriptions);
        // Where the line would be wider than the screen, the state stands below.
        if (columns == 0 || width + 3 + entry.state.size() <= columns) {
            line += "   " + entry.state;
        } else {
            line.erase(line.find_last_not_of(' ') + 1);
            line += "\n" + std::string(number_width + 6, ' ') + entry.state;
        }
        out += "\n" + line;
    }
    for (const auto& request : requests_) out += "\n" + request;
    if (!approvals_.empty()) out += "\n" + approvals_;
    return out + "\nsecurity: passwords, codes and keys";
}

bool MenuList::is_entry(const std::string& word) const {
    if (number_of(word)) return true;
    const auto target = word.substr(0, word.find_first_of("+:"));
    return elsewhere_.contains(target) ||
           std::any_of(entries_.begin(), entries_.end(), [&](const MenuEntry& entry) { return entry.ask.target.str() == target; });
}

Result<policy::Ask> MenuList::find(const std::vector<std::string>& words) const {
    const auto none = [&] { return fail(ErrorKind::not_found, "There is no \"" + printable(words.empty() ? "" : words[0], 80) + "\" on the list."); };
    if (words.empty()) return none();
    if (const auto number = number_of(words[0])) {
        if (words.size() != 1 || *number == 0 || *number > entries_.size()) return none();
        return entries_[*number - 1].ask;
    }
    const auto plus = words[0].find_first_of("+:");
    const auto target = words[0].substr(0, plus);
    auto account = plus == std::string::npos ? std::string() : words[0].substr(plus + 1);
    if (words.size() > 1) account = words.back();
    if (words.size() > 3 || (words.size() == 3 && words[1] != "as")) return none();
    std::vector<policy::Ask> found;
    std::vector<std::string> accounts;
    for (const auto& entry : entries_) {
        if (entry.ask.target.str() != target || (!account.empty() && entry.ask.account.str() != account)) continue;
        found.push_back(entry.ask);
        accounts.push_back(entry.ask.account.str());
    }
    if (const auto other = elsewhere_.find(target); found.empty() && other != elsewhere_.end()) return fail(ErrorKind::invalid, other->second);
    if (found.empty()) return none();
    if (found.size() > 1) return fail(ErrorKind::invalid, "Say which account: " + printable(target) + "+ACCOUNT, with one of " + listed(accounts) + ".");
    return found.front();
}

}  // namespace anteroom::talk
