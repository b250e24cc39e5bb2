// The archive of a bundle: POSIX ustar in the one shape that BUNDLE.md gives it. What is written is the same for the same
// content; what is read is refused unless the writer would have written it so, byte for byte.
#pragma once

#include <functional>
#include <vector>

#include "recorder/scan.h"

namespace anteroom::evidence {

inline constexpr std::uint64_t tar_block = 512;
inline constexpr std::uint64_t largest_member = 077777777777;  // bytes: 8 GiB less one
inline constexpr std::size_t most_members = 16;

struct TarMember {
    std::string name;
    std::uint64_t offset = 0, size = 0;  // of the content
};

bool is_member_name(std::string_view name);  // 1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit
// `invalid`: a name or size that no member has.
Result<Bytes> tar_header(std::string_view name, std::uint64_t size);

class TarWriter {
public:
    using Sink = std::function<Status(View bytes)>;
    explicit TarWriter(Sink sink) : sink_(std::move(sink)) {}

    Status begin(std::string_view name, std::uint64_t size);  // then write() exactly that much
    Status write(View bytes);
    Status add(std::string_view name, View content);
    Status finish();

private:
    Status pad();
    Sink sink_;
    std::uint64_t left_ = 0, size_ = 0;
};

// Every member, in order. `damaged`: what is wrong, naming the member and the offset; `io`: it cannot be read.
Result<std::vector<TarMember>> read_tar(const recorder::Extent& file);

}  // namespace anteroom::evidence
