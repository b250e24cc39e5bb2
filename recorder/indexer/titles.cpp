// xterm's ctlseqs, "Operating System Commands": ESC ] number ; text, ended by BEL or ESC \.
#include "recorder/indexer/titles.h"

namespace anteroom::indexer {

namespace {

constexpr std::uint8_t esc = 0x1b, bel = 0x07;

}  // namespace

std::optional<std::string> Titles::feed(View bytes) {
    std::optional<std::string> found;
    for (const std::uint8_t b : bytes) {
        switch (at_) {
            case At::text: at_ = b == esc ? At::escape : At::text; break;
            case At::escape:
                number_.clear();
                title_.clear();
                at_ = b == ']' ? At::number : b == esc ? At::escape : At::text;
                break;
            case At::number:
                if (b >= '0' && b <= '9' && number_.size() < 2) number_ += static_cast<char>(b);
                else at_ = b == ';' && (number_ == "0" || number_ == "1" || number_ == "2") ? At::title : b == esc ? At::escape : At::text;
                break;
            case At::title:
                if (b >= 0x20 && title_.size() < longest) title_ += static_cast<char>(b);
                if (b >= 0x20) break;
                if (b == bel) found = title_;
                at_ = b == esc ? At::ending : At::text;
                break;
            case At::ending:
                if (b == '\\') found = title_;
                at_ = b == esc ? At::escape : At::text;
                break;
        }
    }
    if (found) found = printable(*found, longest);
    return found;
}

}  // namespace anteroom::indexer
