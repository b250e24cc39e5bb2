// Non-blocking sockets, one deadline for each step.
#include "broker/courier/stream.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "base/openssl_handles.h"
#include "broker/installation/config.h"

namespace anteroom::courier {

using openssl::Tls;
using openssl::TlsContext;

struct Stream::Ends {
    Fd fd;
    TlsContext context;
    Tls tls;
};

namespace {

struct FreeAddresses {
    void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

Status wait(int fd, short events, Monotonic until) {
    while (true) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - MonotonicClock::now()).count();
        if (left <= 0) return fail(ErrorKind::timeout, "it did not take everything in time");
        pollfd one{fd, events, 0};
        const int ready = ::poll(&one, 1, static_cast<int>(left));
        if (ready > 0) return ok();
        if (ready < 0 && errno != EINTR) return fail_errno("poll");
    }
}

Result<Fd> connect_one(const addrinfo& address, Monotonic until) {
    Fd fd(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return fail_errno("socket");
    if (::connect(fd.get(), address.ai_addr, address.ai_addrlen) == 0) return fd;
    if (errno != EINPROGRESS) return fail_errno("connecting");
    if (!wait(fd.get(), POLLOUT, until)) return fail(ErrorKind::timeout, "no connection in time");
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return fail_errno("SO_ERROR");
    errno = error;
    if (error != 0) return fail_errno("connecting");
    return fd;
}

Result<Fd> connect_any(const Address& address, Monotonic until) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* raw = nullptr;
    const int found = ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &raw);
    const std::unique_ptr<addrinfo, FreeAddresses> list(raw);
    if (found != 0) return fail(ErrorKind::io, address.host + ": " + ::gai_strerror(found));
    Error last{ErrorKind::io, address.host + " has no address"};
    for (const auto* one = list.get(); one != nullptr; one = one->ai_next) {
        auto fd = connect_one(*one, until);
        if (fd) return fd;
        last = fd.error();
    }
    return fail(last);
}

tl::unexpected<Error> fail_tls(const std::string& what) {
    char text[256] = "";
    const auto code = ::ERR_get_error();
    if (code != 0) ::ERR_error_string_n(code, text, sizeof text);
    ::ERR_clear_error();
    return fail(ErrorKind::crypto, what + (*text == '\0' ? "" : std::string(": ") + text));
}

// Repeats one TLS call until it is done; `done` is its last return value, above 0, or an orderly end (0).
template <class Step>
Result<int> drive(SSL* tls, int fd, Monotonic until, const char* what, const Step& step) {
    while (true) {
        ::ERR_clear_error();
        errno = 0;
        const int returned = step();
        if (returned > 0) return returned;
        switch (::SSL_get_error(tls, returned)) {
            case SSL_ERROR_WANT_READ: TRY(wait(fd, POLLIN, until)); break;
            case SSL_ERROR_WANT_WRITE: TRY(wait(fd, POLLOUT, until)); break;
            case SSL_ERROR_ZERO_RETURN: return 0;
            case SSL_ERROR_SYSCALL:
                if (errno != 0) return fail_errno(what);
                return fail(ErrorKind::io, std::string(what) + ": the connection ended");
            default: {
                const auto verdict = ::SSL_get_verify_result(tls);
                if (verdict != X509_V_OK) return fail(ErrorKind::refused, std::string("its certificate: ") + ::X509_verify_cert_error_string(verdict));
                return fail_tls(what);
            }
        }
    }
}

Status start_tls(Fd& fd, TlsContext& context, Tls& tls, const Address& address, Monotonic until) {
    context.reset(::SSL_CTX_new(::TLS_client_method()));
    if (!context) return fail_tls("TLS");
    const bool authorities = address.ca_file.empty() ? ::SSL_CTX_set_default_verify_paths(context.get()) == 1
                                                     : ::SSL_CTX_load_verify_file(context.get(), address.ca_file.c_str()) == 1;
    if (!authorities) return fail_tls(address.ca_file.empty() ? "the machine's authorities" : address.ca_file);
    ::SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    // An end without close_notify is an end: what it proves is that the other side closed, as with TCP.
    ::SSL_CTX_set_options(context.get(), SSL_OP_IGNORE_UNEXPECTED_EOF);
    tls.reset(::SSL_new(context.get()));
    if (!tls || ::SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 || ::SSL_set_min_proto_version(tls.get(), TLS1_2_VERSION) != 1 ||
        ::SSL_set_fd(tls.get(), fd.get()) != 1)
        return fail_tls("TLS");
    // A name is asked for and compared as a name, an address as an address.
    const bool named = ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(tls.get()), address.host.c_str()) != 1;
    if (named && (::SSL_set1_host(tls.get(), address.host.c_str()) != 1 || ::SSL_set_tlsext_host_name(tls.get(), address.host.c_str()) != 1))
        return fail_tls("TLS");
    if (TRY(drive(tls.get(), fd.get(), until, "TLS", [&] { return ::SSL_connect(tls.get()); })) <= 0) return fail(ErrorKind::io, "TLS: the connection ended");
    return ok();
}

}  // namespace

Stream::Stream(std::unique_ptr<Ends> ends) : ends_(std::move(ends)) {}
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;
Stream::~Stream() = default;

Result<Stream> Stream::connect(const Address& address, Monotonic until) {
    auto ends = std::make_unique<Ends>();
    ends->fd = TRY(connect_any(address, until));
    if (address.tls) TRY(start_tls(ends->fd, ends->context, ends->tls, address, until));
    return Stream(std::move(ends));
}

Status Stream::send(View bytes, Monotonic until) {
    while (!bytes.empty()) {
        int taken = 0;
        if (ends_->tls) {
            taken = TRY(drive(ends_->tls.get(), ends_->fd.get(), until, "sending",
                              [&] { return ::SSL_write(ends_->tls.get(), bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), 16384))); }));
            if (taken == 0) return fail(ErrorKind::io, "it closed the connection");
        } else {
            const auto sent = ::send(ends_->fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent < 0 && errno != EAGAIN && errno != EINTR) return fail_errno("sending");
            if (sent < 0) TRY(wait(ends_->fd.get(), POLLOUT, until));
            taken = sent < 0 ? 0 : static_cast<int>(sent);
        }
        bytes = bytes.subspan(static_cast<std::size_t>(taken));
    }
    return ok();
}

Status Stream::finish(Monotonic until) {
    std::uint8_t ignored[4096];
    const int fd = ends_->fd.get();
    if (ends_->tls) {
        ::ERR_clear_error();
        if (::SSL_shutdown(ends_->tls.get()) < 0) return fail_tls("ending the connection");
        while (TRY(drive(ends_->tls.get(), fd, until, "waiting for its end",
                         [&] { return ::SSL_read(ends_->tls.get(), ignored, static_cast<int>(sizeof ignored)); })) > 0) {}
    }
    if (::shutdown(fd, SHUT_WR) != 0 && errno != ENOTCONN) return fail_errno("ending the connection");
    while (true) {
        const auto size = ::recv(fd, ignored, sizeof ignored, 0);
        if (size == 0) return ok();
        if (size < 0 && errno == EAGAIN) TRY(wait(fd, POLLIN, until));
        else if (size < 0 && errno != EINTR) return fail_errno("waiting for its end");
    }
}

}  // namespace anteroom::courier
