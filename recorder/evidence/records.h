// The audit records of a bundle (`audit.jsonl`): each line is a record with its hash and the one it was chained to. Pure.
#pragma once

#include <vector>

#include "broker/audit/record.h"

namespace anteroom::evidence {

struct Line {
    std::string body;
    crypto::Digest previous{}, hash{};
    audit::Entry entry;
};
// Without the line's end. Both hashes are base64, as the log holds them.
std::string line_of(std::string_view body, std::string_view previous, std::string_view hash);
// `damaged` unless it is what line_of() makes of a record in canonical form; whether the hash is the text's is another question.
Result<Line> parse_line(std::string_view line);
bool hash_holds(const Line& line);

struct Run {  // of record numbers without a gap
    std::int64_t first = 0, last = 0;
    bool operator==(const Run&) const = default;
};
void add_to(std::vector<Run>& runs, std::int64_t seq);        // numbers rise
bool in_order(const std::vector<Run>& runs);                  // with a gap between each and the next
bool within(const std::vector<Run>& runs, std::int64_t seq);  // of runs in order

// Who did it: those who decide stand in a field, where the record's person is the one it is about.
std::string who(const audit::Entry& entry);

// Of a decision signed by a passkey: what verifies the signature again, for machines and not for a page.
bool is_proof_field(std::string_view name);

}  // namespace anteroom::evidence
