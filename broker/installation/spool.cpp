// A preallocated file, and its removal.
#include "broker/installation/spool.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>

#include "base/fd.h"

namespace anteroom::installation {

Status Spool::keep_reserve() {
    if (::mkdir(dir_.c_str(), 0700) != 0 && errno != EEXIST) return fail_errno(dir_.c_str());
    struct stat there{};
    if (::stat(reserve().c_str(), &there) == 0 && static_cast<std::uint64_t>(there.st_size) == reserve_bytes) return ok();
    struct statvfs disk{};
    if (::statvfs(dir_.c_str(), &disk) != 0) return fail_errno(dir_.c_str());
    if (static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize < 2 * reserve_bytes) return fail(ErrorKind::io, "no room to reserve " + dir_);
    const auto file = TRY(open_file(reserve(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    if (const int error = ::posix_fallocate(file.get(), 0, static_cast<off_t>(reserve_bytes)); error != 0) {
        (void)::unlink(reserve().c_str());
        errno = error;
        return fail_errno(reserve().c_str());
    }
    return ok();
}

Status Spool::open() {
    if (::mkdir(dir_.c_str(), 0700) != 0 && errno != EEXIST) return fail_errno(dir_.c_str());
    if (::unlink(reserve().c_str()) != 0 && errno != ENOENT) return fail_errno(reserve().c_str());
    return ok();
}

bool Spool::holds(const SessionId& session) const { return ::access(path(session, ".arec").c_str(), F_OK) == 0; }

}  // namespace anteroom::installation
