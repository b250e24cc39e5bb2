// A recording, as the messages of the console's WebSocket (web/console/src/api/types.ts, WatchMessage): one that grows as it grows, and any
// as it is asked for. Knows no network: each call is a turn, bounded, and gives what has come in it. What a slow browser has not taken
// is not made. Memory: a piece, a turn's messages (some 2 MB), the index's timeline; of a desktop one picture.
#pragma once

#include <memory>

#include "base/fd.h"
#include "broker/control/messages.h"
#include "recorder/reader.h"
#include "web/beginning.h"
#include "web/commands.h"
#include "web/desktop.h"
#include "web/integrity.h"
#include "web/outline.h"
#include "web/terminal.h"

namespace anteroom::web {

class Watching {
public:
    // The data key is wiped when the reader has it. `index`: may be none.
    static Result<std::unique_ptr<Watching>> open(control::WebRecording what, Fd file, Fd index = Fd());
    Watching(const Watching&) = delete;

    Message begin(Time now);
    // What the browser wants next; done in the turns that follow. Seeks that come before one is done replace it.
    void command(WatchCommand command);
    // Messages, in order. An error: nothing more can be shown.
    Result<std::vector<Message>> more(Monotonic now);
    // More of it is ready already.
    bool busy() const { return busy_; }
    // Nothing more comes, whatever is asked for: a live session has ended that nobody has sought in.
    bool over() const { return over_ && live_ && !asked_; }
    static std::string end(std::string_view sentence) { return message::end(sentence); }

private:
    // finding: where a picture's decoding can begin. following: silently, up to the moment that is sought. stuck: at a damaged piece.
    enum class Phase : std::uint8_t { playing, finding, following, stuck };
    enum class Went : std::uint8_t { on, met, to_the_end };
    Watching(control::WebRecording& what, recorder::Reader reader, Outline outline);
    void first();
    Status do_one(const WatchCommand& command);
    Status do_seek(const Seek& seek);
    Status seek_terminal();
    Status seek_desktop();
    Status from_beginning();
    void say_sought();
    std::set<std::uint32_t> terminals() const;
    void tell_terminals();
    std::optional<std::uint32_t> terminal_for(Duration at, bool& alone);

    Status turn();
    Status find();
    Result<Went> play_one();
    Result<bool> next_piece();
    Result<std::optional<recorder::Piece>> beyond(const Error& why);
    Result<bool> other_way(const Error& why);
    Status stop(const Error& why);
    Status at_end();
    void reveal();
    void met(Duration at);
    bool flush();
    bool newest_counts() const;
    void check();

    std::string id_, protocol_;
    Bytes signer_;
    recorder::Reader reader_;
    Outline outline_;
    std::unique_ptr<Stage> stage_;
    Terminal* terminal_ = nullptr;                  // the stage, where it is one
    std::optional<std::uint32_t> chosen_;           // of several terminals, while it is open
    std::optional<std::uint32_t> sought_terminal_;  // by the last seek
    bool just_chosen_ = false;                      // the next seek is to it, open or not
    std::size_t told_terminals_ = 1;                // a single one is not told of
    Desktop* desktop_ = nullptr;
    std::optional<Integrity> integrity_;
    Commands commands_;
    Outbox out_;

    bool live_, over_ = false, asked_ = false, busy_ = false, flushed_ = true;
    Duration length_{};             // when it was opened
    Duration want_{}, read_{};      // read_: the end of the last piece
    std::optional<Duration> told_;  // by the last `upto`
    Phase phase_ = Phase::playing;
    Seek seek_;                                // the last
    std::optional<Beginning> beginning_;       // finding
    bool by_index_ = false, passing_ = false;  // it led to where the reader is; what is damaged is passed over
    std::optional<recorder::Piece> piece_;
    std::size_t next_event_ = 0;
};

}  // namespace anteroom::web
