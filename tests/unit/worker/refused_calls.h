// The calls that a worker in its sandbox must not get through, one row each: what a hijacked worker would try.
#pragma once

#include <linux/aio_abi.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "tests/unit/worker/sandbox_world.h"

namespace anteroom::worker::testing {

using Call = long (*)(World&);
using Prepare = int (*)(World&);  // the spare descriptor
// Outside the sandbox the same call works, so that the row is known to try what it says; or it depends on the machine.
enum class Outside { works, varies };

struct Refused {
    const char* name;
    Outside outside;
    Call call;
    Prepare prepare = nullptr;
    friend void PrintTo(const Refused& one, std::ostream* out) { *out << one.name; }
};

namespace calls {

template <class... A>
long raw(long number, A... arguments) {
    return ::syscall(number, arguments...);
}
inline constexpr int file = Child::recording, spare = Child::spare;

inline int tcp_socket(World&) { return ::socket(AF_INET, SOCK_STREAM, 0); }
inline int filled_pipe(World&) {
    int ends[2];
    if (::pipe(ends) != 0 || ::write(ends[1], "forged", 6) != 6) std::abort();
    return ends[0];
}
inline int pipe_to_fill(World&) {
    int ends[2];
    return ::pipe(ends) == 0 ? ends[1] : -1;
}
inline int open_plain(World& w) { return ::open(w.plain.c_str(), O_RDWR); }
inline int open_recording(World& w) { return ::open(w.recording_path.c_str(), O_RDWR); }
inline int pidfd_of_stranger(World& w) { return static_cast<int>(::syscall(SYS_pidfd_open, w.stranger, 0u)); }
inline int own_namespace(World&) { return ::open("/proc/self/ns/uts", O_RDONLY); }
inline int folder(World& w) { return ::open(w.folder.c_str(), O_RDONLY | O_DIRECTORY); }
inline int listening_socket(World& w) { return ::fcntl(w.listening.get(), F_DUPFD, 0); }
inline int terminal(World&) {
    const int master = ::posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || ::grantpt(master) != 0 || ::unlockpt(master) != 0) return -1;
    char name[64];
    return ::ptsname_r(master, name, sizeof name) == 0 ? ::open(name, O_RDWR | O_NOCTTY) : -1;
}
inline int memory_file(World&) { return static_cast<int>(::syscall(SYS_memfd_create, "m", MFD_ALLOW_SEALING)); }

inline iovec one_word() {
    static char word[] = "forged";
    return {word, 6};
}
inline void* page(int protection) { return ::mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }
inline long in_child(long pid) {  // of a call that forks
    if (pid == 0) ::_exit(0);
    return pid;
}

}  // namespace calls

