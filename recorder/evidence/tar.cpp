// ustar headers (IEEE Std 1003.1, pax, "ustar Interchange Format"), written and compared.
#include "recorder/evidence/tar.h"

#include <algorithm>

namespace anteroom::evidence {

namespace {

constexpr std::size_t name_at = 0, name_size = 100, size_at = 124, checksum_at = 148;
constexpr std::size_t longest_name = 64;

void put(Bytes& header, std::size_t at, std::string_view text) { std::copy(text.begin(), text.end(), header.begin() + static_cast<std::ptrdiff_t>(at)); }

std::string octal(std::uint64_t value, std::size_t digits) {
    std::string out(digits, '0');
    for (auto digit = out.rbegin(); digit != out.rend(); ++digit, value /= 8) *digit = static_cast<char>('0' + value % 8);
    return out;
}

bool is_zero(View bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}

std::uint64_t padding_of(std::uint64_t size) { return (tar_block - size % tar_block) % tar_block; }

struct Named {
    std::string name;
    std::uint64_t size = 0;
};
std::optional<Named> named_in(const Bytes& header) {
    Named out;
    for (std::size_t i = name_at; i < name_size && header[i] != 0; ++i) out.name += static_cast<char>(header[i]);
    for (std::size_t i = size_at; i < size_at + 11; ++i) {
        if (header[i] < '0' || header[i] > '7') return std::nullopt;
        out.size = out.size * 8 + (header[i] - '0');
    }
    return out;
}

class TarReader {
public:
    explicit TarReader(const recorder::Extent& file) : file_(file) {}

    Result<std::vector<TarMember>> run() {
        end_ = TRY(recorder::size_of(file_));
        while (true) {
            const auto header = TRY(take(tar_block, "the archive ends without its end mark"));
            if (is_zero(header)) break;
            TRY(member(header));
        }
        const auto second = TRY(take(tar_block, "the end mark is not whole"));
        if (!is_zero(second)) return bad(at_ - tar_block, "the end mark is not whole");
        if (at_ != end_) return bad(at_, "something stands behind the end");
        if (members_.empty()) return bad(0, "it has no members");
        return std::move(members_);
    }

private:
    tl::unexpected<Error> bad(std::uint64_t offset, const std::string& what) const {
        const std::string behind = members_.empty() ? "" : ", behind " + members_.back().name;
        return fail(ErrorKind::damaged, "at byte " + std::to_string(offset) + behind + ": " + what);
    }

    Result<Bytes> take(std::uint64_t size, const char* otherwise) {
        auto bytes = TRY(recorder::read_at(file_, at_, static_cast<std::size_t>(size)));
        if (bytes.size() != size) return bad(at_, otherwise);
        at_ += size;
        return bytes;
    }

    Status member(const Bytes& header) {
        const std::uint64_t here = at_ - tar_block;
        const auto named = named_in(header);
        if (!named) return bad(here, "a member's header has no size");
        const auto expected = tar_header(named->name, named->size);
        if (!expected) return bad(here, expected.error().detail);
        if (header != *expected) return bad(here, "the header of " + named->name + " is not as a bundle's are");
        if (std::any_of(members_.begin(), members_.end(), [&](const auto& known) { return known.name == named->name; }))
            return bad(here, named->name + " stands there twice");
        if (members_.size() == most_members) return bad(here, "there are too many members");
        if (named->size > end_ - at_) return bad(here, named->name + " is cut off");
        members_.push_back({named->name, at_, named->size});
        at_ += named->size;
        const auto padding = TRY(take(padding_of(named->size), "the member is cut off"));
        if (!is_zero(padding)) return bad(at_ - padding.size(), "the padding is not zeros");
        return ok();
    }

    recorder::Extent file_;
    std::uint64_t at_ = 0, end_ = 0;
    std::vector<TarMember> members_;
};

}  // namespace

bool is_member_name(std::string_view name) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
    if (name.empty() || name.size() > longest_name || !letter(name.front())) return false;
    return std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || c == '.' || c == '_' || c == '-'; });
}

Result<Bytes> tar_header(std::string_view name, std::uint64_t size) {
    if (!is_member_name(name)) return fail(ErrorKind::invalid, "\"" + printable(name, longest_name) + "\" is no member of a bundle");
    if (size > largest_member) return fail(ErrorKind::invalid, std::string(name) + " is larger than an archive can hold (8 GiB)");
    Bytes header(tar_block, 0);
    put(header, name_at, name);
    put(header, 100, "0000600");
    put(header, 108, "0000000");  // uid
    put(header, 116, "0000000");  // gid
    put(header, size_at, octal(size, 11));
    put(header, 136, "00000000000");  // mtime
    put(header, checksum_at, "        ");
    header[156] = '0';  // a regular file
    put(header, 257, "ustar");
    put(header, 263, "00");
    put(header, 329, "0000000");  // device numbers
    put(header, 337, "0000000");
    std::uint64_t sum = 0;
    for (const auto byte : header) sum += byte;
    put(header, checksum_at, octal(sum, 6));
    header[checksum_at + 6] = 0;
    return header;
}

Status TarWriter::begin(std::string_view name, std::uint64_t size) {
    if (left_ != 0) return fail(ErrorKind::internal, "the member before is not whole");
    const auto header = TRY(tar_header(name, size));
    TRY(sink_(header));
    left_ = size_ = size;
    return left_ == 0 ? pad() : ok();
}

Status TarWriter::write(View bytes) {
    if (bytes.size() > left_) return fail(ErrorKind::internal, "a member is larger than was said");
    TRY(sink_(bytes));
    left_ -= bytes.size();
    return left_ == 0 && !bytes.empty() ? pad() : ok();
}

Status TarWriter::pad() {
    const Bytes zeros(static_cast<std::size_t>(padding_of(size_)), 0);
    return zeros.empty() ? ok() : sink_(zeros);
}

Status TarWriter::add(std::string_view name, View content) {
    TRY(begin(name, content.size()));
    return content.empty() ? ok() : write(content);
}

Status TarWriter::finish() {
    if (left_ != 0) return fail(ErrorKind::internal, "the last member is not whole");
    return sink_(Bytes(2 * tar_block, 0));
}

Result<std::vector<TarMember>> read_tar(const recorder::Extent& file) { return TarReader(file).run(); }

}  // namespace anteroom::evidence
