// The bytes of an index file (FORMAT.md, "Index"): sealed records, and the entries inside them. What stands in a record is bounded
// before it is unpacked: whoever reads an index takes 5 MiB at most for one record, whatever the file says.
#pragma once

#include <functional>
#include <optional>

#include "base/fd.h"
#include "recorder/index.h"

namespace anteroom::recorder::index {

inline constexpr std::array<std::uint8_t, 8> magic{0x89, 'A', 'I', 'D', 'X', 0x0d, 0x0a, 0x1a};
inline constexpr std::size_t head_bytes = 8 + 32 + 16, prefix_bytes = 4 + 1 + 8;
inline constexpr std::size_t max_entries_plain = 64 * 1024;  // of a record of entries
inline constexpr std::size_t max_frame_plain = 2u << 20;     // of a record with one key frame's picture
inline constexpr std::size_t max_packed = max_frame_plain + (max_frame_plain >> 8) + 512;

using HeadBytes = std::array<std::uint8_t, head_bytes>;
HeadBytes encode(const IndexHead& head);

enum class RecordType : std::uint8_t { entries = 1, key_frame };
struct Record {
    RecordType type = RecordType::entries;
    std::uint64_t sequence = 0, offset = 0;  // where it begins in the file
    Bytes plain;                             // empty when it was passed over
};

// Where a key frame's picture stands: what an Index keeps of it. `record`: its sequence.
struct FramePlace {
    KeyFrame frame;  // without its repaint
    std::optional<std::uint64_t> record;
};
BOOST_DESCRIBE_STRUCT(FramePlace, (), (frame, record))
using Entry = std::variant<KeyFrame, ShownLine, Moment, Activity, IndexedTo, FramePlace>;

// One entry, behind a number for its kind and its size.
void append(const Entry& entry, Bytes& out);
Result<std::vector<Entry>> decode_entries(View plain);

// Seals and opens records, one after another; unpacking included.
class Sealer {
public:
    Sealer(const IndexKeys& keys, const HeadBytes& head);
    ~Sealer();
    Sealer(Sealer&&) noexcept;
    Sealer& operator=(Sealer&&) = delete;
    Result<Bytes> seal(RecordType type, std::uint64_t sequence, View plain);  // the whole record
    Result<Bytes> open(View record);                                          // plain

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

// The records of a file in order; stays before one that is not whole yet.
class Records {
public:
    static Result<Records> open(Fd file, const IndexKeys& keys);
    // nullopt: the end, for now. Without `frames`, key frames' records are passed over unread. An error comes again.
    Result<std::optional<Record>> next(bool frames);
    Result<Bytes> read(std::uint64_t offset);  // the plain text of the record there
    struct Position {
        std::uint64_t offset = head_bytes, sequence = 0;
    };
    Position position() const { return next_; }
    void go_to(const Position& position) { next_ = position; }

private:
    Records(Fd file, Sealer sealer) : file_(std::move(file)), sealer_(std::move(sealer)) {}
    struct Prefix {
        std::uint32_t length = 0;
        std::uint8_t type = 0;
        std::uint64_t sequence = 0;
    };
    Result<std::optional<Prefix>> prefix_at(std::uint64_t offset, std::uint64_t end);
    Fd file_;
    Sealer sealer_;
    Position next_;
};

}  // namespace anteroom::recorder::index
