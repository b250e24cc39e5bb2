// Reading secrets without leaving them in a buffer of the C library.
#include "broker/cli/prompt.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"

namespace anteroom::cli {

namespace {

constexpr std::size_t max_secret = 16 * 1024, max_code = 64;

// Up to a line's end, byte by byte: what stands behind it is for somebody else.
Result<Secret> read_line(int fd, std::size_t limit) {
    Bytes line;
    line.reserve(limit);
    while (line.size() < limit) {
        std::uint8_t byte = 0;
        const ssize_t n = ::read(fd, &byte, 1);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("reading a line");
        if (n == 0 || byte == '\n') break;
        line.push_back(byte);
    }
    if (!line.empty() && line.back() == '\r') line.pop_back();
    return Secret(std::move(line));
}

}  // namespace

Result<Bytes> read_standard_input(std::size_t limit) {
    Bytes content;
    content.reserve(limit + 1);  // never moved while it grows: no copy of a secret stays behind
    while (content.size() <= limit) {
        std::uint8_t block[4096];
        const ssize_t n = ::read(STDIN_FILENO, block, std::min(sizeof block, limit + 1 - content.size()));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("standard input");
        if (n == 0) return content;
        content.insert(content.end(), block, block + n);
        wipe(block, sizeof block);
    }
    wipe(content.data(), content.size());
    return fail(ErrorKind::invalid, "standard input is longer than " + std::to_string(limit) + " bytes");
}

Result<Secret> read_secret_line() {
    auto content = TRY(read_standard_input(max_secret));
    if (!content.empty() && content.back() == '\n') content.pop_back();
    if (!content.empty() && content.back() == '\r') content.pop_back();
    if (content.empty()) return fail(ErrorKind::invalid, "standard input is empty; a secret was expected there");
    return Secret(std::move(content));
}

Result<Secret> read_code(const std::string& person, bool from_standard_input) {
    if (from_standard_input) return read_line(STDIN_FILENO, max_code);
    auto terminal = open_file("/dev/tty", O_RDWR | O_NOCTTY);
    if (!terminal)
        return fail(ErrorKind::refused, "there is no terminal to ask for the code of " + printable(person, 64) + "; --code-stdin reads it from standard input");
    TRY(write_all(terminal->get(), view("Code for " + printable(person, 64) + ": ")));
    return read_line(terminal->get(), max_code);
}

}  // namespace anteroom::cli
