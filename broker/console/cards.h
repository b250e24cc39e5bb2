// Requests as the console shows them, and who may see one. Somebody who may not reads what stands for a number that was never given.
#pragma once

#include <boost/json/object.hpp>

#include "broker/console/routes.h"

namespace anteroom::console {

// The request of {id} in the path, where the caller may see it; else `not_found`.
Result<access::Request> request_in_path(Call& call);
// A short hash over the request's row, quoted: what If-Match brings back.
std::string etag_of(const access::Request& request);
// Card of types.ts.
Result<boost::json::object> card_of(Call& call, const access::Request& request);
Result<boost::json::array> cards_of(Call& call, const std::vector<access::Request>& requests);
// The card, with its ETag.
Result<Answer> card_answer(Call& call, const access::Request& request);
// TARGET or TARGET+ACCOUNT, of what the caller has a rule for.
Result<policy::Ask> place_of(Call& call, const std::string& text);
boost::json::array words_of(const std::vector<std::string>& capabilities);

}  // namespace anteroom::console
