// The columns of each verb, and how they are drawn.
#include "broker/cli/render.h"

#include <boost/json.hpp>

#include <algorithm>
#include <cstdio>

#include "broker/cli/card.h"
#include "broker/installation/config.h"

namespace anteroom::cli {

namespace json = boost::json;

namespace {

// kind: ' ' as it is, 't' time, 'b' bytes, 's' seconds, '?' yes or no, 'l' list
struct Column {
    const char* title;
    const char* key;
    char kind = ' ';
    bool where_any = false;  // left out where no row has it
};
struct Table {
    const char* words;
    std::vector<Column> columns;
};

const std::vector<Column>& columns_of(const std::string& words) {
    static const std::vector<Table> tables = {
        {"person list",
         {{"NAME", "name"},
          {"STATE", "state"},
          {"VENDOR", "vendor"},
          {"GROUPS", "groups", 'l'},
          {"PASSWORD", "password", '?'},
          {"CODES", "totp"},
          {"KEYS", "keys"},
          {"PASSKEYS", "passkeys"},
          {"SET UP BY ADMIN", "set_up_by_administrator", '?'}}},
        {"person key list",
         {{"ID", "id"}, {"FINGERPRINT", "fingerprint"}, {"TYPE", "algorithm"}, {"COMMENT", "comment"}, {"ADDED", "added", 't'}, {"BY", "added_by"}}},
        {"secret list", {{"TARGET", "target"}, {"ACCOUNT", "account"}, {"KIND", "kind"}, {"FINGERPRINT", "fingerprint"}, {"UPDATED", "updated", 't'}}},
        {"policy who-can", {{"PERSON", "person"}, {"ACCOUNT", "account"}, {"VERDICT", "verdict"}, {"RULE", "rule"}}},
        {"session list",
         {{"ID", "id"},
          {"PERSON", "person"},
          {"TARGET", "target"},
          {"ACCOUNT", "account"},
          {"SINCE", "since", 't'},
          {"LEFT", "seconds_left", 's', true},
          {"ENDED", "ended", 't', true},
          {"FROM", "source"},
          {"BY", "protocol"},
          {"RECORDED", "bytes", 'b'},
          {"IDLE", "idle_seconds", 's', true},
          {"RULE", "rule", ' ', true},
          {"REQUEST", "request", ' ', true}}},
        {"request list",
         {{"ID", "id"},
          {"KIND", "kind"},
          {"STATE", "state"},
          {"PERSON", "person"},
          {"TARGETS", "targets", 'l'},
          {"ASKED", "asked_seconds", 's'},
          {"MADE", "created", 't'},
          {"ENDS", "ends", 't', true},
          {"TICKET", "ticket", ' ', true},
          {"WAITS FOR", "waiting_for", 'l', true},
          {"UNUSUAL", "unusual", 'l', true}}},
        {"break-glass list",
         {{"ID", "id"},
          {"KIND", "kind"},
          {"PERSON", "person"},
          {"TARGETS", "targets", 'l'},
          {"USED", "created", 't'},
          {"UNTIL", "ends", 't'},
          {"REVIEW", "review"},
          {"DUE", "review_due", 't'},
          {"REVIEWED BY", "reviewed_by", ' ', true},
          {"REASON", "reason"}}},
        {"ticket rdp", {{"PERSON", "person"}, {"TARGET", "target"}, {"ACCOUNT", "account"}, {"ENDS", "ends", 't'}, {"SIGNED", "signed"}}},
        {"window list",
         {{"ID", "id"},
          {"TARGET", "target"},
          {"VENDOR", "vendor"},
          {"TICKET", "ticket"},
          {"OPENED", "opened", 't'},
          {"BY", "opened_by"},
          {"ENDS", "ends", 't'},
          {"LEFT", "seconds_left", 's', true}}},
        {"recording list",
         {{"ID", "id"},
          {"PERSON", "person"},
          {"TARGET", "target"},
          {"ACCOUNT", "account"},
          {"STARTED", "started", 't'},
          {"LENGTH", "seconds", 's'},
          {"SIZE", "bytes", 'b'},
          {"STATE", "state"}}},
        {"alert list",
         {{"NAME", "name"},
          {"KIND", "kind"},
          {"TO", "to"},
          {"EVENTS", "events", 'l'},
          {"STATE", "state"},
          {"WAITING", "waiting"},
          {"AUDIT BEHIND", "audit_behind", ' ', true},
          {"LAST ARRIVAL", "arrived", 't'},
          {"LAST FAILURE", "failed", 't', true},
          {"WHY", "why", ' ', true}}},
        {"key list", {{"USE", "use"}, {"TYPE", "algorithm"}, {"ID", "id"}}},
        {"doctor", {{"", "state"}, {"", "check"}, {"", "what"}, {"", "mend"}}},
    };
    static const std::vector<Column> none;
    const auto found = std::find_if(tables.begin(), tables.end(), [&](const Table& table) { return table.words == words; });
    return found == tables.end() ? none : found->columns;
}

// Verbs that answer with one thing rather than a list of things.
bool is_one_thing(const std::string& words) {
    static constexpr const char* list[] = {"person add", "person invite", "person reset",   "person show",      "person totp",  "person key add",
                                           "secret put", "session show",  "policy explain", "recording verify", "audit verify", "audit checkpoint"};
    return std::find(std::begin(list), std::end(list), words) != std::end(list);
}

// Verbs that do something: people read the sentence, scripts the row of what it was done to.
bool is_deed(const std::string& words) {
    static constexpr const char* list[] = {"request create", "request withdraw", "request approve",    "request deny",
                                           "request extend", "request revoke",   "break-glass review", "window open"};
    return std::find(std::begin(list), std::end(list), words) != std::end(list);
}

std::size_t width_of(const std::string& text) {  // characters, not bytes
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string size_text(double bytes) {
    static constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    std::size_t unit = 0;
    for (; bytes >= 1024 && unit + 1 < std::size(units); ++unit) bytes /= 1024;
    char text[32];
    std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
    return text;
}

std::string plain(const json::value& value) {
    if (value.is_null()) return "";
    if (value.is_string()) return std::string(value.get_string());
    if (value.is_bool()) return value.get_bool() ? "yes" : "no";
    return json::serialize(value);
}

std::string list_text(const json::value& value) {
    if (!value.is_array()) return plain(value);
    std::string out;
    for (const auto& item : value.get_array()) out += (out.empty() ? "" : ", ") + plain(item);
    return out;
}

bool is_time(const std::string& key) {
    return key == "since" || key == "ends" || key == "ended" || key == "started" || key == "created" || key == "expires" || key == "added" || key == "updated";
}

bool is_length(const std::string& key) { return key == "seconds_left" || key == "idle_seconds"; }

// Whether any row has something there.
bool is_anywhere(const Column& column, const json::array& rows) {
    return std::any_of(rows.begin(), rows.end(), [&](const json::value& row) {
        const auto* value = row.is_object() ? row.get_object().if_contains(column.key) : nullptr;
        return value != nullptr && !cell_text(*value, column.kind, "UTC").empty();
    });
}

void print_table(const std::vector<Column>& all, const json::array& rows, const std::string& zone) {
    std::vector<Column> columns;
    std::copy_if(all.begin(), all.end(), std::back_inserter(columns), [&](const Column& one) { return !one.where_any || is_anywhere(one, rows); });
    std::vector<std::vector<std::string>> lines;
    std::vector<std::string> titles;
    for (const auto& column : columns) titles.emplace_back(column.title);
    if (!titles.front().empty()) lines.push_back(std::move(titles));
    for (const auto& row : rows) {
        std::vector<std::string> cells;
        for (const auto& column : columns) {
            const auto* value = row.is_object() ? row.get_object().if_contains(column.key) : nullptr;
            cells.push_back(value == nullptr ? "" : cell_text(*value, column.kind, zone));
        }
        lines.push_back(std::move(cells));
    }
    std::vector<std::size_t> widths(columns.size());
    for (const auto& line : lines)
        for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], width_of(line[i]));
    for (const auto& line : lines) {
        std::string out;
        for (std::size_t i = 0; i < line.size(); ++i) out += line[i] + std::string(widths[i] - width_of(line[i]) + 2, ' ');
        out.erase(out.find_last_not_of(' ') + 1);
        print_line(out);
    }
}

void print_thing(const json::object& thing, const std::string& zone) {
    for (const auto& [key, value] : thing) {
        const std::string name(key);
        if (value.is_array() && !value.get_array().empty() && value.get_array().front().is_object()) {
            print_line(name + ":");
            for (const auto& item : value.get_array()) {
                std::string line = " ";
                for (const auto& [k, v] : item.get_object()) line += " " + std::string(k) + "=" + cell_text(v, ' ', zone);
                print_line(line);
            }
            continue;
        }
        const auto text = cell_text(value, value.is_array() ? 'l' : is_time(name) ? 't' : name == "bytes" ? 'b' : is_length(name) ? 's' : ' ', zone);
        if (!text.empty()) print_line(name + ": " + text);
    }
}

void print_explanation(const json::object& row) {
    if (const auto* lines = row.if_contains("text"); lines != nullptr && lines->is_array())
        for (const auto& line : lines->get_array()) print_line(printable(plain(line), 2000));
}

void print_lines(const json::array& rows) {
    for (const auto& row : rows)
        if (row.is_object())
            print_line((text_at(row.get_object(), "kind") == "warning" ? "warning: " : "") + printable(text_at(row.get_object(), "line"), 2000));
}

void print_rows(const std::string& words, const Answer& answer) {
    if (words == "policy explain" && !answer.rows.empty()) return print_explanation(answer.rows.front().as_object());
    if (words == "policy diff" || words == "policy apply") return print_lines(answer.rows);
    if (is_deed(words)) return;
    if (words == "request show" && !answer.rows.empty()) {
        for (const auto& line : card_lines(answer.rows.front().as_object(), answer.zone())) print_line(line);
        return;
    }
    if (is_one_thing(words)) {
        if (!answer.rows.empty() && answer.rows.front().is_object()) print_thing(answer.rows.front().get_object(), answer.zone());
        return;
    }
    const auto& columns = columns_of(words);
    if (!columns.empty() && !answer.rows.empty()) print_table(columns, answer.rows, answer.zone());
    if (!columns.empty() && answer.rows.empty() && answer.done) std::fputs("none\n", stderr);
}

json::value document_of(const std::string& words, const Answer& answer) {
    if (is_one_thing(words) || is_deed(words) || words == "request show")
        return answer.rows.empty() ? json::value(json::object{{"done", answer.done}}) : answer.rows.front();
    if (!columns_of(words).empty()) return answer.rows;
    json::object object = answer.meta;
    object.erase("zone");
    object["done"] = answer.done;
    object["sentence"] = answer.sentence;
    if (!answer.rows.empty()) object["rows"] = answer.rows;
    return object;
}

}  // namespace

