// Files, the witness, and the pool.
#include "broker/daemon/recording_keeper.h"

#include <boost/asio/post.hpp>
#include <fcntl.h>
#include <unistd.h>

namespace anteroom::daemon {

namespace {

Result<Fd> open_growing(const std::string& path, int extra = 0) { return open_file(path, O_RDWR | O_APPEND | extra, 0600); }

}  // namespace

Result<RecordingKeeper::New> RecordingKeeper::create(Threads threads, const Files& files, const recorder::NewRecording& recording) {
    auto file = TRY(open_growing(files.recording, O_CREAT | O_EXCL));
    auto sidecar = TRY(open_growing(files.checkpoints, O_CREAT | O_EXCL));
    auto created = TRY(recorder::create(file.get(), recording));
    TRY(sync_directory_of(files.recording));
    auto for_worker = TRY(open_file(files.recording, O_WRONLY | O_APPEND));
    auto witness = TRY(recorder::Witness::open(std::move(file), std::move(sidecar), threads.seed));
    auto keeper = std::shared_ptr<RecordingKeeper>(new RecordingKeeper(threads, files, std::move(witness)));
    return New{std::move(keeper), std::move(created.keys), std::move(for_worker)};
}

Result<std::shared_ptr<RecordingKeeper>> RecordingKeeper::adopt(Threads threads, const Files& files) {
    auto file = TRY(open_growing(files.recording));
    auto sidecar = TRY(open_growing(files.checkpoints));
    auto witness = TRY(recorder::Witness::open(std::move(file), std::move(sidecar), threads.seed));
    return std::shared_ptr<RecordingKeeper>(new RecordingKeeper(threads, files, std::move(witness)));
}

void RecordingKeeper::commit(const recorder::Commit& upto, Time now, std::function<void(Result<recorder::Checkpoint>)> done) {
    boost::asio::post(strand_, [self = shared_from_this(), upto, now, done = std::move(done)]() mutable {
        auto signed_one = self->witness_.commit(upto, now);
        boost::asio::post(self->threads_.io, [done = std::move(done), signed_one = std::move(signed_one)]() mutable { done(std::move(signed_one)); });
    });
}

void RecordingKeeper::seal(std::optional<recorder::Commit> last, recorder::Reason reason, Time now, std::function<void(Outcome)> done) {
    boost::asio::post(strand_, [self = shared_from_this(), last, reason, now, done = std::move(done)]() mutable {
        Outcome outcome;
        // Its last word must be about the whole file: pieces that it never spoke of are not sealed as complete.
        const bool agreed = last && self->ends_at(last->bytes) && self->witness_.commit(*last, now);
        auto final = agreed ? self->witness_.finish(reason, now) : Result<recorder::FinalFrame>(fail(ErrorKind::damaged, ""));
        if (final) outcome = {"complete", final->count, final->bytes, final->root, {}};
        else outcome = recover_now(self->files_, self->threads_.seed, now);
        boost::asio::post(self->threads_.io, [done = std::move(done), outcome = std::move(outcome)]() mutable { done(std::move(outcome)); });
    });
}

bool RecordingKeeper::ends_at(std::uint64_t bytes) const {
    const auto file = open_file(files_.recording, O_RDONLY);
    const auto size = file ? recorder::size_of(file->get()) : Result<std::uint64_t>(fail(ErrorKind::io, ""));
    return size && *size == bytes;
}

RecordingKeeper::Outcome RecordingKeeper::recover_now(const Files& files, const Secret& seed, Time now) {
    auto file = open_file(files.recording, O_RDWR);
    auto sidecar = read_file(files.checkpoints, 1u << 30);
    if (!file) return {"lost", 0, 0, {}, {file.error().detail}};
    auto recovered = recorder::recover(file->get(), sidecar ? View(*sidecar) : View(), seed, now);
    if (!recovered) return {"torn", 0, 0, {}, {recovered.error().detail}};
    const bool was_whole = recovered->was_sealed && recovered->final.ending == recorder::Ending::complete;
    Outcome outcome{was_whole ? "complete" : "recovered", recovered->final.count, recovered->final.bytes, recovered->final.root, {}};
    for (const auto& problem : recovered->problems) outcome.problems.push_back(recorder::sentence(problem));
    return outcome;
}

}  // namespace anteroom::daemon
