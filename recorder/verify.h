// What an auditor can say of a recording without any decryption key: whether it is what the broker signed, and if not,
// where. Everything is read, one piece in memory at a time.
#pragma once

#include <memory>

#include "recorder/reader.h"

namespace anteroom::recorder {

struct KnownRoot {  // from the audit log
    std::uint64_t count = 0;
    Digest root{};
};
struct VerifyInput {
    Bytes signer_public_key;           // the broker's, from a trusted place
    std::optional<Bytes> checkpoints;  // the sidecar's content; absent: not looked at
    std::vector<KnownRoot> known_roots;
    bool live = false;
};
struct VerifyReport {
    State state = State::damaged;
    std::vector<Problem> problems;  // at most 100; a damaged group is named by its first piece
    std::optional<Header> header;
    std::optional<FinalFrame> final;
    std::uint64_t count = 0, bytes = 0;  // whole pieces found, and where they end
    Digest root{};
    std::uint64_t checkpoints = 0, known_roots = 0;  // that were found to match
    bool intact() const { return problems.empty(); }
};
// An error only when the file cannot be read at all (io).
Result<VerifyReport> verify(const Extent& recording, const VerifyInput& input);

// The same in turns, for who has other things to do in between. The file stays open for as long.
class Verifier {
public:
    static Result<Verifier> begin(const Extent& recording, VerifyInput input);
    Verifier(Verifier&&) noexcept;
    ~Verifier();
    // So many pieces more at most; false: there are no more, and report() is final.
    Result<bool> step(std::size_t pieces);
    std::uint64_t checked() const;  // pieces so far
    // So far; whole after step() has said false.
    const VerifyReport& report() const;

private:
    class Verification;
    explicit Verifier(std::unique_ptr<Verification> all);
    std::unique_ptr<Verification> all_;
};

}  // namespace anteroom::recorder
