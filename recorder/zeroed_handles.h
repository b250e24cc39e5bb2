// Zeroed memory that costs nothing before it is touched: a picture whose size a hostile file names.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

namespace anteroom::recorder {

class ZeroedBytes {
public:
    ZeroedBytes() = default;
    explicit ZeroedBytes(std::size_t size) : bytes_(static_cast<std::uint8_t*>(std::calloc(size, 1))) {
        if (!bytes_) throw std::bad_alloc();
    }
    std::uint8_t* get() const { return bytes_.get(); }
    explicit operator bool() const { return bytes_ != nullptr; }

private:
    struct Free {
        void operator()(std::uint8_t* bytes) const { std::free(bytes); }
    };
    std::unique_ptr<std::uint8_t, Free> bytes_;
};

}  // namespace anteroom::recorder
