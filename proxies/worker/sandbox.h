// The sandbox every worker, and the web server, closes around itself before it reads the first byte from the network. Afterwards: no open, no
// exec, no socket or connect, no ptrace, no signal to others; an append-only descriptor cannot be cut or rewritten
// (ftruncate, fallocate, pwrite, F_SETFL, splice are refused). Refused calls answer EPERM. There is no way back.
#pragma once

#include "base/result.h"

namespace anteroom::worker {

struct SandboxLimits {
    std::size_t data_bytes = 256u << 20;  // RLIMIT_DATA
    unsigned descriptors = 32;            // RLIMIT_NOFILE
    bool desktop = false;                 // what FreeRDP needs beside: threads of this process, eventfd, another number for a descriptor
    bool reads = false;                   // what the indexer needs beside: reading a recording it was handed
    bool server = false;                  // what the web server needs beside: taking connections, waiting for many, reading a recording it was handed
};

// no_new_privs, not dumpable, no core, rlimits, Landlock without any right, seccomp with an allow-list.
// Every part must hold; where the kernel lacks Landlock the error says so.
Status close_sandbox(const SandboxLimits& limits = {});

}  // namespace anteroom::worker
