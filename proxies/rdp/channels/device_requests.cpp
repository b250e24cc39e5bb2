// What the target asks of a device. A request that is refused is answered in the client's place and never reaches it.
#include "proxies/rdp/channels/devices.h"

namespace anteroom::rdp {
namespace {

// MS-SMB2 2.2.13
enum Disposition : std::uint32_t { supersede = 0, open_existing, make, open_or_make, overwrite, overwrite_or_make };
constexpr std::uint32_t directory_file = 1, delete_on_close = 0x1000;
constexpr std::size_t most_padding = 8;

}  // namespace

Status DeviceFilter::requested(In in, View whole, Passed& out) {
    auto request = TRY(read_request(in));
    const auto refuse = [&](std::uint32_t status) {
        out.back.push_back(refuse_request(request, status));
        return ok();
    };
    const auto device = devices_.find(request.device);
    if (device == devices_.end()) return refuse(status_no_such_device);
    const std::pair key{request.device, request.completion};
    if (outstanding_.contains(key)) return untrue("two device requests under one number");
    if (outstanding_.size() >= most_outstanding) return refuse(status_insufficient_resources);
    const auto status = TRY(judge(device->second, request, out));
    if (status != status_success) return refuse(status);

    out.forward.push_back(request.only_reads ? only_reading(whole) : to_bytes(whole));
    opening_ += request.opens ? 1 : 0;
    request.body = {};
    outstanding_.emplace(key, std::move(request));
    return ok();
}

Result<std::uint32_t> DeviceFilter::judge(const Device& device, IoRequest& request, Passed& out) {
    if (device.kind == Kind::drive) return judge_drive(device, request, out);
    if (device.kind == Kind::printer) return judge_printer(device, request, out);
    // A smart card is spoken to by control codes (MS-RDPESC); what passes is not followed, but counted, all of it.
    const bool known = request.major == major_create || request.major == major_close || request.major == major_control;
    if (!known) return status_not_supported;
    if (budget_.take(Way::to_client, request.body.size())) return status_success;
    out.refusals.emplace_back(sentence::limit_reached);
    return status_access_denied;
}

Result<std::uint32_t> DeviceFilter::judge_drive(const Device& device, IoRequest& request, Passed& out) {
    if (request.major == major_create) return judge_create(device, request, out);
    const OpenFile* file = files_.find(request.device, request.file);
    if (file == nullptr) return status_invalid_handle;
    In in(request.body);
    switch (request.major) {
        case major_close:
        case major_lock:
        case major_query_volume: return status_success;
        case major_read:
            request.length = in.u32();
            request.offset = in.u64();
            if (!in.good()) return untrue("a request to read that ends too early");
            return may(false, file->path, out);
        case major_write: {
            const auto status = may(true, file->path, out);
            return status == status_success ? judge_write(request, out) : Result<std::uint32_t>(status);
        }
        case major_query:
            request.information = in.u32();
            if (!in.good()) return untrue("a query that names no class");
            return status_success;
        case major_directory:
            if (request.minor != minor_list && request.minor != minor_notify) return status_not_supported;
            return may(false, file->path, out);
        case major_set: return judge_setting(device, request, out);
        // Control codes of file systems can change files, too; clients answer none of them in earnest.
        default: return status_not_supported;
    }
}

std::uint32_t DeviceFilter::may(bool writes, std::string_view path, Passed& out) {
    if (writes ? write_(path) : read_(path)) return status_success;
    out.refusals.emplace_back(writes ? "Changing files on your drives is not allowed by the policy."
                                     : "Reading files on your drives is not allowed by the policy.");
    return status_access_denied;
}

Result<std::uint32_t> DeviceFilter::judge_create(const Device& device, IoRequest& request, Passed& out) {
    auto create = TRY(read_create(request.body));
    if (!create.proper || create.disposition > overwrite_or_make) return status_access_denied;
    OpenFile opens{.path = "\\\\tsclient\\" + device.name + (create.path.starts_with('\\') ? "" : "\\") + create.path};
    if (create.writes) {
        const auto status = may(true, opens.path, out);
        if (status != status_success) return status;
    }
    request.only_reads = create.whatever && !write_(opens.path);
    if (files_.count() + opening_ >= DeviceFiles::most_open) return status_insufficient_resources;
    opens.directory = (create.options & directory_file) != 0;
    opens.made = opens.directory && create.disposition == make;
    opens.emptied = !opens.directory && create.disposition != open_existing && create.disposition != open_or_make;
    opens.removed = (create.options & delete_on_close) != 0;
    request.opens = std::move(opens);
    return status_success;
}

Result<std::uint32_t> DeviceFilter::judge_setting(const Device& device, IoRequest& request, Passed& out) {
    const auto status = may(true, files_.find(request.device, request.file)->path, out);
    if (status != status_success) return status;
    if (!TRY(read_setting(request))) return status_access_denied;
    if (!request.renames_to.empty())
        request.renames_to = "\\\\tsclient\\" + device.name + (request.renames_to.starts_with('\\') ? "" : "\\") + request.renames_to;
    return status_success;
}

Result<std::uint32_t> DeviceFilter::judge_write(IoRequest& request, Passed& out) {
    In in(request.body);
    request.length = in.u32();
    request.offset = in.u64();
    in.skip(20);
    const View bytes = in.bytes(request.length);
    if (!in.good() || in.left() > most_padding) return untrue("a request to write whose length is not its own");
    if (!budget_.take(Way::to_client, bytes.size())) {
        out.refusals.emplace_back(sentence::limit_reached);
        return status_disk_full;
    }
    OpenFile& file = *files_.find(request.device, request.file);
    // A printer takes what comes, wherever it is said to stand.
    file.written.piece(file.printer ? file.written.bytes() : request.offset, bytes);
    return status_success;
}

Result<std::uint32_t> DeviceFilter::judge_printer(const Device& device, IoRequest& request, Passed& out) {
    if (request.major == major_create) {
        if (files_.count() + opening_ >= DeviceFiles::most_open) return status_insufficient_resources;
        request.opens = OpenFile{.path = "printer:" + device.name, .printer = true, .emptied = true};
        return status_success;
    }
    if (request.major != major_close && request.major != major_write) return status_not_supported;
    if (files_.find(request.device, request.file) == nullptr) return status_invalid_handle;
    return request.major == major_close ? Result<std::uint32_t>(status_success) : judge_write(request, out);
}

}  // namespace anteroom::rdp
