// All text came from the network: it is printable before it leaves.
#include "recorder/event_lines.h"

#include <fmt/format.h>

#include "recorder/tracks.h"

namespace anteroom::recorder {

namespace {

constexpr std::size_t longest_text = 400;

std::string text_of(View bytes) { return printable(to_string(bytes), longest_text); }
// A hijacked worker's nonsense is shown as such.
EventLine nonsense(const Event& event, std::string_view what) {
    return {event.at, what, "(" + std::to_string(event.bytes.size()) + " bytes that say nothing)"};
}

EventLine clipboard(const Event& event) {
    const auto fact = wire::decode<ClipboardFact>(event.bytes);
    if (!fact) return nonsense(event, "clipboard");
    std::string text = fmt::format("{}: {}, {} bytes", fact->direction == Direction::to_target ? "in" : "out", printable(fact->format), fact->size);
    if (!fact->text.empty()) text += ": " + printable(fact->text, longest_text);
    return {event.at, "clipboard", std::move(text)};
}

EventLine file(const Event& event) {
    const auto fact = wire::decode<FileOperation>(event.bytes);
    if (!fact) return nonsense(event, "file");
    constexpr std::array verbs{"read", "write", "remove", "rename", "make folder", "remove folder", "link", "set attributes", "list"};
    const auto verb = static_cast<std::size_t>(fact->verb) - 1;
    std::string text = fmt::format("{} {}", verb < verbs.size() ? verbs.at(verb) : "?", printable(fact->path, longest_text));
    if (!fact->other.empty()) text += " -> " + printable(fact->other, longest_text);
    if (fact->size > 0) text += fmt::format(", {} bytes", fact->size);
    if (fact->sha256) text += ", sha256 " + hex(*fact->sha256);
    if (!fact->succeeded) text += ", refused or failed";
    return {event.at, "file", std::move(text)};
}

EventLine size(const Event& event) {
    const auto fact = wire::decode<Resize>(event.bytes);
    if (!fact) return nonsense(event, "size");
    return {event.at, "size", fmt::format("{} x {}", fact->columns, fact->rows)};
}

EventLine gap(const Event& event) {
    const auto fact = wire::decode<Gap>(event.bytes);
    if (!fact) return nonsense(event, "gap");
    std::string text = printable(fact->reason, longest_text);
    if (fact->bytes > 0) text += fmt::format(" ({} bytes)", fact->bytes);
    return {event.at, "gap", std::move(text)};
}

EventLine forward(const Event& event) {
    const auto fact = wire::decode<Forward>(event.bytes);
    if (!fact) return nonsense(event, "forward");
    return {event.at, "forward", fmt::format("{} -> {}{}", printable(fact->from), printable(fact->to), fact->ended ? ", ended" : "")};
}

EventLine marker(const Event& event) {
    constexpr std::array<std::string_view, 6> names{"command", "alert", "warning", "approval", "refusal", "note"};
    return {event.at, event.kind < names.size() ? names.at(event.kind) : "marker", text_of(event.bytes)};
}

EventLine summary(const Event& event) {
    const auto fact = wire::decode<ChannelSummary>(event.bytes);
    if (!fact) return nonsense(event, "channel");
    return {event.at, "channel", fmt::format("ended after {} bytes, {} of them kept", fact->bytes, fact->kept)};
}

EventLine exec(const Event& event) {
    constexpr std::array<std::string_view, 5> names{"shell", "exec", "subsystem", "exit status", "exit signal"};
    const auto kind = static_cast<std::size_t>(event.kind);
    if (static_cast<ExecKind>(event.kind) == ExecKind::exit_status) {
        const auto status = wire::decode<std::uint32_t>(event.bytes);
        if (status) return {event.at, "exit status", std::to_string(*status)};
    }
    return {event.at, kind < names.size() ? names.at(kind) : "exec", text_of(event.bytes)};
}

}  // namespace

Status EventLines::event(const Event& event) {
    if (minute_ >= 0 && std::chrono::floor<std::chrono::minutes>(event.at).count() != minute_) TRY(finish());
    switch (event.track) {
        case Track::keyboard_mouse: return input(event);
        case Track::clipboard: return sink_(clipboard(event));
        case Track::file: return sink_(file(event));
        case Track::resize: return sink_(size(event));
        case Track::gap: return sink_(gap(event));
        case Track::forward: return sink_(forward(event));
        case Track::marker: return sink_(marker(event));
        case Track::exec: return sink_(exec(event));
        case Track::channel_summary: return sink_(summary(event));
        default: return ok();
    }
}

Status EventLines::input(const Event& event) {
    if (event.kind != static_cast<std::uint8_t>(InputKind::counts)) return ok();
    const auto counts = wire::decode<InputCounts>(event.bytes);
    if (!counts) return ok();
    minute_ = std::chrono::floor<std::chrono::minutes>(event.at).count();
    keys_ += counts->keys;
    clicks_ += counts->clicks;
    wheel_ += counts->wheel;
    return ok();
}

Status EventLines::finish() {
    if (minute_ < 0) return ok();
    const auto minute = std::exchange(minute_, -1);
    std::string text = fmt::format("{} keys, {} clicks, {} turns of the wheel in this minute", keys_, clicks_, wheel_);
    const bool any = keys_ + clicks_ + wheel_ > 0;
    keys_ = clicks_ = wheel_ = 0;
    return any ? sink_({std::chrono::minutes(minute), "input", std::move(text)}) : ok();
}

std::optional<Shows> shows(const Event& event) {
    switch (event.track) {
        case Track::screen:
        case Track::pointer:
        case Track::keyboard_mouse:
        case Track::clipboard: return Shows::desktop;
        case Track::terminal_output:
        case Track::terminal_input:
        case Track::exec:
        case Track::forward:
        case Track::channel_output:
        case Track::channel_summary: return Shows::terminal;
        default: return std::nullopt;
    }
}

Result<Shows> shows(Reader& reader) {
    TRY(reader.seek(Duration(-1)));
    std::optional<Shows> found;
    while (!found) {
        const auto piece = TRY(reader.next());
        if (!piece) break;
        for (const auto& event : piece->events)
            if (!found) found = shows(event);
    }
    TRY(reader.seek(Duration(-1)));
    return found.value_or(Shows::terminal);
}

std::string moment_text(Duration at) {
    const auto ms = at.count() / 1000;
    return fmt::format("{:02}:{:02}:{:02}.{:03}", ms / 3'600'000, ms / 60'000 % 60, ms / 1000 % 60, ms % 1000);
}

}  // namespace anteroom::recorder
