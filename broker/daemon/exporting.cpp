// Terms in sealed memory, a pipe, a process.
#include "broker/daemon/exporting.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/wire.h"
#include "broker/daemon/sealed_memory.h"

namespace anteroom::daemon {

namespace {

constexpr int pipe_bytes = 1 << 20;
constexpr const char* not_whole = "The export failed; what was written of it is not whole.";

}  // namespace

Result<Fd> Exporting::start(console::Watches::Exported what, Done done) {
    Bytes encoded = wire::encode(what.terms);
    const auto terms = sealed_memory("anteroom-export", encoded);
    wipe(encoded.data(), encoded.size());
    if (!terms) return fail(terms.error());
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("pipe2");
    Fd from(ends[0]);
    const Fd into(ends[1]);
    (void)::fcntl(from.get(), F_SETPIPE_SZ, pipe_bytes);  // it works with less, too
    auto process =
        TRY(Child::start(io_, program_, {what.file.get(), into.get(), terms->get()}, [this, key = what.key](const std::string& how) { ended(key, how); }));
    jobs_.emplace(what.key, Job{what.session, what.person, what.terms.format, std::move(what.slot), std::move(process), std::move(done)});
    return from;
}

void Exporting::stop(std::uint64_t key, const std::string& why) {
    const auto found = jobs_.find(key);
    if (found == jobs_.end()) return;
    record_failure(found->second, why);
    jobs_.erase(found);
}

void Exporting::ended(std::uint64_t key, const std::string& how) {
    const auto found = jobs_.find(key);
    if (found == jobs_.end()) return;
    const auto job = std::move(found->second);
    jobs_.erase(found);
    if (!how.empty()) record_failure(job, how);
    job.done(how.empty() ? "" : not_whole);
}

void Exporting::record_failure(const Job& job, const std::string& why) {
    log::warn("export.failed", {{"session", job.session.str()}, {"why", why}});
    const auto known = here_.sessions.find(job.session);
    const std::string target = known && *known ? (*known)->target.str() : "";
    const auto recorded = here_.log->append({audit::Kind::recording_export,
                                             job.person.str(),
                                             target,
                                             job.session.str(),
                                             {{"way", "console"}, {"format", job.format}, {"outcome", "not whole"}, {"why", why}}});
    if (!recorded) log::error("export.unrecorded", {{"error", recorded.error().detail}});
}

}  // namespace anteroom::daemon
