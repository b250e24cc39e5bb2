// Announcements and capabilities: what the client has is cut down to what is permitted before the target hears of it.
#include "proxies/rdp/channels/devices.h"

#include <algorithm>

#include "proxies/rdp/channels/texts.h"

namespace anteroom::rdp {
namespace {

// MS-RDPEFS 2.2.1.1, MS-RDPEPC 2.2.2
enum Packet : std::uint16_t {
    server_announce = 0x496E,
    client_id_confirm = 0x4343,
    client_name_request = 0x434E,
    device_list_announce = 0x4441,
    device_list_remove = 0x444D,
    device_reply = 0x6472,
    server_capability = 0x5350,
    client_capability = 0x4350,
    user_logged_on = 0x554C,
    printer_cache_data = 0x5043,
    printer_using_xps = 0x5543
};
// 2.2.1.2.1
enum Capability : std::uint16_t { general_set = 1, printer_set, port_set, drive_set, smart_card_set };
constexpr std::size_t special_devices_at = 32;                       // in a general set behind its own head
constexpr std::uint32_t longest_name = 4096, most_announced = 1024;  // a hospital's clients announce hundreds of printers

}  // namespace

DeviceFilter::DeviceFilter(FilterTerms terms)
    : terms_(std::move(terms)),
      budget_(terms_, "rdpdr"),
      read_(terms_, "rdp:drive:read"),
      write_(terms_, "rdp:drive:write"),
      printer_(terms_, "rdp:printer"),
      smart_card_(terms_, "rdp:smartcard") {}

Result<Passed> DeviceFilter::pass(Way way, View whole) {
    In in(whole);
    const auto component = in.u16();
    const auto packet = in.u16();
    if (!in.good()) return untrue("a device message without its head");
    Passed out;
    if (component == component_core) TRY(core(way, packet, in, whole, out));
    if (component == component_printer && (packet == printer_cache_data || packet == printer_using_xps)) TRY(printer_packet(way, whole, out));
    return out;
}

Passed DeviceFilter::close() {
    Passed out;
    forget_all(out);
    return out;
}

Status DeviceFilter::core(Way way, std::uint16_t packet, In in, View whole, Passed& out) {
    const bool from_client = way == Way::to_target;
    switch (packet) {
        case client_name_request:
        case client_capability:
        case device_list_announce:
        case device_list_remove:
        case packet_completion:
            if (!from_client) return untrue("a client's device message from the target");
            break;
        case server_announce:
        case server_capability:
        case device_reply:
        case user_logged_on:
        case packet_request:
            if (from_client) return untrue("a target's device message from the client");
            break;
        default: break;
    }
    switch (packet) {
        case server_announce: forget_all(out); return fixed(whole, 12, out);
        case client_id_confirm: return fixed(whole, 12, out);
        case user_logged_on: return fixed(whole, 4, out);
        case client_name_request: return client_name(in, whole, out);
        case server_capability:
        case client_capability: return capabilities(way, packet, in, out);
        case device_list_announce: return announced(in, out);
        case device_list_remove: return removed(in, out);
        case device_reply: return accepted(in, whole, out);
        case packet_request: return requested(in, whole, out);
        case packet_completion: return completed(in, whole, out);
        default: return ok();
    }
}

Status DeviceFilter::fixed(View whole, std::size_t size, Passed& out) {
    if (whole.size() < size) return untrue("a device message that ends too early");
    out.forward.push_back(to_bytes(whole.first(size)));
    return ok();
}

Status DeviceFilter::client_name(In in, View whole, Passed& out) {
    in.skip(8);
    const auto size = in.u32();
    if (!in.good() || size > longest_name || size > in.left()) return untrue("a client's name shorter than it says");
    out.forward.push_back(to_bytes(whole.first(16 + size)));
    return ok();
}

Status DeviceFilter::capabilities(Way way, std::uint16_t packet, In in, Passed& out) {
    const auto count = in.u16();
    in.skip(2);
    std::uint16_t kept = 0;
    Out sets;
    for (unsigned i = 0; i < count; ++i) {
        const auto type = in.u16();
        const auto length = in.u16();
        if (!in.good() || length < 8) return untrue("a device capability without its head");
        const auto version = in.u32();
        const View body = in.bytes(length - 8u);
        if (!in.good()) return untrue("a device capability that ends too early");
        // A set says what a side can do, not what there is: nobody has tried anything yet. Ports never pass.
        const bool asks = way == Way::to_target;
        bool keep = type == general_set;
        if (type == printer_set) keep = !asks || printer_.foreseen();
        if (type == drive_set) keep = !asks || read_.foreseen() || write_.foreseen();
        if (type == smart_card_set) keep = !asks || smart_card_.foreseen();
        if (!keep) continue;
        Bytes content = to_bytes(body);
        // How many smart cards there are before the person signs in to the target.
        if (type == general_set && asks && body.size() >= special_devices_at + 4 && In(body.subspan(special_devices_at)).u32() != 0 && !smart_card_())
            std::fill_n(content.begin() + special_devices_at, 4, std::uint8_t{0});
        sets.u16(type).u16(length).u32(version).bytes(content);
        ++kept;
    }
    out.forward.push_back(Out().u16(component_core).u16(packet).u16(kept).u16(0).bytes(sets.take()).take());
    return ok();
}

bool DeviceFilter::permitted(std::uint32_t kind, const std::string& name) {
    switch (static_cast<Kind>(kind)) {
        case Kind::drive: return read_(name) || write_(name);
        case Kind::printer: return printer_(name);
        case Kind::smart_card: return smart_card_(name);
        default: return false;
    }
}

const char* DeviceFilter::refusal(std::uint32_t kind) {
    switch (static_cast<Kind>(kind)) {
        case Kind::drive: return "Using your drives in this session is not allowed by the policy.";
        case Kind::printer: return "Printing on your printers from this session is not allowed by the policy.";
        case Kind::smart_card: return "Using your smart cards in this session is not allowed by the policy.";
        default: return "Serial and parallel ports cannot be used in this session.";
    }
}

Status DeviceFilter::announced(In in, Passed& out) {
    const auto count = in.u32();
    if (count > most_announced) return untrue("more devices than a machine has");
    std::uint32_t kept = 0;
    Out list;
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto kind = in.u32();
        const auto id = in.u32();
        const View name = in.bytes(8);
        const auto size = in.u32();
        const View data = in.bytes(size);
        if (!in.good()) return untrue("a list of devices shorter than it says");
        const Device device{.kind = static_cast<Kind>(kind), .name = from_single_bytes(name)};
        const auto known = devices_.find(id);
        // Clients announce anew what they had announced before the person signed in.
        if (known != devices_.end() && known->second.kind != device.kind) return untrue("two devices under one number");
        const bool room = known != devices_.end() || devices_.size() < most_devices;
        if (!room || !permitted(kind, device.name)) {
            out.refusals.emplace_back(refusal(kind));
            out.back.push_back(Out().u16(component_core).u16(device_reply).u32(id).u32(status_access_denied).take());
            continue;
        }
        devices_[id] = device;
        list.u32(kind).u32(id).bytes(name).u32(size).bytes(data);
        ++kept;
    }
    if (in.left() != 0) return untrue("a list of devices longer than it says");
    if (kept > 0 || count == 0) out.forward.push_back(Out().u16(component_core).u16(device_list_announce).u32(kept).bytes(list.take()).take());
    return ok();
}

