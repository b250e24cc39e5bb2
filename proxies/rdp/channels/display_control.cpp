// MS-RDPEDISP 2.2.2: the capabilities from the target as they are, a layout from the client cut down to its primary monitor.
#include "proxies/rdp/channels/display_control.h"

#include "proxies/rdp/channels/terms.h"
#include "proxies/rdp/channels/wire.h"

namespace anteroom::rdp {
namespace {

constexpr std::uint32_t type_caps = 5, type_layout = 2, flag_primary = 1;
constexpr std::size_t head_size = 8, caps_size = 20, monitor_size = 40;
constexpr std::uint32_t most_monitors = 64;                      // MS-RDPEDISP has no limit of its own; no client has more
constexpr std::uint32_t least_pixels = 200, most_pixels = 8192;  // 2.2.2.2.1

struct Monitor {
    std::uint32_t flags = 0, left = 0, top = 0, width = 0, height = 0;
    View rest;  // physical size, orientation, scale factors
};

Result<Layout> judge_layout(In in) {
    const auto each = in.u32();
    const auto count = in.u32();
    if (!in.good() || each != monitor_size || count == 0 || count > most_monitors || in.left() != count * monitor_size)
        return untrue("a monitor layout whose counts do not fit its length");
    std::optional<Monitor> shown;
    for (std::uint32_t i = 0; i < count; ++i) {
        Monitor monitor{.flags = in.u32(), .left = in.u32(), .top = in.u32(), .width = in.u32(), .height = in.u32()};
        monitor.rest = in.bytes(monitor_size - 20);
        const bool primary = (monitor.flags & flag_primary) != 0;
        if (!shown || (primary && (shown->flags & flag_primary) == 0)) shown = monitor;
    }
    Layout out{.several = count > 1};
    const auto fits = [](std::uint32_t pixels) { return pixels >= least_pixels && pixels <= most_pixels; };
    if (!fits(shown->width) || !fits(shown->height)) return out;
    Out one;
    one.u32(type_layout).u32(head_size + 8 + monitor_size).u32(monitor_size).u32(1);
    one.u32(flag_primary).u32(0).u32(0).u32(shown->width & ~1u).u32(shown->height).bytes(shown->rest);  // an odd width is not allowed
    out.forward = one.take();
    return out;
}

}  // namespace

Result<Layout> judge_display(Way way, View message) {
    In in(message);
    const auto type = in.u32();
    const auto length = in.u32();
    if (!in.good() || length != message.size()) return untrue("a display control message whose length is not its own");
    if (way == Way::to_target) return type == type_layout ? judge_layout(in) : Result<Layout>(Layout{});
    if (type != type_caps) return Layout{};
    if (length != caps_size) return untrue("display control capabilities of another length");
    return Layout{.forward = to_bytes(message)};
}

}  // namespace anteroom::rdp
