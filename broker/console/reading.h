// What a call brings, read strictly: a path is matched as it was sent, a query and a body have the members that their row lists, once,
// and of the right kind. Errors are `invalid`, with a sentence that names the member.
#pragma once

#include "broker/console/routes.h"

namespace anteroom::console {

inline constexpr std::size_t longest_body = 64 * 1024, longest_path = 512, longest_query = 2048;

struct Match {
    const Route* route = nullptr;
    std::vector<std::string> in_path;
    bool other_method = false;  // the path is one, with another method
};
// {name} stands for 1 to 64 of A-Z a-z 0-9 . _ - , not beginning with a dot; nothing is decoded, and nothing is left over.
Match match(std::string_view method, std::string_view path);

// name=value pairs; %XX is decoded, a plus is a plus. Values are one printable line of UTF-8.
Result<std::map<std::string, std::string>> read_query(const Route& route, std::string_view query);

struct Body {
    boost::json::object members;  // without `factor`
    std::optional<boost::json::value> factor;
};
// An empty body is {}. What was in it is wiped when it is freed: there may be passwords in it.
Result<Body> read_body(const Route& route, const Secret& body);

// "" where it is not there.
const std::string& queried(const Call& call, std::string_view name);
Result<std::optional<Time>> queried_time(const Call& call, std::string_view name);
Result<std::int64_t> queried_number(const Call& call, std::string_view name, std::int64_t otherwise, std::int64_t most);

// ---- members of a call's body
// One printable line of at most so many bytes; "" where it may be missing or null.
Result<std::string> line_of(const Call& call, std::string_view name, std::size_t most, bool needed = true);
Result<bool> truth_of(const Call& call, std::string_view name, bool otherwise);
// Whole seconds, more than nothing and at most 366 days; none for null.
Result<std::optional<Duration>> seconds_of(const Call& call, std::string_view name);
Result<std::optional<Time>> time_of(const Call& call, std::string_view name);
Result<std::vector<std::string>> lines_of(const Call& call, std::string_view name, std::size_t most);
// A text of several lines.
Result<std::string> text_of(const Call& call, std::string_view name, std::size_t most);

}  // namespace anteroom::console
