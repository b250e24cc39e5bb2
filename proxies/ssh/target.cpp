// libssh as a client: key exchange, host key to the broker, then password, keyboard-interactive or agent.
#include "proxies/ssh/target.h"

#include "proxies/ssh/custody.h"

namespace anteroom::ssh {

namespace {

constexpr const char* ciphers = "aes256-gcm@openssh.com,aes128-gcm@openssh.com,chacha20-poly1305@openssh.com,aes256-ctr";
constexpr int max_prompts = 4;

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : ",") + word;
    return text;
}

// Everything that would make libssh look at files is set to nothing: there is no file system here.
Status set_options(ssh_session session, int fd, const control::SessionPermit& permit) {
    const bool no = false;
    const int none = 0;
    const std::string host_keys = joined(permit.host_key_algorithms);
    const auto set = [&](ssh_options_e option, const void* value) { return ssh_options_set(session, option, value) == SSH_OK; };
    const bool good = set(SSH_OPTIONS_SSH_DIR, "/nonexistent") && set(SSH_OPTIONS_PROCESS_CONFIG, &no) && set(SSH_OPTIONS_HOST, "target") &&
                      set(SSH_OPTIONS_USER, permit.account.c_str()) && set(SSH_OPTIONS_KNOWNHOSTS, "/dev/null") &&
                      set(SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null") && set(SSH_OPTIONS_FD, &fd) && set(SSH_OPTIONS_CIPHERS_C_S, ciphers) &&
                      set(SSH_OPTIONS_CIPHERS_S_C, ciphers) && set(SSH_OPTIONS_GSSAPI_DELEGATE_CREDENTIALS, &none) &&
                      (host_keys.empty() || set(SSH_OPTIONS_HOSTKEYS, host_keys.c_str()));
    return good ? ok() : Status(fail(ErrorKind::internal, std::string("libssh refuses an option: ") + ssh_get_error(session)));
}

}  // namespace

Result<std::unique_ptr<TargetLeg>> TargetLeg::make(Fd socket, Fd agent, const control::SessionPermit& permit, control::Link& link, Monotonic deadline) {
    Session session(ssh_new());
    if (!session) return fail(ErrorKind::internal, "libssh has no session");
    TRY(set_options(session.get(), socket.get(), permit));
    socket.release();  // libssh closes it
    ssh_set_blocking(session.get(), 0);
    Custody::watch_target(session.get());
    return std::unique_ptr<TargetLeg>(new TargetLeg(std::move(session), std::move(agent), permit.login, link, deadline));
}

bool TargetLeg::fail_with(std::string why, std::string sentence) {
    state_ = State::failed;
    why_ = std::move(why);
    sentence_ = std::move(sentence);
    return true;
}

bool TargetLeg::step(ssh_event event, Monotonic now) {
    if (state_ == State::ready || state_ == State::failed) return false;
    if (now >= deadline_) return fail_with("timeout", "The target did not answer in time.");
    switch (state_) {
        case State::connecting: return connect(event);
        case State::choosing: return choose_method();
        case State::logging_in: return log_in();
        default: return false;
    }
}

bool TargetLeg::connect(ssh_event event) {
    const int rc = ssh_connect(session_.get());
    if (!in_event_ && rc != SSH_ERROR) {
        ssh_event_add_session(event, session_.get());
        in_event_ = true;
    }
    if (rc == SSH_AGAIN) return false;
    if (rc == SSH_OK) return present_host_key();
    const std::string error = ssh_get_error(session_.get());
    if (error.find("hostkey signature") != std::string::npos)
        return fail_with("host-key", "The target showed a host key and could not prove that it holds it. Nothing was sent to it.");
    if (error.find("hostkey") != std::string::npos || error.find("host key") != std::string::npos)
        return fail_with("host-key", "The target does not offer the host key that is pinned for it. Nothing was sent to it.");
    return fail_with("protocol", "The target did not complete the SSH handshake.");
}

