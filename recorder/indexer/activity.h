// How much was shown and typed, in buckets of a second; coarser ones when a recording is long.
#pragma once

#include "recorder/indexer/lines.h"

namespace anteroom::indexer {

class ActivityCounter {
public:
    static constexpr std::size_t most_buckets = 30'000;
    void shown(Duration at, std::uint64_t amount) { add(at, amount, shown_); }
    void typed(Duration at, std::uint64_t amount) { add(at, amount, typed_); }
    // Writes what has changed since the last time.
    Status flush(const Sink& sink);

private:
    void add(Duration at, std::uint64_t amount, std::vector<std::uint32_t>& to);
    void coarsen();

    Duration each_ = std::chrono::seconds(1);
    std::vector<std::uint32_t> shown_, typed_;
    std::size_t changed_from_ = 0;
};

}  // namespace anteroom::indexer
