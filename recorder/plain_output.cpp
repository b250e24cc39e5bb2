// A sequence is held back until it is known to be a colour; only text reaches the TerminalFilter, which repairs its UTF-8.
#include "recorder/plain_output.h"

#include <algorithm>
#include <tuple>

namespace anteroom::recorder {

namespace {

constexpr std::uint8_t esc = 0x1b;
constexpr std::size_t longest_colour = 40, short_command = 200;
constexpr std::string_view line_end = "\r\n";

std::string grouped(std::uint64_t number) {
    std::string out = std::to_string(number);
    for (std::size_t at = out.size(); at > 3; at -= 3) out.insert(at - 3, ",");
    return out;
}
std::string bytes_text(std::uint64_t number) { return grouped(number) + (number == 1 ? " byte" : " bytes"); }

std::vector<std::string_view> words(std::string_view text) {
    std::vector<std::string_view> out;
    while (true) {
        const auto begin = text.find_first_not_of(' ');
        if (begin == text.npos) return out;
        text.remove_prefix(begin);
        out.push_back(text.substr(0, text.find(' ')));
        text.remove_prefix(out.back().size());
    }
}

bool ends(ExecKind kind) { return kind == ExecKind::exit_status || kind == ExecKind::exit_signal; }

}  // namespace

bool is_file_transfer(std::string_view command) {
    if (command.find_first_of(";&|`$()<>\r\n") != command.npos) return false;
    const auto said = words(command);
    if (said.empty()) return false;
    const auto program = said[0].substr(said[0].rfind('/') + 1);
    const bool known = said[0] == program || said[0].starts_with("/usr/");
    if (!known) return false;
    if (program == "sftp-server" || program == "internal-sftp") return true;
    if (said.size() < 2) return false;
    if (program == "rsync") return said[1] == "--server";
    if (program != "scp") return false;
    return std::ranges::any_of(said.begin() + 1, said.end(), [](std::string_view one) { return one == "-t" || one == "-f"; });
}

bool is_mostly_text(View bytes) {
    std::size_t nuls = 0, bad = 0;
    for (std::size_t at = 0; at < bytes.size();) {
        const std::uint8_t b = bytes[at];
        std::size_t length = utf8_length(b);
        if (b == 0) ++nuls;
        else if (b < 0x20 ? !(b >= '\b' && b <= '\r') && b != esc : b == 0x7f) ++bad;
        else if (length > 1 && at + length > bytes.size()) break;  // cut by the event
        else if (length > 1 && !utf8_second_fits(b, bytes[at + 1])) length = 0;
        // At the beginning of an event, the rest of a character.
        if (length == 0 && !(at < 3 && (b & 0xc0) == 0x80)) ++bad;
        at += std::max<std::size_t>(length, 1);
    }
    const std::size_t rest = bytes.size() - nuls;
    return rest > 0 && nuls <= rest + 1 && bad * 4 <= rest;
}

void PlainText::feed(View bytes, std::string& out) {
    for (const std::uint8_t b : bytes) {
        if (!held_.empty() && sequence(b, out)) continue;
        const bool after_cr = std::exchange(after_cr_, false);
        switch (b) {
            case esc: held_ = "\x1b"; break;
            case '\r':
                // A line that is written again stands below: on its place it would hide what stood there.
                after_cr_ = !empty_;
                if (!empty_) end_line(out);
                break;
            case '\n':
                if (!after_cr) end_line(out);
                break;
            case '\v':
            case '\f': end_line(out); break;
            case '\b':
            case 0x0e:
            case 0x0f: break;  // would write over what stands there, or change letters
            default: empty_ = false; filter_.feed(View(&b, 1), out);
        }
    }
}

// False: `b` belongs to no sequence, and what was held is written as text.
bool PlainText::sequence(std::uint8_t b, std::string& out) {
    const bool opened = held_.size() > 1;
    if (!opened && b == '[') {
        held_ += '[';
        return true;
    }
    if (opened && (b == 'm' || b == 'K')) {  // K: `grep --color` erases behind each colour
        held_.clear();
        return true;
    }
    if (opened && ((b >= '0' && b <= '9') || b == ';' || b == ':') && held_.size() < longest_colour) {
        held_ += static_cast<char>(b);
        return true;
    }
    finish(out);
    return false;
}

void PlainText::finish(std::string& out) {
    if (held_.empty()) return;
    out += printable(held_);
    empty_ = false;
    held_.clear();
}

void PlainText::end_line(std::string& out) {
    out += line_end;
    empty_ = true;
}

std::string PlainOutput::event(const Event& event, bool seen) {
    const auto last = last_;
    const auto cursor = std::pair(mid_line_, disturbed_);
    std::string text = told(event);
    if (seen) return text;
    if (const auto found = channels_.find(event.channel); found != channels_.end()) found->second.not_text = 0;
    if (text.empty()) return text;
    last_ = last == event.channel ? std::nullopt : last;  // when it is seen again, it is said what it is
    std::tie(mid_line_, disturbed_) = cursor;
    return {};
}

std::string PlainOutput::told(const Event& event) {
    switch (event.track) {
        case Track::terminal_output:
        case Track::resize:
            channels_.erase(event.channel);
            if (terminals_.size() == most_terminals && !terminals_.contains(event.channel)) terminals_.erase(terminals_.begin());
            terminals_.insert(event.channel);
            return {};
        case Track::exec: return exec(event);
        case Track::channel_output: return printed(event);
        case Track::channel_summary: return summary(event);
        case Track::gap: {
            const auto found = channels_.find(event.channel);
            if (static_cast<GapKind>(event.kind) != GapKind::bulk_limit || found == channels_.end()) return {};
            return uncounted(event.channel, found->second) + own_line(event.channel, "more than is recorded whole: what follows is only counted");
        }
        default: return {};
    }
}

PlainOutput::Channel& PlainOutput::channel(std::uint32_t number) {
    if (channels_.size() == most_channels && !channels_.contains(number)) channels_.erase(channels_.begin());
    return channels_[number];
}

std::string PlainOutput::exec(const Event& event) {
    const auto kind = static_cast<ExecKind>(event.kind);
    if (ends(kind)) {
        terminals_.erase(event.channel);
        const auto found = channels_.find(event.channel);
        if (found == channels_.end()) return {};
        std::string text = ended(event, found->second);
        channels_.erase(found);
        return text;
    }
    if (terminals_.contains(event.channel)) return {};
    auto& begun = channel(event.channel) = Channel();
    const std::string command = to_string(event.bytes);
    begun.transfer = kind == ExecKind::subsystem || is_file_transfer(command);
    begun.command = printable(command, short_command);
    if (kind == ExecKind::shell) begun.command = "a shell without a terminal";
    // Whether a shell has a terminal is known when it says something: there may be no size.
    if (kind == ExecKind::shell) return {};
    begun.announced = true;
    const std::string what = kind == ExecKind::subsystem ? "subsystem" : "command";
    return own_line(event.channel, what + (begun.transfer ? ", whose bytes are counted and not shown: " : ": ") + printable(command, longest_command));
}

std::string PlainOutput::ended(const Event& event, Channel& channel) {
    // A shell that nothing was said of may have had a terminal.
    if (!channel.announced) return {};
    std::string text;
    channel.text.finish(text);
    channel.errors.finish(text);
    if (!text.empty()) mid_line_ = true;
    text += uncounted(event.channel, channel);
    const bool status = static_cast<ExecKind>(event.kind) == ExecKind::exit_status;
    return text + own_line(event.channel, (status ? "exit status " : "ended by signal ") + printable(to_string(event.bytes)) + "; " +
                                              bytes_text(channel.out + channel.error) + " out, " + bytes_text(channel.in) + " in");
}

std::string PlainOutput::printed(const Event& event) {
    auto& of = channel(event.channel);
    const auto stream = static_cast<Stream>(event.kind);
    auto& counted = stream == Stream::input ? of.in : stream == Stream::error ? of.error : of.out;
    counted += event.bytes.size();
    const bool shown = stream != Stream::input && (!of.transfer || stream == Stream::error);
    std::string text = of.announced ? "" : turn_to(event.channel, of);
    if (!shown) return text;
    if (!is_mostly_text(event.bytes)) {
        of.not_text += event.bytes.size();
        return text;
    }
    text += uncounted(event.channel, of) + turn_to(event.channel, of);
    std::string plain;
    (stream == Stream::error ? of.errors : of.text).feed(event.bytes, plain);
    if (!plain.empty()) mid_line_ = !plain.ends_with(line_end);
    return text + plain;
}

std::string PlainOutput::summary(const Event& event) {
    const auto found = channels_.find(event.channel);
    const auto fact = wire::decode<ChannelSummary>(event.bytes);
    if (found == channels_.end() || !fact) return {};
    const auto stream = static_cast<Stream>(event.kind);
    (stream == Stream::input ? found->second.in : stream == Stream::error ? found->second.error : found->second.out) = fact->bytes;
    return stream == Stream::input ? std::string() : uncounted(event.channel, found->second);
}

std::string PlainOutput::uncounted(std::uint32_t number, Channel& channel) {
    const auto bytes = std::exchange(channel.not_text, 0);
    if (bytes == 0) return {};
    return own_line(number, bytes_text(bytes) + (bytes == 1 ? " that is not text" : " that are not text"));
}

std::string PlainOutput::turn_to(std::uint32_t number, Channel& channel) {
    if (channel.announced && last_ == number) return {};
    const bool first = !std::exchange(channel.announced, true);
    if (channel.command.empty()) return own_line(number, "a command that began earlier");
    return own_line(number, (first ? "" : "goes on: ") + channel.command);
}

std::string PlainOutput::own_line(std::uint32_t number, std::string_view text) {
    const bool begun = mid_line_ || disturbed_;
    mid_line_ = disturbed_ = false;
    std::string line = std::string(begun ? line_end : "") + "\x1b[0;7manteroom, channel " + std::to_string(number) + ": " + std::string(text) + "\x1b[0m" +
                       std::string(line_end);
    last_ = number;
    return line;
}

std::string PlainOutput::give_way() { return std::exchange(mid_line_, false) ? std::string(line_end) : std::string(); }

void PlainOutput::disturbed() {
    disturbed_ = true;
    last_.reset();
}

std::string PlainOutput::finish() {
    std::string text;
    for (auto& [number, channel] : channels_) text += uncounted(number, channel);
    return text;
}

}  // namespace anteroom::recorder
