// What a person types into the one field: code points in a fixed place, so that no copy is left behind when it grows; wiped when it goes.
#pragma once

#include <array>
#include <span>

#include "base/secret.h"

namespace anteroom::rdp {

class TypedText {
public:
    static constexpr std::size_t longest = 500;  // characters

    TypedText() = default;
    ~TypedText() { clear(); }
    TypedText(const TypedText&) = delete;
    TypedText& operator=(const TypedText&) = delete;

    void set(std::string_view utf8);  // the caret behind it; controls are left out
    void clear();
    bool insert(char32_t character);  // false: full, or nothing that can be typed
    void erase_before();
    void erase_behind();
    void move(std::ptrdiff_t by);
    void place(std::size_t caret);

    std::size_t size() const { return size_; }
    std::size_t caret() const { return caret_; }
    std::span<const char32_t> characters() const { return {characters_.data(), size_}; }
    Secret utf8() const;
    // Everything that is held, used or not: for the test that nothing stays behind.
    std::span<const char32_t> memory() const { return characters_; }

private:
    std::array<char32_t, longest> characters_{};
    std::size_t size_ = 0, caret_ = 0;
};

}  // namespace anteroom::rdp
