// Each track to what it is: terminals are rendered, the rest are lines of recorder::EventLines.
#include "recorder/indexer/indexer.h"

#include "recorder/screen_format.h"
#include "recorder/screen_seek.h"
#include "recorder/tracks.h"

namespace anteroom::indexer {

using recorder::Event;
using recorder::Lane;
using recorder::Track;

namespace {

constexpr std::size_t pictures_step = 64u << 20;  // with each so many bytes of key frames, they come half as often

std::optional<Lane> lane_of(std::string_view what) {
    static const std::map<std::string_view, Lane> lanes{{"command", Lane::command},     {"exec", Lane::command},      {"clipboard", Lane::clipboard},
                                                        {"file", Lane::file},           {"forward", Lane::forward},   {"gap", Lane::gap},
                                                        {"alert", Lane::alert},         {"warning", Lane::warning},   {"approval", Lane::approval},
                                                        {"refusal", Lane::refusal},     {"note", Lane::note},         {"marker", Lane::note},
                                                        {"shell", Lane::channel},       {"subsystem", Lane::channel}, {"exit status", Lane::channel},
                                                        {"exit signal", Lane::channel}, {"channel", Lane::channel}};
    const auto found = lanes.find(what);
    return found == lanes.end() ? std::nullopt : std::optional(found->second);
}

bool ends_channel(const Event& event) {
    const auto kind = static_cast<recorder::ExecKind>(event.kind);
    return event.track == Track::exec && (kind == recorder::ExecKind::exit_status || kind == recorder::ExecKind::exit_signal);
}

}  // namespace

Indexer::Indexer(Sink sink) : sink_(std::move(sink)), lines_([this](const recorder::EventLine& one) { return line(one); }) {}

Status Indexer::piece(const recorder::Piece& piece) {
    const auto every = key_frame_every * (1u << std::min<std::size_t>(pictures_ / pictures_step, 8));
    for (auto& [number, terminal] : terminals_) pictures_ += TRY(terminal->between(at_, {piece.index, piece.offset}, every));
    bool framed = false;
    for (const auto& one : piece.events) {
        at_ = one.at;
        count(one);
        if (!framed && one.track == Track::screen && one.kind == static_cast<std::uint8_t>(recorder::ScreenKind::key_frame)) {
            framed = true;
            TRY(key_frame(one, piece));
        }
        TRY(event(one));
    }
    pieces_ = piece.index + 1;
    return ok();
}

Status Indexer::key_frame(const Event& event, const recorder::Piece& piece) {
    recorder::KeyFrame frame;
    frame.at = event.at;
    frame.next_index = piece.index;
    frame.next_offset = piece.offset;
    frame.channel = event.channel;
    if (const auto size = recorder::size_of_key_frame(event)) {
        frame.columns = size->width;
        frame.rows = size->height;
    }
    return sink_(frame);
}

void Indexer::count(const Event& event) {
    switch (event.track) {
        case Track::terminal_output:
        case Track::screen: return activity_.shown(event.at, event.bytes.size());
        case Track::channel_output:
            if (event.kind != static_cast<std::uint8_t>(recorder::Stream::input)) activity_.shown(event.at, event.bytes.size());
            else activity_.typed(event.at, event.bytes.size());
            return;
        case Track::terminal_input:
            if (const auto bytes = event.kind == 0 ? wire::decode<std::uint32_t>(event.bytes) : Result<std::uint32_t>(0u)) activity_.typed(event.at, *bytes);
            return;
        case Track::keyboard_mouse:
            if (const auto counts = wire::decode<recorder::InputCounts>(event.bytes))
                activity_.typed(event.at, std::uint64_t{counts->keys} + counts->clicks + counts->wheel);
            return;
        default: return;
    }
}

Status Indexer::event(const Event& event) {
    switch (event.track) {
        case Track::terminal_output: return terminal(event);
        case Track::channel_output: return stream(event);
        case Track::terminal_input:
            if (const auto found = terminals_.find(event.channel); found != terminals_.end()) found->second->typed(event.at);
            return ok();
        case Track::resize: {
            const auto size = wire::decode<recorder::Resize>(event.bytes);
            if (!size) return ok();
            const Size wanted{size->columns, size->rows};
            if (const auto found = terminals_.find(event.channel); found != terminals_.end()) return found->second->resized(event.at, wanted);
            if (sizes_.size() < most_known) sizes_[event.channel] = wanted;
            return ok();
        }
        case Track::screen:
        case Track::pointer:
        case Track::keyboard_mouse: return ok();
        default: break;
    }
    line_channel_ = event.channel;
    TRY(lines_.event(event));
    return ends_channel(event) || event.track == Track::channel_summary ? end_channel(event.channel, event.at) : ok();
}

Status Indexer::line(const recorder::EventLine& line) {
    const auto lane = lane_of(line.what);
    if (!lane) return ok();
    std::string text = line.text;
    if (line.what == "shell") text = "shell";
    if (line.what == "subsystem") text = "subsystem " + line.text;
    if (line.what.starts_with("exit")) text = "ended: " + std::string(line.what) + " " + line.text;
    return tell(sink_, room_, {.at = line.at, .lane = *lane, .channel = line_channel_, .text = std::move(text), .guess = false});
}

Status Indexer::refuse(const Event& event) {
    if (refused_.contains(event.channel) || refused_.size() == most_known) return ok();
    refused_.insert(event.channel);
    return tell(sink_, room_,
                {.at = event.at, .lane = Lane::gap, .channel = event.channel, .text = "not in the index: too many channels at once", .guess = false});
}

Status Indexer::terminal(const Event& event) {
    auto found = terminals_.find(event.channel);
    if (found == terminals_.end()) {
        if (terminals_.size() == most_terminals || refused_.contains(event.channel) || refused_.size() == most_known) return refuse(event);
        const auto said = sizes_.find(event.channel);
        const Size size = said == sizes_.end() ? Size() : said->second;
        sizes_.erase(event.channel);
        TRY(tell(sink_, room_, {.at = event.at, .lane = Lane::channel, .channel = event.channel, .text = "terminal", .guess = false}));
        found = terminals_.emplace(event.channel, std::make_unique<TerminalChannel>(event.channel, size, sink_, room_)).first;
    }
    return found->second->output(event.at, event.bytes);
}

Status Indexer::stream(const Event& event) {
    if (event.kind == static_cast<std::uint8_t>(recorder::Stream::input)) return ok();
    auto found = streams_.find(event.channel);
    if (found == streams_.end()) {
        if (streams_.size() == most_streams || refused_.contains(event.channel) || refused_.size() == most_known) return refuse(event);
        found = streams_.try_emplace(event.channel, event.channel, sink_, room_).first;
    }
    // It can be chosen as a terminal can: while one is shown, it is not (recorder/follow.h).
    if (!terminals_.empty() && beside_.size() < most_known && beside_.insert(event.channel).second)
        TRY(tell(sink_, room_, {.at = event.at, .lane = Lane::channel, .channel = event.channel, .text = "terminal", .guess = false}));
    return found->second.feed(event.at, event.bytes);
}

Status Indexer::end_channel(std::uint32_t channel, Duration at) {
    if (const auto found = terminals_.find(channel); found != terminals_.end()) {
        TRY(found->second->end(at));
        terminals_.erase(found);
    }
    if (const auto found = streams_.find(channel); found != streams_.end()) {
        TRY(found->second.end(at));
        streams_.erase(found);
    }
    return ok();
}

Status Indexer::quiet(Duration since) {
    for (auto& [number, terminal] : terminals_) TRY(terminal->quiet(at_ + since));
    return ok();
}

Status Indexer::flush() {
    if (pieces_ == flushed_) return ok();
    flushed_ = pieces_;
    TRY(activity_.flush(sink_));
    return sink_(recorder::IndexedTo{.pieces = pieces_, .at = at_, .whole = false});
}

Status Indexer::finish(bool whole) {
    TRY(lines_.finish());
    for (auto& [number, terminal] : terminals_) TRY(terminal->end(at_));
    for (auto& [number, stream] : streams_) TRY(stream.end(at_));
    TRY(activity_.flush(sink_));
    return sink_(recorder::IndexedTo{.pieces = pieces_, .at = at_, .whole = whole});
}

}  // namespace anteroom::indexer
