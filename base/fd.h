// Fd owns a descriptor. Files are opened close-on-exec and read or written whole here, nowhere else by hand.
#pragma once

#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"

namespace anteroom {

class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        if (this != &other) {
            close();
            fd_ = std::exchange(other.fd_, -1);
        }
        return *this;
    }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd() { close(); }

    int get() const { return fd_; }
    int release() { return std::exchange(fd_, -1); }
    explicit operator bool() const { return fd_ >= 0; }
    void close() noexcept;
    Result<Fd> duplicate() const;  // close-on-exec

private:
    int fd_ = -1;
};

Result<Fd> open_file(const std::string& path, int flags, unsigned mode = 0600);
// Leaves no copy of what it read but the one it returns.
Result<Bytes> read_file(const std::string& path, std::size_t limit = 16u << 20);
Status write_all(int fd, View bytes);
// Written beside, synced, renamed over, directory synced: after a crash the old or the new content, never a mixture.
Status replace_file(const std::string& path, View content, unsigned mode = 0600);
Status sync_directory_of(const std::string& path);
Status set_nonblocking(int fd);

}  // namespace anteroom
