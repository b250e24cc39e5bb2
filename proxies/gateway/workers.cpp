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
constexpr Duration goodbye = std::chrono::milliseconds(900);

// What is left of a connection one of whose two processes has ended may say goodbye: the front what the worker said last to the
// client, the worker its last words to broker and recording.
constexpr Duration front_alone = std::chrono::seconds(3), worker_alone = std::chrono::seconds(15);

void signal_process(const Fd& pidfd, int signal) {
    if (pidfd) ::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0u);
}

void kill_both(const Worker& worker) {
    signal_process(worker.pidfd, SIGKILL);
    signal_process(worker.front, SIGKILL);
}

using Inherited = std::array<int, 3>;  // what become descriptors 3, 4 and 5; -1 for none

// In the child, between fork and exec: only async-signal-safe calls.
[[noreturn]] void become(const char* program, const Inherited& inherited, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a worker without a gateway would have nobody to end it on time
    if (::getppid() != parent) ::_exit(127);
    // Out of the way of their places first, so that none overwrites another.
    Inherited high = inherited;
    for (int& fd : high)
        if (fd >= 0 && (fd = ::fcntl(fd, F_DUPFD, 10)) < 0) ::_exit(127);
    int place = 3;
    for (const int fd : high)
        if (fd >= 0 && ::dup2(fd, place++) < 0) ::_exit(127);
    const int nothing = ::open("/dev/null", O_RDWR);
    if (nothing < 0 || ::dup2(nothing, 0) < 0 || ::dup2(nothing, 1) < 0) ::_exit(127);
    ::syscall(SYS_close_range, static_cast<unsigned>(place), ~0u, 0u);
    ::setsid();
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    char* const arguments[] = {const_cast<char*>(program), nullptr};
    char* const environment[] = {nullptr};
    ::execve(program, arguments, environment);
    ::_exit(127);
}

struct Process {
    pid_t pid = -1;
    Fd pidfd;
};

Result<Process> spawn(const std::string& program, const Inherited& inherited) {
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) return fail_errno("fork");
    if (pid == 0) become(program.c_str(), inherited, parent);
    Process process{pid, Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0u)))};
    if (process.pidfd) return process;
    auto failed = fail_errno("pidfd_open");
    ::kill(pid, SIGKILL);
    return failed;
}

std::string how_ended(const siginfo_t& info, const Worker& worker) {
    if (worker.overdue) return "deadline";
    if (worker.evicted) return "evicted";
    if (info.si_code == CLD_EXITED) return "exit " + std::to_string(info.si_status);
    return "signal " + std::to_string(info.si_status);
}

// What became of a process, once; nothing while it lives.
std::optional<siginfo_t> collected(const Fd& pidfd) {
    if (!pidfd) return std::nullopt;
    siginfo_t info{};
    if (::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(pidfd.get()), &info, WEXITED | WNOHANG) == 0 && info.si_pid == 0) return std::nullopt;
    return info;
}

void leave_alone(Worker& worker, Monotonic until) {
    worker.deadline = std::min(worker.deadline, until);
    worker.orphan = true;
}

}  // namespace

Result<Worker*> Workers::start(const std::string& program, Fd client, Fd channel, Worker worker) {
    auto process = TRY(spawn(program, {client.get(), channel.get(), -1}));
    worker.pid = process.pid;
    worker.pidfd = std::move(process.pidfd);
    const WorkerId id = worker.id;
    return &workers_.emplace(id, std::move(worker)).first->second;
}

Result<Worker*> Workers::start_front(const std::string& program, Fd client, Fd plain, const Fd& identity, Worker worker) {
    auto process = TRY(spawn(program, {client.get(), plain.get(), identity.get()}));
    worker.front = std::move(process.pidfd);
    const WorkerId id = worker.id;
    return &workers_.emplace(id, std::move(worker)).first->second;
}

Status Workers::start_behind(const WorkerId& id, const std::string& program, Fd channel, Fd control) {
    auto* worker = find(id);
    if (worker == nullptr || !worker->plain) return fail(ErrorKind::not_found, "no front that waits for a worker");
    const Fd plain = std::move(worker->plain);
    auto process = TRY(spawn(program, {plain.get(), channel.get(), -1}));
    worker->pid = process.pid;
    worker->pidfd = std::move(process.pidfd);
    worker->control = std::move(control);
    return ok();
}

Worker* Workers::find(const WorkerId& id) {
    const auto found = workers_.find(id);
    return found == workers_.end() ? nullptr : &found->second;
}

void Workers::kill(const WorkerId& id) {
    auto* worker = find(id);
    if (worker == nullptr) return;
    worker->plain.close();  // no worker will come any more
    kill_both(*worker);
}

void Workers::kill_all() {
    for (const auto& [id, worker] : workers_) kill_both(worker);
}

void Workers::set_deadline(const WorkerId& id, Monotonic deadline, bool authenticated, bool extended) {
    auto* worker = find(id);
    if (worker == nullptr || worker->orphan) return;
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
    kill_both(*oldest);
    return oldest->source;
}

void Workers::enforce(Monotonic now) {
    for (auto& [id, worker] : workers_) {
        if (worker.overdue || now - goodbye < worker.deadline) continue;
        worker.overdue = true;
        kill_both(worker);
    }
}

std::vector<Ended> Workers::reap(Monotonic now) {
    std::vector<Ended> ended;
    for (auto it = workers_.begin(); it != workers_.end();) {
        auto& [id, worker] = *it;
        if (const auto info = collected(worker.front)) {
            worker.front.close();
            worker.plain.close();
            leave_alone(worker, now + worker_alone);
        }
        if (const auto info = collected(worker.pidfd)) {
            ended.push_back({id, info->si_pid != 0 ? how_ended(*info, worker) : "unknown"});
            worker.pidfd.close();
            worker.control.close();
            leave_alone(worker, now + front_alone);
        }
        it = worker.pidfd || worker.front ? std::next(it) : workers_.erase(it);
    }
    return ended;
}

std::vector<WorkerId> Workers::waiting() const {
    std::vector<WorkerId> found;
    for (const auto& [id, worker] : workers_)
        if (worker.plain) found.push_back(id);
    return found;
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
