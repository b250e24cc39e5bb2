// A channel while the broker talks with the person: nothing of it reaches a target or a recording. Its pty and its command
// are answered at once and carried out when the target is there; the gate judges them then, as it judges all others.
#include "proxies/ssh/relay.h"

namespace anteroom::ssh {

namespace {
constexpr std::size_t longest_command = 1024;

std::uint16_t small(int value) { return static_cast<std::uint16_t>(std::clamp(value, 1, 65535)); }
}  // namespace

void Relay::set_size(ssh_message message) {
    columns_ = ssh_message_channel_request_pty_width(message);
    rows_ = ssh_message_channel_request_pty_height(message);
}

// In their order, so the first that has to wait holds up those behind it.
std::optional<control::Audience> Relay::step_waiting(Gate& gate, bool may_start) {
    while (!finished_ && answered_ < requests_.size()) {
        auto& request = requests_[answered_];
        switch (answer_early(request, gate, may_start)) {
            case Early::waits: return std::nullopt;
            case Early::dropped:
                queued_bytes_ -= request.payload.size();
                requests_.erase(requests_.begin() + static_cast<std::ptrdiff_t>(answered_));
                continue;
            case Early::kept: ++answered_;
        }
        if (starts_something(request)) {
            spoken_on_ = true;
            return audience_of(request);
        }
    }
    return std::nullopt;
}

Relay::Early Relay::answer_early(ClientMessage& request, Gate& gate, bool may_start) {
    ssh_message message = request.message.get();
    const auto answer = [&](bool good, Early what) {
        reply(request, good ? SSH_OK : SSH_ERROR);
        return what;
    };
    switch (ssh_message_subtype(message)) {
        case SSH_CHANNEL_REQUEST_PTY:
            if (terminal_) return answer(false, Early::dropped);
            terminal_ = true;
            set_size(message);
            return answer(true, Early::kept);
        case SSH_CHANNEL_REQUEST_WINDOW_CHANGE:
            if (terminal_) set_size(message);
            return answer(terminal_, Early::dropped);
        case SSH_CHANNEL_REQUEST_ENV: return answer(true, Early::kept);
        case SSH_CHANNEL_REQUEST_SHELL:
        case SSH_CHANNEL_REQUEST_EXEC:
        case SSH_CHANNEL_REQUEST_SUBSYSTEM:
            if (spoken_on_) return answer(false, Early::dropped);
            return may_start ? answer(true, Early::kept) : Early::waits;
        case SSH_CHANNEL_REQUEST_X11: gate.refuse({"x11", ""}); return answer(false, Early::dropped);
        default:
            if (request.name == "eow@openssh.com") return answer(true, Early::kept);
            gate.refuse({"request", request.name});
            return answer(false, Early::dropped);
    }
}

control::Audience Relay::audience_of(const ClientMessage& start) const {
    control::Audience audience{control::ChannelUse::shell, terminal_, small(columns_), small(rows_), ""};
    const char* text = nullptr;
    if (ssh_message_subtype(start.message.get()) == SSH_CHANNEL_REQUEST_EXEC) {
        audience.use = control::ChannelUse::exec;
        text = ssh_message_channel_request_command(start.message.get());
    } else if (ssh_message_subtype(start.message.get()) == SSH_CHANNEL_REQUEST_SUBSYSTEM) {
        audience.use = control::ChannelUse::subsystem;
        text = ssh_message_channel_request_subsystem(start.message.get());
    }
    if (text != nullptr) audience.command = std::string(text).substr(0, longest_command);
    return audience;
}

bool Relay::flush(Talk& talk) {
    auto& output = talk.output();
    if (output.empty()) return false;
    const int written = write_some(ssh_channel_get_session(front_.get()), front_.get(), output.rest(), talk.on_error_stream());
    output.consume(written < 0 ? output.size() : static_cast<std::size_t>(written));
    return written != 0;
}

bool Relay::step_talk(Talk& talk) {
    bool moved = discard_extended();
    if (talk.wants_input()) {
        Staging typed;
        if (typed.fill(front_.get(), false) > 0) {
            talk.type(typed.rest());
            typed.wipe_rest();
            moved = true;
        } else if (ssh_channel_is_eof(front_.get()) && ssh_channel_poll(front_.get(), 0) <= 0) {
            talk.end_of_input();
            moved = true;
        }
    }
    return flush(talk) || moved;
}

}  // namespace anteroom::ssh
