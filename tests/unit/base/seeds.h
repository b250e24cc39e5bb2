// Randomness for properties: every seed is a run of its own that can be repeated. For tests of every room.
#pragma once

#include <random>

#include "base/bytes.h"

namespace anteroom::testing {

class Seeded {
public:
    explicit Seeded(std::uint64_t seed) : engine_(seed) {}
    std::uint64_t bits() { return engine_(); }
    std::uint64_t below(std::uint64_t limit) { return limit == 0 ? 0 : engine_() % limit; }
    std::int64_t between(std::int64_t least, std::int64_t most) {
        return static_cast<std::int64_t>(static_cast<std::uint64_t>(least) + below(static_cast<std::uint64_t>(most) - static_cast<std::uint64_t>(least) + 1));
    }
    bool chance(unsigned one_in) { return below(one_in) == 0; }
    std::uint8_t byte() { return static_cast<std::uint8_t>(engine_() >> 24); }
    Bytes bytes(std::size_t size) {
        Bytes out(size);
        for (auto& b : out) b = byte();
        return out;
    }
    std::string text(std::size_t size) { return to_string(bytes(size)); }
    std::string text_of(std::string_view letters, std::size_t size) {
        std::string out;
        for (std::size_t i = 0; i < size; ++i) out += letters[below(letters.size())];
        return out;
    }

private:
    std::mt19937_64 engine_;
};

}  // namespace anteroom::testing
