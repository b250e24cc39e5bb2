// Secret: bytes that wipe themselves, move only, cannot be printed, compared with == or put into JSON.
// expose() is the one door out, easy to grep for.
#pragma once

#include <string_view>
#include <utility>

#include "base/bytes.h"

namespace anteroom {

void wipe(void* memory, std::size_t size) noexcept;
bool equal_in_constant_time(View a, View b) noexcept;

class Secret {
public:
    Secret() = default;
    explicit Secret(Bytes&& bytes) : bytes_(std::move(bytes)) {}
    static Secret copy_of(View bytes) { return Secret(to_bytes(bytes)); }
    static Secret copy_of(std::string_view text) { return Secret(to_bytes(text)); }
    Secret(Secret&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
    Secret& operator=(Secret&& other) noexcept {
        if (this != &other) {
            wipe(bytes_.data(), bytes_.size());
            bytes_ = std::exchange(other.bytes_, {});
        }
        return *this;
    }
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    bool operator==(const Secret&) const = delete;
    ~Secret() { wipe(bytes_.data(), bytes_.size()); }

    View expose() const { return bytes_; }
    std::string_view expose_text() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }
    bool empty() const { return bytes_.empty(); }
    std::size_t size() const { return bytes_.size(); }
    Secret duplicate() const { return copy_of(View(bytes_)); }

private:
    Bytes bytes_;
};

}  // namespace anteroom
