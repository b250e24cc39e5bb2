// Inside broker/access/: everybody, as one command finds them, and what follows from it and from the policy in force: the Terms of a
// request, who decides on it and as which human. Nothing here changes anything.
#pragma once

#include "broker/access/request.h"
#include "broker/installation/installation.h"

namespace anteroom::access {

class Circle {
public:
    static Result<Circle> load(installation::Installation& here);
    Circle(const policy::Document& document, std::vector<store::Person> people);  // the document outlives it

    const store::Person* find(const PersonId& person) const;
    // One for all accounts of a person: their e-mail address in small letters, where there is one, else the name.
    std::string human(const PersonId& person) const;
    std::string display_name(const PersonId& person) const;  // the name where there is no other
    std::string vendor_name(const PersonId& person) const;   // "" for people of the house
    const std::vector<policy::Facts>& facts() const { return facts_; }
    // Of somebody who asks from `source`. From the command line ("") it is not known where they sit: that is looked at when they connect.
    policy::Facts facts_of(const PersonId& person, const std::string& source) const;

    Terms terms(const Request& request, Time now) const;
    // Their best voice: their own or that of somebody they stand in for. `covers` is empty for who decides nothing.
    Decider decider(const Request& request, const PersonId& person, Time now) const;
    // The giver of an earlier yes, as of now; none when they no longer decide in that name.
    std::optional<Decider> decider_of(const Request& request, const Yes& yes, Time now) const;
    std::vector<PersonId> deciders(const Request& request, Time now) const;  // everybody who may
    bool is_one_of(const PersonId& person, const policy::Subjects& subjects, Time now) const;

private:
    std::vector<Decider> voices(const Request& request, const PersonId& person, Time now) const;

    const policy::Document& document_;
    std::vector<store::Person> people_;
    std::vector<policy::Facts> facts_;
};

// The longest grant that the rule permits.
Duration longest(const policy::Rule& rule);
// The rules of what is asked for, each once; those that are gone are left out.
std::vector<const policy::Rule*> rules_of(const policy::Document& document, const Request& request);
std::vector<std::string> confirmations(const policy::Document& document, const Request& request);
bool wants_self_enrolled(const policy::Document& document, const Request& request);
// "1 of imaging-admins"; nothing where nothing is waited for.
std::vector<std::string> waits_for(const policy::Document& document, const Request& request, const Terms& terms, Time now);

// What the waiting is counted from: the request, or the extension of one that is granted.
inline Time asked_at(const Request& request) { return request.extension ? request.extension->asked : request.created; }

}  // namespace anteroom::access
