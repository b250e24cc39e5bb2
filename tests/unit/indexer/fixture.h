// A recording as it is written, and what an Indexer makes of it.
#pragma once

#include "recorder/indexer/indexer.h"
#include "tests/unit/recorder/fixture.h"

namespace anteroom::indexer::testing {

using namespace recorder::testing;
using recorder::Track;
using std::chrono::milliseconds;
using std::chrono::seconds;

template <class T>
std::vector<T> of(const std::vector<recorder::Indexed>& entries) {
    std::vector<T> out;
    for (const auto& entry : entries)
        if (const auto* one = std::get_if<T>(&entry)) out.push_back(*one);
    return out;
}

// Every call is a piece of its own.
struct Recorded {
    Session session;
    std::uint64_t next_at = 0;

    void event(std::int64_t ms, Track track, std::uint8_t kind, View bytes, std::uint32_t channel = 0) {
        must(session.writer.append(track, kind, channel, bytes, at(ms * 1000)));
        must(session.writer.flush());
    }
    void output(std::int64_t ms, std::string_view text, std::uint32_t channel = 0) { event(ms, Track::terminal_output, 0, view(text), channel); }
    void typed(std::int64_t ms, std::uint32_t bytes = 1) { event(ms, Track::terminal_input, 0, wire::encode(bytes)); }

    recorder::Reader reader(bool live = false) {
        return must(recorder::Reader::open(must(session.file.duplicate()), session.created.data_key.expose(), session.keys.broker_public, live));
    }
    std::vector<recorder::Indexed> index() {
        std::vector<recorder::Indexed> entries;
        Indexer indexer([&](const recorder::Indexed& entry) {
            entries.push_back(entry);
            return ok();
        });
        auto from = reader();
        while (const auto piece = must(from.next())) must(indexer.piece(*piece));
        must(indexer.finish(true));
        return entries;
    }
    std::vector<std::string> lines() {
        std::vector<std::string> out;
        for (const auto& line : of<recorder::ShownLine>(index())) out.push_back(line.text);
        return out;
    }
    std::vector<recorder::Moment> moments(recorder::Lane lane) {
        std::vector<recorder::Moment> out;
        for (const auto& one : of<recorder::Moment>(index()))
            if (one.lane == lane) out.push_back(one);
        return out;
    }
};

}  // namespace anteroom::indexer::testing
