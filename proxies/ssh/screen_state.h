// ScreenState: where a target's output stands: on the alternate screen or not, inside an escape sequence or a character or
// between them. It looks and keeps a few bytes, whatever it is fed and however it is split.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace anteroom::ssh {

class ScreenState {
public:
    void feed(View output);
    // A full-screen program has the terminal (DECSET 47, 1047, 1049).
    bool alternate() const { return alternate_; }
    // A byte put in here would split nothing.
    bool between() const { return at_ == At::text && pending_ == 0; }

private:
    enum class At : std::uint8_t { text, escape, escape_rest, csi, osc, string };
    void byte(std::uint8_t b);
    void text(std::uint8_t b);
    void escape(std::uint8_t b);
    void csi(std::uint8_t b);
    void end_parameter();
    void end_csi(std::uint8_t final);

    At at_ = At::text;
    bool alternate_ = false;
    std::uint8_t pending_ = 0;                    // bytes that an unfinished UTF-8 character still lacks
    std::uint8_t marker_ = 0, intermediate_ = 0;  // of a CSI: its private marker and its last intermediate byte
    std::uint32_t number_ = 0;                    // the parameter being read
    bool first_ = true, names_the_screen_ = false;
};

}  // namespace anteroom::ssh
