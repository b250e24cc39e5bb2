// Relay: one channel of the client and its twin at the target. Requests pass one at a time through the gate; data passes
// with at most one staging buffer a direction, recorded before it is forwarded; end-of-file, exit status and close pass in
// their order, after the data. Memory stays bounded whatever either side does.
#pragma once

#include <deque>

#include "proxies/ssh/front.h"
#include "proxies/ssh/gate.h"
#include "proxies/worker/recording.h"

namespace anteroom::ssh {

// One direction's bytes between reading and writing: read whole, written in parts, refilled only when empty.
class Staging {
public:
    bool empty() const { return offset_ == bytes_.size(); }
    View rest() const { return View(bytes_).subspan(offset_); }
    // Reads all that the channel holds. The number of bytes, 0 when there is nothing, negative when the channel is broken.
    int fill(ssh_channel from, bool error_stream);
    void consume(std::size_t size);

private:
    Bytes bytes_;
    std::size_t offset_ = 0;
};

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
    // A line for the person, on this channel's error stream.
    void tell(const std::string& text);
    void close();
    bool finished() const { return finished_; }
    // Nothing of the target's is still on its way to the client.
    bool drained() const;
    bool has_terminal() const { return terminal_; }
    bool used() const { return started_; }

private:
    Result<bool> open_twin(Surroundings& around);
    Result<bool> step_request(Surroundings& around, Monotonic now);
    Result<int> perform(Surroundings& around, ClientMessage& request, Monotonic now);
    Result<int> perform_start(Surroundings& around, ClientMessage& request, Monotonic now);
    void refuse_start(ClientMessage& request, const std::string& text, int status);
    Result<bool> pump_input(Surroundings& around, Monotonic now, bool stalled);
    Result<bool> pump_output(Surroundings& around, Monotonic now, bool error_stream);
    Result<bool> pass_end(Surroundings& around, Monotonic now);
    Status record_input(Surroundings& around, View bytes, Monotonic now);
    bool discard_extended();
    Status record_output(Surroundings& around, View bytes, bool error_stream, Monotonic now);
    void end_with(int status);
    void attach_callbacks();
    bool signal_target();

    Channel front_, target_;
    std::uint32_t number_;
    std::deque<ClientMessage> requests_;
    bool request_checked_ = false;  // the gate has answered for the request at the head
    bool opening_ = false, terminal_ = false, started_ = false, finished_ = false;
    bool shell_ = false;
    bool eof_to_target_ = false, eof_to_front_ = false, reader_gone_ = false;
    Staging in_, out_, err_;
    std::optional<recorder::BulkTrack> bulk_in_, bulk_out_, bulk_err_;
    std::optional<int> exit_status_;
    std::string exit_signal_, exit_message_;
    bool exit_core_ = false;
    std::deque<std::string> signals_;
    ssh_channel_callbacks_struct front_callbacks_{}, target_callbacks_{};
};

}  // namespace anteroom::ssh
