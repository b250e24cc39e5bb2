// The handshake (RFC 4253) and the login (RFC 4252, 4256) of the client, on libssh's message queue.
#include "proxies/ssh/front.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace anteroom::ssh {

namespace {

// Clients decide by this list's order only where their own is silent. No SHA-1, no CBC, no group exchange (it reads a moduli file).
constexpr const char* key_exchanges =
    "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512";
constexpr const char* ciphers = "aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,aes256-ctr";
constexpr const char* macs = "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256,hmac-sha2-512";
constexpr const char* user_keys =
    "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256,sk-ssh-ed25519@openssh.com,sk-ecdsa-sha2-nistp256@"
    "openssh.com";
// OpenSSH's client tells a peer that its reader went away (eow@openssh.com) only if the banner begins like this; without it `ssh ... | head` hangs.
constexpr const char* banner = "OpenSSH_9.2 Anteroom";
// A client that takes nothing any more, not even what it is sent to keep the line alive, is gone (RFC 5482).
constexpr unsigned unanswered_limit_ms = 3 * 60 * 1000;

Status set_options(ssh_bind bind) {
    const bool no = false;
    const int rsa_bits = 2048;
    const bool good =
        ssh_bind_options_set(bind, SSH_BIND_OPTIONS_PROCESS_CONFIG, &no) == SSH_OK && ssh_bind_options_set(bind, SSH_BIND_OPTIONS_BANNER, banner) == SSH_OK &&
        ssh_bind_options_set(bind, SSH_BIND_OPTIONS_KEY_EXCHANGE, key_exchanges) == SSH_OK &&
        ssh_bind_options_set(bind, SSH_BIND_OPTIONS_CIPHERS_C_S, ciphers) == SSH_OK &&
        ssh_bind_options_set(bind, SSH_BIND_OPTIONS_CIPHERS_S_C, ciphers) == SSH_OK && ssh_bind_options_set(bind, SSH_BIND_OPTIONS_HMAC_C_S, macs) == SSH_OK &&
        ssh_bind_options_set(bind, SSH_BIND_OPTIONS_HMAC_S_C, macs) == SSH_OK &&
        ssh_bind_options_set(bind, SSH_BIND_OPTIONS_PUBKEY_ACCEPTED_KEY_TYPES, user_keys) == SSH_OK &&
        ssh_bind_options_set(bind, SSH_BIND_OPTIONS_RSA_MIN_SIZE, &rsa_bits) == SSH_OK;
    return good ? ok() : Status(fail(ErrorKind::internal, std::string("libssh refuses an option: ") + ssh_get_error(bind)));
}

int method_bits(const std::vector<std::string>& methods) {
    int bits = 0;
    for (const auto& method : methods) {
        if (method == "publickey") bits |= SSH_AUTH_METHOD_PUBLICKEY;
        if (method == "password") bits |= SSH_AUTH_METHOD_PASSWORD;
        if (method == "keyboard-interactive") bits |= SSH_AUTH_METHOD_INTERACTIVE;
    }
    return bits;
}

Result<Bytes> key_blob(ssh_key key) {
    char* raw = nullptr;
    if (ssh_pki_export_pubkey_base64(key, &raw) != SSH_OK) return fail(ErrorKind::invalid, "a public key cannot be read");
    const Text text(raw);
    return from_base64(text.get());
}

Secret secret_of(const char* text) { return text == nullptr ? Secret() : Secret::copy_of(std::string_view(text)); }

}  // namespace

