// SSL_CTX_new(3), SSL_CTX_set_options(3), SSL_CTX_set_alpn_select_cb(3).
#include "web/tls.h"

namespace anteroom::web {

namespace {

constexpr unsigned max_authorities = 16;
constexpr const char* tls12_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr const char* groups = "X25519:P-256:P-384";
constexpr unsigned char http11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

tl::unexpected<Error> failed(const char* what) { return fail(ErrorKind::crypto, std::string(what) + ": " + openssl::last_reason()); }

// An encrypted key is an error, never a question.
int no_passphrase(char*, int, int, void*) { return -1; }

int choose_protocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* in, unsigned int in_size, void*) {
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, size, http11, sizeof http11, in, in_size) != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

Status use_chain(SSL_CTX* context, BIO* bio) {
    for (unsigned count = 0; count < max_authorities; ++count) {
        const openssl::Certificate authority(PEM_read_bio_X509(bio, nullptr, no_passphrase, nullptr));
        if (!authority) {
            if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) return failed("the TLS identity's chain");
            ERR_clear_error();
            return ok();
        }
        if (SSL_CTX_add1_chain_cert(context, authority.get()) != 1) return failed("the TLS identity's chain");
    }
    return fail(ErrorKind::invalid, "the TLS identity's chain is too long");
}

Status use_identity(SSL_CTX* context, const Secret& identity) {
    const auto pem = identity.expose();
    const openssl::Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    const openssl::PrivateKey key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr) : nullptr);
    if (!key) return failed("the TLS identity's private key");
    const openssl::Certificate own(PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr));
    if (!own || SSL_CTX_use_certificate(context, own.get()) != 1) return failed("the TLS identity's certificate");
    if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) return failed("the TLS identity's key and certificate");
    return use_chain(context, bio.get());
}

}  // namespace

Result<TlsContext> server_tls(const Secret& identity, bool tls12) {
    TlsContext context(SSL_CTX_new(TLS_server_method()));
    if (!context) return failed("SSL_CTX_new");
    SSL_CTX* c = context.get();
    SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(c, SSL_MODE_NO_AUTO_CHAIN | SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(c, SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_alpn_select_cb(c, choose_protocol, nullptr);
    if (SSL_CTX_set_min_proto_version(c, tls12 ? TLS1_2_VERSION : TLS1_3_VERSION) != 1 || SSL_CTX_set_max_proto_version(c, TLS1_3_VERSION) != 1 ||
        SSL_CTX_set_num_tickets(c, 0) != 1 || SSL_CTX_set_cipher_list(c, tls12_ciphers) != 1 || SSL_CTX_set1_groups_list(c, groups) != 1)
        return failed("TLS settings");
    TRY(use_identity(c, identity));
    unsigned char byte[1];
    if (RAND_bytes(byte, sizeof byte) != 1 || RAND_priv_bytes(byte, sizeof byte) != 1) return failed("random numbers");
    return context;
}

}  // namespace anteroom::web
