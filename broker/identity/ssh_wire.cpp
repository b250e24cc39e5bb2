// RFC 4251 section 5, byte by byte.
#include "broker/identity/ssh_wire.h"

namespace anteroom::identity {

Result<View> SshReader::take(std::size_t size) {
    if (size > rest_.size()) return fail(ErrorKind::invalid, "the SSH data ends early");
    View head = rest_.first(size);
    rest_ = rest_.subspan(size);
    return head;
}

Result<std::uint8_t> SshReader::byte() { return TRY(take(1))[0]; }

Result<bool> SshReader::boolean() {
    auto value = TRY(byte());
    if (value > 1) return fail(ErrorKind::invalid, "an SSH boolean is neither 0 nor 1");
    return value == 1;
}

Result<std::uint32_t> SshReader::u32() {
    auto four = TRY(take(4));
    std::uint32_t value = 0;
    for (auto one : four) value = value << 8 | one;
    return value;
}

Result<View> SshReader::string() {
    auto size = TRY(u32());
    return take(size);
}

Result<std::string> SshReader::text(std::size_t limit) {
    auto bytes = TRY(string());
    if (bytes.size() > limit) return fail(ErrorKind::invalid, "an SSH text is too long");
    return to_string(bytes);
}

Result<View> SshReader::mpint(std::size_t limit) {
    auto bytes = TRY(string());
    if (bytes.empty()) return bytes;
    if (bytes[0] & 0x80) return fail(ErrorKind::invalid, "an SSH number is negative");
    if (bytes[0] == 0) {
        if (bytes.size() == 1 || !(bytes[1] & 0x80)) return fail(ErrorKind::invalid, "an SSH number is not in its shortest form");
        bytes = bytes.subspan(1);
    }
    if (bytes.size() > limit) return fail(ErrorKind::invalid, "an SSH number is too long");
    return bytes;
}

Status SshReader::finished() const { return rest_.empty() ? ok() : Status(fail(ErrorKind::invalid, "bytes left over behind the SSH data")); }

SshWriter& SshWriter::byte(std::uint8_t value) {
    out_.push_back(value);
    return *this;
}

SshWriter& SshWriter::u32(std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) out_.push_back(static_cast<std::uint8_t>(value >> shift));
    return *this;
}

SshWriter& SshWriter::raw(View bytes) {
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    return *this;
}

SshWriter& SshWriter::string(View bytes) {
    u32(static_cast<std::uint32_t>(bytes.size()));
    return raw(bytes);
}

SshWriter& SshWriter::mpint(View magnitude) {
    while (!magnitude.empty() && magnitude[0] == 0) magnitude = magnitude.subspan(1);
    bool sign_bit = !magnitude.empty() && (magnitude[0] & 0x80);
    u32(static_cast<std::uint32_t>(magnitude.size() + (sign_bit ? 1 : 0)));
    if (sign_bit) byte(0);
    return raw(magnitude);
}

}  // namespace anteroom::identity
