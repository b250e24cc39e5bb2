// JSON, and nothing that is not UTF-8.
#include "web/messages.h"

#include <boost/json.hpp>

#include "recorder/terminal_filter.h"

namespace anteroom::web {

namespace json = boost::json;

std::int64_t milliseconds(Duration at) { return at / std::chrono::milliseconds(1); }

namespace message {

namespace {

std::string repaired(std::string_view text) {
    recorder::Utf8Repair repair;
    std::string out;
    repair.feed(view(text), out);
    repair.finish(out);
    return out;
}

std::string text_message(const char* kind, Duration at, std::uint32_t channel, std::string_view text) {
    return json::serialize(json::object{{"kind", kind}, {"at", milliseconds(at)}, {"channel", channel}, {"text", repaired(text)}});
}

json::array list_of(const std::set<std::uint32_t>& channels) {
    json::array list;
    for (const auto channel : channels) list.emplace_back(channel);
    return list;
}

std::int64_t all_of(Duration length) { return milliseconds(length + std::chrono::microseconds(999)); }

}  // namespace

std::string begin(std::string_view id, std::string_view protocol, bool live, Duration duration) {
    return json::serialize(json::object{{"kind", "begin"}, {"id", id}, {"protocol", protocol}, {"live", live}, {"duration", all_of(duration)}});
}

std::string size(Duration at, std::uint16_t width, std::uint16_t height) {
    return json::serialize(json::object{{"kind", "size"}, {"at", milliseconds(at)}, {"columns", width}, {"rows", height}});
}

std::string show(Duration at, std::uint32_t channel, std::string_view text) { return text_message("show", at, channel, text); }
std::string note(Duration at, std::uint32_t channel, std::string_view text) { return text_message("note", at, channel, text); }

std::string pointer(Duration at, std::uint16_t x, std::uint16_t y, bool shown) {
    return json::serialize(json::object{{"kind", "pointer"}, {"at", milliseconds(at)}, {"x", x}, {"y", y}, {"shown", shown}});
}

std::string sought(std::uint64_t seek, Duration at, const std::set<std::uint32_t>& channels, std::optional<std::uint32_t> shown) {
    json::object out{{"kind", "sought"}, {"seek", seek}, {"at", milliseconds(at)}, {"channels", list_of(channels)}, {"channel", nullptr}};
    if (shown) out["channel"] = *shown;
    return json::serialize(out);
}

std::string terminals(Duration at, const std::set<std::uint32_t>& channels, std::optional<std::uint32_t> opened) {
    json::object out{{"kind", "terminals"}, {"at", milliseconds(at)}, {"channels", list_of(channels)}, {"opened", nullptr}};
    if (opened) out["opened"] = *opened;
    return json::serialize(out);
}

std::string upto(Duration at) { return json::serialize(json::object{{"kind", "upto"}, {"at", milliseconds(at)}}); }

std::string integrity(std::string_view state, std::uint64_t pieces, std::uint64_t checked, std::string_view sentence) {
    return json::serialize(json::object{{"kind", "integrity"}, {"state", state}, {"pieces", pieces}, {"checked", checked}, {"sentence", repaired(sentence)}});
}

std::string end(std::string_view sentence, std::optional<Duration> length) {
    json::object out{{"kind", "end"}, {"sentence", repaired(sentence)}};
    if (length) out["duration"] = all_of(*length);
    return json::serialize(out);
}

}  // namespace message
}  // namespace anteroom::web
