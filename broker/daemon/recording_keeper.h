// RecordingKeeper: the broker's hold on one session's recording. Syncing and hashing happen on a pool of threads, one
// job at a time for each recording; results come back on the event loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <functional>
#include <memory>
#include <optional>

#include "recorder/create.h"

namespace anteroom::daemon {

class RecordingKeeper : public std::enable_shared_from_this<RecordingKeeper> {
public:
    struct Files {
        std::string recording, checkpoints;
    };
    struct New {
        std::shared_ptr<RecordingKeeper> keeper;
        recorder::SessionKeys keys;  // for the worker
        Fd file;                     // for the worker: append only, write only
    };
    struct Outcome {
        std::string state;  // "complete", "recovered", "torn"
        std::uint64_t count = 0, bytes = 0;
        recorder::Digest root{};
        std::vector<std::string> problems;
    };
    struct Threads {
        boost::asio::io_context& io;
        boost::asio::thread_pool& pool;
        const Secret& seed;  // signs checkpoints and final frames; outlives every keeper
    };

    // A new file and sidecar, header written and synced. Both must not exist.
    static Result<New> create(Threads threads, const Files& files, const recorder::NewRecording& recording);
    // A recording that a worker is still writing, after a restart of the broker.
    static Result<std::shared_ptr<RecordingKeeper>> adopt(Threads threads, const Files& files);

    void commit(const recorder::Commit& upto, Time now, std::function<void(Result<recorder::Checkpoint>)> done);
    // Seals after the worker's own last word; where that does not fit what is in the file, as recovered.
    void seal(std::optional<recorder::Commit> last, recorder::Reason reason, Time now, std::function<void(Outcome)> done);

    // Seals what a worker left behind that is gone, with its broker.
    static Outcome recover_now(const Files& files, const Secret& seed, Time now);

private:
    RecordingKeeper(Threads threads, Files files, recorder::Witness witness)
        : threads_(threads), strand_(threads.pool.get_executor()), files_(std::move(files)), witness_(std::move(witness)) {}

    bool ends_at(std::uint64_t bytes) const;

    Threads threads_;
    boost::asio::strand<boost::asio::thread_pool::executor_type> strand_;
    Files files_;
    recorder::Witness witness_;
};

}  // namespace anteroom::daemon
