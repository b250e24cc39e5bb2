// The program's own functions come before the libraries' (ld.so(8), symbol interposition), also where a library calls one of its own.
#include "proxies/rdp/doors.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <freerdp/codec/mppc.h>
#include <freerdp/codec/ncrush.h>
#include <freerdp/codec/xcrush.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>

namespace {

std::atomic<unsigned> asked{0};

}  // namespace

extern "C" {

// Every socket here does not block since before FreeRDP sees it, so setting flags is never needed; the sandbox refuses it, as it would
// also clear a recording's O_APPEND.
__attribute__((visibility("default"))) int fcntl64(int fd, int command, ...) {
    va_list arguments;
    va_start(arguments, command);
    const long argument = va_arg(arguments, long);
    va_end(arguments);
    ++asked;
    if (command == F_SETFL) return 0;
    return static_cast<int>(::syscall(SYS_fcntl, fd, command, argument));
}

// FreeRDP makes folders for certificates that it would remember, unless they are there; it shall remember none.
__attribute__((visibility("default"))) int PathFileExistsA(const char*) {
    ++asked;
    return 1;
}

// RDP's bulk compression (MS-RDPBCGR 3.1.8). Neither leg offers it, yet FreeRDP makes all its contexts, zeroes 5 MB of them, and unpacks
// what says it is compressed. Here there are no contexts, and what says so ends its connection as any other broken message does.
__attribute__((visibility("default"))) MPPC_CONTEXT* mppc_context_new(DWORD, BOOL) { return nullptr; }
__attribute__((visibility("default"))) void mppc_context_reset(MPPC_CONTEXT*, BOOL) {}
__attribute__((visibility("default"))) void mppc_context_free(MPPC_CONTEXT*) {}
__attribute__((visibility("default"))) void mppc_set_compression_level(MPPC_CONTEXT*, DWORD) {}
__attribute__((visibility("default"))) int mppc_compress(MPPC_CONTEXT*, BYTE*, UINT32, BYTE**, UINT32*, UINT32*) { return -1; }
__attribute__((visibility("default"))) int mppc_decompress(MPPC_CONTEXT*, BYTE*, UINT32, BYTE**, UINT32*, UINT32) { return -1; }
__attribute__((visibility("default"))) NCRUSH_CONTEXT* ncrush_context_new(BOOL) { return nullptr; }
__attribute__((visibility("default"))) void ncrush_context_reset(NCRUSH_CONTEXT*, BOOL) {}
__attribute__((visibility("default"))) void ncrush_context_free(NCRUSH_CONTEXT*) {}
__attribute__((visibility("default"))) int ncrush_compress(NCRUSH_CONTEXT*, BYTE*, UINT32, BYTE**, UINT32*, UINT32*) { return -1; }
__attribute__((visibility("default"))) int ncrush_decompress(NCRUSH_CONTEXT*, BYTE*, UINT32, BYTE**, UINT32*, UINT32) { return -1; }
__attribute__((visibility("default"))) XCRUSH_CONTEXT* xcrush_context_new(BOOL) { return nullptr; }
__attribute__((visibility("default"))) void xcrush_context_reset(XCRUSH_CONTEXT*, BOOL) {}
__attribute__((visibility("default"))) void xcrush_context_free(XCRUSH_CONTEXT*) {}
__attribute__((visibility("default"))) int xcrush_compress(XCRUSH_CONTEXT*, BYTE*, UINT32, BYTE**, UINT32*, UINT32*) { return -1; }
__attribute__((visibility("default"))) int xcrush_decompress(XCRUSH_CONTEXT*, BYTE*, UINT32, BYTE**, UINT32*, UINT32) { return -1; }
}

namespace anteroom::rdp {

bool doors_hold() {
    // As FreeRDP finds them: by the names that its libraries look up.
    const auto here = [](const char* name, auto* function) { return ::dlsym(RTLD_DEFAULT, name) == reinterpret_cast<void*>(function); };
    return here("fcntl64", &fcntl64) && here("PathFileExistsA", &PathFileExistsA) && here("mppc_context_new", &mppc_context_new) &&
           here("mppc_decompress", &mppc_decompress) && here("ncrush_context_new", &ncrush_context_new) && here("ncrush_decompress", &ncrush_decompress) &&
           here("xcrush_context_new", &xcrush_context_new) && here("xcrush_decompress", &xcrush_decompress);
}

}  // namespace anteroom::rdp
