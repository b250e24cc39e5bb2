// What people and verdicts are called: people are looked up once for a list.
#pragma once

#include <algorithm>
#include <map>

#include "broker/installation/installation.h"

namespace anteroom::console {

class Names {
public:
    static Result<Names> load(installation::Installation& here);
    static Names load_one(installation::Installation& here, const PersonId& person);  // of nobody else; a stranger is called by their name
    const std::vector<store::Person>& people() const { return people_; }
    std::string display(const PersonId& person) const;  // the name where there is no other
    std::string vendor(const PersonId& person) const;   // "Acme Imaging"; "" for people of the house
    static policy::Facts facts(const store::Person& person);

private:
    std::vector<store::Person> people_;
    std::map<PersonId, std::size_t> at_;
    const policy::Document* document_ = nullptr;
};

// "permit", "needs-approval", "deny"
inline std::string verdict_word(policy::Decision::Verdict verdict) {
    std::string out(policy::name(verdict));
    std::replace(out.begin(), out.end(), '_', '-');
    return out;
}

}  // namespace anteroom::console
