// Requests, terms and deciders as the pure machine gets them, made by hand.
#pragma once

#include <gtest/gtest.h>

#include "broker/access/request.h"

namespace anteroom::access::testing {

using namespace std::chrono_literals;

inline const Time noon = from_micros(1'767'614'400'000'000);  // 2026-01-05T12:00:00Z
inline const policy::Ask mri3{TargetId("mri-3"), AccountId("service")};
inline const policy::Ask mri4{TargetId("mri-4"), AccountId("service")};

inline Request asked_for(std::vector<policy::Ask> asks = {mri3}, Duration length = 2h) {
    Request out;
    out.id = 42;
    out.person = PersonId("sam");
    for (auto& ask : asks) out.wanted.push_back({ask, "mri-service"});
    out.reason = "gradient coil";
    out.asked = length;
    out.created = noon;
    out.waits_until = noon + 24h;
    return out;
}

inline Terms terms_of(const Request& request, int count = 1, Duration max = 4h) {
    Terms out;
    for (std::size_t i = 0; i < request.wanted.size(); ++i) out.of.push_back({true, count, max});
    out.max = max;
    return out;
}

inline Decider decider(const char* name, std::vector<std::size_t> covers = {0}) { return {PersonId(name), name, "sam", std::nullopt, name, std::move(covers)}; }
inline Decider standing_in(const char* name, const char* of, std::vector<std::size_t> covers = {0}) {
    return {PersonId(name), name, "sam", PersonId(of), of, std::move(covers)};
}

// The request after a command, or the test ends with the sentence.
inline Request after(const Request& request, const Command& command, const Terms& terms, Time now = noon) {
    auto out = apply(request, command, terms, now);
    if (!out) throw std::runtime_error(out.error().detail);
    return *out;
}
inline std::string sentence(const Request& request, const Command& command, const Terms& terms, Time now = noon) {
    const auto out = apply(request, command, terms, now);
    return out ? "it was done" : out.error().detail;
}
inline Request approved(Time now = noon) {
    const auto request = asked_for();
    return after(request, command::Approve{decider("dana"), std::nullopt, false}, terms_of(request), now);
}

}  // namespace anteroom::access::testing
