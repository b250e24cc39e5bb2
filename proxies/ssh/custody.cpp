// The wrapped calls of libssh 0.10 and 0.11. Everything that depends on libssh's inside stands in this file.
// If a wrap is not live nothing opens: a placeholder signs what no client accepts, and a person's key has no evidence.
#include "proxies/ssh/custody.h"

#include <fcntl.h>

#include <cerrno>
#include <cstring>
#include <deque>

namespace anteroom::ssh {

namespace {

struct HeldKey {
    control::HostKey key;
    Key placeholder;
};

struct State {
    ssh_session front = nullptr, target = nullptr;
    std::vector<HeldKey> keys;
    Custody::Sign sign;
    std::optional<KeyEvidence> evidence;
    Bytes signature_on_the_wire;
    std::optional<HostEvidence> host_evidence;
    std::vector<SeenRequest> seen;
    unsigned calls_sign = 0, waiting_logins = 0;
    std::string violation;
};
State& state() {
    static State only;
    return only;
}

constexpr unsigned max_waiting_logins = 4;
constexpr std::uint32_t min_packet = 256;  // clients in use announce 16 KiB and more
constexpr std::size_t max_silent = 256;    // in one poll; a client that sends more has the rest refused without being named

void note_seen(SeenRequest&& request) {
    if (request.queued || state().seen.size() < max_silent) state().seen.push_back(std::move(request));
}

const HeldKey* held(const ssh_key key) {
    for (const auto& one : state().keys)
        if (ssh_key_cmp(one.placeholder.get(), key, SSH_KEY_CMP_PUBLIC) == 0) return &one;
    return nullptr;
}

// enum ssh_digest_e of libssh's private headers.
enum Digest { digest_auto = 0, digest_sha1 = 1, digest_sha256 = 2, digest_sha384 = 3, digest_sha512 = 4 };

std::string algorithm_of(const HeldKey& key, int digest) {
    if (key.key.algorithm != "ssh-rsa") return key.key.algorithm;
    return digest == digest_sha512 ? "rsa-sha2-512" : digest == digest_sha256 ? "rsa-sha2-256" : "";
}

String to_ssh_string(View bytes) {
    String text(ssh_string_new(bytes.size()));
    if (text) ssh_string_fill(text.get(), bytes.data(), bytes.size());
    return text;
}

std::uint32_t u32_at(View bytes, std::size_t at) {
    return (std::uint32_t{bytes[at]} << 24) | (std::uint32_t{bytes[at + 1]} << 16) | (std::uint32_t{bytes[at + 2]} << 8) | bytes[at + 3];
}

constexpr const char* impatient = "login requests without waiting for an answer";
bool one_more_waits(ssh_session session) { return session != state().front || ++state().waiting_logins <= max_waiting_logins; }

// The packet is dropped; the connection ends in the loop's next round.
int violate(const char* what) {
    if (state().violation.empty()) state().violation = what;
    return SSH_PACKET_USED;
}

// A length-prefixed string at the front of a payload (RFC 4251 section 5); false when there is none.
bool read_string(View& rest, std::string& out) {
    if (rest.size() < 4) return false;
    const std::size_t size = u32_at(rest, 0);
    if (size > rest.size() - 4) return false;
    out = to_string(rest.subspan(4, size));
    rest = rest.subspan(4 + size);
    return true;
}

View content(ssh_string text) { return {static_cast<const std::uint8_t*>(ssh_string_data(text)), ssh_string_len(text)}; }

// The signature of a publickey request (RFC 4252 section 7) as the client sent it: libssh does not write a security key's again.
Bytes signature_of(View request) {
    std::string user, service, method, algorithm, key, signature;
    if (!read_string(request, user) || !read_string(request, service) || !read_string(request, method) || method != "publickey" || request.empty()) return {};
    const bool is_signed = request.front() != 0;
    request = request.subspan(1);
    const bool read = is_signed && read_string(request, algorithm) && read_string(request, key) && read_string(request, signature) && request.empty();
    return read ? to_bytes(signature) : Bytes();
}

View packet_rest(ssh_buffer packet) { return {static_cast<const std::uint8_t*>(ssh_buffer_get(packet)), ssh_buffer_get_len(packet)}; }

}  // namespace

}  // namespace anteroom::ssh

