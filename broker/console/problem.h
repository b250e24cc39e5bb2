// Problems (RFC 9457): what a call that is refused answers with. The sentence is for the person; whom to call stands beside it.
#pragma once

#include "broker/console/routes.h"

namespace anteroom::console {

// {"type": "about:blank", "title", "status", "detail", "help"?, "retry_seconds"?}
boost::json::object problem(const installation::Installation& here, std::uint16_t status, const std::string& sentence, std::uint32_t retry_seconds = 0);
// The same as a route's answer.
Answer problem_answer(const installation::Installation& here, std::uint16_t status, const std::string& sentence, std::uint32_t retry_seconds = 0);
// Refused 403, not found 404, conflict 409, invalid 422; anything else 500, with its detail in the log only.
std::uint16_t status_of(ErrorKind kind);
std::string_view title_of(std::uint16_t status);

control::WebAnswer problem_of(const installation::Installation& here, std::uint64_t number, std::uint16_t status, const std::string& sentence,
                              std::uint32_t retry_seconds = 0);
// Of opening a stream or a watch, where `not_found` is 401.
control::WebAnswer problem_of(const installation::Installation& here, std::uint64_t number, const Error& error);

}  // namespace anteroom::console
