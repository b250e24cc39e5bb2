// A window, read from its beginning; where it holds no key frame, a longer one.
#include "web/beginning.h"

#include "recorder/screen_format.h"

namespace anteroom::web {

using recorder::Piece;
using recorder::Reader;

namespace {

constexpr int a_turn = 16;
constexpr std::size_t most_passed = 16;  // one after the other

bool begins(const recorder::Event& event) {
    return event.track == recorder::Track::screen && event.kind == static_cast<std::uint8_t>(recorder::ScreenKind::key_frame);
}

}  // namespace

Result<std::optional<Piece>> next_sound(Reader& reader, std::size_t& passed) {
    while (true) {
        auto piece = reader.next();
        if (piece) return piece;
        const auto& problem = reader.problem();
        if (!problem || problem->fault != recorder::Fault::piece || passed >= most_passed || !reader.pass_over()) return fail(piece.error());
        ++passed;
    }
}

Status Beginning::go_back(Reader& reader) {
    from_ = step_ < at_ ? at_ - step_ : Duration(-1);
    step_ *= 2;
    reading_ = true;
    reader.begin_anew();
    return reader.seek(from_);
}

Result<bool> Beginning::step(Reader& reader) {
    if (!reading_) TRY(go_back(reader));
    for (int turn = 0; turn < a_turn; ++turn) {
        std::size_t passed = 0;
        const auto piece = TRY(next_sound(reader, passed));
        if (!piece || piece->first > at_) {
            if (found_ || from_ < Duration(0)) return true;
            reading_ = false;
            return false;
        }
        for (const auto& event : piece->events)
            if (event.at <= at_ && begins(event)) found_ = recorder::ReadFrom{piece->index, piece->offset};
    }
    return false;
}

}  // namespace anteroom::web
