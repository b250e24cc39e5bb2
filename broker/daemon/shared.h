// What every part of the daemon shares: the loop, the installation, the pools, and the doors between the parts.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <functional>

#include "broker/access/access.h"
#include "broker/daemon/recording_keeper.h"
#include "broker/identity/slowing.h"
#include "broker/identity/work_pool.h"
#include "broker/installation/installation.h"

namespace anteroom::daemon {

// What a worker's conversation asks of the gateway that started it.
class GatewayDoor {
public:
    virtual ~GatewayDoor() = default;
    // `extended`: also to a later one than before.
    virtual void set_deadline(const WorkerId& worker, Monotonic deadline, bool authenticated, bool extended = false) = 0;
    virtual void end_worker(const WorkerId& worker) = 0;
    virtual void penalize(const std::string& source, Duration length) = 0;
};

struct Shared {
    Shared(boost::asio::io_context& loop, installation::Installation& installed, GatewayDoor& door)
        : io(loop), here(installed), gateway(door), recording_seed(Secret::copy_of(installed.ring.recording_signing_seed())) {}

    boost::asio::io_context& io;
    installation::Installation& here;
    GatewayDoor& gateway;
    access::Access access{here};
    identity::Slowing slowing;
    identity::WorkPool passwords{identity::WorkPool::Limits{}};
    boost::asio::thread_pool recording_pool{2};
    Secret recording_seed;
    // A session began ("live"), changed or ended: whoever shows it looks again.
    std::function<void(const store::Session& session, bool emergency, std::string_view state)> session_changed = [](auto&&...) {};

    // A recording has its final frame: its index is made.
    std::function<void(const SessionId&)> recording_sealed = [](const SessionId&) {};

    // How far a recording has got, for lists. Where the database is held by somebody else it is left out for a while: the sessions go on.
    void note_commit(const store::Session& session) {
        if (monotonic() < commits_from) return;
        if (!here.sessions.set_commit(session.id, session.commit)) commits_from = monotonic() + std::chrono::seconds(15);
    }
    Monotonic commits_from{};

    // Sign-ins at the console that are under way: most of their time they wait, and a web server has so many calls at once for all.
    std::size_t console_sign_ins = 0;
    static constexpr std::size_t most_console_sign_ins = 96;

    RecordingKeeper::Threads recording_threads() { return {io, recording_pool, recording_seed}; }
    Time now() const { return here.clock.now(); }
    Monotonic monotonic() const { return here.clock.monotonic(); }
    // " Help: call 4711." behind a sentence for a person.
    std::string with_help(const std::string& sentence) const {
        return sentence.empty() || here.config.help.empty() ? sentence : sentence + " " + here.config.help;
    }
};

}  // namespace anteroom::daemon
