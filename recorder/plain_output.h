// What commands without a terminal printed, as text for a terminal: between lines of Anteroom's own, in reverse video, stands what was printed, without
// any attribute and only ever appended. So output can neither look like such a line nor hide what stands there. What is no text, and what is known as a
// file's transfer, is counted. Input is counted only.
#pragma once

#include <map>
#include <set>

#include "recorder/terminal_filter.h"
#include "recorder/tracks.h"

namespace anteroom::recorder {

// Bytes of one stream as such text. A line ends with CR LF, whatever ended it; colours are dropped, other sequences are spelled out.
class PlainText {
public:
    void feed(View bytes, std::string& out);
    void finish(std::string& out);  // what was held back

private:
    bool sequence(std::uint8_t b, std::string& out);
    void end_line(std::string& out);
    TerminalFilter filter_;
    std::string held_;  // the beginning of a sequence
    bool empty_ = true, after_cr_ = false;
};

class PlainOutput {
public:
    static constexpr std::size_t most_channels = 256, most_terminals = 4096, longest_command = 4096;

    // What this event adds to the screen, for events of all tracks in their order. Nothing where `seen` is false: then something else is on it.
    std::string event(const Event& event, bool seen = true);
    // What is left to say at the end.
    std::string finish();
    // Something else was shown: the cursor may stand anywhere.
    void disturbed();
    // What ends an unfinished line of it before something else is shown.
    std::string give_way();

private:
    struct Channel {
        std::string command;
        bool announced = false, transfer = false;
        std::uint64_t out = 0, error = 0, in = 0, not_text = 0;
        PlainText text, errors;
    };
    Channel& channel(std::uint32_t number);
    std::string told(const Event& event);
    std::string exec(const Event& event);
    std::string ended(const Event& event, Channel& channel);
    std::string printed(const Event& event);
    std::string summary(const Event& event);
    std::string uncounted(std::uint32_t number, Channel& channel);
    std::string turn_to(std::uint32_t number, Channel& channel);
    std::string own_line(std::uint32_t number, std::string_view text);

    std::map<std::uint32_t, Channel> channels_;
    std::set<std::uint32_t> terminals_;
    std::optional<std::uint32_t> last_;  // the channel that the screen shows at its end
    bool mid_line_ = false, disturbed_ = false;
};

// scp's, rsync's and sftp's other side, and nothing beside it in the same command.
bool is_file_transfer(std::string_view command);
// May be shown as text; UTF-16 too. Else it is counted.
bool is_mostly_text(View bytes);

}  // namespace anteroom::recorder
