// fork, exec, pidfd_send_signal, waitid.
#include "proxies/gateway/workers.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>

namespace anteroom::gateway {

namespace {

// How long past its deadline a worker may take to say goodbye by itself.
constexpr Duration goodbye = std::chrono::milliseconds(600);

void signal_worker(const Worker& worker, int signal) { ::syscall(SYS_pidfd_send_signal, worker.pidfd.get(), signal, nullptr, 0u); }

// In the child, between fork and exec: only async-signal-safe calls.
[[noreturn]] void become(const char* program, int client, int channel, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a worker without a gateway would have nobody to end it on time
    if (::getppid() != parent) ::_exit(127);
    // Out of the way of 3 and 4 first, so that neither overwrites the other.
    const int high_client = ::fcntl(client, F_DUPFD, 10), high_channel = ::fcntl(channel, F_DUPFD, 10);
    if (::dup2(high_client, 3) < 0 || ::dup2(high_channel, 4) < 0) ::_exit(127);
    const int nothing = ::open("/dev/null", O_RDWR);
    if (nothing < 0 || ::dup2(nothing, 0) < 0 || ::dup2(nothing, 1) < 0) ::_exit(127);
    ::syscall(SYS_close_range, 5u, ~0u, 0u);
    ::setsid();
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    char* const arguments[] = {const_cast<char*>(program), nullptr};
    char* const environment[] = {nullptr};
    ::execve(program, arguments, environment);
    ::_exit(127);
}

std::string how_ended(const siginfo_t& info, const Worker& worker) {
    if (worker.overdue) return "deadline";
    if (worker.evicted) return "evicted";
    if (info.si_code == CLD_EXITED) return "exit " + std::to_string(info.si_status);
    return "signal " + std::to_string(info.si_status);
}

}  // namespace

Result<Worker*> Workers::start(const std::string& program, Fd client, Fd channel, Worker worker) {
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) return fail_errno("fork");
    if (pid == 0) become(program.c_str(), client.get(), channel.get(), parent);
    worker.pid = pid;
    worker.pidfd = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0u)));
    if (!worker.pidfd) {
        ::kill(pid, SIGKILL);
        return fail_errno("pidfd_open");
    }
    const WorkerId id = worker.id;
    return &workers_.emplace(id, std::move(worker)).first->second;
}

Worker* Workers::find(const WorkerId& id) {
    const auto found = workers_.find(id);
    return found == workers_.end() ? nullptr : &found->second;
}

void Workers::kill(const WorkerId& id) {
    if (const auto* worker = find(id)) signal_worker(*worker, SIGKILL);
}

void Workers::kill_all() {
    for (const auto& [id, worker] : workers_) signal_worker(worker, SIGKILL);
}

void Workers::set_deadline(const WorkerId& id, Monotonic deadline, bool authenticated, bool extended) {
    auto* worker = find(id);
    if (worker == nullptr) return;
    if (!worker->authenticated || extended || deadline < worker->deadline) worker->deadline = deadline;
    worker->authenticated = worker->authenticated || authenticated;
}

std::string Workers::evict_for(const std::string& source) {
    std::map<std::string, std::vector<Worker*>> by_source;
    for (auto& [id, worker] : workers_)
        if (!worker.authenticated && !worker.evicted) by_source[source_key(worker.source)].push_back(&worker);
    const auto most = std::max_element(by_source.begin(), by_source.end(), [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
    if (most == by_source.end() || most->second.size() < 2 || most->second.size() <= unauthenticated_from(source)) return "";
    auto* oldest = *std::min_element(most->second.begin(), most->second.end(), [](const auto* a, const auto* b) { return a->deadline < b->deadline; });
    oldest->evicted = true;
    signal_worker(*oldest, SIGKILL);
    return oldest->source;
}

void Workers::enforce(Monotonic now) {
    for (auto& [id, worker] : workers_) {
        if (worker.overdue || now - goodbye < worker.deadline) continue;
        worker.overdue = true;
        signal_worker(worker, SIGKILL);
    }
}

std::vector<Ended> Workers::reap() {
    std::vector<Ended> ended;
    for (auto it = workers_.begin(); it != workers_.end();) {
        siginfo_t info{};
        const int rc = ::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(it->second.pidfd.get()), &info, WEXITED | WNOHANG);
        if (rc == 0 && info.si_pid == 0) {
            ++it;
            continue;
        }
        ended.push_back({it->first, rc == 0 ? how_ended(info, it->second) : "unknown"});
        it = workers_.erase(it);
    }
    return ended;
}

std::optional<Monotonic> Workers::next_deadline() const {
    std::optional<Monotonic> next;
    for (const auto& [id, worker] : workers_)
        if (!worker.overdue && (!next || worker.deadline < *next)) next = worker.deadline;
    // Saturated: the broker's word may be the end of time.
    if (next && *next < Monotonic::max() - goodbye) *next += goodbye;
    return next;
}

std::size_t Workers::unauthenticated() const {
    return static_cast<std::size_t>(
        std::count_if(workers_.begin(), workers_.end(), [](const auto& one) { return !one.second.authenticated && !one.second.evicted; }));
}

std::size_t Workers::unauthenticated_from(const std::string& source) const {
    const std::string key = source_key(source);
    return static_cast<std::size_t>(std::count_if(workers_.begin(), workers_.end(), [&](const auto& one) {
        return !one.second.authenticated && !one.second.evicted && source_key(one.second.source) == key;
    }));
}

std::string source_key(const std::string& address) {
    in6_addr v6{};
    if (::inet_pton(AF_INET6, address.c_str(), &v6) != 1) return address;
    std::memset(v6.s6_addr + 8, 0, 8);
    std::array<char, INET6_ADDRSTRLEN> text{};
    return std::string(::inet_ntop(AF_INET6, &v6, text.data(), text.size())) + "/64";
}

}  // namespace anteroom::gateway
