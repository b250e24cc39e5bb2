// What the client answers. Each answer belongs to one request that passed; what it brings is counted, and followed for the record.
#include "proxies/rdp/channels/devices.h"

namespace anteroom::rdp {
namespace {

// MS-FSCC 2.4
constexpr std::uint32_t basic_information = 4, standard_information = 5, rename_information = 10, disposition_information = 13;
constexpr std::size_t longest_answer = 64u << 10;  // of those that carry no content

// Answers of a status and a number: what a client writes behind them is cut off, for nobody counts it.
constexpr std::size_t longest_of_nothing = 32;
bool brings_nothing(std::uint32_t major) {
    return major == major_create || major == major_close || major == major_write || major == major_set || major == major_lock;
}

void learn_size(OpenFile& file, std::uint64_t size) {
    if (!file.emptied && !file.size) file.size = size;  // what is being written has its size in the end
}

}  // namespace

Status DeviceFilter::completed(In in, View whole, Passed& out) {
    const auto id = in.u32();
    const auto completion = in.u32();
    const auto status = in.u32();
    if (!in.good()) return untrue("a device's answer that ends in its head");
    const auto at = outstanding_.find({id, completion});
    if (at == outstanding_.end()) return ok();
    IoRequest request = std::move(at->second);
    outstanding_.erase(at);
    opening_ -= request.opens ? 1 : 0;
    const bool smart_card = devices_.at(id).kind == Kind::smart_card;
    if (!smart_card && request.major != major_read && whole.size() > longest_answer) return untrue("a device's answer too long for what was asked");
    if (!smart_card && request.major == major_read) {
        const auto length = succeeded(status) ? std::optional(TRY(read_length(request, in))) : std::nullopt;
        return settle_read(request, length, status, whole, out);
    }
    if (smart_card && !budget_.take(Way::to_target, in.left())) {
        out.refusals.emplace_back(sentence::limit_reached);
        out.forward.push_back(refuse_request(request, status_access_denied));
        return ok();
    }
    if (smart_card) {
        out.forward.push_back(to_bytes(whole));
        return ok();
    }
    TRY(settle(request, status, in, out));
    out.forward.push_back(to_bytes(brings_nothing(request.major) ? whole.first(std::min(whole.size(), longest_of_nothing)) : whole));
    return ok();
}

Result<std::uint32_t> DeviceFilter::read_length(const IoRequest& request, In in) {
    const auto length = in.u32();
    if (!in.good() || length > request.length || length > in.left()) return untrue("more read than was asked for, or less than it says");
    return length;
}

// Exactly what was read goes on, and nothing behind it.
Status DeviceFilter::settle_read(const IoRequest& request, std::optional<std::uint32_t> length, std::uint32_t status, View whole, Passed& out) {
    constexpr std::size_t data_at = 20;
    OpenFile* file = files_.find(request.device, request.file);
    const auto refuse = [&](std::uint32_t why) {
        out.forward.push_back(refuse_request(request, why));
        return ok();
    };
    if (!length) return refuse(status);
    if (!budget_.take(Way::to_target, *length)) {
        out.refusals.emplace_back(sentence::limit_reached);
        if (file != nullptr) file->failed = true;
        return refuse(status_access_denied);
    }
    if (file != nullptr) {
        file->read.piece(request.offset, whole.subspan(data_at, *length));
        if (*length < request.length) learn_size(*file, request.offset + *length);
    }
    out.forward.push_back(to_bytes(whole.first(data_at + *length)));
    return ok();
}

Status DeviceFilter::settle(IoRequest& request, std::uint32_t status, In in, Passed& out) {
    if (request.opens) {
        const auto file = in.u32();
        if (!succeeded(status)) return ok();
        if (!in.good()) return untrue("a file opened under no number");
        files_.open(request.device, file, std::move(*request.opens), out);
        return ok();
    }
    if (request.major == major_close) {
        files_.close(request.device, request.file, succeeded(status), out);
        return ok();
    }
    OpenFile* file = files_.find(request.device, request.file);
    if (file == nullptr) return ok();  // closed in the meantime
    if (request.major == major_write && (!succeeded(status) || in.u32() != request.length)) file->failed = true;
    if (!succeeded(status)) return ok();
    if (request.major == major_directory && request.minor == minor_list) file->listed = true;
    if (request.major == major_query && request.information == standard_information) {
        In answer(in.bytes(in.u32()));
        answer.skip(8);
        const auto size = answer.u64();
        if (answer.good()) learn_size(*file, size);
    }
    if (request.major == major_set) settle_setting(request, *file, out);
    return ok();
}

void DeviceFilter::settle_setting(const IoRequest& request, OpenFile& file, Passed& out) {
    const auto add = [&](recorder::FileVerb verb, std::string renamed = {}) {
        out.files.push_back({.verb = verb, .path = file.path, .other = std::move(renamed), .size = 0, .sha256 = {}, .succeeded = true});
    };
    if (request.information == disposition_information) file.removed = request.removes;
    if (request.information == basic_information) add(recorder::FileVerb::set_attributes);
    if (request.information == rename_information) {
        add(recorder::FileVerb::rename, request.renames_to);
        file.path = request.renames_to;
    }
    if (!request.sets_size) return;
    file.size = request.sets_size;
    if (!file.emptied) add(recorder::FileVerb::set_attributes);  // an old file was cut, or made longer
}

}  // namespace anteroom::rdp
