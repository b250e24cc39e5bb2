// What a recording may send to a reviewer's terminal: text, colours, cursor movement, erasing, scrolling, the alternate
// screen, two charsets. Nothing that makes a terminal answer, that sets a title, a clipboard, a link or a key mode, that
// prints, moves windows, or erases the scroll-back. What is not on the list is dropped. Memory is bounded.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace anteroom::recorder {

class TerminalFilter {
public:
    // Appends what may be shown. Sequences may be split over any number of calls.
    void feed(View bytes, std::string& out);
    // Sequences that undo what was shown: main screen, cursor visible, no attributes, whole scroll region.
    std::string finish();

    // No sequence and no character is unfinished: another filter could go on from here.
    bool at_rest() const { return at_ == At::text && need_ == 0; }

    static constexpr std::size_t longest_sequence = 128;     // a longer CSI is dropped whole
    static constexpr std::size_t longest_string = 4u << 20;  // after that much, an unterminated OSC, DCS, ... counts as ended

private:
    enum class At : std::uint8_t { text, escape, charset, escape_rest, csi, csi_drop, string, string_escape };
    void byte(std::uint8_t b, std::string& out);
    void text(std::uint8_t b, std::string& out);
    bool continue_character(std::uint8_t b, std::string& out);
    void begin_character(std::uint8_t b, std::string& out);
    void control(std::uint8_t b, std::string& out);
    void escape(std::uint8_t b, std::string& out);
    void charset(std::uint8_t b, std::string& out);
    void csi(std::uint8_t b, std::string& out);
    void string(std::uint8_t b, std::string& out);
    void finish_csi(char final, std::string& out);
    void private_modes(bool set, std::string& out);
    void replace_reset(std::string& out);

    At at_ = At::text;
    std::string sequence_;  // parameters and intermediates of a CSI
    char intermediate_ = 0, string_kind_ = 0;
    std::size_t string_bytes_ = 0;
    std::array<std::uint8_t, 4> character_{};  // an unfinished UTF-8 character
    std::size_t have_ = 0, need_ = 0;
    const char* alternate_ = nullptr;  // the mode that entered the alternate screen
};

// Replaces what is not UTF-8 by U+FFFD, over event boundaries. Removes nothing else.
class Utf8Repair {
public:
    void feed(View bytes, std::string& out);
    void finish(std::string& out);

private:
    std::array<std::uint8_t, 4> held_{};
    std::size_t have_ = 0, need_ = 0;
};

// For a decoder of one character: how many bytes begin with `lead` (0: none do), and whether `second` may follow it.
std::size_t utf8_length(std::uint8_t lead);
bool utf8_second_fits(std::uint8_t lead, std::uint8_t second);
inline constexpr std::string_view replacement_character = "\xef\xbf\xbd";

}  // namespace anteroom::recorder
