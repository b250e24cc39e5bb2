// Maps, lists and plain values of the tree.
#include "policy/reading.h"

#include <algorithm>

#include "base/bytes.h"
#include "policy/capability.h"

namespace anteroom::policy {
namespace {

const char* kind_text(const Node& node) {
    switch (node.kind) {
        case Node::Kind::null: return "nothing";
        case Node::Kind::scalar: return "a plain value";
        case Node::Kind::list: return "a list";
        case Node::Kind::map: return "a map";
    }
    return "";
}

std::string under(const std::string& path, const std::string& key) { return path.empty() ? key : path + "." + key; }

bool digits(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

void Reader::map(const At& at, std::initializer_list<Row> rows) {
    if (at.node->kind != Node::Kind::map) return fault(at, std::string("expected a map, found ") + kind_text(*at.node));
    for (const auto& entry : at.node->entries) {
        auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.key == entry.key; });
        if (row != rows.end()) {
            row->read({&entry, under(at.path, entry.key)});
            continue;
        }
        std::vector<std::string> known;
        std::string all;
        for (const auto& r : rows) {
            known.emplace_back(r.key);
            all += (all.empty() ? "" : ", ") + known.back();
        }
        const auto near = nearest(entry.key, known);
        const Node place{.line = entry.key_line};
        fault({&place, under(at.path, entry.key)}, "unknown key, " + (near.empty() ? "expected one of " + all : "did you mean " + near + "?"));
    }
    for (const auto& row : rows)
        if (row.need == Need::required && std::none_of(at.node->entries.begin(), at.node->entries.end(), [&](const auto& e) { return e.key == row.key; }))
            fault({at.node, under(at.path, row.key)}, "missing, it has to be there");
}

void Reader::named(const At& at, const char* expected, const std::function<void(const std::string&, const At&)>& each) {
    if (at.node->kind != Node::Kind::map) return fault(at, std::string("expected ") + expected + ", found " + kind_text(*at.node));
    for (const auto& entry : at.node->entries) each(entry.key, {&entry, under(at.path, entry.key)});
}

void Reader::list(const At& at, const char* expected, const std::function<void(const At&)>& each) {
    if (at.node->kind != Node::Kind::list) return fault(at, std::string("expected a list of ") + expected + ", found " + kind_text(*at.node));
    for (std::size_t i = 0; i < at.node->items.size(); ++i) each(at.item(i));
}

std::optional<std::string> Reader::scalar(const At& at, const char* expected) {
    if (at.node->kind == Node::Kind::scalar) return at.node->text;
    fault(at, std::string("expected ") + expected + ", found " + kind_text(*at.node));
    return std::nullopt;
}

std::optional<std::string> Reader::text(const At& at, std::size_t limit) {
    auto value = scalar(at, "text");
    if (!value) return std::nullopt;
    if (value->empty() || value->size() > limit) {
        fault(at, "expected 1 to " + std::to_string(limit) + " characters, found " + std::to_string(value->size()));
        return std::nullopt;
    }
    if (printable(*value, limit) == *value) return value;
    fault(at, "control characters, or not UTF-8: expected text that can be shown on one line");
    return std::nullopt;
}

std::optional<std::string> Reader::name(const At& at) {
    auto value = scalar(at, "a name");
    if (!value || is_name(*value)) return value;
    fault(at, "\"" + printable(*value, 80) + "\" is no name, expected 1 to 64 of a-z 0-9 . _ -");
    return std::nullopt;
}

std::optional<int> Reader::integer(const At& at, int least, int most) {
    const auto value = scalar(at, "a whole number");
    if (!value) return std::nullopt;
    const bool plain = digits(*value) && value->size() <= 6 && (value->size() == 1 || value->front() != '0');
    if (plain && !at.node->quoted && std::stoi(*value) >= least && std::stoi(*value) <= most) return std::stoi(*value);
    fault(at, "\"" + printable(*value, 40) + "\", expected a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return std::nullopt;
}

std::optional<bool> Reader::boolean(const At& at) {
    const auto value = scalar(at, "true or false");
    if (!value) return std::nullopt;
    if (!at.node->quoted && (*value == "true" || *value == "false")) return *value == "true";
    fault(at, "\"" + printable(*value, 40) + "\", expected true or false");
    return std::nullopt;
}

std::optional<Duration> Reader::duration(const At& at) {
    const auto value = scalar(at, "a duration like 30m or 4h");
    if (!value) return std::nullopt;
    // Bounded before it is parsed: no arithmetic on numbers that do not fit.
    if (value->size() <= 8)
        if (auto parsed = parse_duration(*value); parsed && *parsed > Duration::zero() && *parsed <= std::chrono::hours(24 * 366)) return *parsed;
    fault(at, "\"" + printable(*value, 40) + "\" is no duration, expected one like 90s, 30m, 4h or 2d, at most 366d");
    return std::nullopt;
}

std::optional<Day> Reader::day(const At& at) {
    const auto value = scalar(at, "a day like 2026-01-15");
    if (!value) return std::nullopt;
    const std::string_view v = *value;
    if (v.size() == 10 && v[4] == '-' && v[7] == '-' && digits(v.substr(0, 4)) && digits(v.substr(5, 2)) && digits(v.substr(8, 2))) {
        const auto number = [&](std::size_t from, std::size_t size) { return std::stoi(value->substr(from, size)); };
        const std::chrono::year_month_day day{std::chrono::year(number(0, 4)), std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                              std::chrono::day(static_cast<unsigned>(number(8, 2)))};
        if (day.ok() && number(0, 4) >= 1970) return Day(day);
    }
    fault(at, "\"" + printable(v, 40) + "\" is no day of the calendar, expected one like 2026-01-15");
    return std::nullopt;
}

std::optional<std::size_t> Reader::choice(const At& at, std::initializer_list<const char*> words) {
    std::string all;
    for (const auto* word : words) all += (all.empty() ? "" : " or ") + std::string(word);
    const auto value = scalar(at, all.c_str());
    if (!value) return std::nullopt;
    const auto found = std::find(words.begin(), words.end(), *value);
    if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
    fault(at, "\"" + printable(*value, 40) + "\", expected " + all);
    return std::nullopt;
}

void Reader::run_later(const Document& document) {
    for (const auto& check : later_) check(document);
    later_.clear();
}

}  // namespace anteroom::policy
