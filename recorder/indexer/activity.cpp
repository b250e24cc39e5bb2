// Both rows have the same length. A bucket that still fills is written again with the next ones.
#include "recorder/indexer/activity.h"

#include <algorithm>

namespace anteroom::indexer {

namespace {

constexpr std::size_t at_once = 4096;

std::uint32_t sum(std::uint64_t a, std::uint64_t b) { return static_cast<std::uint32_t>(std::min<std::uint64_t>(a + b, 0xffffffff)); }

}  // namespace

void ActivityCounter::add(Duration at, std::uint64_t amount, std::vector<std::uint32_t>& to) {
    if (amount == 0 || at < Duration(0)) return;
    while (static_cast<std::uint64_t>(at / each_) >= most_buckets) coarsen();
    const auto bucket = static_cast<std::size_t>(at / each_);
    if (bucket >= shown_.size()) {
        shown_.resize(bucket + 1);
        typed_.resize(bucket + 1);
    }
    to[bucket] = sum(to[bucket], std::min<std::uint64_t>(amount, 0xffffffff));
    changed_from_ = std::min(changed_from_, bucket);
}

void ActivityCounter::coarsen() {
    each_ *= 2;
    for (auto* row : {&shown_, &typed_}) {
        for (std::size_t i = 0; i < row->size(); i += 2) (*row)[i / 2] = sum((*row)[i], i + 1 < row->size() ? (*row)[i + 1] : 0);
        row->resize((row->size() + 1) / 2);
    }
    changed_from_ = 0;
}

Status ActivityCounter::flush(const Sink& sink) {
    while (changed_from_ < shown_.size()) {
        const auto end = std::min(shown_.size(), changed_from_ + at_once);
        recorder::Activity part;
        part.each = each_;
        part.first = changed_from_;
        const auto slice = [&](const std::vector<std::uint32_t>& row) {
            return std::vector<std::uint32_t>(row.begin() + static_cast<std::ptrdiff_t>(changed_from_), row.begin() + static_cast<std::ptrdiff_t>(end));
        };
        part.shown = slice(shown_);
        part.typed = slice(typed_);
        TRY(sink(part));
        changed_from_ = end;
    }
    return ok();
}

}  // namespace anteroom::indexer
