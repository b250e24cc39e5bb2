// seccomp_rule_add(3), landlock(7), setrlimit(2), prctl(2).
#include "proxies/worker/sandbox.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>

namespace anteroom::worker {

namespace {

// Sanitizers map far more memory than any worker may, and ask for the signal stack before they report.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#elif defined(__has_feature)
constexpr bool sanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool sanitized = false;
#endif

Status set_limit(int resource, rlim_t value, const char* name) {
    const rlimit limit{value, value};
    if (::setrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0) return fail_errno(name);
    return ok();
}

Status close_limits(const SandboxLimits& limits) {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno("no_new_privs");
    if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return fail_errno("PR_SET_DUMPABLE");
    TRY(set_limit(RLIMIT_CORE, 0, "RLIMIT_CORE"));
    TRY(set_limit(RLIMIT_NOFILE, limits.descriptors, "RLIMIT_NOFILE"));
    if (!sanitized) TRY(set_limit(RLIMIT_DATA, limits.data_bytes, "RLIMIT_DATA"));
    return ok();
}

// Rights of Landlock's first four ABI versions; a ruleset that handles them and grants none refuses them all.
constexpr std::uint64_t file_rights_abi1 = (1ull << 13) - 1;
constexpr std::uint64_t right_refer = 1ull << 13, right_truncate = 1ull << 14;

struct Ruleset {  // struct landlock_ruleset_attr as of ABI 4; older headers know only the first member
    std::uint64_t handled_access_fs;
    std::uint64_t handled_access_net;
};

Status close_landlock() {
    const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, 1u);
    if (abi < 0) return fail(ErrorKind::io, "this kernel has no Landlock (Linux 5.13 or newer with landlock in the lsm= list is needed)");
    Ruleset rules{};
    rules.handled_access_fs = file_rights_abi1 | (abi >= 2 ? right_refer : 0) | (abi >= 3 ? right_truncate : 0);
    rules.handled_access_net = abi >= 4 ? 3 : 0;  // bind, connect
    const std::size_t size = abi >= 4 ? sizeof rules : sizeof rules.handled_access_fs;
    const int fd = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &rules, size, 0u));
    if (fd < 0) return fail_errno("landlock_create_ruleset");
    const long restricted = ::syscall(SYS_landlock_restrict_self, fd, 0u);
    const int code = errno;
    ::close(fd);
    errno = code;
    if (restricted != 0) return fail_errno("landlock_restrict_self");
    return ok();
}

// What libssh, OpenSSL, zstd and our own loop need once everything is warm, and nothing else.
constexpr int allowed[] = {
    SCMP_SYS(read),        SCMP_SYS(readv),     SCMP_SYS(write),         SCMP_SYS(writev),          SCMP_SYS(recvfrom),       SCMP_SYS(recvmsg),
    SCMP_SYS(poll),        SCMP_SYS(ppoll),     SCMP_SYS(close),         SCMP_SYS(shutdown),        SCMP_SYS(getsockopt),     SCMP_SYS(getsockname),
    SCMP_SYS(getpeername), SCMP_SYS(brk),       SCMP_SYS(munmap),        SCMP_SYS(mremap),          SCMP_SYS(madvise),        SCMP_SYS(futex),
    SCMP_SYS(rseq),        SCMP_SYS(getrandom), SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),      SCMP_SYS(gettimeofday),
    SCMP_SYS(time),        SCMP_SYS(getpid),    SCMP_SYS(gettid),        SCMP_SYS(rt_sigreturn),    SCMP_SYS(rt_sigprocmask), SCMP_SYS(restart_syscall),
    SCMP_SYS(sched_yield), SCMP_SYS(exit),      SCMP_SYS(exit_group),    SCMP_SYS(fstat),           SCMP_SYS(getuid),         SCMP_SYS(geteuid),
    SCMP_SYS(getgid),      SCMP_SYS(getegid),
};

// FreeRDP's, in an RDP worker: its events are eventfds, its client names this machine, its threads have names and stacks of their own.
constexpr int allowed_desktop[] = {
    SCMP_SYS(eventfd2), SCMP_SYS(uname), SCMP_SYS(set_robust_list), SCMP_SYS(sched_getaffinity), SCMP_SYS(sysinfo), SCMP_SYS(clock_getres),
};

