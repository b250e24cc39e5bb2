// Reading by pread: several readers share one descriptor, and none moves the writer's position.
#include "recorder/scan.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "recorder/octets.h"

namespace anteroom::recorder {

Result<std::uint64_t> size_of(const Extent& extent) {
    if (extent.bytes) return *extent.bytes;
    struct stat facts{};
    // The call of that name itself: the C library makes one of it that takes a path, which a sandbox refuses.
    if (::syscall(SYS_fstat, extent.fd, &facts) != 0) return fail_errno("fstat of a recording");
    const auto whole = static_cast<std::uint64_t>(facts.st_size);
    return whole - std::min(extent.begin, whole);
}

Result<Bytes> read_at(const Extent& extent, std::uint64_t offset, std::size_t size) {
    if (extent.bytes) size = static_cast<std::size_t>(std::min<std::uint64_t>(size, *extent.bytes - std::min(offset, *extent.bytes)));
    Bytes out(size);
    std::size_t have = 0;
    while (have < size) {
        const ssize_t n = ::pread(extent.fd, out.data() + have, size - have, static_cast<off_t>(extent.begin + offset + have));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("read of a recording");
        if (n == 0) break;
        have += static_cast<std::size_t>(n);
    }
    out.resize(have);
    return out;
}

Result<Header> read_header(const Extent& extent) { return decode_header(TRY(read_at(extent, 0, max_header_bytes))); }

std::optional<FoundFinal> find_final(const Extent& extent, std::uint64_t header_bytes, std::uint64_t file_bytes) {
    if (file_bytes < header_bytes + final_fixed_bytes) return std::nullopt;
    const auto trailer = read_at(extent, file_bytes - 4, 4);
    if (!trailer || trailer->size() != 4) return std::nullopt;
    const std::uint64_t size = std::uint64_t{4} + load<std::uint32_t>(trailer->data());
    if (size < final_fixed_bytes || size > max_final_frame || size > file_bytes - header_bytes) return std::nullopt;
    auto frame = read_at(extent, file_bytes - size, static_cast<std::size_t>(size));
    if (!frame || frame->size() != size) return std::nullopt;
    auto final = decode_final(*frame);
    if (!final) return std::nullopt;
    return FoundFinal{std::move(*final), std::move(*frame), file_bytes - size};
}

Result<bool> Scanner::refuse(Fault fault, std::string text) {
    problem_ = Problem{.fault = fault, .piece = count(), .offset = offset_, .text = std::move(text)};
    return false;
}

Result<bool> Scanner::step(std::uint64_t limit) {
    if (offset_ >= limit) return false;
    const auto head = TRY(read_at(extent_, offset_, static_cast<std::size_t>(std::min<std::uint64_t>(piece_prefix_bytes, limit - offset_))));
    if (head.size() < piece_prefix_bytes) return refuse(Fault::truncated, "the piece ends in its prefix");
    const auto prefix = decode_piece_prefix(head);
    if (!prefix) return refuse(Fault::piece, prefix.error().detail);
    if (prefix->index != count()) return refuse(Fault::order, "its number is " + std::to_string(prefix->index));
    if (count() > 0 && prefix->first < prefix_.last) return refuse(Fault::order, "it begins before the piece before it ends");
    if (prefix->frame_bytes() > limit - offset_) return refuse(Fault::truncated, "the piece is not whole");
    const Bytes frame = TRY(read_at(extent_, offset_, prefix->frame_bytes()));
    if (frame.size() != prefix->frame_bytes()) return refuse(Fault::truncated, "the piece is not whole");
    if (accept_ && !accept_(*prefix, frame)) return refuse(Fault::piece, "it does not open");
    const Digest leaf = leaf_hash(frame);
    index_.add(leaf, offset_, prefix->first);
    tree_.add(leaf);
    prefix_ = *prefix;
    offset_ += frame.size();
    return true;
}

Result<bool> Scanner::run(std::uint64_t limit) {
    while (TRY(step(limit))) {}
    return offset_ == limit;
}

}  // namespace anteroom::recorder
