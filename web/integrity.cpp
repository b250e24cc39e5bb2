// A turn is some megabytes of hashing at most.
#include "web/integrity.h"

#include <algorithm>

#include "base/log.h"

namespace anteroom::web {

namespace {

constexpr std::size_t a_turn = 32;
constexpr std::uint64_t tell_every = 2048;  // pieces

std::string counted(std::uint64_t count, const char* one, const char* many) { return std::to_string(count) + " " + (count == 1 ? one : many); }

std::string intact(const recorder::VerifyReport& report) {
    std::string out = "All " + counted(report.count, "piece is", "pieces are") + " as the broker signed them at the end";
    if (report.known_roots > 0) out += ", and as the audit log knew them " + counted(report.known_roots, "time", "times");
    out += ".";
    if (report.state == recorder::State::recovered) out += " The session's worker ended early: the recording was closed by the broker.";
    return out;
}

// The final frame's index comes last, and names single pieces; before it stand whole stretches that the audit log knew otherwise.
const recorder::Problem& most_exact(const std::vector<recorder::Problem>& problems) {
    const auto nameless = [](const recorder::Problem& one) { return one.piece == recorder::no_piece; };
    const auto behind = std::find_if(problems.rbegin(), problems.rend(), nameless).base();
    if (behind != problems.end()) return *behind;
    const auto first = std::find_if_not(problems.begin(), problems.end(), nameless);
    return first == problems.end() ? problems.front() : *first;
}

}  // namespace

Result<Integrity> Integrity::begin(int file, Bytes signer, const std::vector<recorder::Commit>& audited) {
    recorder::VerifyInput input;
    input.signer_public_key = std::move(signer);
    for (const auto& commit : audited) input.known_roots.push_back({commit.count, commit.root});
    auto verifier = TRY(recorder::Verifier::begin(file, std::move(input)));
    return Integrity(std::move(verifier));
}

std::uint64_t Integrity::pieces() const {
    const auto& report = verifier_.report();
    return std::max(report.final ? report.final->count : 0, verifier_.checked());
}

void Integrity::step(Outbox& out) {
    if (done_) return;
    const auto more = verifier_.step(a_turn);
    if (!more) {
        done_ = true;
        log::warn("watch.unreadable", {{"why", more.error().detail}});
        return out.add(message::integrity("broken", pieces(), verifier_.checked(), "The recording cannot be read: " + printable(more.error().detail)));
    }
    if (!*more) return conclude(out);
    if (begun_ && verifier_.checked() < told_ + tell_every) return;
    begun_ = true;
    told_ = verifier_.checked();
    out.add(message::integrity("checking", pieces(), told_, ""));
}

void Integrity::conclude(Outbox& out) {
    done_ = true;
    const auto& report = verifier_.report();
    if (report.intact()) return out.add(message::integrity("intact", report.count, report.count, intact(report)));
    const auto& problem = most_exact(report.problems);
    const auto more = report.problems.size() - 1;
    const auto text = printable(recorder::sentence(problem)) + (more > 0 ? " (and " + std::to_string(more) + " more)" : "");
    out.add(message::integrity("broken", pieces(), report.count, text));
}

}  // namespace anteroom::web
