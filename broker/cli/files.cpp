// Exclusive creation, and replacing by rename.
#include "broker/cli/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/ids.h"

namespace anteroom::cli {

Result<NewFile> NewFile::create(std::string path, bool replace, unsigned mode) {
    struct stat found{};
    if (!replace && ::lstat(path.c_str(), &found) == 0)
        return fail(ErrorKind::conflict, path + " is there already; --force replaces it, or choose another name");
    auto beside = path + "." + random_id() + ".new";
    auto file = TRY(open_file(beside, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode));
    return NewFile(std::move(path), std::move(beside), std::move(file), replace);
}

NewFile::~NewFile() {
    if (!written_to_.empty()) ::unlink(written_to_.c_str());
}

Status NewFile::take_name() {
    const int renamed = ::renameat2(AT_FDCWD, written_to_.c_str(), AT_FDCWD, path_.c_str(), replace_ ? 0 : RENAME_NOREPLACE);
    if (renamed == 0) return ok();
    if (errno == EEXIST) return fail(ErrorKind::conflict, path_ + " came there meanwhile, and stays as it is");
    // A file system that cannot tell (NFS): looked at when this began.
    if (errno == EINVAL && !replace_ && ::rename(written_to_.c_str(), path_.c_str()) == 0) return ok();
    return fail_errno(path_.c_str());
}

Status NewFile::finish() {
    if (::fsync(file_.get()) != 0) return fail_errno(path_.c_str());
    TRY(take_name());
    written_to_.clear();
    return sync_directory_of(path_);
}

Result<Bytes> read_signer(const std::string& path) {
    auto text = to_string(TRY(read_file(path, 4096)));
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
    auto key = text.size() == 64 ? from_hex(text) : from_base64(text);
    if (!key || key->size() != 32) return fail(ErrorKind::invalid, path + " holds no Ed25519 public key (64 hexadecimal digits or base64, in one line)");
    return key;
}

}  // namespace anteroom::cli
