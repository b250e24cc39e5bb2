// OpenSSL's memory, wiped when it is given back: its decoders leave copies of the private key behind otherwise. Raw memory, as its
// interface for allocators wants it.
#pragma once

#include <malloc.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace anteroom::rdp {

inline void* plain_allocate(std::size_t size, const char*, int) { return std::malloc(size); }

inline void wiping_release(void* memory, const char*, int) {
    if (memory == nullptr) return;
    ::explicit_bzero(memory, ::malloc_usable_size(memory));
    std::free(memory);
}

inline void* wiping_resize(void* memory, std::size_t size, const char* file, int line) {
    void* larger = size == 0 ? nullptr : std::malloc(size);
    if (memory != nullptr && larger != nullptr) std::memcpy(larger, memory, std::min(size, ::malloc_usable_size(memory)));
    if (larger != nullptr || size == 0) wiping_release(memory, file, line);
    return larger;
}

// False when OpenSSL has allocated something already: it is the first thing that a program asks of it.
inline bool wipe_released_memory() { return CRYPTO_set_mem_functions(plain_allocate, wiping_resize, wiping_release) == 1; }

}  // namespace anteroom::rdp
