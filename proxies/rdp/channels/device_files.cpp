// The table of open files, and the records that closing one makes. Verbs are what the target did on the person's device.
#include "proxies/rdp/channels/device_files.h"

namespace anteroom::rdp {

using recorder::FileVerb;

void DeviceFiles::open(std::uint32_t device, std::uint32_t file, OpenFile opened, Passed& out) {
    close(device, file, false, out);  // the client has given the number anew
    files_[{device, file}] = std::move(opened);
}

OpenFile* DeviceFiles::find(std::uint32_t device, std::uint32_t file) {
    const auto at = files_.find({device, file});
    return at == files_.end() ? nullptr : &at->second;
}

void DeviceFiles::close(std::uint32_t device, std::uint32_t file, bool succeeded, Passed& out) {
    const auto at = files_.find({device, file});
    if (at == files_.end()) return;
    record(at->second, succeeded, out);
    files_.erase(at);
}

void DeviceFiles::close_device(std::uint32_t device, Passed& out) {
    const auto begin = files_.lower_bound({device, 0});
    const auto end = files_.upper_bound({device, UINT32_MAX});
    for (auto at = begin; at != end; ++at) record(at->second, false, out);
    files_.erase(begin, end);
}

void DeviceFiles::close_all(Passed& out) {
    for (auto& [key, file] : files_) record(file, false, out);
    files_.clear();
}

void DeviceFiles::record(OpenFile& file, bool closed, Passed& out) {
    const auto add = [&](FileVerb verb, std::uint64_t size, std::optional<crypto::Digest> digest, bool succeeded) {
        out.files.push_back({.verb = verb, .path = file.path, .other = "", .size = size, .sha256 = digest, .succeeded = succeeded});
    };
    if (file.made) add(FileVerb::make_directory, 0, {}, true);
    if (file.listed) add(FileVerb::list, 0, {}, true);
    if (file.read.bytes() > 0) add(FileVerb::read, file.read.bytes(), file.read.digest(file.size), !file.failed);
    // What is written from the start to a file that was empty is all of it, unless its size was set to something else.
    if (file.written.bytes() > 0 || (file.emptied && !file.directory)) {
        if (!file.emptied || file.failed) file.written.broken();
        if (!file.size) file.size = file.written.bytes();
        add(FileVerb::write, file.written.bytes(), closed ? file.written.digest(file.size) : std::nullopt, closed && !file.failed);
    }
    if (file.removed) add(file.directory ? FileVerb::remove_directory : FileVerb::remove, 0, {}, closed);
}

}  // namespace anteroom::rdp
