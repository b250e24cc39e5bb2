// A web hook's call: one POST, signed where there is a key (WEBHOOKS.md). Whatever answers 2xx has it; what it says is not read.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "broker/courier/outcome.h"

namespace anteroom::courier {

struct Call {
    std::string url, body;
    std::vector<std::string> headers;  // "Name: text"
    std::string ca_file;               // "": the machine's authorities
    Duration may_take = std::chrono::seconds(10);
};
Outcome post(const Call& call);

// The header Anteroom-Signature: t=UNIX-SECONDS,v1=HEX of HMAC-SHA-256 over "UNIX-SECONDS.BODY".
std::string signature_header(const Secret& key, Time now, std::string_view body);

}  // namespace anteroom::courier
