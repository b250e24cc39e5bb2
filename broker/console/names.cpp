// Names of people and their companies.
#include "broker/console/names.h"

namespace anteroom::console {

Result<Names> Names::load(installation::Installation& here) {
    Names out;
    out.people_ = TRY(here.people.list());
    out.document_ = &here.policy.document;
    for (std::size_t i = 0; i < out.people_.size(); ++i) out.at_[out.people_[i].name] = i;
    return out;
}

Names Names::load_one(installation::Installation& here, const PersonId& person) {
    Names out;
    out.document_ = &here.policy.document;
    if (auto found = here.people.find(person); found && *found) {
        out.people_.push_back(std::move(**found));
        out.at_[person] = 0;
    }
    return out;
}

std::string Names::display(const PersonId& person) const {
    const auto at = at_.find(person);
    return at == at_.end() || people_[at->second].display_name.empty() ? person.str() : people_[at->second].display_name;
}

policy::Facts Names::facts(const store::Person& person) {
    policy::Facts out{person.name, person.groups, std::nullopt, person.disabled, person.expires, ""};
    if (!person.vendor.empty()) out.vendor = VendorId(person.vendor);
    return out;
}

std::string Names::vendor(const PersonId& person) const {
    const auto at = at_.find(person);
    if (at == at_.end() || people_[at->second].vendor.empty()) return "";
    const auto& name = people_[at->second].vendor;
    const auto vendor = document_->vendors.find(VendorId(name));
    return vendor == document_->vendors.end() || vendor->second.name.empty() ? name : vendor->second.name;
}

}  // namespace anteroom::console