inline const std::vector<Refused>& refused_calls() {
    using namespace calls;
    constexpr auto works = Outside::works, varies = Outside::varies;
    static const std::vector<Refused> table = {
        // Files by name.
        {"open", works, [](World& w) { return raw(SYS_open, w.plain.c_str(), O_RDONLY); }},
        {"open_new", works, [](World& w) { return raw(SYS_open, w.fresh.c_str(), O_WRONLY | O_CREAT, 0600); }},
        {"openat", works, [](World& w) { return raw(SYS_openat, AT_FDCWD, w.plain.c_str(), O_RDONLY); }},
        {"openat_beside_a_folder", works, [](World&) { return raw(SYS_openat, spare, "plain", O_RDWR); }, folder},
        {"openat2", works, [](World& w) { std::uint64_t how[3] = {O_RDONLY, 0, 0}; return raw(SYS_openat2, AT_FDCWD, w.plain.c_str(), how, sizeof how); }},
        {"creat", works, [](World& w) { return raw(SYS_creat, w.fresh.c_str(), 0600); }},
        {"open_own_memory", works, [](World&) { return raw(SYS_open, "/proc/self/mem", O_RDWR); }},
        {"open_recording_again", works, [](World& w) { return raw(SYS_open, w.recording_path.c_str(), O_RDWR | O_TRUNC); }},
        {"memfd_create", works, [](World&) { return raw(SYS_memfd_create, "m", 0u); }},
        {"truncate", works, [](World& w) { return raw(SYS_truncate, w.recording_path.c_str(), 0l); }},
        {"unlink", works, [](World& w) { return raw(SYS_unlink, w.recording_path.c_str()); }},
        {"unlinkat", works, [](World& w) { return raw(SYS_unlinkat, AT_FDCWD, w.recording_path.c_str(), 0); }},
        {"rename", works, [](World& w) { return raw(SYS_rename, w.recording_path.c_str(), w.fresh.c_str()); }},
        {"renameat2", works, [](World& w) { return raw(SYS_renameat2, AT_FDCWD, w.recording_path.c_str(), AT_FDCWD, w.fresh.c_str(), 0u); }},
        {"link", works, [](World& w) { return raw(SYS_link, w.recording_path.c_str(), w.fresh.c_str()); }},
        {"symlink", works, [](World& w) { return raw(SYS_symlink, w.recording_path.c_str(), w.fresh.c_str()); }},
        {"mkdir", works, [](World& w) { return raw(SYS_mkdir, w.fresh.c_str(), 0700); }},
        {"rmdir", works, [](World& w) { return raw(SYS_rmdir, (w.folder + "/inner").c_str()); }},
        {"mknod", works, [](World& w) { return raw(SYS_mknod, w.fresh.c_str(), S_IFIFO | 0600, 0); }},
        {"chmod", works, [](World& w) { return raw(SYS_chmod, w.recording_path.c_str(), 0666); }},
        {"fchmod", works, [](World&) { return raw(SYS_fchmod, file, 0666); }},
        {"fchmodat", works, [](World& w) { return raw(SYS_fchmodat, AT_FDCWD, w.recording_path.c_str(), 0666); }},
        {"chown", varies, [](World& w) { return raw(SYS_chown, w.recording_path.c_str(), 1, 1); }},
        {"fchown", varies, [](World&) { return raw(SYS_fchown, file, 1, 1); }},
        {"utimensat", works, [](World&) { return raw(SYS_utimensat, file, nullptr, nullptr, 0); }},
        {"fsetxattr", varies, [](World&) { return raw(SYS_fsetxattr, file, "user.a", "b", 1, 0); }},
        {"stat", works, [](World& w) { struct stat s {}; return raw(SYS_stat, w.plain.c_str(), &s); }},
        {"newfstatat", works, [](World& w) { struct stat s {}; return raw(SYS_newfstatat, AT_FDCWD, w.plain.c_str(), &s, 0); }},
        {"access", works, [](World& w) { return raw(SYS_access, w.plain.c_str(), F_OK); }},
        {"readlink", works, [](World&) { char text[64]; return raw(SYS_readlink, "/proc/self/exe", text, sizeof text); }},
        {"getdents64", works, [](World&) { char text[512]; return raw(SYS_getdents64, spare, text, sizeof text); }, folder},
        {"getcwd", works, [](World&) { char text[512]; return raw(SYS_getcwd, text, sizeof text); }},
        {"chdir", works, [](World& w) { return raw(SYS_chdir, w.folder.c_str()); }},
        {"inotify_init1", works, [](World&) { return raw(SYS_inotify_init1, 0); }},

        // The recording, which may only grow.
        {"ftruncate", works, [](World&) { return raw(SYS_ftruncate, file, 0l); }},
        {"fallocate", works, [](World&) { return raw(SYS_fallocate, file, 0, 0l, 65536l); }},
        {"fallocate_punch_hole", varies, [](World&) { return raw(SYS_fallocate, spare, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0l, 4096l); }, open_recording},
        {"pwrite64", works, [](World&) { return raw(SYS_pwrite64, file, "forged", 6ul, 0l); }},
        {"pwritev", works, [](World&) { const auto word = one_word(); return raw(SYS_pwritev, file, &word, 1ul, 0l, 0l); }},
        {"pwritev2", works, [](World&) { const auto word = one_word(); return raw(SYS_pwritev2, file, &word, 1ul, 0l, 0l, 0); }},
        {"pread64", works, [](World&) { char text[8]; return raw(SYS_pread64, spare, text, sizeof text, 0l); }, open_recording},
        {"lseek", works, [](World&) { return raw(SYS_lseek, file, 0l, SEEK_SET); }},
        {"fcntl_F_SETFL", works, [](World&) { return raw(SYS_fcntl, file, F_SETFL, 0); }},
        {"fcntl_F_SETFL_high_bits", varies, [](World&) { return raw(SYS_fcntl, file, 0x100000000l | F_SETFL, 0); }},
        {"fcntl_F_SETFD", works, [](World&) { return raw(SYS_fcntl, file, F_SETFD, 0); }},
        {"fcntl_F_DUPFD", works, [](World&) { return raw(SYS_fcntl, file, F_DUPFD, 0); }},
        {"fcntl_F_DUPFD_CLOEXEC", works, [](World&) { return raw(SYS_fcntl, file, F_DUPFD_CLOEXEC, 0); }},
        {"fcntl_F_SETLK", works, [](World&) { struct flock lock{.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0, .l_pid = 0}; return raw(SYS_fcntl, file, F_SETLK, &lock); }},
        {"fcntl_F_SETOWN", works, [](World& w) { return raw(SYS_fcntl, Child::channel, F_SETOWN, w.stranger); }},
        {"fcntl_F_SETLEASE", varies, [](World&) { return raw(SYS_fcntl, file, F_SETLEASE, F_WRLCK); }},
        {"fcntl_F_ADD_SEALS", works, [](World&) { return raw(SYS_fcntl, spare, F_ADD_SEALS, F_SEAL_WRITE); }, memory_file},
        {"flock", works, [](World&) { return raw(SYS_flock, file, 2 | 4); }},
        {"dup", works, [](World&) { return raw(SYS_dup, file); }},
        {"dup2", works, [](World&) { return raw(SYS_dup2, file, 9); }},
        {"dup3", works, [](World&) { return raw(SYS_dup3, file, 9, O_CLOEXEC); }},
        {"sendfile_out_of_it", works, [](World&) { return raw(SYS_sendfile, Child::channel, spare, nullptr, 0ul); }, open_plain},
        {"sendfile_into_it", varies, [](World&) { return raw(SYS_sendfile, file, spare, nullptr, 5ul); }, open_plain},
        {"splice", varies, [](World&) { loff_t at = 0; return raw(SYS_splice, spare, nullptr, file, &at, 6ul, 0u); }, filled_pipe},
        {"vmsplice", works, [](World&) { const auto word = one_word(); return raw(SYS_vmsplice, spare, &word, 1ul, 0u); }, pipe_to_fill},
        {"tee", varies, [](World&) { return raw(SYS_tee, spare, spare, 6ul, 0u); }, filled_pipe},
        {"copy_file_range", varies, [](World&) { loff_t from = 0, to = 0; return raw(SYS_copy_file_range, spare, &from, file, &to, 5ul, 0u); }, open_plain},
        {"ioctl_FICLONE", varies, [](World&) { return raw(SYS_ioctl, file, FICLONE, spare); }, open_plain},
        {"sync_file_range", works, [](World&) { return raw(SYS_sync_file_range, file, 0l, 0l, 0u); }},
        {"io_setup", works, [](World&) { aio_context_t context = 0; return raw(SYS_io_setup, 4u, &context); }},
        {"io_uring_setup", varies, [](World&) { io_uring_params parameters{}; return raw(SYS_io_uring_setup, 4u, &parameters); }},

        // Programs and processes.
        {"execve", varies, [](World&) { char name[] = "/bin/true"; char* const arguments[] = {name, nullptr}; return raw(SYS_execve, name, arguments, nullptr); }},
        {"execveat", varies, [](World&) { char name[] = "/bin/true"; char* const arguments[] = {name, nullptr}; return raw(SYS_execveat, AT_FDCWD, name, arguments, nullptr, 0); }},
        {"fork", works, [](World&) { return in_child(raw(SYS_fork)); }},
        {"clone", works, [](World&) { return in_child(raw(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr)); }},
        {"clone3", works, [](World&) { clone_args arguments{}; arguments.exit_signal = SIGCHLD; return in_child(raw(SYS_clone3, &arguments, sizeof arguments)); }},
        {"unshare", varies, [](World&) { return raw(SYS_unshare, CLONE_NEWUTS); }},
        {"unshare_user", varies, [](World&) { return raw(SYS_unshare, CLONE_NEWUSER); }},
        {"unshare_files", works, [](World&) { return raw(SYS_unshare, CLONE_FILES); }},
        {"setns", varies, [](World&) { return raw(SYS_setns, spare, 0); }, own_namespace},
        {"ptrace_attach", varies, [](World& w) { return raw(SYS_ptrace, PTRACE_ATTACH, w.stranger, nullptr, nullptr); }},
        {"ptrace_seize", varies, [](World& w) { return raw(SYS_ptrace, PTRACE_SEIZE, w.stranger, nullptr, nullptr); }},
        {"ptrace_traceme", works, [](World&) { return raw(SYS_ptrace, PTRACE_TRACEME, 0, nullptr, nullptr); }},
        {"process_vm_readv", varies, [](World& w) { char text[6]; iovec here{text, 6}, there = one_word(); return raw(SYS_process_vm_readv, w.stranger, &here, 1ul, &there, 1ul, 0ul); }},
        {"process_vm_writev", varies, [](World& w) { iovec here = one_word(), there = one_word(); return raw(SYS_process_vm_writev, w.stranger, &here, 1ul, &there, 1ul, 0ul); }},
        {"kill", works, [](World& w) { return raw(SYS_kill, w.stranger, SIGKILL); }},
        {"kill_stop", works, [](World& w) { return raw(SYS_kill, w.stranger, SIGSTOP); }},
        {"kill_parent", works, [](World&) { return raw(SYS_kill, ::getpid(), 0); }},
        {"tkill", works, [](World& w) { return raw(SYS_tkill, w.stranger, SIGKILL); }},
        {"tgkill", works, [](World& w) { return raw(SYS_tgkill, w.stranger, w.stranger, SIGKILL); }},
        {"rt_sigqueueinfo", works, [](World& w) { siginfo_t info{}; info.si_signo = SIGKILL; info.si_code = SI_QUEUE; return raw(SYS_rt_sigqueueinfo, w.stranger, SIGKILL, &info); }},
        {"pidfd_open", works, [](World& w) { return raw(SYS_pidfd_open, w.stranger, 0u); }},
        {"pidfd_send_signal", works, [](World&) { return raw(SYS_pidfd_send_signal, spare, SIGKILL, nullptr, 0u); }, pidfd_of_stranger},
        {"pidfd_getfd", varies, [](World&) { return raw(SYS_pidfd_getfd, spare, 0, 0u); }, pidfd_of_stranger},
        {"process_madvise", varies, [](World&) { const auto word = one_word(); return raw(SYS_process_madvise, spare, &word, 1ul, MADV_PAGEOUT, 0u); }, pidfd_of_stranger},
        {"rt_sigaction", works, [](World&) { return raw(SYS_rt_sigaction, SIGTERM, nullptr, nullptr, 8ul); }},
        {"setsid", works, [](World&) { return raw(SYS_setsid); }},
        {"setpgid", works, [](World&) { return raw(SYS_setpgid, 0, 0); }},
        {"setpriority", works, [](World&) { return raw(SYS_setpriority, 0, 0, 1); }},
        {"sched_setaffinity", works, [](World&) { unsigned long all = ~0ul; return raw(SYS_sched_setaffinity, 0, sizeof all, &all); }},
        {"timer_create", works, [](World&) { int id = 0; return raw(SYS_timer_create, CLOCK_MONOTONIC, nullptr, &id); }},

        // The network.
        {"socket_inet", works, [](World&) { return raw(SYS_socket, AF_INET, SOCK_STREAM, 0); }},
        {"socket_unix", works, [](World&) { return raw(SYS_socket, AF_UNIX, SOCK_STREAM, 0); }},
        {"socket_netlink", works, [](World&) { return raw(SYS_socket, AF_NETLINK, SOCK_RAW, 0); }},
        {"socket_packet", varies, [](World&) { return raw(SYS_socket, AF_PACKET, SOCK_RAW, 0); }},
        {"socketpair", works, [](World&) { int pair[2]; return raw(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, pair); }},
        {"connect", works, [](World& w) { return raw(SYS_connect, spare, &w.address, sizeof w.address); }, tcp_socket},
        {"connect_by_sendto", varies, [](World& w) { return raw(SYS_sendto, spare, "x", 1ul, MSG_FASTOPEN | MSG_NOSIGNAL, &w.address, sizeof w.address); }, tcp_socket},
        {"connect_by_sendmsg", varies,
         [](World& w) {
             auto word = one_word();
             msghdr header{};
             header.msg_name = &w.address;
             header.msg_namelen = sizeof w.address;
             header.msg_iov = &word;
             header.msg_iovlen = 1;
             return raw(SYS_sendmsg, spare, &header, MSG_FASTOPEN | MSG_NOSIGNAL);
         },
         tcp_socket},
        {"bind", works, [](World&) { sockaddr_in any{}; any.sin_family = AF_INET; return raw(SYS_bind, spare, &any, sizeof any); }, tcp_socket},
        {"listen", works, [](World&) { return raw(SYS_listen, spare, 1); }, tcp_socket},
        {"accept4", varies, [](World&) { return raw(SYS_accept4, spare, nullptr, nullptr, 0); }, listening_socket},
        {"setsockopt", works, [](World&) { const int one = 1; return raw(SYS_setsockopt, spare, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one); }, tcp_socket},
        {"sendmmsg", varies, [](World&) { return raw(SYS_sendmmsg, Child::channel, nullptr, 0u, 0); }},

        // Memory.
        {"mmap_exec", works, [](World&) { return raw(SYS_mmap, nullptr, 4096ul, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0l); }},
        {"mmap_write_exec", varies, [](World&) { return raw(SYS_mmap, nullptr, 4096ul, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0l); }},
        {"mprotect_exec", works, [](World&) { return raw(SYS_mprotect, page(PROT_READ | PROT_WRITE), 4096ul, PROT_READ | PROT_EXEC); }},
        {"pkey_mprotect_exec", varies, [](World&) { return raw(SYS_pkey_mprotect, page(PROT_READ), 4096ul, PROT_READ | PROT_EXEC, -1); }},
        {"personality", works, [](World&) { return raw(SYS_personality, READ_IMPLIES_EXEC); }},
        {"shmget", works, [](World&) {
             const long id = raw(SYS_shmget, 0, 4096ul, 0600);
             if (id >= 0) (void)raw(SYS_shmctl, id, 0 /* IPC_RMID */, nullptr);
             return id;
         }},
        {"userfaultfd", varies, [](World&) { return raw(SYS_userfaultfd, 0); }},
        {"memfd_secret", varies, [](World&) { return raw(SYS_memfd_secret, 0u); }},
        {"mlock", works, [](World&) { return raw(SYS_mlock, page(PROT_READ | PROT_WRITE), 4096ul); }},

        // The kernel and the process's own chains.
        {"bpf", varies, [](World&) { bpf_attr attributes{}; attributes.map_type = BPF_MAP_TYPE_ARRAY, attributes.key_size = 4, attributes.value_size = 4, attributes.max_entries = 1; return raw(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes); }},
        {"perf_event_open", varies, [](World&) { perf_event_attr attributes{}; attributes.size = sizeof attributes; return raw(SYS_perf_event_open, &attributes, 0, -1, -1, 0ul); }},
        {"prctl_dumpable", works, [](World&) { return raw(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0); }},
        {"prctl_ptracer", varies, [](World&) { return raw(SYS_prctl, PR_SET_PTRACER, -1l, 0, 0, 0); }},
        {"prctl_death_signal", works, [](World&) { return raw(SYS_prctl, PR_SET_PDEATHSIG, 0, 0, 0, 0); }},
        {"arch_prctl", works, [](World&) { unsigned long base = 0; return raw(SYS_arch_prctl, 0x1003, &base); }},
        {"setrlimit", works, [](World&) { const rlimit limit{0, 0}; return raw(SYS_setrlimit, RLIMIT_CORE, &limit); }},
        {"prlimit64", works, [](World& w) { rlimit limit{}; return raw(SYS_prlimit64, w.stranger, RLIMIT_CORE, nullptr, &limit); }},
        {"seccomp", varies, [](World&) { return raw(SYS_seccomp, 2u /* SECCOMP_GET_ACTION_AVAIL */, 0u, nullptr); }},
        {"landlock_create_ruleset", works, [](World&) { return raw(SYS_landlock_create_ruleset, nullptr, 0ul, 1u); }},
        {"keyctl", varies, [](World&) { return raw(SYS_keyctl, 0, -1, 1); }},
        {"add_key", varies, [](World&) { return raw(SYS_add_key, "user", "a", "b", 1ul, -2); }},
        {"setuid", works, [](World&) { return raw(SYS_setuid, ::getuid()); }},
        {"setresuid", works, [](World&) { return raw(SYS_setresuid, -1, -1, -1); }},
        {"setgid", works, [](World&) { return raw(SYS_setgid, ::getgid()); }},
        {"capset", varies, [](World&) { __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0}; __user_cap_data_struct data[2]{}; return raw(SYS_capset, &header, data); }},
        {"chroot", varies, [](World& w) { return raw(SYS_chroot, w.folder.c_str()); }},
        {"mount", varies, [](World& w) { return raw(SYS_mount, "none", (w.folder + "/inner").c_str(), "tmpfs-that-is-none", 0ul, nullptr); }},
        {"umount2", varies, [](World& w) { return raw(SYS_umount2, (w.folder + "/inner").c_str(), 0); }},
        {"ioctl_TIOCSTI", varies, [](World&) { return raw(SYS_ioctl, spare, TIOCSTI, "x"); }, terminal},
        {"ioctl_FIONBIO", works, [](World&) { int one = 1; return raw(SYS_ioctl, Child::channel, FIONBIO, &one); }},
        {"ioctl_FIONREAD", works, [](World&) { int count = 0; return raw(SYS_ioctl, Child::channel, FIONREAD, &count); }},
        {"sysinfo", works, [](World&) { char room[512]; return raw(SYS_sysinfo, room); }},
        {"uname", works, [](World&) { char room[512]; return raw(SYS_uname, room); }},
        {"epoll_create1", works, [](World&) { return raw(SYS_epoll_create1, 0); }},
        {"eventfd2", works, [](World&) { return raw(SYS_eventfd2, 0u, 0); }},
        {"a_call_that_is_not_yet_known", varies, [](World&) { return raw(5000); }},
    };
    return table;
}

}  // namespace anteroom::worker::testing
