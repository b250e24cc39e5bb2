// What the bytes of structured events mean. Each struct travels as base/wire.h encodes it (FORMAT.md spells it out);
// text is UTF-8 as it came from the network: whoever shows it makes it printable.
#pragma once

#include "base/wire.h"
#include "recorder/events.h"

namespace anteroom::recorder {

enum class ExecKind : std::uint8_t { shell, command, subsystem, exit_status, exit_signal };
enum class Stream : std::uint8_t { output, error, input };
enum class MarkerKind : std::uint8_t { command, alert, warning, approval, refusal, note };
enum class GapKind : std::uint8_t { bulk_limit, not_recorded, screen_dropped };

enum class FileVerb : std::uint8_t { read = 1, write, remove, rename, make_directory, remove_directory, link, set_attributes, list };
BOOST_DESCRIBE_ENUM(FileVerb, read, write, remove, rename, make_directory, remove_directory, link, set_attributes, list)
enum class Direction : std::uint8_t { to_target = 1, to_client };
BOOST_DESCRIBE_ENUM(Direction, to_target, to_client)

struct Resize {
    std::uint16_t columns = 80, rows = 24;
};
BOOST_DESCRIBE_STRUCT(Resize, (), (columns, rows))

struct FileOperation {
    FileVerb verb = FileVerb::read;
    std::string path, other;       // other: a rename's or link's second name
    std::uint64_t size = 0;        // bytes that passed
    std::optional<Digest> sha256;  // absent when the content did not pass once, from start to end
    bool succeeded = true;
};
BOOST_DESCRIBE_STRUCT(FileOperation, (), (verb, path, other, size, sha256, succeeded))

struct Forward {
    std::string from, to;  // host:port
    std::uint64_t to_target_bytes = 0, to_client_bytes = 0;
    std::string protocol, facts;  // "dicom", "hl7", ... and what was seen of it
    bool ended = false;
};
BOOST_DESCRIBE_STRUCT(Forward, (), (from, to, to_target_bytes, to_client_bytes, protocol, facts, ended))

struct ClipboardFact {
    Direction direction = Direction::to_client;
    std::string format;
    std::uint64_t size = 0;
    std::string text;  // empty unless policy says so
};
BOOST_DESCRIBE_STRUCT(ClipboardFact, (), (direction, format, size, text))

struct Gap {
    std::uint64_t bytes = 0;  // not kept so far
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(Gap, (), (bytes, reason))

struct ChannelSummary {
    std::uint64_t bytes = 0, kept = 0;
    Digest sha256{};  // of all of it, kept or not
};
BOOST_DESCRIBE_STRUCT(ChannelSummary, (), (bytes, kept, sha256))

}  // namespace anteroom::recorder
