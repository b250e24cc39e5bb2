// Admitting and evicting.
#include "web/guests.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/bytes.h"

namespace anteroom::web {

std::string source_of(const std::string& address) {
    std::array<std::uint8_t, 16> bytes{};
    if (::inet_pton(AF_INET, address.c_str(), bytes.data()) == 1) return bytes[0] == 127 ? "" : address;
    if (::inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) return address;
    constexpr std::array<std::uint8_t, 16> loopback{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    return bytes == loopback ? "" : hex(View(bytes).first(8));
}

std::optional<Guests::Id> Guests::oldest_without_request(const std::string& source) const {
    for (const auto id : without_request_)
        if (source.empty() || guests_.at(id).source == source) return id;
    return std::nullopt;
}

std::optional<Guests::Id> Guests::oldest_waiting(const std::string& source) const {
    for (const auto id : waiting_)
        if (source.empty() || guests_.at(id).source == source) return id;
    return std::nullopt;
}

Guests::Admission Guests::admit(const std::string& address, Monotonic now) {
    const auto source = source_of(address);
    const auto known = unproven_.find(source);
    const bool too_many_of_one = !source.empty() && known != unproven_.end() && known->second >= limits_.unproven_of_a_source;
    Admission admission;
    if (too_many_of_one || guests_.size() >= limits_.all) {
        // Who is over the measure of one address makes room among their own only.
        const auto among = too_many_of_one ? source : std::string();
        admission.goes = oldest_without_request(among);
        if (!admission.goes) admission.goes = oldest_waiting(among);
        if (!admission.goes) return {};
        leave(*admission.goes);
    }
    const Id id = next_++;
    guests_[id] = {source, Step::handshake, now + limits_.handshake, !source.empty(), false, false};
    if (!source.empty()) ++unproven_[source];
    without_request_.insert(id);
    admission.id = id;
    return admission;
}

void Guests::step(Id id, Step step, Monotonic now) {
    const auto found = guests_.find(id);
    if (found == guests_.end()) return;
    auto& guest = found->second;
    guest.step = step;
    switch (step) {
        case Step::handshake: guest.until = now + limits_.handshake; break;
        case Step::head: guest.until = now + limits_.head; break;
        case Step::body: guest.until = now + limits_.body; break;
        case Step::serving: guest.until = now + limits_.answer; break;
        case Step::writing: guest.until = now + limits_.write; break;
        case Step::waiting: guest.until = now + limits_.idle; break;
    }
    if (step == Step::serving || step == Step::writing || step == Step::waiting) guest.asked = true;
    place(id, guest);
}

void Guests::place(Id id, const Guest& guest) {
    if (guest.asked) without_request_.erase(id);
    if (guest.step == Step::waiting && !guest.proven) waiting_.insert(id);
    else waiting_.erase(id);
}

void Guests::prove(Id id) {
    const auto found = guests_.find(id);
    if (found == guests_.end() || found->second.proven) return;
    auto& guest = found->second;
    guest.proven = true;
    if (guest.counted) {
        if (--unproven_[guest.source] == 0) unproven_.erase(guest.source);
        guest.counted = false;
    }
    place(id, guest);
}

void Guests::leave(Id id) {
    const auto found = guests_.find(id);
    if (found == guests_.end()) return;
    if (found->second.counted && --unproven_[found->second.source] == 0) unproven_.erase(found->second.source);
    without_request_.erase(id);
    waiting_.erase(id);
    guests_.erase(found);
}

std::vector<Guests::Id> Guests::overdue(Monotonic now) const {
    std::vector<Id> late;
    for (const auto& [id, guest] : guests_)
        if (guest.until <= now) late.push_back(id);
    return late;
}

}  // namespace anteroom::web
