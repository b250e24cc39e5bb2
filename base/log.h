// One log line per event, key=value on standard error, values quoted and made printable.
// Never patient data, keystrokes or secrets: a Secret does not convert to a Field.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace anteroom::log {

struct Field {
    Field(std::string_view k, std::string_view v) : key(k), value(v) {}
    Field(std::string_view k, const char* v) : key(k), value(v) {}
    Field(std::string_view k, const std::string& v) : key(k), value(v) {}
    Field(std::string_view k, std::int64_t v) : key(k), value(std::to_string(v)) {}
    Field(std::string_view k, std::uint64_t v) : key(k), value(std::to_string(v)) {}
    Field(std::string_view k, int v) : key(k), value(std::to_string(v)) {}
    std::string_view key;
    std::string value;
};
using Fields = std::initializer_list<Field>;

void open(std::string_view program);  // once, at start; the program's name stands in every line
void debug(std::string_view event, Fields fields = {});
void info(std::string_view event, Fields fields = {});
void warn(std::string_view event, Fields fields = {});
void error(std::string_view event, Fields fields = {});

}  // namespace anteroom::log