Result<std::unique_ptr<Front>> Front::make(Fd client, const control::WorkerWelcome& welcome, control::Link& link, Custody::Sign sign) {
    Bind bind(ssh_bind_new());
    Session session(ssh_new());
    if (!bind || !session) return fail(ErrorKind::internal, "libssh has no session");
    TRY(set_options(bind.get()));
    TRY(Custody::import_placeholders(bind.get(), welcome.host_keys));
    const int one = 1;
    ::setsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    ::setsockopt(client.get(), IPPROTO_TCP, TCP_USER_TIMEOUT, &unanswered_limit_ms, sizeof unanswered_limit_ms);
    TRY(set_nonblocking(client.get()));  // before custody opens: afterwards nobody sets flags
    Custody::open(session.get(), std::move(sign));
    if (ssh_bind_accept_fd(bind.get(), session.get(), client.get()) != SSH_OK)
        return fail(ErrorKind::internal, std::string("libssh: ") + ssh_get_error(bind.get()));
    client.release();  // libssh closes it
    ssh_set_blocking(session.get(), 0);
    ssh_set_auth_methods(session.get(), SSH_AUTH_METHOD_PUBLICKEY | SSH_AUTH_METHOD_PASSWORD | SSH_AUTH_METHOD_INTERACTIVE);
    return std::unique_ptr<Front>(new Front(std::move(session), std::move(bind), link));
}

Front::~Front() { Custody::open(nullptr, {}); }

bool Front::connected() const { return state_ != State::closed && (ssh_get_status(session_.get()) & (SSH_CLOSED | SSH_CLOSED_ERROR)) == 0; }

std::string Front::client_version() const {
    const char* text = ssh_get_clientbanner(session_.get());
    return text == nullptr ? "" : text;
}

Result<bool> Front::step(ssh_event event) {
    if (state_ == State::exchanging) {
        const int rc = ssh_handle_key_exchange(session_.get());
        if (!in_event_) {  // libssh has its poll handle only from the first call on
            if (ssh_event_add_session(event, session_.get()) != SSH_OK) return fail(ErrorKind::internal, "ssh_event_add_session");
            in_event_ = true;
        }
        if (rc == SSH_AGAIN) return false;
        if (rc != SSH_OK) return fail(ErrorKind::refused, std::string("key exchange: ") + ssh_get_error(session_.get()));
        state_ = State::login;
        return true;
    }
    if (state_ == State::login) return step_login();
    return false;
}

Result<bool> Front::step_login() {
    if (pending_) return false;
    Message message(ssh_message_get(session_.get()));
    if (!message) {
        Custody::queue_is_empty();
        if (!connected()) return fail(ErrorKind::not_found, "the client left during login");
        return false;
    }
    Custody::took_login();
    if (ssh_message_type(message.get()) == SSH_REQUEST_AUTH) {
        TRY(forward(std::move(message)));
        return true;
    }
    const char* service = ssh_message_type(message.get()) == SSH_REQUEST_SERVICE ? ssh_message_service_service(message.get()) : nullptr;
    if (service != nullptr && std::string_view(service) == "ssh-userauth") ssh_message_service_reply_success(message.get());
    else ssh_message_reply_default(message.get());
    return true;
}

// The evidence of one step, as it came.
Status Front::forward(Message message) {
    control::LoginStep step;
    const char* user = ssh_message_auth_user(message.get());
    step.user = user == nullptr ? "" : user;
    step.client_version = client_version();
    switch (ssh_message_subtype(message.get())) {
        case SSH_AUTH_METHOD_NONE: step.method = control::LoginMethod::none; break;
        case SSH_AUTH_METHOD_PASSWORD:
            step.method = control::LoginMethod::password;
            step.password = secret_of(ssh_message_auth_password(message.get()));
            break;
        case SSH_AUTH_METHOD_PUBLICKEY: {
            const bool is_signed = ssh_message_auth_publickey_state(message.get()) == SSH_PUBLICKEY_STATE_VALID;
            step.method = is_signed ? control::LoginMethod::key_signed : control::LoginMethod::key_offer;
            step.key_blob = TRY(key_blob(ssh_message_auth_pubkey(message.get())));
            // No evidence, no proof: a signed request that did not pass through custody is sent empty, and the broker refuses it.
            if (auto evidence = Custody::take_evidence(); is_signed && evidence) {
                step.signed_data = std::move(evidence->signed_data);
                step.signature = std::move(evidence->signature);
            }
            break;
        }
        case SSH_AUTH_METHOD_INTERACTIVE:
            if (!ssh_message_auth_kbdint_is_response(message.get())) {
                step.method = control::LoginMethod::interactive;
                break;
            }
            step.method = control::LoginMethod::answers;
            for (int i = 0; i < ssh_userauth_kbdint_getnanswers(session_.get()); ++i)
                step.answers.push_back(secret_of(ssh_userauth_kbdint_getanswer(session_.get(), static_cast<unsigned>(i))));
            break;
        default: ssh_message_reply_default(message.get()); return ok();
    }
    constexpr std::size_t longest = 4096;
    if (step.user.size() > longest || step.password.size() > longest) return fail(ErrorKind::refused, "a user name or password longer than 4096 bytes");
    for (const auto& one : step.answers)
        if (one.size() > longest) return fail(ErrorKind::refused, "an answer longer than 4096 bytes");
    TRY(link_.send(step));
    pending_ = std::move(message);
    return ok();
}

