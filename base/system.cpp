// The operating system's edge of base: descriptors, files, clocks, random ids, wiping.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/fd.h"
#include "base/ids.h"
#include "base/secret.h"

namespace anteroom {

tl::unexpected<Error> fail_errno(const char* what) {
    const int code = errno;
    return fail(ErrorKind::io, std::string(what) + ": " + std::strerror(code));
}

void wipe(void* memory, std::size_t size) noexcept {
    if (size != 0) explicit_bzero(memory, size);
}

bool equal_in_constant_time(View a, View b) noexcept {
    if (a.size() != b.size()) return false;
    std::uint8_t difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<std::uint8_t>(a[i] ^ b[i]);
    return difference == 0;
}

void Fd::close() noexcept {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Result<Fd> Fd::duplicate() const {
    Fd copy(::fcntl(fd_, F_DUPFD_CLOEXEC, 0));
    if (!copy) return fail_errno("dup");
    return copy;
}

Result<Fd> open_file(const std::string& path, int flags, unsigned mode) {
    Fd fd(::open(path.c_str(), flags | O_CLOEXEC, mode));
    if (!fd) {
        const int code = errno;
        return fail(code == ENOENT ? ErrorKind::not_found : ErrorKind::io, path + ": " + std::strerror(code));
    }
    return fd;
}

Result<Bytes> read_file(const std::string& path, std::size_t limit) {
    auto fd = TRY(open_file(path, O_RDONLY));
    struct stat facts{};
    if (::fstat(fd.get(), &facts) != 0) return fail_errno(path.c_str());
    Bytes content(std::min<std::size_t>(limit, static_cast<std::size_t>(facts.st_size)) + 1);  // one more, to see that it has not grown
    std::size_t size = 0;
    while (true) {
        const ssize_t n = ::read(fd.get(), content.data() + size, content.size() - size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            auto failed = fail_errno(path.c_str());
            wipe(content.data(), content.size());
            return failed;
        }
        if (n == 0) break;
        size += static_cast<std::size_t>(n);
        if (size > limit) {
            wipe(content.data(), content.size());
            return fail(ErrorKind::invalid, path + ": larger than " + std::to_string(limit) + " bytes");
        }
        if (size < content.size()) continue;
        Bytes larger(std::min(limit, 2 * size) + 1);  // a pipe, or a file that grows
        std::copy(content.begin(), content.end(), larger.begin());
        wipe(content.data(), content.size());
        content.swap(larger);
    }
    content.resize(size);
    return content;
}

Status write_all(int fd, View bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("write");
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return ok();
}

Status sync_directory_of(const std::string& path) {
    const auto slash = path.rfind('/');
    auto directory = TRY(open_file(slash == std::string::npos ? "." : path.substr(0, slash + 1), O_RDONLY | O_DIRECTORY));
    if (::fsync(directory.get()) != 0) return fail_errno("fsync of a directory");
    return ok();
}

Status replace_file(const std::string& path, View content, unsigned mode) {
    const std::string beside = path + "." + random_id() + ".new";
    auto fd = TRY(open_file(beside, O_WRONLY | O_CREAT | O_EXCL, mode));
    auto written = write_all(fd.get(), content);
    if (written && ::fsync(fd.get()) != 0) written = fail_errno("fsync");
    if (written && ::rename(beside.c_str(), path.c_str()) != 0) written = fail_errno("rename");
    if (!written) {
        ::unlink(beside.c_str());
        return written;
    }
    return sync_directory_of(path);
}

Status set_nonblocking(int fd) {
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) return fail_errno("fcntl O_NONBLOCK");
    return ok();
}

MonotonicClock::time_point MonotonicClock::now() {
    timespec ts{};
    ::clock_gettime(CLOCK_BOOTTIME, &ts);
    return time_point(std::chrono::duration_cast<duration>(std::chrono::seconds(ts.tv_sec) + std::chrono::nanoseconds(ts.tv_nsec)));
}

Time SystemClock::now() const { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }
Monotonic SystemClock::monotonic() const { return MonotonicClock::now(); }

namespace {

template <class Allowed>
bool matches(std::string_view text, std::size_t limit, Allowed allowed) {
    if (text.empty() || text.size() > limit) return false;
    for (char c : text)
        if (!allowed(c)) return false;
    return true;
}
bool lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
constexpr std::string_view crockford = "0123456789abcdefghjkmnpqrstvwxyz";

}  // namespace

bool is_name(std::string_view text) {
    return matches(text, 64, [](char c) { return lower_or_digit(c) || c == '.' || c == '_' || c == '-'; }) && text.front() != '-' && text.front() != '.';
}

bool is_account_name(std::string_view text) {
    return matches(text, 64, [](char c) { return lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-' || c == '$' || c == '\\'; }) &&
           text.front() != '-' && text.find_first_not_of('.') != std::string_view::npos;  // "." and ".." are places, not accounts
}

bool is_random_id(std::string_view text) {
    return text.size() == 16 && matches(text, 16, [](char c) { return crockford.find(c) != std::string_view::npos; });
}

std::string random_id() {
    std::array<std::uint8_t, 16> bytes{};
    crypto::random(bytes);
    std::string id;
    for (std::uint8_t b : bytes) id.push_back(crockford[b & 31]);
    return id;
}

}  // namespace anteroom
