// What stands inside a piece: events one after another, each {time delta, track, kind, channel, bytes}, and zstd around
// them. A piece never unpacks to more than max_piece_plain bytes, whatever it claims.
#pragma once

#include <memory>

#include "recorder/format.h"

namespace anteroom::recorder {

enum class Track : std::uint8_t {
    terminal_output = 1,  // bytes the target sent to a terminal
    terminal_input,       // kind 0: u32 count of bytes typed; kind 1: keystrokes sealed to a recipient of their own
    resize,               // u16 columns, u16 rows
    exec,                 // kind: ExecKind; the command, subsystem or status
    file,                 // FileOperation
    forward,              // Forward
    screen,               // kind 0 continues, kind 1 begins a key frame; opaque here
    pointer,
    keyboard_mouse,
    clipboard,        // ClipboardFact
    marker,           // kind: MarkerKind; UTF-8 text
    gap,              // kind: GapKind; Gap
    channel_output,   // kind: Stream; a channel without a terminal
    channel_summary,  // kind: Stream; ChannelSummary
};
inline constexpr std::uint8_t last_track = static_cast<std::uint8_t>(Track::channel_summary);
// Tracks whose bytes are a stream: one append may become several events.
bool is_stream(Track track);

struct Event {
    Duration at{};  // since the recording's start
    Track track = Track::terminal_output;
    std::uint8_t kind = 0;
    std::uint32_t channel = 0;
    View bytes;
};

inline constexpr std::size_t max_event_head = 10 + 1 + 1 + 5 + 3;  // three varints of 64, 32 and 16 bits, track and kind
inline constexpr std::size_t max_event_bytes = max_piece_plain - max_event_head;

// Writes the head into `out` and returns its size; the bytes follow it.
std::size_t encode_event_head(const Event& event, Duration since_previous, std::uint8_t* out);
// Views into `plain`. Refuses overlong varints, unknown tracks, and times other than first..last of the piece.
Result<std::vector<Event>> decode_events(View plain, Duration first, Duration last);

class Packer {  // zstd level 1; memory is taken once, here
public:
    Packer();
    ~Packer();
    Packer(Packer&&) noexcept;
    Packer& operator=(Packer&&) noexcept;
    Result<std::size_t> pack(View plain, std::span<std::uint8_t> out);  // out: max_piece_packed

private:
    struct Context;
    std::unique_ptr<Context> context_;
};
class Unpacker {
public:
    Unpacker();
    ~Unpacker();
    Unpacker(Unpacker&&) noexcept;
    Unpacker& operator=(Unpacker&&) noexcept;
    Result<Bytes> unpack(View packed);  // exactly one zstd frame of at most max_piece_plain bytes

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

}  // namespace anteroom::recorder
