// Data and the end of a channel pair. Requests are in relay_requests.cpp.
#include "proxies/ssh/relay.h"

#include <algorithm>

#include "base/log.h"
#include "proxies/ssh/plain_text.h"

namespace anteroom::ssh {

namespace {

constexpr std::size_t credit = 128 * 1024;          // written to a leg whose socket is full, at most, before we wait for it
constexpr std::uint64_t whole = ~std::uint64_t{0};  // a shell's output, with or without a terminal
constexpr std::size_t keep_capacity = 128 * 1024;
constexpr std::size_t max_requests = 64, max_queued_bytes = 512 * 1024;  // that wait for the target's answer to the one before
constexpr std::size_t max_pressed = 4, max_early = 8;

bool congested(ssh_session session) { return (ssh_get_status(session) & SSH_WRITE_PENDING) != 0; }

bool resizes(const ClientMessage& request) { return ssh_message_subtype(request.message.get()) == SSH_CHANNEL_REQUEST_WINDOW_CHANGE; }

}  // namespace

int write_some(ssh_session session, ssh_channel to, View bytes, bool error_stream) {
    if (congested(session)) return 0;
    const std::size_t size = std::min<std::size_t>({bytes.size(), ssh_channel_window_size(to), credit});
    if (size == 0) return 0;
    return error_stream ? ssh_channel_write_stderr(to, bytes.data(), static_cast<std::uint32_t>(size))
                        : ssh_channel_write(to, bytes.data(), static_cast<std::uint32_t>(size));
}

int Staging::fill(ssh_channel from, bool error_stream) {
    const int available = ssh_channel_poll(from, error_stream ? 1 : 0);
    if (available <= 0) return available == SSH_EOF || available == 0 ? 0 : available;
    bytes_.resize(static_cast<std::size_t>(available));
    offset_ = 0;
    const int got = ssh_channel_read_nonblocking(from, bytes_.data(), static_cast<std::uint32_t>(available), error_stream ? 1 : 0);
    bytes_.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return got;
}

void Staging::consume(std::size_t size) {
    offset_ += size;
    if (!empty()) return;
    offset_ = 0;
    if (bytes_.capacity() > keep_capacity) bytes_ = Bytes();
    else bytes_.clear();
}

void Staging::put(Bytes bytes) {
    bytes_ = std::move(bytes);
    offset_ = 0;
}

void Staging::wipe_rest() {
    wipe(bytes_.data(), bytes_.size());
    consume(rest().size());
}

Relay::~Relay() {
    if (front_) ssh_remove_channel_callbacks(front_.get(), &front_callbacks_);
    if (target_) ssh_remove_channel_callbacks(target_.get(), &target_callbacks_);
}

// The callbacks only note; libssh calls them from inside other calls.
void Relay::attach_callbacks() {
    target_callbacks_.userdata = this;
    target_callbacks_.channel_exit_status_function = [](ssh_session, ssh_channel, int status, void* self) { static_cast<Relay*>(self)->exit_status_ = status; };
    target_callbacks_.channel_exit_signal_function = [](ssh_session, ssh_channel, const char* signal, int core, const char* message, const char*, void* self) {
        auto* relay = static_cast<Relay*>(self);
        relay->exit_signal_ = signal == nullptr ? "" : signal;
        relay->exit_message_ = message == nullptr ? "" : message;
        relay->exit_core_ = core != 0;
    };
    ssh_callbacks_init(&target_callbacks_);
    ssh_add_channel_callbacks(target_.get(), &target_callbacks_);
    front_callbacks_.userdata = this;
    front_callbacks_.channel_signal_function = [](ssh_session, ssh_channel, const char* signal, void* self) {
        auto* relay = static_cast<Relay*>(self);
        if (signal != nullptr && relay->signals_.size() < 16) relay->signals_.emplace_back(signal);
    };
    ssh_callbacks_init(&front_callbacks_);
    ssh_add_channel_callbacks(front_.get(), &front_callbacks_);
}

void Relay::enqueue(ClientMessage request) {
    // Of several sizes in a row only the last one counts.
    if (resizes(request) && requests_.size() > answered_ && !request_checked_ && resizes(requests_.back())) {
        reply(requests_.back(), SSH_OK);
        queued_bytes_ -= requests_.back().payload.size();
        requests_.pop_back();
    }
    if (requests_.size() >= max_requests || queued_bytes_ + request.payload.size() > max_queued_bytes) return reply(request, SSH_ERROR);
    queued_bytes_ += request.payload.size();
    requests_.push_back(std::move(request));
}

// Extended data of a client (RFC 4254 section 5.2) has no meaning to a server; unread it would hold up end-of-file.
bool Relay::discard_extended() {
    Staging ignored;
    return ignored.fill(front_.get(), true) > 0;
}

void Relay::tell(const std::string& text) {
    if (!front_ || ssh_channel_is_closed(front_.get())) return;
    const std::string line = (terminal_ ? "\r\n" : "") + text + "\r\n";
    ssh_channel_write_stderr(front_.get(), line.data(), static_cast<std::uint32_t>(line.size()));
}

void Relay::announce(const std::string& text, bool ring, Monotonic now) {
    if (finished_) return;
    if (!started_) {
        if (early_.size() < max_early) early_.emplace_back(text, ring);
        return;
    }
    if (terminal_) return announcer_.announce(text, ring, now);
    for (const auto& line : plain_lines(text)) tell("anteroom: " + line);
}

bool Relay::pump_announcements(Surroundings& around, Monotonic now) {
    if (!announcer_.waiting() || eof_to_front_ || reader_gone_) return false;
    const std::string text = announcer_.due(now);
    if (text.empty() || congested(around.front) || ssh_channel_window_size(front_.get()) < text.size()) return false;
    ssh_channel_write(front_.get(), text.data(), static_cast<std::uint32_t>(text.size()));
    announcer_.written(now);
    return true;
}

void Relay::farewell(const std::string& text) {
    if (finished_) return;
    if (const auto restore = terminal_ && started_ ? announcer_.restore() : ""; !restore.empty())
        ssh_channel_write(front_.get(), restore.data(), static_cast<std::uint32_t>(restore.size()));
    tell("anteroom: " + text);
}

void Relay::close() {
    if (finished_) return;
    finished_ = true;
    if (target_ && !ssh_channel_is_closed(target_.get())) ssh_channel_close(target_.get());
    if (front_ && !ssh_channel_is_closed(front_.get())) ssh_channel_close(front_.get());
}

void Relay::end_with(int status) {
    ssh_channel_request_send_exit_status(front_.get(), status);
    ssh_channel_send_eof(front_.get());
    close();
}

Result<bool> Relay::step(Surroundings& around, Monotonic now, bool input_stalled) {
    if (finished_) return false;
    // A client that has seen the end of all output closes at once; the exit status still follows (RFC 4254 section 6.10).
    const bool front_closed = ssh_channel_is_closed(front_.get()) != 0;
    if (front_closed && !(eof_to_front_ && eof_to_target_)) {
        close();
        return true;
    }
    if (!target_ || opening_) return open_twin(around);
    bool moved = discard_extended();
    if (!front_closed) {
        moved |= TRY(step_request(around, now));
        if (finished_) return true;
        moved |= TRY(signal_target(around, now));
        moved |= TRY(pump_input(around, now, input_stalled));
    }
    moved |= TRY(pump_output(around, now, false));
    moved |= TRY(pump_output(around, now, true));
    moved |= pump_announcements(around, now);
    moved |= TRY(pass_end(around, now));
    return moved;
}

Result<bool> Relay::open_twin(Surroundings& around) {
    if (!target_) {
        target_.reset(ssh_channel_new(around.target));
        if (!target_) return fail(ErrorKind::internal, "libssh has no channel");
        opening_ = true;
    }
    const int rc = ssh_channel_open_session(target_.get());
    if (rc == SSH_AGAIN) return false;
    opening_ = false;
    if (rc == SSH_OK) {
        attach_callbacks();
        return true;
    }
    tell("The target does not accept another session on this connection.");
    end_with(255);
    return true;
}

// What the client sent: without Anteroom's own keys, and recorded before it goes on.
Result<bool> Relay::take_input(Surroundings& around, Monotonic now) {
    if (!carried_.empty()) in_.put(std::exchange(carried_, {}));
    else in_.fill(front_.get(), false);
    const bool ends = in_.empty() && ssh_channel_is_eof(front_.get()) && ssh_channel_poll(front_.get(), 0) <= 0;
    if (in_.empty() && !ends) return false;
    const bool moved = !in_.empty();
    active_ = active_ || moved;
    if (terminal_) {
        Bytes on;
        keys_.type(in_.rest(), on, pressed_);
        if (ends) keys_.finish(on);
        if (pressed_.size() > max_pressed) pressed_.resize(max_pressed);
        in_.put(std::move(on));
    }
    if (!in_.empty()) TRY(record_input(around, in_.rest(), now));
    return moved || !in_.empty();
}

Result<bool> Relay::pump_input(Surroundings& around, Monotonic now, bool stalled) {
    if (!started_) return false;
    bool moved = false;
    if (in_.empty() && !stalled) moved = TRY(take_input(around, now));
    if (!in_.empty()) {
        const int written = write_some(around.target, target_.get(), in_.rest(), false);
        if (written > 0) in_.consume(static_cast<std::size_t>(written));
        if (written < 0) in_.consume(in_.rest().size());  // the target takes no more input; its output still counts
        moved |= written != 0;
    }
    if (in_.empty() && !eof_to_target_ && ssh_channel_is_eof(front_.get()) && ssh_channel_poll(front_.get(), 0) <= 0) {
        eof_to_target_ = true;
        ssh_channel_send_eof(target_.get());
        moved = true;
    }
    return moved;
}

// At a terminal what was typed stands in the echo, and is only counted (a proxy cannot see when echo is off), or kept sealed as policy says. Without one
// nothing echoes, so the input itself is kept: a shell's up to the bulk limit, a command's (often a file) for its beginning.
Status Relay::record_input(Surroundings& around, View bytes, Monotonic now) {
    if (!terminal_) {
        constexpr std::uint64_t of_a_command = 1u << 20;
        if (!bulk_in_)
            bulk_in_.emplace(around.recording.writer(), number_, static_cast<std::uint8_t>(recorder::Stream::input), shell_ ? around.bulk_limit : of_a_command);
        return bulk_in_->append(bytes, now);
    }
    TRY(around.recording.typed(number_, bytes, now));
    return around.recording.append(recorder::Track::terminal_input, std::uint8_t{0}, number_, wire::encode(static_cast<std::uint32_t>(bytes.size())), now);
}

Status Relay::record_output(Surroundings& around, View bytes, bool error_stream, Monotonic now) {
    if (terminal_) return around.recording.append(recorder::Track::terminal_output, std::uint8_t{0}, number_, bytes, now);
    auto& bulk = error_stream ? bulk_err_ : bulk_out_;
    if (!bulk)
        bulk.emplace(around.recording.writer(), number_, static_cast<std::uint8_t>(error_stream ? recorder::Stream::error : recorder::Stream::output),
                     shell_ ? whole : around.bulk_limit);
    return bulk->append(bytes, now);
}

Result<bool> Relay::pump_output(Surroundings& around, Monotonic now, bool error_stream) {
    auto& staging = error_stream ? err_ : out_;
    bool moved = false;
    if (staging.empty()) {
        const int got = staging.fill(target_.get(), error_stream);
        if (got > 0) {
            moved = active_ = true;
            TRY(record_output(around, staging.rest(), error_stream, now));
        }
    }
    if (staging.empty()) return moved;
    if (reader_gone_) {
        staging.consume(staging.rest().size());
        return true;
    }
    const int written = write_some(around.front, front_.get(), staging.rest(), error_stream);
    if (written > 0 && terminal_) announcer_.output(staging.rest().first(static_cast<std::size_t>(written)), now);
    staging.consume(written < 0 ? staging.rest().size() : static_cast<std::size_t>(written));
    return moved || written != 0;
}

bool Relay::drained() const {
    return finished_ || !target_ || (out_.empty() && err_.empty() && ssh_channel_poll(target_.get(), 0) <= 0 && ssh_channel_poll(target_.get(), 1) <= 0);
}

// End-of-file, exit status and close follow the data.
Result<bool> Relay::pass_end(Surroundings& around, Monotonic now) {
    // A channel closed from here gives its unread data no more: for a reader that is gone there is nothing to wait for.
    if (!reader_gone_ && !drained()) return false;
    const bool closed = ssh_channel_is_closed(target_.get()) != 0;
    // The connection broke, not the command: the person is told so before the channel ends.
    const bool broke = (ssh_get_status(around.target) & (SSH_CLOSED | SSH_CLOSED_ERROR)) != 0;
    if (broke && !exit_status_ && exit_signal_.empty()) return false;
    bool moved = false;
    if (!eof_to_front_ && (closed || ssh_channel_is_eof(target_.get()))) {
        eof_to_front_ = true;
        ssh_channel_send_eof(front_.get());
        moved = true;
    }
    if (!closed) return moved;
    if (bulk_in_) TRY(bulk_in_->finish(now));
    if (bulk_out_) TRY(bulk_out_->finish(now));
    if (bulk_err_) TRY(bulk_err_->finish(now));
    if (!exit_signal_.empty()) {
        TRY(around.recording.append(recorder::Track::exec, recorder::ExecKind::exit_signal, number_, view(exit_signal_), now));
        ssh_channel_request_send_exit_signal(front_.get(), exit_signal_.c_str(), exit_core_ ? 1 : 0, exit_message_.c_str(), "");
    } else if (exit_status_) {
        TRY(around.recording.append(recorder::Track::exec, recorder::ExecKind::exit_status, number_, view(std::to_string(*exit_status_)), now));
        ssh_channel_request_send_exit_status(front_.get(), *exit_status_);
    }
    close();
    return true;
}

Result<bool> Relay::signal_target(Surroundings& around, Monotonic now) {
    if (signals_.empty() || !started_) return false;
    TRY(around.recording.marker(recorder::MarkerKind::note, number_, "signal " + signals_.front(), now));
    ssh_channel_request_send_signal(target_.get(), signals_.front().c_str());
    signals_.pop_front();
    return true;
}

}  // namespace anteroom::ssh
