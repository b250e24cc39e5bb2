// Workers: the processes this gateway started, one or two a connection, each with its pidfd, its deadline and a duplicate of the
// broker's end of its control channel. A worker past its deadline is killed, whatever it does and whether or not the broker lives.
// An RDP connection begins with its front alone (proxies/rdp/front); the worker comes when the front has done its handshake.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"
#include "base/ids.h"

namespace anteroom::gateway {

struct Worker {
    WorkerId id;
    std::string protocol, source;
    std::uint16_t source_port = 0;
    pid_t pid = -1;
    Fd pidfd;    // none before it is started, and none when it has ended
    Fd control;  // duplicate of the broker's end, for a broker that comes after
    Monotonic deadline{};
    bool authenticated = false;
    bool overdue = false;  // killed at its deadline
    bool evicted = false;  // killed to let somebody else in

    Fd front;             // RDP: the pidfd of anteroom-rdp-front, while it lives
    Fd plain;             // our end of the front's plain stream, until the worker gets it
    bool orphan = false;  // one of the two has ended: the other is given a moment, and nothing postpones it
};

struct Ended {
    WorkerId id;
    std::string how;
};

class Workers {
public:
    // Execs `program` with descriptor 3, the client, and 4, `channel`; nothing else is inherited, the environment is empty.
    Result<Worker*> start(const std::string& program, Fd client, Fd channel, Worker worker);
    // A connection's front: 3, the client; 4, its end of the plain stream, whose other end is `worker.plain`; 5, a duplicate of `identity`.
    Result<Worker*> start_front(const std::string& program, Fd client, Fd plain, const Fd& identity, Worker worker);
    // The worker behind a front: 3, the plain stream; 4, `channel`, whose other end is `control`.
    Status start_behind(const WorkerId& id, const std::string& program, Fd channel, Fd control);
    Worker* find(const WorkerId& id);
    void kill(const WorkerId& id);
    // Until it is authenticated a worker's deadline is what it is told. From then on it only comes nearer, but where `extended`
    // says that somebody decided on more time: no message of a worker, through the broker, postpones it by itself.
    void set_deadline(const WorkerId& id, Monotonic deadline, bool authenticated, bool extended);
    // Makes room for one more that is not authenticated, from `source`: ends the one nearest to its deadline, the oldest, of the source that has the most, if
    // that is more than one and more than `source` has. Whose it was, or empty: nobody is ended for who came before or alike.
    std::string evict_for(const std::string& source);
    // Kills those past their deadline.
    void enforce(Monotonic now);
    // Collects what has ended by `now`: the workers among it. A front of which no worker was started ends untold.
    std::vector<Ended> reap(Monotonic now);
    void kill_all();

    // Fronts that have no worker yet: their plain stream says when it is time.
    std::vector<WorkerId> waiting() const;
    std::optional<Monotonic> next_deadline() const;
    std::size_t size() const { return workers_.size(); }
    std::size_t unauthenticated() const;
    std::size_t unauthenticated_from(const std::string& source) const;
    const std::map<WorkerId, Worker>& all() const { return workers_; }

private:
    std::map<WorkerId, Worker> workers_;
};

// What counts as one source: an IPv4 address, or the /64 of an IPv6 address.
std::string source_key(const std::string& address);

}  // namespace anteroom::gateway
