// memfd_create(2) with every seal there is.
#include "broker/daemon/sealed_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace anteroom::daemon {

Result<Fd> sealed_memory(const char* name, View content) {
    Fd file(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!file) return fail_errno("memfd_create");
    TRY(write_all(file.get(), content));
    if (::lseek(file.get(), 0, SEEK_SET) != 0) return fail_errno("lseek");
    if (::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0) return fail_errno("F_ADD_SEALS");
    return file;
}

}  // namespace anteroom::daemon
