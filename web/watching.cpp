// Turns. What is read stands in `piece_` until it is wanted.
#include "web/watching.h"

#include <algorithm>

namespace anteroom::web {

namespace {

// Of one turn: others have theirs. The time is looked at between events only, whose own work the recorder bounds.
constexpr std::size_t most_out = 256 * 1024;
constexpr Duration longest_turn = std::chrono::milliseconds(8);

}  // namespace

Result<std::unique_ptr<Watching>> Watching::open(control::WebRecording what, Fd file, Fd index) {
    auto reader = TRY(recorder::Reader::open(std::move(file), what.data_key.expose(), what.signer, what.live));
    Outline outline(std::move(index), what.data_key.expose(), recorder::hash_of(reader.header()));
    what.data_key = Secret();
    auto out = std::unique_ptr<Watching>(new Watching(what, std::move(reader), std::move(outline)));
    if (!out->live_) out->integrity_.emplace(TRY(Integrity::begin(out->reader_.file(), out->signer_, what.audited)));
    out->first();
    return out;
}

Watching::Watching(control::WebRecording& what, recorder::Reader reader, Outline outline)
    : id_(std::move(what.id)),
      protocol_(std::move(what.protocol)),
      signer_(std::move(what.signer)),
      reader_(std::move(reader)),
      outline_(std::move(outline)),
      live_(what.live) {
    if (protocol_ == "rdp") {
        auto desktop = std::make_unique<Desktop>();
        desktop_ = desktop.get();
        stage_ = std::move(desktop);
    } else {
        auto terminal = std::make_unique<Terminal>();
        terminal_ = terminal.get();
        stage_ = std::move(terminal);
    }
}

// Of a live session everything, as it comes; of a live desktop, what stands there now.
void Watching::first() {
    const auto length = reader_.duration();
    if (length) length_ = *length;
    else (void)from_beginning();  // what is damaged is told of when it is reached
    if (!live_) return;
    want_ = latest_moment;
    out_.add(message::integrity("unsealed", 0, 0, "The session goes on: its recording is sealed when it ends."));
    if (!desktop_ || length_ == Duration(0)) return;
    seek_ = {0, length_};
    stage_->silent(true, length_);
    beginning_.emplace(length_);
    phase_ = Phase::finding;
}

// A live session in which nothing happens is as long as it goes on, all the same.
Message Watching::begin(Time now) {
    const auto age = std::chrono::duration_cast<Duration>(now - reader_.header().start);
    return {message::begin(id_, protocol_, live_, live_ ? std::max(length_, age) : length_), false};
}

void Watching::command(WatchCommand command) { commands_.add(std::move(command)); }

Result<std::vector<Message>> Watching::more(Monotonic now) {
    busy_ = false;
    while (const auto command = commands_.take()) TRY(do_one(*command));
    const bool grew = outline_.look(now, out_);
    TRY(turn());
    if (terminal_ && (grew || terminal_->count() > told_terminals_)) tell_terminals();
    check();
    return out_.take();
}

Status Watching::do_one(const WatchCommand& command) {
    if (const auto* choose = std::get_if<Choose>(&command)) {
        chosen_ = choose->channel;
        just_chosen_ = true;
        return ok();
    }
    if (const auto* search = std::get_if<Search>(&command)) {
        outline_.search(*search, out_);
        return ok();
    }
    asked_ = true;
    if (const auto* seek = std::get_if<Seek>(&command)) return do_seek(*seek);
    want_ = std::get<Want>(command).upto;
    told_.reset();
    return ok();
}

Status Watching::do_seek(const Seek& seek) {
    seek_ = seek;
    want_ = seek.to;
    told_.reset();
    piece_.reset();
    flushed_ = true;
    by_index_ = false;
    passing_ = true;
    reader_.begin_anew();
    stage_->restart();
    return terminal_ ? seek_terminal() : seek_desktop();
}

void Watching::say_sought() { out_.add(message::sought(seek_.number, seek_.to, terminals(), sought_terminal_)); }

std::set<std::uint32_t> Watching::terminals() const {
    if (!terminal_) return {};
    auto out = outline_.channels();
    out.merge(terminal_->channels());
    return out;
}

void Watching::tell_terminals() {
    const auto all = terminals();
    if (all.size() <= told_terminals_) return;
    told_terminals_ = all.size();
    out_.add(message::terminals(Duration(0), all, std::nullopt));
}

// The one that was chosen, while it is open; then, as from the beginning on, one after the other. `alone`: no other may speak in between.
std::optional<std::uint32_t> Watching::terminal_for(Duration at, bool& alone) {
    alone = true;
    if (std::exchange(just_chosen_, false)) return chosen_;
    if (chosen_ && !outline_.reaches(at) && terminal_->open_at(*chosen_, at)) return chosen_;
    const auto shown = outline_.shown_at(at, chosen_);
    alone = shown && shown->among_others;
    return shown ? std::optional(shown->channel) : std::nullopt;
}

Status Watching::from_beginning() {
    by_index_ = false;
    piece_.reset();
    reader_.begin_anew();
    return reader_.seek(Duration(-1));
}

// Without a key frame all that was shown before it is shown again.
Status Watching::seek_terminal() {
    phase_ = Phase::playing;
    bool alone = false;
    const auto channel = sought_terminal_ = terminal_for(seek_.to, alone);
    say_sought();
    terminal_->restart_with(alone ? channel : std::nullopt);
    const auto frame = channel ? outline_.before(seek_.to, *channel) : std::nullopt;
    if (!frame) return from_beginning();
    TRY(reader_.go_to(recorder::ReadFrom{frame->next_index, frame->next_offset}));
    by_index_ = true;
    return terminal_->resume(*frame);
}

Status Watching::seek_desktop() {
    stage_->silent(true, seek_.to);
    if (const auto frame = outline_.before(seek_.to, 0)) {
        phase_ = Phase::following;
        by_index_ = true;
        return reader_.go_to(recorder::ReadFrom{frame->next_index, frame->next_offset});
    }
    beginning_.emplace(seek_.to);
    phase_ = Phase::finding;
    return ok();
}

Status Watching::find() {
    busy_ = true;
    const auto known = beginning_->step(reader_);
    if (!known) return stop(known.error());
    if (!*known) return ok();
    const auto found = beginning_->found();
    beginning_.reset();
    phase_ = Phase::following;
    reader_.begin_anew();
    return found ? reader_.go_to(*found) : reader_.seek(seek_.to);
}

Status Watching::turn() {
    if (!flush() || phase_ == Phase::stuck) return ok();
    if (phase_ == Phase::finding) return find();
    const auto ends = MonotonicClock::now() + longest_turn;
    while (true) {
        const auto went = play_one();
        if (!went) return stop(went.error());
        if (phase_ == Phase::finding) {
            busy_ = true;
            return ok();
        }
        if (*went == Went::met) {
            if (flush()) met(want_);
            return ok();
        }
        if (*went == Went::to_the_end) return at_end();
        const bool frame = desktop_ && desktop_->has_frame() && !newest_counts();
        const bool piece_ends = piece_ && next_event_ == piece_->events.size() && !newest_counts();
        if ((frame || piece_ends) && !flush()) return ok();
        if (out_.bytes() < most_out && MonotonicClock::now() < ends) continue;
        busy_ = true;
        flush();
        return ok();
    }
}

// A live desktop that somebody wants as it comes: what a slow browser has missed is made up for by the newest picture.
bool Watching::newest_counts() const { return desktop_ && live_ && want_ > read_ + std::chrono::seconds(2); }

bool Watching::flush() {
    flushed_ = stage_->flush(out_);
    busy_ |= !flushed_;
    return flushed_;
}

Result<Watching::Went> Watching::play_one() {
    while (!piece_ || next_event_ == piece_->events.size()) {
        const bool found = TRY(next_piece());
        if (phase_ == Phase::finding) return Went::on;
        if (found) continue;
        if (phase_ != Phase::following) return Went::to_the_end;
        reveal();
        return Went::on;
    }
    const auto& event = piece_->events[next_event_];
    if (event.at > (phase_ == Phase::following ? seek_.to : want_)) {
        if (phase_ != Phase::following) return Went::met;
        reveal();
        return Went::on;
    }
    ++next_event_;
    TRY(stage_->event(event));
    return Went::on;
}

Result<bool> Watching::next_piece() {
    std::size_t passed = 0;
    auto piece = passing_ ? next_sound(reader_, passed) : reader_.next();
    if (!piece && passing_ && !by_index_) {
        piece = beyond(piece.error());
        ++passed;
    }
    if (!piece) return other_way(piece.error());
    if (passed > 0) {
        flush();
        out_.add(message::note(
            seek_.to, 0, std::to_string(passed) + (passed == 1 ? " piece is damaged and was passed over." : " pieces are damaged and were passed over.")));
    }
    by_index_ = false;
    piece_ = std::move(*piece);
    next_event_ = 0;
    if (!piece_) return false;
    read_ = piece_->last;
    return true;
}

// Where not even the length of what is damaged can be trusted: by the final frame's list of pieces.
Result<std::optional<recorder::Piece>> Watching::beyond(const Error& why) {
    const auto damaged = reader_.problem();
    reader_.begin_anew();
    if (damaged && reader_.seek(seek_.to)) {
        auto piece = reader_.next();
        if (piece && *piece && (*piece)->index > damaged->piece && damaged->piece != recorder::no_piece) return piece;
    }
    if (damaged && !reader_.problem()) (void)from_beginning();
    return fail(why);
}

// An index that led to no piece is wrong: the same without it.
Result<bool> Watching::other_way(const Error& why) {
    if (!std::exchange(by_index_, false)) return fail(why);
    reader_.begin_anew();
    stage_->restart();
    piece_.reset();
    if (desktop_) {
        stage_->silent(true, seek_.to);
        beginning_.emplace(seek_.to);
        phase_ = Phase::finding;
        return true;
    }
    say_sought();
    TRY(from_beginning());
    return next_piece();
}

// At a damaged piece. Elsewhere in the recording there may be more; a line that nobody asks anything of has nothing more to say.
Status Watching::stop(const Error& why) {
    if (why.kind != ErrorKind::damaged || (live_ && !asked_)) return fail(why);
    if (phase_ == Phase::following || phase_ == Phase::finding) reveal();
    flush();
    phase_ = Phase::stuck;
    out_.add(message::end("The recording is damaged here: " + printable(why.detail)));
    return ok();
}

void Watching::reveal() {
    const bool first = live_ && !asked_;
    phase_ = Phase::playing;
    beginning_.reset();
    want_ = first ? latest_moment : std::max(want_, seek_.to);  // what is wanted beyond it may have been said already
    if (!first) say_sought();
    stage_->silent(false, seek_.to);
}

Status Watching::at_end() {
    if (reader_.state() == recorder::State::live) {
        if (flush()) met(std::min(want_, read_));
        return ok();
    }
    if (!std::exchange(over_, true) && live_) {
        if (!asked_) TRY(stage_->finish());
        auto integrity = Integrity::begin(reader_.file(), signer_, {});
        if (integrity) integrity_.emplace(std::move(*integrity));
        const auto length = reader_.duration();
        if (asked_) out_.add(message::end("The session has ended.", length ? std::optional(*length) : std::nullopt));
    }
    if (flush()) met(want_);
    return ok();
}

void Watching::met(Duration at) {
    passing_ = false;
    if (told_ == at || (live_ && !asked_)) return;
    told_ = at;
    out_.add(message::upto(at));
}

void Watching::check() {
    if (!integrity_ || integrity_->done()) return;
    integrity_->step(out_);
    busy_ |= !integrity_->done();
}

}  // namespace anteroom::web
