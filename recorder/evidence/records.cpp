// Lines apart and together again.
#include "recorder/evidence/records.h"

#include <algorithm>

namespace anteroom::evidence {

namespace {

constexpr std::string_view previous_label = ",\"prev\":\"", hash_label = ",\"hash\":\"";
constexpr std::size_t hash_size = 44;
constexpr std::size_t tail_size = previous_label.size() + hash_size + 1 + hash_label.size() + hash_size + 2;

Result<crypto::Digest> digest_of(std::string_view text) {
    const auto bytes = from_base64(text);
    if (!bytes || bytes->size() != 32) return fail(ErrorKind::damaged, "one of its hashes is no hash");
    crypto::Digest out{};
    std::copy(bytes->begin(), bytes->end(), out.begin());
    return out;
}

}  // namespace

std::string line_of(std::string_view body, std::string_view previous, std::string_view hash) {
    const auto open = body.ends_with('}') ? body.substr(0, body.size() - 1) : body;
    return std::string(open) + std::string(previous_label) + std::string(previous) + "\"" + std::string(hash_label) + std::string(hash) + "\"}";
}

Result<Line> parse_line(std::string_view line) {
    if (line.size() <= tail_size) return fail(ErrorKind::damaged, "it is too short for a record");
    const auto tail = line.substr(line.size() - tail_size);
    Line out;
    out.body = std::string(line.substr(0, line.size() - tail_size)) + "}";
    const auto previous = tail.substr(previous_label.size(), hash_size);
    const auto hash = tail.substr(tail.size() - 2 - hash_size, hash_size);
    if (line_of(out.body, previous, hash) != line) return fail(ErrorKind::damaged, "it does not end in two hashes");
    out.previous = TRY(digest_of(previous));
    out.hash = TRY(digest_of(hash));
    out.entry = TRY(audit::parse_body(out.body));
    return out;
}

bool hash_holds(const Line& line) { return audit::hash_of(line.previous, line.body) == line.hash; }

void add_to(std::vector<Run>& runs, std::int64_t seq) {
    if (!runs.empty() && runs.back().last + 1 == seq) runs.back().last = seq;
    else runs.push_back({seq, seq});
}

bool in_order(const std::vector<Run>& runs) {
    for (std::size_t i = 0; i < runs.size(); ++i)
        if (runs[i].first < 1 || runs[i].last < runs[i].first || (i > 0 && runs[i].first - 1 <= runs[i - 1].last)) return false;
    return true;
}

bool within(const std::vector<Run>& runs, std::int64_t seq) {
    const auto behind = std::upper_bound(runs.begin(), runs.end(), seq, [](std::int64_t number, const Run& run) { return number < run.first; });
    return behind != runs.begin() && seq <= std::prev(behind)->last;
}

std::string who(const audit::Entry& entry) {
    const auto by = entry.fields.find("by");
    return by == entry.fields.end() || by->second.empty() ? entry.person : by->second;
}

bool is_proof_field(std::string_view name) {
    for (const std::string_view proof : {"signed", "signature", "authenticator_data", "client_data", "public_key", "algorithm"})
        if (name == proof || (proof == "signed" && name.starts_with("signed_"))) return true;
    return false;
}

}  // namespace anteroom::evidence
