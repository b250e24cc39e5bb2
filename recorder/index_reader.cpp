// One entry after another. A key frame comes when its record does; where it stands is told again later, for an Index.
#include "recorder/index_format.h"

namespace anteroom::recorder {

using namespace index;

struct IndexReader::State {
    Records records;
    std::vector<Entry> entries = {};
    std::size_t at = 0;
};

IndexReader::IndexReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
IndexReader::IndexReader(IndexReader&&) noexcept = default;
IndexReader::~IndexReader() = default;

Result<IndexReader> IndexReader::open(Fd file, const IndexKeys& keys) {
    auto records = TRY(Records::open(std::move(file), keys));
    return IndexReader(std::unique_ptr<State>(new State{std::move(records)}));
}

Result<std::optional<Indexed>> IndexReader::next() {
    State& s = *state_;
    while (true) {
        if (s.at == s.entries.size()) {
            const auto record = TRY(s.records.next(true));
            if (!record) return std::nullopt;
            s.entries = TRY(decode_entries(record->plain));
            s.at = 0;
            continue;
        }
        std::optional<Indexed> out;
        std::visit(
            [&](auto& entry) {
                if constexpr (!std::is_same_v<std::decay_t<decltype(entry)>, FramePlace>) out = std::move(entry);
            },
            s.entries[s.at++]);
        if (out) return out;
    }
}

}  // namespace anteroom::recorder
