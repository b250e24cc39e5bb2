// File descriptors are 592 bytes each, as Windows's FILEDESCRIPTORW; contents come as a size or as a range.
#include "proxies/rdp/channels/clipboard_files.h"

#include <algorithm>

#include "proxies/rdp/channels/texts.h"

namespace anteroom::rdp {
namespace {

constexpr std::size_t descriptor_size = 592, name_size = 520;
constexpr std::uint32_t has_size = 0x40, wants_size = 1, wants_range = 2;
constexpr std::size_t most_requests = 64, most_contents = 64, longest_names = 64u << 10;

}  // namespace

Result<bool> ClipboardFiles::announced(View list, Passed& out) {
    forget(out);
    In in(list);
    const auto count = in.u32();
    if (!in.good() || in.left() / descriptor_size < count || in.left() >= (std::uint64_t{count} + 1) * descriptor_size)
        return untrue("a list of files whose count does not fit its length");
    if (count > most_files) return false;
    std::vector<File> files;
    for (std::uint32_t i = 0; i < count; ++i) {
        File file;
        const auto flags = in.u32();
        in.skip(32 + 4 + 16 + 8);  // reserved, attributes, reserved, time
        const std::uint64_t high = in.u32(), low = in.u32();
        if ((flags & has_size) != 0) file.size = (high << 32) | low;
        file.name = from_utf16(in.bytes(name_size));
        if (!stays_below(file.name)) return false;
        files.push_back(std::move(file));
    }
    files_ = std::move(files);
    return true;
}

void ClipboardFiles::forget(Passed& out) {
    for (auto& [file, content] : contents_) record(file, content, out);
    contents_.clear();
    requests_.clear();
    files_.clear();
}

std::string ClipboardFiles::names() const {
    std::string out;
    for (const auto& file : files_) {
        if (out.size() + file.name.size() + 1 > longest_names) break;
        out += file.name + "\n";
    }
    return out;
}

bool ClipboardFiles::asked(View body) {
    In in(body);
    const auto stream = in.u32(), file = in.u32(), flags = in.u32();
    const std::uint64_t low = in.u32(), high = in.u32();
    const Request request{.file = file, .for_size = flags == wants_size, .offset = (high << 32) | low, .size = in.u32()};
    if (!in.good() || file >= files_.size() || (flags != wants_size && flags != wants_range)) return false;
    if (requests_.size() >= most_requests) return false;
    return requests_.emplace(stream, request).second;
}

Result<ClipboardFiles::Answer> ClipboardFiles::answered(View body, bool succeeded, Budget& budget, Passed& out) {
    In in(body);
    const auto stream = in.u32();
    const View bytes = in.rest();
    if (!in.good()) return untrue("file contents without the stream they are for");
    Answer answer;
    const auto at = requests_.find(stream);
    if (at == requests_.end()) return answer;
    const Request request = at->second;
    requests_.erase(at);
    answer.asked_for = true;
    answer.body = Out().u32(stream).take();
    if (!succeeded) return answer;
    if (request.for_size ? bytes.size() != 8 : bytes.size() > request.size) return untrue("file contents that are not what was asked for");
    answer.within_budget = budget.take(way_, bytes.size());
    if (!answer.within_budget) return answer;
    answer.body.insert(answer.body.end(), bytes.begin(), bytes.end());
    if (request.for_size) files_[request.file].size = In(bytes).u64();
    else passed(request, bytes, out);
    return answer;
}

void ClipboardFiles::passed(const Request& request, View bytes, Passed& out) {
    auto& file = files_[request.file];
    if (bytes.size() < request.size && !file.size) file.size = request.offset + bytes.size();
    if (bytes.empty()) return;
    if (contents_.size() >= most_contents && !contents_.contains(request.file)) {
        record(contents_.begin()->first, contents_.begin()->second, out);
        contents_.erase(contents_.begin());
    }
    auto& content = contents_[request.file];
    content.piece(request.offset, bytes);
    if (!content.whole(file.size)) return;
    record(request.file, content, out);
    contents_.erase(request.file);
}

void ClipboardFiles::record(std::uint32_t file, Content& content, Passed& out) const {
    const auto& known = files_[file];
    const bool whole = content.whole(known.size);
    out.files.push_back({.verb = way_ == Way::to_target ? recorder::FileVerb::write : recorder::FileVerb::read,
                         .path = "clipboard:" + known.name,
                         .other = "",
                         .size = content.bytes(),
                         .sha256 = content.digest(known.size),
                         .succeeded = whole});
}

}  // namespace anteroom::rdp
