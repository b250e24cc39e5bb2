// Short names take 32 bytes and may fill them, long ones end with a NUL (MS-RDPECLIP 2.2.3.1.1, 2.2.3.1.2).
#include "proxies/rdp/channels/clipboard_formats.h"

#include "proxies/rdp/channels/texts.h"
#include "proxies/rdp/channels/wire.h"

namespace anteroom::rdp {
namespace {

constexpr std::size_t short_name = 32, longest_name = 512;

// Up to its NUL, which is taken too; good() fails where there is none.
View take_utf16(In& in) {
    In ahead = in;
    std::size_t size = 0;
    while (ahead.left() >= 2 && ahead.u16() != 0) size += 2;
    const View text = in.bytes(size);
    in.skip(2);
    return text;
}

}  // namespace

Result<std::vector<ClipboardFormat>> read_formats(View body, FormatNames names) {
    std::vector<ClipboardFormat> out;
    In in(body);
    while (in.left() > 0) {
        if (out.size() == most_formats) return untrue("a clipboard with too many formats");
        ClipboardFormat format{.id = in.u32()};
        if (names == FormatNames::long_utf16) format.name = from_utf16(take_utf16(in), longest_name);
        if (names == FormatNames::short_utf16) format.name = from_utf16(in.bytes(short_name));
        if (names == FormatNames::short_ascii) format.name = from_single_bytes(in.bytes(short_name));
        if (!in.good()) return untrue("a clipboard format that ends before its name does");
        out.push_back(std::move(format));
    }
    return out;
}

Bytes write_formats(const std::vector<ClipboardFormat>& formats, FormatNames names) {
    Out out;
    for (const auto& format : formats) {
        out.u32(format.id);
        const std::size_t begin = out.size();
        const std::size_t fits = names == FormatNames::long_utf16 ? format.name.size() : names == FormatNames::short_utf16 ? 15 : 31;
        for (const char c : std::string_view(format.name).substr(0, fits)) {
            out.u8(static_cast<std::uint8_t>(c));
            if (names != FormatNames::short_ascii) out.u8(0);
        }
        out.zeros(names == FormatNames::long_utf16 ? 2 : short_name - (out.size() - begin));
    }
    return out.take();
}

}  // namespace anteroom::rdp