// ---- the wraps. Names beginning with two underscores are the linker's (ld --wrap) ---------------------------------------
// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker prescribes these names

struct ssh_signature_struct;
using ssh_signature = ssh_signature_struct*;

extern "C" {

using namespace anteroom;
using namespace anteroom::ssh;

int __real_ssh_get_key_params(ssh_session session, ssh_key* key, int* digest);
ssh_signature __real_pki_sign_data(const ssh_key key, int digest, const unsigned char* input, std::size_t size);
int __real_ssh_pki_signature_verify(ssh_session session, ssh_signature signature, const ssh_key key, const unsigned char* input, std::size_t size);
int __real_ssh_message_handle_channel_request(ssh_session session, ssh_channel channel, ssh_buffer packet, const char* request, std::uint8_t want_reply);
int __real_channel_rcv_request(ssh_session session, std::uint8_t type, ssh_buffer packet, void* user);
int __real_ssh_packet_global_request(ssh_session session, std::uint8_t type, ssh_buffer packet, void* user);

int __real_ssh_packet_userauth_request(ssh_session session, std::uint8_t type, ssh_buffer packet, void* user);
int __real_ssh_packet_userauth_info_response(ssh_session session, std::uint8_t type, ssh_buffer packet, void* user);
int __real_ssh_packet_service_request(ssh_session session, std::uint8_t type, ssh_buffer packet, void* user);
int __real_ssh_packet_channel_open(ssh_session session, std::uint8_t type, ssh_buffer packet, void* user);
int __real_ssh_packet_channel_open_conf(ssh_session session, std::uint8_t type, ssh_buffer packet, void* user);
int __real_fcntl(int fd, int command, long argument);

int ssh_auth_reply_default(ssh_session session, int partial);
int ssh_dh_import_next_pubkey_blob(ssh_session session, ssh_string blob);
int ssh_pki_import_signature_blob(const ssh_string blob, const ssh_key key, ssh_signature* signature);
int ssh_pki_export_signature_blob(const ssh_signature signature, ssh_string* blob);
int ssh_pki_export_pubkey_blob(const ssh_key key, ssh_string* blob);
int ssh_pki_import_pubkey_blob(const ssh_string blob, ssh_key* key);
void ssh_signature_free(ssh_signature signature);
ssh_signature pki_do_sign(const ssh_key key, const unsigned char* input, std::size_t size, int digest);

// Chooses the host key of an exchange, at the first and at each later one: the true public key is what gets announced.
int __wrap_ssh_get_key_params(ssh_session session, ssh_key* key, int* digest) {
    const int chosen = __real_ssh_get_key_params(session, key, digest);
    if (chosen != SSH_OK || session != state().front) return chosen;
    const auto* mine = held(*key);
    if (mine == nullptr) return SSH_ERROR;
    const String blob = to_ssh_string(mine->key.public_blob);
    return blob && ssh_dh_import_next_pubkey_blob(session, blob.get()) == SSH_OK ? SSH_OK : SSH_ERROR;
}

// Signs with a private key. Placeholders are signed for by the broker; no other key lives here.
ssh_signature __wrap_pki_sign_data(const ssh_key key, int digest, const unsigned char* input, std::size_t size) {
    ++state().calls_sign;
    const auto* mine = held(key);
    if (mine == nullptr || !state().sign) return nullptr;
    const Bytes answer = state().sign(algorithm_of(*mine, digest), View(input, size));
    if (answer.empty()) return nullptr;
    const String blob = to_ssh_string(answer);
    const String public_blob = to_ssh_string(mine->key.public_blob);
    ssh_key raw = nullptr;
    if (!blob || !public_blob || ssh_pki_import_pubkey_blob(public_blob.get(), &raw) != SSH_OK) return nullptr;
    const Key true_key(raw);
    ssh_signature signature = nullptr;
    return ssh_pki_import_signature_blob(blob.get(), true_key.get(), &signature) == SSH_OK ? signature : nullptr;
}

// A target's signature over its key exchange: good for libssh first, then kept. Later exchanges must show the same key.
static int verify_target(ssh_session session, ssh_signature signature, const ssh_key key, const unsigned char* input, std::size_t size) {
    const int good = __real_ssh_pki_signature_verify(session, signature, key, input, size);
    if (good != SSH_OK) return good;
    ssh_string raw_signature = nullptr, raw_key = nullptr;
    const int exported = ssh_pki_export_signature_blob(signature, &raw_signature);
    const String signature_blob(raw_signature);
    if (exported != SSH_OK || ssh_pki_export_pubkey_blob(key, &raw_key) != SSH_OK) return SSH_ERROR;
    const String key_blob(raw_key);
    auto& evidence = state().host_evidence;
    if (!evidence) evidence = HostEvidence{to_bytes(content(raw_key)), to_bytes(View(input, size)), to_bytes(content(raw_signature))};
    return evidence->host_key == to_bytes(content(raw_key)) ? SSH_OK : SSH_ERROR;
}

// Verifies a signature. A client's is kept as evidence and called good: the broker judges it before anything is answered.
// A target's (its key exchange) is judged here, by libssh, and again by the broker.
int __wrap_ssh_pki_signature_verify(ssh_session session, ssh_signature signature, const ssh_key key, const unsigned char* input, std::size_t size) {
    if (session == state().target) return verify_target(session, signature, key, input, size);
    if (session != state().front) return __real_ssh_pki_signature_verify(session, signature, key, input, size);
    state().evidence.reset();
    if (state().signature_on_the_wire.empty()) return SSH_ERROR;
    state().evidence = KeyEvidence{to_bytes(View(input, size)), std::exchange(state().signature_on_the_wire, {})};
    return SSH_OK;
}

// A channel request that becomes a message: libssh forgets its name and part of its content.
int __wrap_ssh_message_handle_channel_request(ssh_session session, ssh_channel channel, ssh_buffer packet, const char* request, std::uint8_t want_reply) {
    SeenRequest seen{request, to_bytes(packet_rest(packet)), true};
    const int handled = __real_ssh_message_handle_channel_request(session, channel, packet, request, want_reply);
    if (handled == SSH_OK && session == state().front) note_seen(std::move(seen));
    return handled;
}

// Any channel request: agent forwarding is answered by libssh alone (with a failure, as no callback is set).
int __wrap_channel_rcv_request(ssh_session session, std::uint8_t type, ssh_buffer packet, void* user) {
    View rest = packet_rest(packet);
    std::string name;
    if (session == state().front && rest.size() > 4) {
        rest = rest.subspan(4);
        if (read_string(rest, name) && name == "auth-agent-req@openssh.com") note_seen({name, {}, false});
    }
    return __real_channel_rcv_request(session, type, packet, user);
}

// A global request: libssh queues only tcpip-forward and its cancelling, and answers the rest.
int __wrap_ssh_packet_global_request(ssh_session session, std::uint8_t type, ssh_buffer packet, void* user) {
    View rest = packet_rest(packet);
    std::string name;
    const bool known = read_string(rest, name) &&
                       (name == "keepalive@openssh.com" || name == "no-more-sessions@openssh.com" || name == "tcpip-forward" || name == "cancel-tcpip-forward");
    if (session == state().front && !known) note_seen({"global:" + name, {}, false});
    return __real_ssh_packet_global_request(session, type, packet, user);
}

// libssh makes a connecting socket blocking once it is connected. Ours are connected, non-blocking, and stay so: the
// sandbox lets nobody set flags, since the same call could take O_APPEND from the recording.
int __wrap_fcntl(int fd, int command, long argument) {
    if (command != F_SETFL || state().front == nullptr) return __real_fcntl(fd, command, argument);
    const int flags = __real_fcntl(fd, F_GETFL, 0);
    if (flags >= 0 && (flags & O_NONBLOCK) != 0) return 0;
    errno = EPERM;
    return -1;
}

// A login request is answered before the next one counts: a client that sends more fills no memory here.
int __wrap_ssh_packet_userauth_request(ssh_session session, std::uint8_t type, ssh_buffer packet, void* user) {
    if (!one_more_waits(session)) return violate(impatient);
    if (session == state().front) state().signature_on_the_wire = signature_of(packet_rest(packet));
    return __real_ssh_packet_userauth_request(session, type, packet, user);
}
int __wrap_ssh_packet_userauth_info_response(ssh_session session, std::uint8_t type, ssh_buffer packet, void* user) {
    if (!one_more_waits(session)) return violate(impatient);
    return __real_ssh_packet_userauth_info_response(session, type, packet, user);
}
int __wrap_ssh_packet_service_request(ssh_session session, std::uint8_t type, ssh_buffer packet, void* user) {
    if (!one_more_waits(session)) return violate(impatient);
    return __real_ssh_packet_service_request(session, type, packet, user);
}

// The peer's maximum packet size (RFC 4254 section 5.1). libssh subtracts its overhead from it and would write for ever.
int __wrap_ssh_packet_channel_open(ssh_session session, std::uint8_t type, ssh_buffer packet, void* user) {
    View rest = packet_rest(packet);
    std::string name;
    if (!read_string(rest, name) || rest.size() < 12 || u32_at(rest, 8) < min_packet) return violate("a channel with an impossible packet size");
    return __real_ssh_packet_channel_open(session, type, packet, user);
}
int __wrap_ssh_packet_channel_open_conf(ssh_session session, std::uint8_t type, ssh_buffer packet, void* user) {
    const View rest = packet_rest(packet);
    if (rest.size() < 16 || u32_at(rest, 12) < min_packet) return violate("a channel with an impossible packet size");
    return __real_ssh_packet_channel_open_conf(session, type, packet, user);
}

// GSSAPI would be answered past the message queue. It is none of our methods: refused like any other unknown one.
int __wrap_ssh_gssapi_handle_userauth(ssh_session session, const char*, std::uint32_t, ssh_string*) { return ssh_auth_reply_default(session, 0); }
}

// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)

namespace anteroom::ssh {

Status Custody::import_placeholders(ssh_bind bind, const std::vector<control::HostKey>& keys) {
    state().keys.clear();
    for (const auto& host_key : keys) {
        ssh_key raw = nullptr;
        const std::string text = to_string(host_key.placeholder);
        if (ssh_pki_import_privkey_base64(text.c_str(), nullptr, nullptr, nullptr, &raw) != SSH_OK)
            return fail(ErrorKind::crypto, "a placeholder key cannot be read");
        HeldKey one{host_key, Key(raw)};
        // The bind takes its own reference and frees it.
        ssh_key for_bind = ssh_key_dup(raw);
        if (ssh_bind_options_set(bind, SSH_BIND_OPTIONS_IMPORT_KEY, for_bind) != SSH_OK) return fail(ErrorKind::crypto, "a placeholder key is not taken");
        state().keys.push_back(std::move(one));
    }
    return ok();
}

void Custody::open(ssh_session front, Sign sign) {
    state().front = front;
    state().sign = std::move(sign);
}

std::optional<KeyEvidence> Custody::take_evidence() { return std::exchange(state().evidence, std::nullopt); }
void Custody::watch_target(ssh_session target) {
    state().target = target;
    state().host_evidence.reset();
}
const std::optional<HostEvidence>& Custody::target_evidence() { return state().host_evidence; }
void Custody::took_login() {
    if (state().waiting_logins > 0) --state().waiting_logins;
}
void Custody::queue_is_empty() {
    if (std::exchange(state().waiting_logins, 0) != 0) (void)ssh_auth_reply_default(state().front, 0);
}
const std::string& Custody::violation() { return state().violation; }
std::vector<SeenRequest> Custody::take_seen() { return std::exchange(state().seen, {}); }

Status Custody::self_test() {
    ssh_key raw = nullptr;
    if (ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &raw) != SSH_OK) return fail(ErrorKind::crypto, "no Ed25519 key could be made");
    const Key key(raw);
    const unsigned before = state().calls_sign;
    const std::uint8_t input[32] = {};
    ssh_signature made = pki_do_sign(key.get(), input, sizeof input, digest_auto);
    const bool caught = made == nullptr && state().calls_sign == before + 1;
    if (made != nullptr) ssh_signature_free(made);
    if (!caught) return fail(ErrorKind::internal, "libssh signs by itself: pki_sign_data is not wrapped");
    return ok();
}

}  // namespace anteroom::ssh
