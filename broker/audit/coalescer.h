// Floods of equal records, made small: says which are written now and which are only counted, and hands out the counts
// when their window is over. Pure: takes the time, holds no clock, writes nothing. Memory is bounded: once `keys` bursts
// are open, further ones share one window a kind.
#pragma once

#include <map>
#include <vector>

#include "broker/audit/record.h"

namespace anteroom::audit {

struct CoalescerOptions {
    Duration window = std::chrono::seconds(60);
    std::size_t keys = 1024;
};

// One record that stands for many.
struct Summary {
    std::string key;
    Record record;  // with the fields `repeated`, `since` and, where several bursts shared a window, `various`
};

class Coalescer {
public:
    explicit Coalescer(CoalescerOptions options) : options_(options) {}

    // True: write this record now, then call opened(). False: it has been counted.
    bool wants_written(std::string_view key, const Record& record, Monotonic now);
    void opened(std::string_view key, const Record& record, Monotonic now, Time wall);
    // The windows that are over and counted something. Each stays until written(), so a failed write loses no count;
    // those that counted nothing are forgotten at once.
    std::vector<Summary> due(Monotonic now);
    std::vector<Summary> all();
    void written(const std::string& key);
    std::size_t open_windows() const { return bursts_.size(); }

private:
    struct Burst {
        Record first;
        Monotonic opened;
        Time since;
        std::int64_t repeated = 0;
        bool various = false;
    };
    std::string slot_of(std::string_view key, Kind kind) const;
    static Summary summary_of(const std::string& slot, const Burst& burst);

    CoalescerOptions options_;
    std::map<std::string, Burst> bursts_;
};

}  // namespace anteroom::audit