// The broker takes nobody's word for a host key: it gets what the key signed.
bool TargetLeg::present_host_key() {
    ssh_key raw = nullptr;
    if (ssh_get_server_publickey(session_.get(), &raw) != SSH_OK) return fail_with("protocol", "The target showed no host key.");
    const Key key(raw);
    const auto& evidence = Custody::target_evidence();
    if (!evidence) return fail_with("protocol", "The target's host key has proven nothing.");
    const control::TargetIdentity identity{ssh_key_type_to_char(ssh_key_type(key.get())), evidence->host_key, evidence->exchange_hash, evidence->signature};
    state_ = State::verifying;
    if (!link_.send(identity)) return fail_with("protocol", "The broker does not answer.");
    return true;
}

void TargetLeg::verdict(control::TargetVerdict verdict) {
    if (state_ != State::verifying) return;
    if (!verdict.trusted) {
        fail_with("host-key", verdict.sentence);
        return;
    }
    password_ = std::move(verdict.password);
    state_ = State::choosing;
}

bool TargetLeg::choose_method() {
    const int rc = ssh_userauth_none(session_.get(), nullptr);
    if (rc == SSH_AUTH_AGAIN) return false;
    if (rc == SSH_AUTH_SUCCESS) {
        state_ = State::ready;
        return true;
    }
    if (rc == SSH_AUTH_ERROR) return fail_with("protocol", "The target broke off during login.");
    const int methods = ssh_userauth_list(session_.get(), nullptr);
    if (login_ == control::TargetLogin::password) interactive_ = (methods & SSH_AUTH_METHOD_PASSWORD) == 0 && (methods & SSH_AUTH_METHOD_INTERACTIVE) != 0;
    state_ = State::logging_in;
    return true;
}

bool TargetLeg::log_in() {
    int rc = SSH_AUTH_DENIED;
    switch (login_) {
        case control::TargetLogin::none: break;
        case control::TargetLogin::agent:
            if (!agent_given_) {
                if (ssh_set_agent_socket(session_.get(), agent_.get()) != SSH_OK) return fail_with("login", "The target account's key is not available.");
                agent_.release();  // libssh closes it
                agent_given_ = true;
            }
            rc = ssh_userauth_agent(session_.get(), nullptr);
            break;
        case control::TargetLogin::password: {
            if (interactive_) return answer_prompts();
            const std::string text(password_.expose_text());
            rc = ssh_userauth_password(session_.get(), nullptr, text.c_str());
            wipe(const_cast<char*>(text.data()), text.size());
            break;
        }
    }
    if (rc == SSH_AUTH_AGAIN) return false;
    password_ = Secret();
    if (rc != SSH_AUTH_SUCCESS) return fail_with("login", "The target refused the stored credential of this account.");
    state_ = State::ready;
    return true;
}

// Servers without the password method ask for it by keyboard-interactive (RFC 4256); every hidden prompt gets the password.
bool TargetLeg::answer_prompts() {
    const int rc = ssh_userauth_kbdint(session_.get(), nullptr, nullptr);
    if (rc == SSH_AUTH_AGAIN) return false;
    if (rc == SSH_AUTH_SUCCESS) {
        password_ = Secret();
        state_ = State::ready;
        return true;
    }
    if (rc != SSH_AUTH_INFO) return fail_with("login", "The target refused the stored credential of this account.");
    const int prompts = ssh_userauth_kbdint_getnprompts(session_.get());
    if (prompts > max_prompts) return fail_with("login", "The target asks for more than a password.");
    const std::string text(password_.expose_text());
    for (int i = 0; i < prompts; ++i) {
        char echo = 0;
        ssh_userauth_kbdint_getprompt(session_.get(), static_cast<unsigned>(i), &echo);
        ssh_userauth_kbdint_setanswer(session_.get(), static_cast<unsigned>(i), echo != 0 ? "" : text.c_str());
    }
    wipe(const_cast<char*>(text.data()), text.size());
    return true;
}

}  // namespace anteroom::ssh
