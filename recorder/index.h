// The index beside a recording (`ID.aidx`; FORMAT.md, "Index"): where replay can begin, what was shown, what happened when. It is sealed like
// the recording, holds nothing that the recording does not say, and can be made anew at any time (recorder/indexer). A reader trusts it
// for speed only: whatever it says of places in the recording is checked there.
#pragma once

#include <boost/describe.hpp>

#include <variant>

#include "base/fd.h"
#include "recorder/index_keys.h"
#include "recorder/reader.h"

namespace anteroom::recorder {

// The state behind a piece: `next` is the piece to read on with. Of a desktop (`repaint` is empty), `next` holds the key frame itself.
struct KeyFrame {
    Duration at{};
    std::uint64_t next_index = 0, next_offset = 0;  // ReadFrom
    std::uint32_t channel = 0;
    std::uint16_t columns = 0, rows = 0;
    std::string repaint;  // UTF-8 and escape sequences that bring an empty terminal of this size to that state; passes the TerminalFilter unchanged
};
BOOST_DESCRIBE_STRUCT(KeyFrame, (), (at, next_index, next_offset, channel, columns, rows, repaint))

// A line as it was shown: when it scrolled off, or when it stood on the screen at a key frame and had not been written down as it was.
struct ShownLine {
    Duration at{};
    std::uint32_t channel = 0;
    std::string text;  // UTF-8, printable, without trailing blanks
};
BOOST_DESCRIBE_STRUCT(ShownLine, (), (at, channel, text))

// `shown` is a line that was found (Index::search); it stands on no timeline.
enum class Lane : std::uint8_t { command = 1, file, clipboard, forward, title, alert, warning, approval, refusal, note, gap, channel, shown };
BOOST_DESCRIBE_ENUM(Lane, command, file, clipboard, forward, title, alert, warning, approval, refusal, note, gap, channel, shown)
struct Moment {  // something on the timeline
    Duration at{};
    Lane lane = Lane::note;
    std::uint32_t channel = 0;
    std::string text;    // one printable line
    bool guess = false;  // a command found by its prompt, rather than one that was asked for by exec
};
BOOST_DESCRIBE_STRUCT(Moment, (), (at, lane, channel, text, guess))

// How much happened, for the timeline and for skipping what is idle: a bucket is `each` long, from the beginning on; several of these are
// joined in order.
struct Activity {
    Duration each = std::chrono::seconds(1);
    std::uint64_t first = 0;           // number of the first bucket here
    std::vector<std::uint32_t> shown;  // bytes of output or of picture
    std::vector<std::uint32_t> typed;  // bytes, keys or clicks
};
BOOST_DESCRIBE_STRUCT(Activity, (), (each, first, shown, typed))

// How far it goes. The last one counts; `whole`: up to the recording's final frame.
struct IndexedTo {
    std::uint64_t pieces = 0;
    Duration at{};
    bool whole = false;
};
BOOST_DESCRIBE_STRUCT(IndexedTo, (), (pieces, at, whole))

using Indexed = std::variant<KeyFrame, ShownLine, Moment, Activity, IndexedTo>;

// Appends sealed records; entries are gathered and written at flush().
class IndexWriter {
public:
    // The file is empty: the head is written. The keys are made from the recording's data key.
    static Result<IndexWriter> create(Fd file, View data_key, const Digest& header_hash, const std::function<void(std::span<std::uint8_t>)>& entropy);
    IndexWriter(IndexWriter&&) noexcept;
    ~IndexWriter();
    Status add(const Indexed& entry);
    Status flush();

private:
    struct State;
    explicit IndexWriter(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// Reads an index, also one that is being written. An error (`damaged`) says that it is to be made anew.
class IndexReader {
public:
    static Result<IndexReader> open(Fd file, const IndexKeys& keys);
    IndexReader(IndexReader&&) noexcept;
    ~IndexReader();
    // nullopt: the end, for now.
    Result<std::optional<Indexed>> next();

private:
    struct State;
    explicit IndexReader(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// What replay needs of it at hand: everything but the lines and the key frames' pictures, which are read when they are wanted.
struct Timeline {
    std::vector<Moment> moments;  // by time
    Activity activity;            // joined
    IndexedTo upto;
};
class Index {
public:
    // Reads it once; update() reads on what has been added since.
    static Result<Index> open(Fd file, const IndexKeys& keys);
    Index(Index&&) noexcept;
    ~Index();
    Status update();
    const Timeline& timeline() const;
    // The last key frame at or before `at` (of a terminal: of that channel); nullopt: none, begin at the beginning.
    Result<std::optional<KeyFrame>> before(Duration at, std::uint32_t channel) const;
    // Lines and moments with this text, case folded (ASCII), in time's order, at most `limit`.
    Result<std::vector<Moment>> search(std::string_view text, std::size_t limit) const;

private:
    struct State;
    explicit Index(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace anteroom::recorder
