// Who is connected, and what they may take: how many, how many of one address before they have shown anything, and how long each step
// may last. Whoever only holds a place gives it to the next: the oldest connection without a request goes first. Pure; time is given.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/clock.h"

namespace anteroom::web {

class Guests {
public:
    struct Limits {
        std::size_t all = 2048;
        std::size_t unproven_of_a_source = 64;  // this machine itself is not counted: it may be somebody's proxy
        Duration handshake = std::chrono::seconds(10), head = std::chrono::seconds(10), body = std::chrono::seconds(20), answer = std::chrono::seconds(60),
                 write = std::chrono::seconds(30), idle = std::chrono::seconds(60);
    };
    explicit Guests(Limits limits) : limits_(limits) {}

    // waiting: between two requests. serving: something of ours is under way.
    enum class Step : std::uint8_t { handshake, head, body, serving, writing, waiting };
    using Id = std::uint64_t;
    struct Admission {
        std::optional<Id> id;    // none: there is no place
        std::optional<Id> goes;  // has to give up its place for it; it has left already
    };
    Admission admit(const std::string& address, Monotonic now);
    void step(Id id, Step step, Monotonic now);
    // Somebody the broker knows sits there: their connections are not counted against their address.
    void prove(Id id);
    void leave(Id id);
    std::vector<Id> overdue(Monotonic now) const;
    std::size_t count() const { return guests_.size(); }

private:
    struct Guest {
        std::string source;
        Step step = Step::handshake;
        Monotonic until{};
        bool counted = false, proven = false, asked = false;
    };
    std::optional<Id> oldest_without_request(const std::string& source) const;
    std::optional<Id> oldest_waiting(const std::string& source) const;
    void place(Id id, const Guest& guest);

    Limits limits_;
    std::map<Id, Guest> guests_;
    std::set<Id> without_request_, waiting_;
    std::map<std::string, std::size_t> unproven_;
    Id next_ = 1;
};

// What counts as one source: an IPv4 address, the /64 of an IPv6 address; "" for this machine.
std::string source_of(const std::string& address);

}  // namespace anteroom::web