// The web server's: it takes connections and waits for them with epoll. It may neither make a socket nor connect one.
constexpr int allowed_server[] = {
    SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_ctl), SCMP_SYS(timerfd_settime), SCMP_SYS(pread64),
};

// The argument number `argument` compared with `value`, under `mask` where one is given.
scmp_arg_cmp equals(unsigned argument, scmp_datum_t value) { return {argument, SCMP_CMP_EQ, value, 0}; }
scmp_arg_cmp masked(unsigned argument, scmp_datum_t mask, scmp_datum_t value) { return {argument, SCMP_CMP_MASKED_EQ, mask, value}; }

Status add_conditional(scmp_filter_ctx filter) {
    const auto allow = [&](int call, scmp_arg_cmp condition) { return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &condition); };
    int bad = 0;
    // Memory that can be executed is never made. A file can only be mapped if it is open, and none is but the recording.
    bad |= allow(SCMP_SYS(mmap), masked(2, PROT_EXEC, 0));
    bad |= allow(SCMP_SYS(mprotect), masked(2, PROT_EXEC, 0));
    // Flags may be looked at, never set: F_SETFL could clear O_APPEND.
    bad |= allow(SCMP_SYS(fcntl), equals(1, F_GETFL));
    bad |= allow(SCMP_SYS(fcntl), equals(1, F_GETFD));
    // Sending never connects: TCP Fast Open would, past connect(2) and Landlock. send(2) names no address.
    const scmp_arg_cmp plain_send[] = {masked(3, MSG_FASTOPEN, 0), equals(4, 0)};
    bad |= seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(sendto), 2, plain_send);
    bad |= allow(SCMP_SYS(sendmsg), masked(2, MSG_FASTOPEN, 0));
    // abort(3) raises SIGABRT in this process only.
    bad |= allow(SCMP_SYS(tgkill), equals(0, static_cast<scmp_datum_t>(::getpid())));
    return bad == 0 ? ok() : Status(fail(ErrorKind::internal, "seccomp_rule_add"));
}

// A thread is this process; a new process is not. glibc tries clone3 first, whose flags a filter cannot see, and goes on with clone.
Status add_desktop(scmp_filter_ctx filter) {
    int bad = 0;
    for (const int call : allowed_desktop) bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
    const scmp_arg_cmp thread = masked(0, CLONE_THREAD | CLONE_VM, CLONE_THREAD | CLONE_VM), duplicate = equals(1, F_DUPFD_CLOEXEC);
    bad |= seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, &thread);
    bad |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    bad |= seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, &duplicate);
    return bad == 0 ? ok() : Status(fail(ErrorKind::internal, "seccomp_rule_add"));
}

Status add_server(scmp_filter_ctx filter) {
    int bad = 0;
    for (const int call : allowed_server) bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
    const scmp_arg_cmp nonblocking = equals(1, FIONBIO), of_tcp = equals(1, IPPROTO_TCP), of_sockets = equals(1, SOL_SOCKET);
    bad |= seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, &nonblocking);
    bad |= seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), 1, &of_tcp);
    bad |= seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), 1, &of_sockets);
    return bad == 0 ? ok() : Status(fail(ErrorKind::internal, "seccomp_rule_add"));
}

Status close_seccomp(const SandboxLimits& limits) {
    const std::unique_ptr<void, void (*)(scmp_filter_ctx)> filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)), seccomp_release);
    if (!filter) return fail(ErrorKind::internal, "seccomp_init");
    for (const int call : allowed)
        if (seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0) != 0) return fail(ErrorKind::internal, "seccomp_rule_add");
    TRY(add_conditional(filter.get()));
    if (limits.desktop) TRY(add_desktop(filter.get()));
    if (limits.server) TRY(add_server(filter.get()));
    if (limits.reads && seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(pread64), 0) != 0) return fail(ErrorKind::internal, "seccomp_rule_add");
    if (sanitized && seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(sigaltstack), 0) != 0) return fail(ErrorKind::internal, "seccomp_rule_add");
    const int loaded = seccomp_load(filter.get());
    if (loaded != 0) {
        errno = -loaded;
        return fail_errno("seccomp_load");
    }
    return ok();
}

}  // namespace

Status close_sandbox(const SandboxLimits& limits) {
    TRY(close_limits(limits));
    TRY(close_landlock());
    return close_seccomp(limits);
}

}  // namespace anteroom::worker
