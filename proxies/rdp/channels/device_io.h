// One request of the target to a device and the client's answer to it (MS-RDPEFS 2.2.1.4, 2.2.1.5), and what of it policy judges.
#pragma once

#include "proxies/rdp/channels/device_files.h"
#include "proxies/rdp/channels/wire.h"

namespace anteroom::rdp {

// NTSTATUS
inline constexpr std::uint32_t status_success = 0, status_invalid_handle = 0xC0000008, status_no_such_device = 0xC000000E, status_access_denied = 0xC0000022,
                               status_insufficient_resources = 0xC000009A, status_not_supported = 0xC00000BB, status_disk_full = 0xC000007F;
inline bool succeeded(std::uint32_t status) { return status < 0x80000000u; }

inline constexpr std::uint16_t component_core = 0x4472, component_printer = 0x5052;
inline constexpr std::uint16_t packet_request = 0x4952, packet_completion = 0x4943;

enum Major : std::uint32_t {
    major_create = 0,
    major_close = 2,
    major_read = 3,
    major_write = 4,
    major_query = 5,
    major_set = 6,
    major_query_volume = 10,
    major_directory = 12,
    major_control = 14,
    major_lock = 17
};
inline constexpr std::uint32_t minor_list = 1, minor_notify = 2;

// What is remembered of a request until its completion comes.
struct IoRequest {
    std::uint32_t device = 0, file = 0, completion = 0, major = 0, minor = 0;
    View body;  // valid only while it is judged
    std::uint64_t offset = 0;
    std::uint32_t length = 0;
    std::uint32_t information = 0;  // the class, of a query or a setting
    std::optional<OpenFile> opens;  // of a create
    std::string renames_to;         // of a setting
    std::optional<std::uint64_t> sets_size;
    bool removes = false;
    bool only_reads = false;  // passes without what else it asked for
};
// The head only; an error (`refused`) when it is not whole.
Result<IoRequest> read_request(In in);
// The answer in the client's place: `status`, and nothing else in the shape that the request's kind has.
Bytes refuse_request(const IoRequest& request, std::uint32_t status);

// MS-RDPEFS 2.2.3.3.1. `writes`: it could change something. An error (`refused`) when its lengths are not true.
struct Create {
    std::uint32_t access = 0, disposition = 0, options = 0;
    std::string path;
    bool proper = false;  // the path stays on the share
    bool writes = false;
    bool whatever = false;  // asks for all rights that there are
};
Result<Create> read_create(View body);
// The same request without the rights to whatever there is, for those who may only read.
Bytes only_reading(View request);

// Fills in what a setting sets (2.2.3.3.9). False for classes that are not known.
Result<bool> read_setting(IoRequest& request);

}  // namespace anteroom::rdp
