// Whether a recording is what was signed and audited, checked in small turns beside its replay (recorder/verify.h).
#pragma once

#include "recorder/verify.h"
#include "recorder/writer.h"
#include "web/messages.h"

namespace anteroom::web {

class Integrity {
public:
    // The file stays open for as long. `audited`: what the audit log says of it.
    static Result<Integrity> begin(int file, Bytes signer, const std::vector<recorder::Commit>& audited);

    bool done() const { return done_; }
    // A few pieces; messages when there is something to say: progress, and the end.
    void step(Outbox& out);

private:
    explicit Integrity(recorder::Verifier verifier) : verifier_(std::move(verifier)) {}
    void conclude(Outbox& out);
    std::uint64_t pieces() const;

    recorder::Verifier verifier_;
    std::uint64_t told_ = 0;
    bool begun_ = false, done_ = false;
};

}  // namespace anteroom::web
