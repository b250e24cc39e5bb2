// One audit record, its canonical text and its hash, as FORMAT.md says byte for byte. Pure: no clock, no database.
#pragma once

#include <map>

#include "base/clock.h"
#include "base/crypto.h"
#include "broker/audit/kinds.h"

namespace anteroom::audit {

inline constexpr std::size_t value_limit = 4096, name_limit = 64, field_limit = 64;

using Fields = std::map<std::string, std::string>;

// What another room wants written down. The texts may be hostile: they are made printable and cut to size.
struct Record {
    Kind kind{};
    std::string person;
    std::string target;
    std::string session;
    Fields fields;
};

// A record as it stands in the log.
struct Entry {
    std::string chain;
    std::int64_t seq = 0;
    Time time;
    std::optional<Time> wall;  // what the clock said, where it stood behind the record before
    std::string kind;
    std::string person;
    std::string target;
    std::string session;
    Fields fields;
};

Entry entry_of(const Record& record, std::string_view chain, std::int64_t seq, Time time, std::optional<Time> wall);
std::string body_of(const Entry& entry);
Result<Entry> parse_body(std::string_view body);  // `damaged` unless it is byte for byte what body_of() would write

crypto::Digest hash_of(View previous, std::string_view body);
inline constexpr crypto::Digest genesis{};
std::string line_of(std::string_view body, std::string_view hash_base64);  // as exported, without the line's end

}  // namespace anteroom::audit
