// TPKT: RFC 1006 section 6. Erect Domain Request: T.125 part 7, aligned PER; RDP: MS-RDPBCGR 2.2.1.5.
#include "proxies/rdp/front/opening.h"

#include <algorithm>
#include <array>

namespace anteroom::rdp {

namespace {

constexpr std::size_t header_size = 4, least_packet = 7;
// Long enough for every Erect Domain Request with integers of four bytes; what is longer is something else.
constexpr std::size_t longest_erect_domain = 32, longest_confirm = 64;
constexpr std::array<std::uint8_t, 4> erect_domain_head{0x02, 0xf0, 0x80, 0x04};  // X.224 Data, then the MCS choice 1
// subHeight 0 and subInterval 0, each with its length.
constexpr std::array<std::uint8_t, 12> erect_domain{0x03, 0x00, 0x00, 0x0c, 0x02, 0xf0, 0x80, 0x04, 0x01, 0x00, 0x01, 0x00};

std::size_t size_of(View header) { return static_cast<std::size_t>(header[2]) << 8 | header[3]; }
void append(Bytes& out, View bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

}  // namespace

// True when `size` bytes are held.
bool ClientOpening::hold(View& in, std::size_t size) {
    const std::size_t missing = size > held_.size() ? size - held_.size() : 0;
    const View part = in.first(std::min(missing, in.size()));
    append(held_, part);
    in = in.subspan(part.size());
    return held_.size() >= size;
}

Status ClientOpening::take_header(View& in, Bytes& out) {
    if (!hold(in, header_size)) return ok();
    const std::size_t size = size_of(held_);
    if (held_[0] != 3 || held_[1] != 0 || size < least_packet) return fail(ErrorKind::invalid, "no TPKT from the client");
    if (packet_ == 1 && size <= longest_erect_domain) {
        if (!hold(in, size)) return ok();
        const bool is_one =
            size > header_size + erect_domain_head.size() && std::equal(erect_domain_head.begin(), erect_domain_head.end(), held_.begin() + header_size);
        append(out, is_one ? View(erect_domain) : View(held_));
        packet_ = 2;
    } else {
        append(out, held_);
        rest_ = size - header_size;
    }
    held_ = {};
    return ok();
}

Status ClientOpening::take(View in, Bytes& out) {
    while (!in.empty() && !done()) {
        if (rest_ == 0) {
            TRY(take_header(in, out));
            continue;
        }
        const View part = in.first(std::min(rest_, in.size()));
        append(out, part);
        in = in.subspan(part.size());
        rest_ -= part.size();
        if (rest_ == 0) ++packet_;
    }
    append(out, in);
    return ok();
}

Result<std::size_t> WorkerOpening::skip(View in) {
    std::size_t taken = 0;
    for (; taken < in.size() && !done(); ++taken, ++seen_) {
        const std::uint8_t byte = in[taken];
        if (seen_ == 2 || seen_ == 3) size_ = (size_ << 8) | byte;
        const bool sound = seen_ == 0   ? byte == 3
                           : seen_ == 1 ? byte == 0
                           : seen_ == 3 ? size_ >= least_packet && size_ <= longest_confirm
                                        : seen_ != 5 || byte == 0xd0;
        if (!sound) return fail(ErrorKind::invalid, "no Connection Confirm from the worker");
    }
    return taken;
}

}  // namespace anteroom::rdp
