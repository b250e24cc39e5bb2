// The same bits as base64, with the two letters that addresses may hold, and nothing behind them.
#include "base/base64url.h"

namespace anteroom {

std::string base64url(View bytes) {
    auto text = base64_unpadded(bytes);
    for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
    return text;
}

Result<Bytes> from_base64url(std::string_view text) {
    std::string padded(text);
    for (char& c : padded) {
        if (c == '+' || c == '/' || c == '=') return fail(ErrorKind::invalid, "not base64url");
        c = c == '-' ? '+' : c == '_' ? '/' : c;
    }
    while (padded.size() % 4 != 0) padded += '=';
    return from_base64(padded);
}

}  // namespace anteroom
