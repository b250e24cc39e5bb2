// A list of clipboard formats (MS-RDPECLIP 2.2.3.1): what a clipboard can be had as.
#pragma once

#include "proxies/rdp/channels/terms.h"

namespace anteroom::rdp {

struct ClipboardFormat {
    std::uint32_t id = 0;
    std::string name;  // UTF-8; empty for those that Windows numbers itself
};
enum class FormatNames : std::uint8_t { long_utf16, short_utf16, short_ascii };

// An error (`refused`) for lists that are no whole number of entries, or of more than `most_formats`.
inline constexpr std::size_t most_formats = 1024, short_format_size = 36;
Result<std::vector<ClipboardFormat>> read_formats(View body, FormatNames names);
// Names of formats that pass are ASCII; in short ones they are cut.
Bytes write_formats(const std::vector<ClipboardFormat>& formats, FormatNames names);

inline constexpr std::uint32_t cf_text = 1, cf_oemtext = 7, cf_unicodetext = 13, cf_hdrop = 15, cf_locale = 16;
inline constexpr std::string_view file_list_name = "FileGroupDescriptorW";
inline bool is_text(std::uint32_t id) { return id == cf_text || id == cf_oemtext || id == cf_unicodetext || id == cf_locale; }
// Names of ids are given by whoever announces them, and must be none of Windows's own.
inline bool is_file_list(const ClipboardFormat& format) { return format.id >= 0xC000 && format.id <= 0xFFFF && format.name == file_list_name; }

}  // namespace anteroom::rdp
