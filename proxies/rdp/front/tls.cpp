// SSL_CTX_new(3), SSL_CTX_set_options(3), SSL_use_certificate(3).
#include "proxies/rdp/front/tls.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include "proxies/rdp/front/wiping_memory_handles.h"

namespace anteroom::rdp {

namespace {

constexpr std::size_t max_identity = 1u << 20;
constexpr unsigned max_authorities = 16;
constexpr const char* tls12_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr const char* groups = "X25519:P-256:P-384";

tl::unexpected<Error> failed(const char* what) { return fail(ErrorKind::crypto, std::string(what) + ": " + openssl::last_reason()); }

// The file in memory, without a copy of the key on the heap. It is a memfd that many share, so its offset is left alone.
class Mapped {
public:
    static Result<Mapped> of(int fd) {
        struct stat facts{};
        if (::fstat(fd, &facts) != 0) return fail_errno("the TLS identity");
        if (facts.st_size <= 0 || static_cast<std::size_t>(facts.st_size) > max_identity)
            return fail(ErrorKind::invalid, "the TLS identity is empty or too large");
        const auto size = static_cast<std::size_t>(facts.st_size);
        void* at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (at == MAP_FAILED) return fail_errno("the TLS identity");
        return Mapped(at, size);
    }
    Mapped(Mapped&& other) noexcept : at_(std::exchange(other.at_, nullptr)), size_(other.size_) {}
    Mapped& operator=(Mapped&&) = delete;
    ~Mapped() {
        if (at_ != nullptr) ::munmap(at_, size_);
    }
    openssl::Bio reader() const { return openssl::Bio(BIO_new_mem_buf(at_, static_cast<int>(size_))); }

private:
    Mapped(void* at, std::size_t size) : at_(at), size_(size) {}
    void* at_;
    std::size_t size_;
};

// An encrypted key is an error, never a question.
int no_passphrase(char*, int, int, void*) { return -1; }

Status use_identity(SSL* tls, int fd) {
    const auto file = TRY(Mapped::of(fd));
    const openssl::Bio bio = file.reader();
    const openssl::PrivateKey key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr) : nullptr);
    if (!key) return failed("the TLS identity's private key");
    const openssl::Certificate own(PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr));
    if (!own) return failed("the TLS identity's certificate");
    if (SSL_use_certificate(tls, own.get()) != 1) return failed("the TLS identity's certificate");
    if (SSL_use_PrivateKey(tls, key.get()) != 1 || SSL_check_private_key(tls) != 1) return failed("the TLS identity's key and certificate");
    for (unsigned count = 0; count < max_authorities; ++count) {
        const openssl::Certificate authority(PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr));
        if (!authority) {
            const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
            if (!at_end) return failed("the TLS identity's chain");
            ERR_clear_error();
            return ok();
        }
        if (SSL_add1_chain_cert(tls, authority.get()) != 1) return failed("the TLS identity's chain");
    }
    return fail(ErrorKind::invalid, "the TLS identity's chain is too long");
}

Result<openssl::TlsContext> make_context() {
    openssl::TlsContext context(SSL_CTX_new(TLS_server_method()));
    if (!context) return failed("SSL_CTX_new");
    SSL_CTX* c = context.get();
    // A client that only closes its connection ends its stream as well as one that says so: RDP's own end comes before.
    SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(c, SSL_MODE_NO_AUTO_CHAIN);  // the chain is what the identity holds
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(c, SSL_VERIFY_NONE, nullptr);
    // A record's header and body in one read.
    SSL_CTX_set_read_ahead(c, 1);
    if (SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) != 1 || SSL_CTX_set_max_proto_version(c, 0) != 1 || SSL_CTX_set_num_tickets(c, 0) != 1 ||
        SSL_CTX_set_cipher_list(c, tls12_ciphers) != 1 || SSL_CTX_set1_groups_list(c, groups) != 1)
        return failed("TLS settings");
    return context;
}

}  // namespace

Result<Tls> server_tls(int client, int identity) {
    if (!wipe_released_memory()) return fail(ErrorKind::internal, "OpenSSL has allocated memory before");
    const auto context = TRY(make_context());
    Tls tls(SSL_new(context.get()));
    if (!tls || SSL_set_fd(tls.get(), client) != 1) return failed("SSL_new");
    TRY(use_identity(tls.get(), identity));
    SSL_set_accept_state(tls.get());
    // What OpenSSL seeds or allocates on first use is used once before the sandbox closes.
    unsigned char byte[1];
    if (RAND_bytes(byte, sizeof byte) != 1 || RAND_priv_bytes(byte, sizeof byte) != 1) return failed("random numbers");
    return tls;
}

}  // namespace anteroom::rdp
