// libqrencode's modules as text. Light modules are drawn, dark ones left out: on the usual dark terminal that reads as printed.
#include "broker/identity/qr.h"

#include <qrencode.h>

#include <memory>

namespace anteroom::identity {

namespace {

struct Free {
    void operator()(QRcode* code) const { QRcode_free(code); }
};
using Code = std::unique_ptr<QRcode, Free>;

Result<Code> encode(const std::string& text) {
    Code code(QRcode_encodeString8bit(text.c_str(), 0, QR_ECLEVEL_L));
    if (!code) return fail(ErrorKind::invalid, "this text does not fit into a QR code");
    return code;
}

std::vector<std::string> drawn(const QRcode& code, int quiet_zone) {
    const int width = code.width;
    const auto light = [&](int x, int y) { return x < 0 || y < 0 || x >= width || y >= width || (code.data[y * width + x] & 1) == 0; };
    std::vector<std::string> lines;
    for (int y = -quiet_zone; y < width + quiet_zone; y += 2) {
        std::string line;
        for (int x = -quiet_zone; x < width + quiet_zone; ++x) {
            const bool upper = light(x, y), lower = y + 1 < width + quiet_zone && light(x, y + 1);
            line += upper && lower ? "\u2588" : upper ? "\u2580" : lower ? "\u2584" : " ";
        }
        lines.push_back(std::move(line));
    }
    return lines;
}

}  // namespace

Result<std::vector<std::string>> qr_lines(const std::string& text) {
    const auto code = TRY(encode(text));
    return drawn(*code, widest_quiet_zone);
}

Result<std::vector<std::string>> qr_lines_within(const std::string& text, int columns, int rows) {
    const auto code = TRY(encode(text));
    for (int quiet = widest_quiet_zone; quiet >= 1; --quiet) {
        const int side = code->width + 2 * quiet;
        if (side <= columns && (side + 1) / 2 <= rows) return drawn(*code, quiet);
    }
    return fail(ErrorKind::not_found, "the QR code is larger than the room for it");
}

}  // namespace anteroom::identity
