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

CastExport::CastExport(const Header& header, CastOptions options, Sink sink) : start_(header.start), options_(std::move(options)), sink_(std::move(sink)) {}

Status CastExport::begin(std::uint16_t columns, std::uint16_t rows) {
    begun_ = true;
    std::string out = fmt::format(R"({{"version": 2, "width": {}, "height": {}, "timestamp": {})", columns, rows, unix_seconds(start_));
    if (!options_.title.empty()) out += ", \"title\": " + json_string(repaired(view(options_.title)));
    return sink_(out + "}\n");
}

Status CastExport::line(Duration at, char code, std::string_view text) {
    last_ = at;
    return sink_(fmt::format("[{}.{:06}, \"{}\", {}]\n", at.count() / 1000000, at.count() % 1000000, code, json_string(text)));
}

Status CastExport::event(const Event& event) {
    const bool terminal = event.track == Track::terminal_output || event.track == Track::resize;
    if (terminal && !options_.channel) options_.channel = event.channel;
    if (terminal && event.channel != *options_.channel) return ok();
    if (event.track == Track::resize) {
        const auto size = wire::decode<Resize>(event.bytes);
        if (!size) return ok();  // a hijacked worker's nonsense is no reason to lose the export
        if (!begun_) return begin(size->columns, size->rows);
        return line(event.at, 'r', fmt::format("{}x{}", size->columns, size->rows));
    }
    if (event.track != Track::terminal_output && event.track != Track::marker) return ok();
    if (!begun_) TRY(begin(80, 24));
    if (event.track == Track::marker) return line(event.at, 'm', repaired(event.bytes));
    std::string text;
    if (options_.as_recorded) repair_.feed(event.bytes, text);
    else filter_.feed(event.bytes, text);
    return text.empty() ? ok() : line(event.at, 'o', text);
}

Status CastExport::finish() {
    if (!begun_) TRY(begin(80, 24));
    std::string text;
    if (options_.as_recorded) repair_.finish(text);
    else text = filter_.finish();
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
