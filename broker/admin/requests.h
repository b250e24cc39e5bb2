// What the commands about requests, break-glass and windows have in common: numbers, lengths, rows, and the order in which a
// decision is proven, recorded and made.
#pragma once

#include "broker/admin/call.h"

namespace anteroom::admin {

// The argument "id" of a request that there is. An error is a sentence about what was typed.
Result<access::Request> known_request(Call& call);
// The argument of that name, as 30m or 4h: more than nothing.
Result<Duration> length_argument(const Call& call, std::string_view name);

// TARGET or TARGET+ACCOUNT; the account may be left out where the person can only mean one. Errors are sentences.
Result<policy::Ask> ask_of(installation::Installation& here, const policy::Facts& facts, const std::string& text);
// "mri-3+service", for people and for scripts.
std::string place_text(const policy::Ask& ask);
boost::json::object request_row(const access::Request& request);
// With everything an approver is shown; the console's Card has these members too.
boost::json::object card_row(const access::Card& card);
// "request 42 of vera"
std::string request_text(const access::Request& request);
// "from ... until ...", "until ...", "for 2 h from the first connection"
std::string term_text(const Call& call, const access::Request& request);

// broker/access decides and records what was decided; what is recorded here, before that, is the Unix user it came through. The
// proof of the person's code goes with it and is gone then.
using Deciding = std::function<Result<access::Request>(access::SecondFactor by)>;
Result<access::Request> decide(Call& call, std::int64_t id, const Deciding& deciding);

}  // namespace anteroom::admin
