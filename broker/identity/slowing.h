// How long failures make the next answer wait. Time comes in; memory is bounded. A stranger's failures never slow a person
// who proves a key: they count for the source, and for the person's password and code attempts without a key.
#pragma once

#include <deque>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"

namespace anteroom::identity {

// What an answer is about. `code_after_key` is the code of somebody who has proven a key in this connection.
enum class AttemptKind { key, password, code, code_after_key };

struct SlowingLimits {
    unsigned free_failures = 3;
    Duration first_delay = std::chrono::milliseconds(500);
    Duration longest_delay = std::chrono::seconds(16);
    Duration forgotten_after = std::chrono::minutes(15);
    unsigned codes_off_at = 100;  // failures without a key in `codes_off_window`
    Duration codes_off_window = std::chrono::hours(24);
    unsigned refuse_source_at = 20;  // failures and incomplete handshakes that are not forgotten
    Duration refuse_source_for = std::chrono::seconds(60);
    std::size_t sources = 8192;
    std::size_t unknown_names = 4096;  // names nobody bears; known people are never crowded out
};

// No delay for the first failures, then doubling. Pure.
Duration delay_after(unsigned failures, const SlowingLimits& limits = {});
// "203.0.113.7" and "::ffff:203.0.113.7" are one source; IPv6 counts by its /64. What is no address is a source by its text.
std::string source_key(std::string_view address);

struct Attempt {
    std::string_view source;  // an address
    std::string_view name;    // the person's name as typed, known or not; empty when it was no name
    bool known = false;
    AttemptKind kind = AttemptKind::password;
};

class Slowing {
public:
    explicit Slowing(SlowingLimits limits = {}) : limits_(limits) {}

    // Counted before verifying, so that a crash refunds nothing; success() takes back what one accepted connection counted.
    void count(const Attempt& attempt, Monotonic now);
    void success(const Attempt& attempt, Monotonic now);
    // How long the answer to this attempt waits.
    Duration delay(const Attempt& attempt, Monotonic now) const;
    // Too many failures for this person: passwords and codes no longer open the door without a key, until they age.
    bool needs_key(std::string_view name, Monotonic now) const;

    // For the gateway. Zero: let the connection in.
    void incomplete_handshake(std::string_view source, Monotonic now);
    Duration refuse_for(std::string_view source, Monotonic now) const;

    std::size_t sources() const { return sources_.size(); }

private:
    struct Count {
        unsigned failures = 0;
        Monotonic last{};
        Monotonic refused_until{};
        std::deque<Monotonic> window;  // people only: the latest codes_off_at failures
    };
    struct Table {
        using Order = std::list<std::string>;
        struct Row {
            Count count;
            Order::iterator place;
        };
        Count& at(const std::string& key, std::size_t limit);  // 0: no limit
        const Count* find(const std::string& key) const;
        std::size_t size() const { return rows.size(); }
        std::unordered_map<std::string, Row> rows;
        Order order;  // the least recently counted first
    };
    void add(Count& count, Monotonic now) const;
    unsigned remembered(const Count* count, Monotonic now) const;
    void blame(std::string_view source, Monotonic now);

    SlowingLimits limits_;
    Table sources_, people_, strangers_, with_key_;
};

}  // namespace anteroom::identity
