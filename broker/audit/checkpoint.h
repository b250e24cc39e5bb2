// A signed statement: "at this time, record N of this chain had this hash". Whoever keeps one elsewhere can later tell
// whether the log was put back or rewritten. Pure: no clock, no database.
#pragma once

#include "base/clock.h"
#include "base/crypto.h"

namespace anteroom::audit {

struct Checkpoint {
    std::string chain;
    std::int64_t seq = 0;
    std::string head;  // base64
    Time time;
    std::string key_id;
    Bytes signature;
};

std::string key_id_of(View public_key);
Result<Checkpoint> sign_checkpoint(View seed, std::string chain, std::int64_t seq, std::string head, Time time);
bool signed_by(const Checkpoint& checkpoint, View public_key);

std::string checkpoint_document(const Checkpoint& checkpoint, View public_key);  // JSON, several lines, with a last line's end
Result<Checkpoint> parse_checkpoint_document(std::string_view text);             // its signature is not checked here

}  // namespace anteroom::audit
