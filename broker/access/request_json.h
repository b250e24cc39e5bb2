// A request as the JSON text that its row keeps. Times are microseconds of Unix time, durations microseconds, what is absent is null.
#pragma once

#include "broker/access/request.h"

namespace anteroom::access {

std::string body_of(const Request& request);
// `damaged` unless it has exactly the members that body_of() writes, each of its type and a possible value.
Result<Request> parse_body(std::string_view body);

}  // namespace anteroom::access