void print_line(const std::string& line) { std::printf("%s\n", line.c_str()); }

void print_problem(const std::string& sentence) {
    std::fflush(stdout);
    const bool one_line = sentence.find('\n') == std::string::npos;
    for (const auto& line : lines_of(sentence)) std::fprintf(stderr, "%s%s\n", one_line ? "anteroom: " : "", printable(line, 4000).c_str());
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        lines.emplace_back(text.substr(0, text.find('\n')));
        text.remove_prefix(std::min(text.size(), lines.back().size() + 1));
    }
    return lines;
}

void print_json(const json::value& document) { print_line(json::serialize(document)); }

std::string cell_text(const json::value& value, char kind, const std::string& zone) {
    if (value.is_null()) return "";
    if (kind == 't' && value.is_string())
        if (const auto time = parse_rfc3339(std::string(value.get_string()))) return installation::local_time(*time, zone);
    if (kind == 'b' && value.is_number()) return size_text(value.to_number<double>());
    if (kind == 's' && value.is_number()) return duration_text(std::chrono::seconds(value.to_number<std::int64_t>()));
    return printable(kind == 'l' ? list_text(value) : plain(value), 1000);
}

int print_answer(const std::string& words, const Given& given, const Answer& answer) {
    if (given.json) {
        if (answer.done || !answer.rows.empty()) print_json(document_of(words, answer));
    } else {
        print_rows(words, answer);
        if (answer.done && !answer.sentence.empty()) print_line(printable(answer.sentence, 2000));
    }
    if (!answer.done) print_problem(answer.sentence);
    return answer.done ? 0 : 1;
}

}  // namespace anteroom::cli
