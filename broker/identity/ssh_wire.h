// The data types of RFC 4251 section 5, read and written. Reading never passes the end of its input, and what a
// reader hands out are views into that input: they live as long as it does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"

namespace anteroom::identity {

class SshReader {
public:
    explicit SshReader(View input) : rest_(input) {}

    Result<std::uint8_t> byte();
    Result<bool> boolean();  // 0 or 1; other true values are legal on the wire, but nothing signed needs them
    Result<std::uint32_t> u32();
    Result<View> string();
    Result<std::string> text(std::size_t limit = 256);
    // The magnitude of a positive number without leading zeros. Negative, zero-padded and longer than `limit` bytes are refused.
    Result<View> mpint(std::size_t limit);
    Result<View> take(std::size_t size);
    View rest() const { return rest_; }
    Status finished() const;

private:
    View rest_;
};

class SshWriter {
public:
    SshWriter() = default;
    SshWriter(const SshWriter&) = delete;
    SshWriter& operator=(const SshWriter&) = delete;
    ~SshWriter() { wipe(out_.data(), out_.size()); }

    SshWriter& byte(std::uint8_t value);
    SshWriter& boolean(bool value) { return byte(value ? 1 : 0); }
    SshWriter& u32(std::uint32_t value);
    SshWriter& raw(View bytes);
    SshWriter& string(View bytes);
    SshWriter& string(std::string_view text) { return string(view(text)); }
    SshWriter& mpint(View magnitude);
    Bytes take() { return std::exchange(out_, {}); }

private:
    Bytes out_;
};

}  // namespace anteroom::identity