Status Front::answer(const control::LoginAnswer& answer) {
    if (!pending_) return fail(ErrorKind::refused, "a login answer without a question");
    Message message = std::move(pending_);
    int rc = SSH_OK;
    switch (answer.verdict) {
        case control::LoginVerdict::key_acceptable: rc = ssh_message_auth_reply_pk_ok_simple(message.get()); break;
        case control::LoginVerdict::refused:
            ssh_message_auth_set_methods(message.get(), method_bits(answer.methods));
            rc = ssh_message_reply_default(message.get());
            break;
        case control::LoginVerdict::partial:
            ssh_message_auth_set_methods(message.get(), method_bits(answer.methods));
            rc = ssh_message_auth_reply_success(message.get(), 1);
            break;
        case control::LoginVerdict::prompt: pending_ = std::move(message); return reply_prompt(answer);
        case control::LoginVerdict::accepted:
            rc = ssh_message_auth_reply_success(message.get(), 0);
            state_ = State::accepted;
            link_.enter(control::accepted);
            break;
        case control::LoginVerdict::disconnect: disconnect(answer.sentence); return ok();
    }
    return rc == SSH_OK ? ok() : Status(fail(ErrorKind::io, "the client does not take an answer"));
}

Status Front::reply_prompt(const control::LoginAnswer& answer) {
    Message message = std::move(pending_);
    std::vector<const char*> texts;
    std::vector<char> echo;
    for (const auto& prompt : answer.prompts) {
        texts.push_back(prompt.text.c_str());
        echo.push_back(prompt.echo ? 1 : 0);
    }
    const int rc =
        ssh_message_auth_interactive_request(message.get(), "", answer.instruction.c_str(), static_cast<unsigned>(texts.size()), texts.data(), echo.data());
    return rc == SSH_OK ? ok() : Status(fail(ErrorKind::io, "the client does not take a prompt"));
}

void Front::collect_seen() {
    for (auto& one : Custody::take_seen()) {
        if (one.queued) {
            seen_.push_back(std::move(one));
        } else {
            silent_.push_back(std::move(one.name));
        }
    }
}

std::optional<ClientMessage> Front::next_message() {
    if (state_ != State::accepted) return std::nullopt;
    Message message(ssh_message_get(session_.get()));
    collect_seen();
    if (!message) return std::nullopt;
    ClientMessage one{std::move(message), {}, {}};
    if (ssh_message_type(one.message.get()) == SSH_REQUEST_CHANNEL && !seen_.empty()) {
        one.name = std::move(seen_.front().name);
        one.payload = std::move(seen_.front().payload);
        seen_.pop_front();
    }
    return one;
}

std::vector<std::string> Front::take_silent_refusals() {
    collect_seen();
    return std::exchange(silent_, {});
}

// During a long login a message that says nothing (RFC 4253 section 11.2); afterwards a request that wants an answer. libssh takes
// an answer that came for the last one at the next call, which then sends nothing: hence twice.
void Front::keep_alive() {
    if (!connected() || congested()) return;
    if (state_ == State::login) {
        ssh_send_ignore(session_.get(), "");
    } else if (state_ == State::accepted) {
        ssh_send_keepalive(session_.get());
        ssh_send_keepalive(session_.get());
    }
}

void Front::disconnect(const std::string& sentence) {
    if (state_ == State::closed) return;
    state_ = State::closed;
    pending_.reset();
    ssh_session_set_disconnect_message(session_.get(), sentence.c_str());
    ssh_disconnect(session_.get());
}

}  // namespace anteroom::ssh
