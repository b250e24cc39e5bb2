// Indexing: the broker's hand on anteroom-indexer, which makes the index beside a recording (recorder/index.h). It hands out one recording's
// data key, after the record that says so; what the process makes of it, the broker never reads.
// Of a recording that is over, `ID.aidx.new` becomes `ID.aidx` when it is done. That of a live one stands in place from its beginning, under both
// names until it is done: a `.new` that nobody writes says that what is there is not whole.
#pragma once

#include <deque>
#include <map>
#include <memory>

#include "broker/daemon/child.h"
#include "broker/daemon/shared.h"

namespace anteroom::daemon {

class Indexing {
public:
    // `program`: anteroom-indexer's path.
    Indexing(Shared& shared, std::string program) : shared_(shared), program_(std::move(program)) {}

    static constexpr std::size_t most_live = 4, most_tries = 8, most_waiting = 100'000;
    static constexpr Duration time_limit = std::chrono::minutes(30);

    // An index is wanted where there is none; `damaged`: also where there is one. One at a time, and those of live sessions beside it.
    void want(const SessionId& session, bool damaged);
    // The recording has its final frame: who follows it comes to its end, or its index is made now.
    void sealed(const SessionId& session);
    // About once a second.
    void tick();

private:
    struct Job {
        SessionId session;
        bool live = false, overdue = false;
        Fd terms;  // its end ends the following
        std::unique_ptr<Child> process;
        std::optional<Monotonic> until;
    };
    void next();
    void begin(const SessionId& session);
    Status start(const store::Session& session);
    void ended(const std::shared_ptr<Job>& job, const std::string& how);
    void settle(const Job& job, bool done);
    bool is_there(const SessionId& session) const;
    void remove(const SessionId& session) const;
    std::size_t running(bool live) const;
    Status record(const SessionId& session, audit::Fields fields);

    Shared& shared_;
    std::string program_;
    std::deque<SessionId> waiting_, waiting_live_;
    std::map<SessionId, std::shared_ptr<Job>> jobs_;
    std::map<SessionId, unsigned> tries_;  // that failed
};

}  // namespace anteroom::daemon
