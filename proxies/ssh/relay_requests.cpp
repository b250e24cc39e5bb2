// A channel's requests (RFC 4254 section 6): each through the gate, then to the target, then the target's answer back.
#include "base/log.h"
#include "proxies/ssh/relay.h"

namespace anteroom::ssh {

namespace {

std::string text_of(const char* text) { return text == nullptr ? "" : text; }

Bytes encode_size(int columns, int rows) {
    const auto clamp = [](int value) { return static_cast<std::uint16_t>(std::clamp(value, 1, 65535)); };
    return wire::encode(recorder::Resize{clamp(columns), clamp(rows)});
}

}  // namespace

void reply(ClientMessage& request, int rc) {
    if (std::exchange(request.answered, true)) return;
    if (rc == SSH_OK) ssh_message_channel_request_reply_success(request.message.get());
    else ssh_message_reply_default(request.message.get());
}

bool starts_something(const ClientMessage& request) {
    const int type = ssh_message_subtype(request.message.get());
    return type == SSH_CHANNEL_REQUEST_SHELL || type == SSH_CHANNEL_REQUEST_EXEC || type == SSH_CHANNEL_REQUEST_SUBSYSTEM;
}

// Answers with success, so that the client stays to read why, then ends the channel.
void Relay::refuse_start(ClientMessage& request, const std::string& text, int status) {
    reply(request, SSH_OK);
    if (!text.empty()) tell(text);
    end_with(status);
}

bool Relay::step_refused(const std::string& text, int status) {
    if (finished_ || requests_.empty()) {
        if (!finished_ && ssh_channel_is_closed(front_.get())) close();
        return false;
    }
    ClientMessage request = take_request();
    if (starts_something(request)) {
        refuse_start(request, text, status);
    } else {
        const bool pty = ssh_message_subtype(request.message.get()) == SSH_CHANNEL_REQUEST_PTY;
        terminal_ = terminal_ || pty;
        reply(request, pty ? SSH_OK : SSH_ERROR);
    }
    return true;
}

Result<bool> Relay::step_request(Surroundings& around, Monotonic now) {
    if (requests_.empty()) return false;
    auto& request = requests_.front();
    const int rc = TRY(perform(around, request, now));
    if (rc == SSH_AGAIN) return false;
    // The client was told in the conversation already that it has this.
    const bool promised = request.answered && (starts_something(request) || ssh_message_subtype(request.message.get()) == SSH_CHANNEL_REQUEST_PTY);
    if (!finished_) reply(request, rc);
    (void)take_request();
    if (promised && rc != SSH_OK && !finished_) {
        tell("The target refused to open this.");
        end_with(255);
    }
    return true;
}

ClientMessage Relay::take_request() {
    ClientMessage request = std::move(requests_.front());
    requests_.pop_front();
    queued_bytes_ -= request.payload.size();
    if (answered_ > 0) --answered_;
    request_checked_ = false;
    return request;
}

Result<int> Relay::perform_pty(Surroundings& around, ClientMessage& request, Monotonic now) {
    ssh_message message = request.message.get();
    if (!request.answered) set_size(message);
    const int rc = ssh_channel_request_pty_size(target_.get(), text_of(ssh_message_channel_request_pty_term(message)).c_str(), columns_, rows_);
    if (rc != SSH_OK) return rc;
    terminal_ = true;
    TRY(around.recording.append(recorder::Track::resize, std::uint8_t{0}, number_, encode_size(columns_, rows_), now));
    return rc;
}

Result<int> Relay::perform_env(Surroundings& around, ClientMessage& request, Monotonic now) {
    const std::string name = text_of(ssh_message_channel_request_env_name(request.message.get()));
    const std::string value = text_of(ssh_message_channel_request_env_value(request.message.get()));
    if (!request_checked_ && !around.gate.permits({"env", name})) return SSH_ERROR;
    request_checked_ = true;
    const int rc = ssh_channel_request_env(target_.get(), name.c_str(), value.c_str());
    if (rc == SSH_OK) TRY(around.recording.marker(recorder::MarkerKind::note, number_, "env " + name + "=" + value, now));
    return rc;
}

// SSH_AGAIN while the target has not answered; then SSH_OK or SSH_ERROR for the client.
Result<int> Relay::perform(Surroundings& around, ClientMessage& request, Monotonic now) {
    ssh_message message = request.message.get();
    switch (ssh_message_subtype(message)) {
        case SSH_CHANNEL_REQUEST_PTY: return perform_pty(around, request, now);
        case SSH_CHANNEL_REQUEST_WINDOW_CHANGE:
            if (!terminal_) return SSH_ERROR;
            set_size(message);
            TRY(around.recording.append(recorder::Track::resize, std::uint8_t{0}, number_, encode_size(columns_, rows_), now));
            return ssh_channel_change_pty_size(target_.get(), columns_, rows_);
        case SSH_CHANNEL_REQUEST_ENV: return perform_env(around, request, now);
        case SSH_CHANNEL_REQUEST_SHELL:
        case SSH_CHANNEL_REQUEST_EXEC:
        case SSH_CHANNEL_REQUEST_SUBSYSTEM: return perform_start(around, request, now);
        case SSH_CHANNEL_REQUEST_X11: around.gate.refuse({"x11", ""}); break;
        default:
            if (request.name == "eow@openssh.com") {  // the client's reader went away: so does ours
                reader_gone_ = true;
                ssh_channel_close(target_.get());
                if (!exit_status_ && exit_signal_.empty()) exit_signal_ = "PIPE";
                return SSH_OK;
            }
            around.gate.refuse({"request", request.name});
    }
    TRY(around.recording.marker(recorder::MarkerKind::refusal, number_, request.name, now));
    return SSH_ERROR;
}

Result<int> Relay::perform_start(Surroundings& around, ClientMessage& request, Monotonic now) {
    ssh_message message = request.message.get();
    const int type = ssh_message_subtype(message);
    policy::Use use{"shell", ""};
    recorder::ExecKind kind = recorder::ExecKind::shell;
    if (type == SSH_CHANNEL_REQUEST_EXEC) {
        use = {"exec", text_of(ssh_message_channel_request_command(message))};
        kind = recorder::ExecKind::command;
    } else if (type == SSH_CHANNEL_REQUEST_SUBSYSTEM) {
        const std::string name = text_of(ssh_message_channel_request_subsystem(message));
        use = {name == "sftp" ? "sftp" : "subsystem", name};
        kind = recorder::ExecKind::subsystem;
    }
    if (use.detail.size() > recorder::max_event_bytes) {
        around.gate.refuse(use);
        refuse_start(request, "This command is longer than can be recorded.", 1);
        return SSH_ERROR;
    }
    if (!request_checked_) {
        // A subsystem is a protocol of its own, and none is inspected here yet: refused whatever the policy names.
        const bool permitted = kind != recorder::ExecKind::subsystem && !started_ && around.gate.permits(use);
        if (!permitted) {
            if (kind == recorder::ExecKind::subsystem || started_) around.gate.refuse(use);
            TRY(around.recording.marker(recorder::MarkerKind::refusal, number_, use.kind + " " + use.detail, now));
            refuse_start(request, Gate::sentence(use), 1);
            return SSH_ERROR;
        }
        TRY(around.recording.append(recorder::Track::exec, kind, number_, view(use.detail).first(std::min(use.detail.size(), recorder::max_event_bytes)), now));
        request_checked_ = true;
    }
    const int rc = kind == recorder::ExecKind::shell ? ssh_channel_request_shell(target_.get()) : ssh_channel_request_exec(target_.get(), use.detail.c_str());
    if (rc != SSH_OK) return rc;
    started_ = active_ = true;
    shell_ = kind == recorder::ExecKind::shell;
    if (terminal_ && kind == recorder::ExecKind::shell && !around.notice.empty()) {
        const std::string line = around.notice + "\r\n";
        ssh_channel_write_stderr(front_.get(), line.data(), static_cast<std::uint32_t>(line.size()));
        around.notice.clear();
    }
    for (const auto& [text, ring] : std::exchange(early_, {})) announce(text, ring, now);
    return rc;
}

}  // namespace anteroom::ssh
