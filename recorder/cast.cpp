// Times are seconds with six digits, exact to the recording's microseconds.
#include "recorder/cast.h"

#include <fmt/format.h>

#include "recorder/tracks.h"

namespace anteroom::recorder {

std::string json_string(std::string_view utf8) {
    std::string out = "\"";
    for (const char c : utf8) {
        switch (c) {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            default:
                if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
                else out += c;
        }
    }
    return out + "\"";
}

namespace {

std::string repaired(View bytes) {
    std::string out;
    Utf8Repair repair;
    repair.feed(bytes, out);
    repair.finish(out);
    return out;
}

}  // namespace

CastExport::CastExport(const Header& header, CastOptions options, Sink sink)
    : start_(header.start), title_(std::move(options.title)), sink_(std::move(sink)), shown_(options.channel, options.as_recorded) {}

Status CastExport::begin(std::uint16_t columns, std::uint16_t rows) {
    begun_ = true;
    std::string out = fmt::format(R"({{"version": 2, "width": {}, "height": {}, "timestamp": {})", columns, rows, unix_seconds(start_));
    if (!title_.empty()) out += ", \"title\": " + json_string(repaired(view(title_)));
    return sink_(out + "}\n");
}

Status CastExport::line(Duration at, char code, std::string_view text) {
    last_ = at;
    return sink_(fmt::format("[{}.{:06}, \"{}\", {}]\n", at.count() / 1000000, at.count() % 1000000, code, json_string(text)));
}

Status CastExport::event(const Event& event) {
    if (event.track == Track::resize) TRY(resize(event));
    const std::string text = shown_.event(event);
    const auto left_out = shown_.left_out();
    const bool marker = event.track == Track::marker, output = event.track == Track::terminal_output && shown_.is(event.channel);
    if (!begun_ && (!text.empty() || left_out || marker || output)) TRY(begin(80, 24));
    if (marker) TRY(line(event.at, 'm', repaired(event.bytes)));
    if (left_out) TRY(line(event.at, 'm', *left_out));
    return text.empty() ? ok() : line(event.at, 'o', text);
}

Status CastExport::resize(const Event& event) {
    if (!shown_.is(event.channel)) return ok();
    const auto size = wire::decode<Resize>(event.bytes);
    if (!size) return ok();  // a hijacked worker's nonsense is no reason to lose the export
    if (!begun_) return begin(size->columns, size->rows);
    return line(event.at, 'r', fmt::format("{}x{}", size->columns, size->rows));
}

Status CastExport::finish() {
    if (!begun_) TRY(begin(80, 24));
    const std::string text = shown_.finish();
    return text.empty() ? ok() : line(last_, 'o', text);
}

Status export_cast(Reader& reader, const CastOptions& options, const Sink& sink) {
    CastExport out(reader.header(), options, sink);
    while (true) {
        const auto piece = TRY(reader.next());
        if (!piece) return out.finish();
        for (const auto& event : piece->events) TRY(out.event(event));
    }
}

}  // namespace anteroom::recorder
