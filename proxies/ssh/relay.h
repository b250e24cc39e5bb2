// Relay: one channel of the client and its twin at the target. Requests pass one at a time through the gate; data passes
// with at most one staging buffer a direction, recorded before it is forwarded; end-of-file, exit status and close pass in
// their order, after the data. Memory stays bounded whatever either side does.
#pragma once

#include <deque>

#include "proxies/ssh/announcer.h"
#include "proxies/ssh/escape_keys.h"
#include "proxies/ssh/front.h"
#include "proxies/ssh/talk.h"
#include "proxies/worker/gate.h"
#include "proxies/worker/recording.h"

namespace anteroom::ssh {

using worker::Gate;

// One direction's bytes between reading and writing: read whole, written in parts, refilled only when empty.
class Staging {
public:
    bool empty() const { return offset_ == bytes_.size(); }
    View rest() const { return View(bytes_).subspan(offset_); }
    // Reads all that the channel holds. The number of bytes, 0 when there is nothing, negative when the channel is broken.
    int fill(ssh_channel from, bool error_stream);
    void consume(std::size_t size);
    // Other bytes in place of those that wait.
    void put(Bytes bytes);
    // What waits is forgotten and leaves no copy.
    void wipe_rest();

private:
    Bytes bytes_;
    std::size_t offset_ = 0;
};

// Writes what the window and a socket that takes bytes allow. The number written, negative when the channel is broken.
int write_some(ssh_session session, ssh_channel to, View bytes, bool error_stream);
// Answers a request of the client, once.
void reply(ClientMessage& request, int rc);
bool starts_something(const ClientMessage& request);

// What one session's relays share.
struct Surroundings {
    Gate& gate;
    worker::Recording& recording;
    ssh_session front;
    ssh_session target;
    std::uint64_t bulk_limit;
    std::string notice;  // shown once, on the first terminal
};

class Relay {
public:
    Relay(Channel front, std::uint32_t number) : front_(std::move(front)), number_(number) {}
    Relay(const Relay&) = delete;
    ~Relay();

    // A request of the client for this channel; waits its turn.
    void enqueue(ClientMessage request);
    bool owns(ssh_channel channel) const { return front_.get() == channel; }
    std::uint32_t number() const { return number_; }

    // One step. True when something moved. An error means that the session cannot go on (it cannot be recorded).
    Result<bool> step(Surroundings& around, Monotonic now, bool input_stalled);
    // Before there is a target, or instead of one: the next shell or command is answered with this text and ends with the status.
    bool step_refused(const std::string& text, int status);

    // ---- while the broker talks with the person (relay_talk.cpp)
    // Answers what the target is not needed for. With `may_start` the first that starts something is answered too: the audience.
    std::optional<control::Audience> step_waiting(Gate& gate, bool may_start);
    // The conversation's bytes on this channel.
    bool step_talk(Talk& talk);
    bool flush(Talk& talk);
    // What the person typed before the target was there.
    void carry(Bytes typed) { carried_ = std::move(typed); }
    bool client_closed() const { return finished_ || ssh_channel_is_closed(front_.get()) != 0; }
    void end_with(int status);

    // A line for the person, on this channel's error stream, at once.
    void tell(const std::string& text);
    // The same where it garbles nothing: once something was started, and a terminal in use gets it when it is quiet.
    void announce(const std::string& text, bool ring, Monotonic now);
    // The last sentence.
    void farewell(const std::string& text);
    // Anteroom's keys that were pressed, and whether anybody's bytes passed, since the last call.
    std::vector<EscapeKeys::Key> take_keys() { return std::exchange(pressed_, {}); }
    bool take_activity() { return std::exchange(active_, false); }
    void close();
    bool finished() const { return finished_; }
    // Nothing of the target's is still on its way to the client.
    bool drained() const;
    bool has_terminal() const { return terminal_; }
    bool used() const { return started_; }

private:
    enum class Early : std::uint8_t { kept, dropped, waits };
    Early answer_early(ClientMessage& request, Gate& gate, bool may_start);
    control::Audience audience_of(const ClientMessage& start) const;
    void set_size(ssh_message message);

    Result<bool> open_twin(Surroundings& around);
    Result<bool> step_request(Surroundings& around, Monotonic now);
    ClientMessage take_request();
    Result<int> perform_pty(Surroundings& around, ClientMessage& request, Monotonic now);
    Result<int> perform_env(Surroundings& around, ClientMessage& request, Monotonic now);
    Result<int> perform(Surroundings& around, ClientMessage& request, Monotonic now);
    Result<int> perform_start(Surroundings& around, ClientMessage& request, Monotonic now);
    void refuse_start(ClientMessage& request, const std::string& text, int status);
    Result<bool> take_input(Surroundings& around, Monotonic now);
    Result<bool> pump_input(Surroundings& around, Monotonic now, bool stalled);
    Result<bool> pump_output(Surroundings& around, Monotonic now, bool error_stream);
    Result<bool> pass_end(Surroundings& around, Monotonic now);
    Status record_input(Surroundings& around, View bytes, Monotonic now);
    bool discard_extended();
    bool pump_announcements(Surroundings& around, Monotonic now);
    Status record_output(Surroundings& around, View bytes, bool error_stream, Monotonic now);
    void attach_callbacks();
    Result<bool> signal_target(Surroundings& around, Monotonic now);

    Channel front_, target_;
    std::uint32_t number_;
    std::deque<ClientMessage> requests_;
    std::size_t answered_ = 0;      // of them: at the front, in a conversation
    std::size_t queued_bytes_ = 0;  // of their payloads
    bool request_checked_ = false;  // the gate has answered for the request at the head
    bool opening_ = false, terminal_ = false, started_ = false, finished_ = false;
    bool shell_ = false, spoken_on_ = false, active_ = false;
    int columns_ = 80, rows_ = 24;
    bool eof_to_target_ = false, eof_to_front_ = false, reader_gone_ = false;
    Staging in_, out_, err_;
    Bytes carried_;
    EscapeKeys keys_;
    std::vector<EscapeKeys::Key> pressed_;
    Announcer announcer_;
    std::vector<std::pair<std::string, bool>> early_;  // announced before anything was started
    std::optional<recorder::BulkTrack> bulk_in_, bulk_out_, bulk_err_;
    std::optional<int> exit_status_;
    std::string exit_signal_, exit_message_;
    bool exit_core_ = false;
    std::deque<std::string> signals_;
    ssh_channel_callbacks_struct front_callbacks_{}, target_callbacks_{};
};

}  // namespace anteroom::ssh
