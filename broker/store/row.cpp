// Columns read as the types the repositories ask for.
#include "broker/store/row.h"

#include <charconv>

namespace anteroom::store {

std::optional<std::string> Row::next() {
    if (at_ >= columns_.size()) {
        misread("is missing");
        return {};
    }
    return std::move(columns_[at_++]);
}

void Row::misread(const char* why) {
    if (!misread_) misread_ = "column " + std::to_string(at_) + " of a row " + why;
}

std::string Row::text() {
    auto column = next();
    if (!column) misread("is NULL");
    return column ? std::move(*column) : std::string();
}

std::int64_t Row::integer() {
    const std::string digits = text();
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size()) {
        misread("is not a whole number");
        return 0;
    }
    return value;
}

Bytes Row::bytes() {
    auto decoded = from_base64(text());
    if (!decoded) {
        misread("is not base64");
        return {};
    }
    return std::move(*decoded);
}

std::optional<std::string> Row::optional_text() { return next(); }

std::optional<Time> Row::optional_time() {
    if (at_ < columns_.size() && !columns_[at_]) return (void)++at_, std::nullopt;
    return time();
}

std::optional<Bytes> Row::optional_bytes() {
    if (at_ < columns_.size() && !columns_[at_]) return (void)++at_, std::nullopt;
    return bytes();
}

Status Row::finished() const {
    if (misread_) return fail(ErrorKind::damaged, "database: " + *misread_);
    if (at_ != columns_.size()) return fail(ErrorKind::internal, "database: a row has more columns than were read");
    return ok();
}

}  // namespace anteroom::store
