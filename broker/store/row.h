// What goes into and comes out of the database: Value is one bound parameter, Row one answer read column by column.
// Only text and 64-bit integers cross this border, so SQLite and PostgreSQL agree: bytes are base64, times microseconds,
// booleans 0 and 1. A Row remembers its first misreading; finished() tells it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"

namespace anteroom::store {

class Value {
public:
    Value(std::nullopt_t) {}
    Value(std::int64_t number) : content_(number) {}
    Value(bool truth) : content_(std::int64_t{truth ? 1 : 0}) {}
    Value(Time time) : content_(micros(time)) {}
    Value(std::string text) : content_(std::move(text)) {}
    Value(std::string_view text) : content_(std::string(text)) {}
    Value(const char* text) : content_(std::string(text)) {}
    Value(const Bytes& bytes) : content_(base64(bytes)) {}
    template <class Tag>
    Value(const Id<Tag>& id) : content_(id.str()) {}
    template <class T>
    Value(const std::optional<T>& maybe) {
        if (maybe) *this = Value(*maybe);
    }

    const std::int64_t* number() const { return std::get_if<std::int64_t>(&content_); }
    const std::string* text() const { return std::get_if<std::string>(&content_); }

private:
    std::variant<std::monostate, std::int64_t, std::string> content_;
};
using Values = std::vector<Value>;

class Row {
public:
    explicit Row(std::vector<std::optional<std::string>> columns) : columns_(std::move(columns)) {}

    // Each call reads the next column. NULL where none is expected, or a text that does not parse, is noted and read as empty.
    std::string text();
    std::int64_t integer();
    bool boolean() { return integer() != 0; }
    Time time() { return from_micros(integer()); }
    Bytes bytes();
    std::optional<std::string> optional_text();
    std::optional<Time> optional_time();
    std::optional<Bytes> optional_bytes();
    // `damaged` when a column could not be read as asked, or when columns are left over.
    Status finished() const;

private:
    std::optional<std::string> next();
    void misread(const char* why);

    std::vector<std::optional<std::string>> columns_;
    std::size_t at_ = 0;
    std::optional<std::string> misread_;
};

}  // namespace anteroom::store
