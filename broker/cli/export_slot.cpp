// flock: the kernel gives a dead process's slot back.
#include "broker/cli/export_slot.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace anteroom::cli {

namespace {

Result<std::string> own_folder() {
    std::string path = "/tmp/anteroom-exports-" + std::to_string(::getuid());
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return fail_errno(path.c_str());
    struct stat found{};
    if (::lstat(path.c_str(), &found) != 0) return fail_errno(path.c_str());
    if (!S_ISDIR(found.st_mode) || found.st_uid != ::getuid()) return fail(ErrorKind::refused, path + " belongs to somebody else");
    return path;
}

Result<std::string> folder_for(const std::string& run) { return ::access(run.c_str(), W_OK | X_OK) == 0 ? Result<std::string>(run) : own_folder(); }

}  // namespace

Result<Fd> take_export_slot(const std::string& run, const std::function<void()>& waiting, const std::function<Status()>& pause) {
    const std::string folder = TRY(folder_for(run));
    bool told = false;
    while (true) {
        for (int slot = 0; slot < exports_at_once; ++slot) {
            const std::string path = folder + "/export-" + std::to_string(slot) + ".lock";
            auto file = TRY(open_file(path, O_RDWR | O_CREAT | O_NOFOLLOW));
            if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return file;
            if (errno != EWOULDBLOCK) return fail_errno(path.c_str());
        }
        if (!std::exchange(told, true)) waiting();
        TRY(pause());
    }
}

}  // namespace anteroom::cli
