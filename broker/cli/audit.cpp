// The audit log on this side: lines for people, files for other machines.
#include <boost/json.hpp>

#include "broker/cli/files.h"
#include "broker/cli/render.h"

namespace anteroom::cli {

namespace json = boost::json;

namespace {

std::string line_of(const json::object& row) {
    std::string line = text_at(row, "time") + " #" + std::to_string(number_at(row, "seq")) + " " + text_at(row, "kind");
    const auto add = [&](const std::string& name, const std::string& value) {
        if (!value.empty()) line += " " + name + "=" + (value.find(' ') == std::string::npos ? value : "\"" + value + "\"");
    };
    for (const char* name : {"person", "target", "session"}) add(name, text_at(row, name));
    if (const auto* fields = row.if_contains("fields"); fields != nullptr && fields->is_object())
        for (const auto& [name, value] : fields->get_object()) add(std::string(name), value.is_string() ? std::string(value.get_string()) : "");
    add("clock", text_at(row, "clock"));
    return printable(line, 300 * 1024);
}

Status each_object(const json::array& rows, const std::function<Status(const json::object&)>& sink) {
    for (const auto& row : rows)
        if (row.is_object()) TRY(sink(row.get_object()));
    return ok();
}

}  // namespace

Result<int> run_audit_show(const Verb& verb, Given& given) {
    auto call = TRY(call_of(verb, given));
    bool first = true;
    if (given.json) std::fputs("[", stdout);
    const auto answer = TRY(ask(given, std::move(call), [&](const json::array& rows) {
        return each_object(rows, [&](const json::object& row) {
            if (given.json) std::fputs(((std::exchange(first, false) ? "" : ",\n") + json::serialize(row)).c_str(), stdout);
            else print_line(line_of(row));
            return ok();
        });
    }));
    if (given.json) std::fputs("]\n", stdout);
    if (!answer.done) print_problem(answer.sentence);
    return answer.done ? 0 : 1;
}

Result<int> run_audit_verify(const Verb& verb, Given& given) {
    auto call = TRY(call_of(verb, given));
    if (given.has("against")) call.text = to_string(TRY(read_file(given.value("against"), 64 * 1024)));
    if (given.has("against") && call.text.empty()) return fail(ErrorKind::invalid, given.value("against") + " is empty: that is no checkpoint");
    auto answer = TRY(ask(given, std::move(call)));
    if (answer.done) answer.sentence = "the audit log is as it was written";
    return print_answer(verb.words, given, answer);
}

Result<int> run_audit_checkpoint(const Verb& verb, Given& given) {
    auto file = TRY(NewFile::create(given.value("out"), given.has("force"), 0644));
    auto call = TRY(call_of(verb, given));
    auto answer = TRY(ask(given, std::move(call)));
    if (!answer.done || answer.rows.empty()) return print_answer(verb.words, given, answer);
    const auto* lines = answer.rows.front().as_object().if_contains("lines");
    if (lines == nullptr || !lines->is_array()) return fail(ErrorKind::damaged, "the broker sent no checkpoint");
    for (const auto& line : lines->get_array())
        if (line.is_string()) TRY(file.write(view(std::string(line.get_string()) + "\n")));
    TRY(file.finish());
    answer.rows.clear();
    answer.sentence = "written to " + given.value("out") + "; keep it where this machine's administrators cannot change it";
    return print_answer(verb.words, given, answer);
}

Result<int> run_audit_export(const Verb& verb, Given& given) {
    std::optional<NewFile> file;
    if (given.has("out")) file.emplace(TRY(NewFile::create(given.value("out"), given.has("force"))));
    auto call = TRY(call_of(verb, given));
    const auto answer = TRY(ask(given, std::move(call), [&](const json::array& rows) {
        return each_object(rows, [&](const json::object& row) {
            const std::string line = text_at(row, "line") + "\n";
            return file ? file->write(view(line)) : write_all(1, view(line));
        });
    }));
    if (answer.done && file) TRY(file->finish());
    if (!answer.done) print_problem(answer.sentence);
    return answer.done ? 0 : 1;
}

}  // namespace anteroom::cli
