// Counts of failures by source and by person, each forgotten some time after the latest one.
#include "broker/identity/slowing.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"

namespace anteroom::identity {

Duration delay_after(unsigned failures, const SlowingLimits& limits) {
    if (failures <= limits.free_failures) return Duration::zero();
    auto delay = limits.first_delay;
    for (unsigned i = limits.free_failures + 1; i < failures && delay < limits.longest_delay; ++i) delay *= 2;
    return std::min(delay, limits.longest_delay);
}

std::string source_key(std::string_view address) {
    std::string text(address.substr(0, address.find('%')).substr(0, 64));
    std::array<std::uint8_t, 16> bytes{};
    if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return "4:" + hex(View(bytes).first(4));
    if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return "?:" + text;
    static constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (std::equal(mapped.begin(), mapped.end(), bytes.begin())) return "4:" + hex(View(bytes).subspan(12));
    return "6:" + hex(View(bytes).first(8));
}

Slowing::Count& Slowing::Table::at(const std::string& key, std::size_t limit) {
    if (auto found = rows.find(key); found != rows.end()) {
        order.splice(order.end(), order, found->second.place);
        return found->second.count;
    }
    while (limit && rows.size() >= limit) {
        rows.erase(order.front());
        order.pop_front();
    }
    auto place = order.insert(order.end(), key);
    return rows.emplace(key, Row{.count = {}, .place = place}).first->second.count;
}

const Slowing::Count* Slowing::Table::find(const std::string& key) const {
    auto found = rows.find(key);
    return found == rows.end() ? nullptr : &found->second.count;
}

unsigned Slowing::remembered(const Count* count, Monotonic now) const { return count && now - count->last < limits_.forgotten_after ? count->failures : 0; }

void Slowing::add(Count& count, Monotonic now) const {
    count.failures = std::min(remembered(&count, now) + 1, 1'000'000u);
    count.last = now;
}

void Slowing::blame(std::string_view source, Monotonic now) {
    auto& count = sources_.at(source_key(source), limits_.sources);
    add(count, now);
    if (count.failures >= limits_.refuse_source_at) count.refused_until = now + limits_.refuse_source_for;
}

void Slowing::count(const Attempt& attempt, Monotonic now) {
    blame(attempt.source, now);
    std::string name(attempt.name.substr(0, 64));
    if (attempt.kind == AttemptKind::key) return;
    if (attempt.kind == AttemptKind::code_after_key) return add(with_key_.at(name, 0), now);
    auto& count = attempt.known ? people_.at(name, 0) : strangers_.at(name, limits_.unknown_names);
    add(count, now);
    if (!attempt.known) return;
    count.window.push_back(now);
    if (count.window.size() > limits_.codes_off_at) count.window.pop_front();
}

void Slowing::success(const Attempt& attempt, Monotonic now) {
    auto take_back = [&](Table& table, const std::string& key) {
        auto found = table.rows.find(key);
        if (found == table.rows.end()) return;
        auto& count = found->second.count;
        count.failures = remembered(&count, now);
        if (count.failures) --count.failures;
        if (count.failures < limits_.refuse_source_at) count.refused_until = {};
        if (!count.window.empty()) count.window.pop_back();
    };
    std::string name(attempt.name.substr(0, 64));
    take_back(sources_, source_key(attempt.source));
    if (attempt.kind == AttemptKind::code_after_key) take_back(with_key_, name);
    else if (attempt.kind != AttemptKind::key) take_back(attempt.known ? people_ : strangers_, name);
}

Duration Slowing::delay(const Attempt& attempt, Monotonic now) const {
    std::string name(attempt.name.substr(0, 64));
    // Whoever has proven a key is slowed by that key's failures alone: not by strangers who share an address with them.
    if (attempt.kind == AttemptKind::code_after_key) return delay_after(remembered(with_key_.find(name), now), limits_);
    auto of_source = delay_after(remembered(sources_.find(source_key(attempt.source)), now), limits_);
    if (attempt.kind == AttemptKind::key) return of_source;
    return std::max(of_source, delay_after(remembered((attempt.known ? people_ : strangers_).find(name), now), limits_));
}

bool Slowing::needs_key(std::string_view name, Monotonic now) const {
    const auto* count = people_.find(std::string(name.substr(0, 64)));
    return count && count->window.size() >= limits_.codes_off_at && now - count->window.front() < limits_.codes_off_window;
}

void Slowing::incomplete_handshake(std::string_view source, Monotonic now) { blame(source, now); }

Duration Slowing::refuse_for(std::string_view source, Monotonic now) const {
    const auto* count = sources_.find(source_key(source));
    return count && count->refused_until > now ? count->refused_until - now : Duration::zero();
}

}  // namespace anteroom::identity