Status DeviceFilter::removed(In in, Passed& out) {
    const auto count = in.u32();
    if (!in.good() || in.left() / 4 < count) return untrue("a list of devices shorter than it says");
    Out list;
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto id = in.u32();
        if (!devices_.contains(id)) continue;
        forget(id, out);
        list.u32(id);
    }
    const auto kept = static_cast<std::uint32_t>(list.size() / 4);
    if (kept > 0) out.forward.push_back(Out().u16(component_core).u16(device_list_remove).u32(kept).bytes(list.take()).take());
    return ok();
}

Status DeviceFilter::accepted(In in, View whole, Passed& out) {
    const auto id = in.u32();
    const auto status = in.u32();
    if (!in.good()) return untrue("an answer about a device that ends too early");
    if (!devices_.contains(id)) return ok();
    if (!succeeded(status)) forget(id, out);
    return fixed(whole, 12, out);
}

// MS-RDPEPC: how the person's printer was set up, and XPS. Only towards the client, and only when there is a printer.
Status DeviceFilter::printer_packet(Way way, View whole, Passed& out) {
    const bool printer = std::any_of(devices_.begin(), devices_.end(), [](const auto& row) { return row.second.kind == Kind::printer; });
    if (way == Way::to_target || !printer) return ok();
    if (!budget_.take(way, whole.size())) return ok();
    out.forward.push_back(to_bytes(whole));
    return ok();
}

void DeviceFilter::forget(std::uint32_t device, Passed& out) {
    files_.close_device(device, out);
    devices_.erase(device);
    std::erase_if(outstanding_, [&](const auto& row) {
        if (row.first.first != device) return false;
        opening_ -= row.second.opens ? 1 : 0;
        return true;
    });
}

void DeviceFilter::forget_all(Passed& out) {
    files_.close_all(out);
    devices_.clear();
    outstanding_.clear();
    opening_ = 0;
}

std::unique_ptr<Filter> make_device_filter(FilterTerms terms) { return std::make_unique<DeviceFilter>(std::move(terms)); }

}  // namespace anteroom::rdp
