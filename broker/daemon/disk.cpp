// statvfs(3).
#include "broker/daemon/disk.h"

#include <sys/statvfs.h>

namespace anteroom::daemon {

namespace {
constexpr unsigned least_free_percent = 10;
}  // namespace

bool disk_has_room(const std::string& dir) {
    struct statvfs disk{};
    if (::statvfs(dir.c_str(), &disk) != 0 || disk.f_blocks == 0) return false;
    return disk.f_bavail * 100 / disk.f_blocks >= least_free_percent;
}

}  // namespace anteroom::daemon
