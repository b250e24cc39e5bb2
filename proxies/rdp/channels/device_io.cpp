// Requests and completions as bytes. Constants are those of MS-RDPEFS, MS-SMB2 2.2.13 and MS-FSCC 2.4.
#include "proxies/rdp/channels/device_io.h"

#include <algorithm>

#include "proxies/rdp/channels/texts.h"

namespace anteroom::rdp {
namespace {

// WRITE_DATA, APPEND_DATA, WRITE_EA, DELETE_CHILD, WRITE_ATTRIBUTES, DELETE, WRITE_DAC, WRITE_OWNER, GENERIC_ALL, GENERIC_WRITE.
constexpr std::uint32_t writing_access = 0x2 | 0x4 | 0x10 | 0x40 | 0x100 | 0x10000 | 0x40000 | 0x80000 | 0x10000000 | 0x40000000;
constexpr std::uint32_t system_security = 0x01000000, maximum_allowed = 0x02000000, generic_read = 0x80000000;
constexpr std::uint32_t disposition_open = 1, delete_on_close = 0x1000;
constexpr std::size_t longest_path = 4096;  // bytes of UTF-16, more than Windows takes
constexpr std::size_t access_at = 24;       // in the whole message: behind both heads
enum Information : std::uint32_t { basic = 4, rename = 10, disposition = 13, allocation = 19, end_of_file = 20 };

// As Windows writes it; xrdp separates by slashes, and clients take either.
std::string read_path(View utf16) {
    std::string path = from_utf16(utf16);
    std::replace(path.begin(), path.end(), '/', '\\');
    return path;
}

}  // namespace

Result<IoRequest> read_request(In in) {
    IoRequest out{.device = in.u32(), .file = in.u32(), .completion = in.u32(), .major = in.u32(), .minor = in.u32()};
    out.body = in.rest();
    if (!in.good()) return untrue("a device request that ends in its head");
    return out;
}

Bytes refuse_request(const IoRequest& request, std::uint32_t status) {
    Out out;
    out.u16(component_core).u16(packet_completion).u32(request.device).u32(request.completion).u32(status).u32(0);
    // The byte behind: how it was opened, or padding. The rest have their length, 0, and nothing behind it.
    if (request.major == major_create || request.major == major_close || request.major == major_write || request.major == major_lock ||
        request.major == major_directory)
        out.u8(0);
    return out.take();
}

Result<Create> read_create(View body) {
    In in(body);
    Create out{.access = in.u32()};
    in.skip(8 + 4 + 4);  // allocation, attributes, sharing
    out.disposition = in.u32();
    out.options = in.u32();
    const auto size = in.u32();
    if (size > longest_path) return untrue("a device's file with an endless path");
    const View text = in.bytes(size);
    if (!in.good()) return untrue("a request to open a file that ends too early");
    out.path = read_path(text);
    std::string_view below = out.path;
    // The root is "" or "\"; a folder may be written with a backslash at its end.
    if (below.starts_with('\\')) below.remove_prefix(1);
    if (below.ends_with('\\')) below.remove_suffix(1);
    out.proper = below.empty() || stays_below(below);
    out.writes = (out.access & writing_access) != 0 || out.disposition != disposition_open || (out.options & delete_on_close) != 0;
    out.whatever = (out.access & (maximum_allowed | system_security)) != 0;
    return out;
}

Bytes only_reading(View request) {
    Bytes out = to_bytes(request);
    if (out.size() < access_at + 4) return out;
    auto access = In(View(out).subspan(access_at)).u32();
    if ((access & maximum_allowed) != 0) access |= generic_read;
    access &= ~(maximum_allowed | system_security);
    for (unsigned i = 0; i < 4; ++i) out[access_at + i] = static_cast<std::uint8_t>(access >> (8 * i));
    return out;
}

Result<bool> read_setting(IoRequest& request) {
    In in(request.body);
    request.information = in.u32();
    const auto length = in.u32();
    in.skip(24);
    In buffer(in.bytes(length));
    if (!in.good()) return untrue("a setting shorter than it says");
    switch (request.information) {
        case basic:
        case allocation: return true;
        case disposition: request.removes = buffer.left() == 0 || buffer.u8() != 0; return true;  // 2.2.3.3.9: may be empty, and then means yes
        case end_of_file:
            request.sets_size = buffer.u64();
            if (!buffer.good()) return untrue("a file size of too few bytes");
            return true;
        case rename: {
            buffer.skip(2);
            const auto size = buffer.u32();
            if (size > longest_path) return untrue("a device's file with an endless path");
            request.renames_to = read_path(buffer.bytes(size));
            if (!buffer.good()) return untrue("a new name shorter than it says");
            const std::string_view name = request.renames_to;
            return stays_below(name.starts_with('\\') ? name.substr(1) : name);
        }
        default: return false;
    }
}

}  // namespace anteroom::rdp
