// flock: the kernel gives a dead process's slot back.
#include "broker/installation/export_slot.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace anteroom::installation {

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

Result<Fd> try_export_slot(const std::string& run, int at_once) {
    const std::string folder = TRY(folder_for(run));
    for (int slot = 0; slot < at_once; ++slot) {
        const std::string path = folder + "/export-" + std::to_string(slot) + ".lock";
        auto file = TRY(open_file(path, O_RDWR | O_CREAT | O_NOFOLLOW));
        if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return file;
        if (errno != EWOULDBLOCK) return fail_errno(path.c_str());
    }
    return Fd();
}

Result<Fd> take_export_slot(const std::string& run, int at_once, const std::function<void()>& waiting, const std::function<Status()>& pause) {
    bool told = false;
    while (true) {
        auto slot = TRY(try_export_slot(run, at_once));
        if (slot) return slot;
        if (!std::exchange(told, true)) waiting();
        TRY(pause());
    }
}

}  // namespace anteroom::installation
