// What stands on the menu for one person, and what they can name on it. Looks only; made anew each time it is shown.
#pragma once

#include "broker/talk/conversation.h"

namespace anteroom::talk {

struct MenuEntry {
    policy::Ask ask;
    std::string description;
    std::string state;  // "ready", "ready until ... (request 42)", "needs approval", "outside hours: opens next at ..."
};

class MenuList {
public:
    static Result<MenuList> of(const Party& party);

    std::string text(std::size_t columns) const;
    // What can be reached by the way the person came; the rest is known by name.
    // The entry of a number ("3") or a name ("mri-3", "mri-3+service", "mri-3 as service"); an error is the sentence why there is none.
    Result<policy::Ask> find(const std::vector<std::string>& words) const;
    bool is_entry(const std::string& word) const;

private:
    std::vector<MenuEntry> entries_;
    std::map<std::string, std::string> elsewhere_;  // targets that speak the other protocol, with the sentence how they are reached
    std::vector<std::string> requests_;             // a line for each of the person's own
    std::string approvals_;                         // "" for those who approve nothing
};

// Whether the policy names this person as somebody who decides on requests.
bool approves_anything(const policy::Document& document, const policy::Facts& facts);

}  // namespace anteroom::talk
