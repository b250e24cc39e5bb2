// Editing by shifting inside the fixed place.
#include "proxies/rdp/lobby/typed_text.h"

#include <algorithm>

#include "proxies/rdp/lobby/utf8.h"

namespace anteroom::rdp {

void TypedText::set(std::string_view utf8) {
    clear();
    for (std::size_t at = 0; at < utf8.size();) (void)insert(next_character(utf8, at));
}

void TypedText::clear() {
    wipe(characters_.data(), sizeof characters_);
    size_ = caret_ = 0;
}

bool TypedText::insert(char32_t character) {
    if (size_ == longest || !drawable(character)) return false;
    const auto at = characters_.begin() + static_cast<std::ptrdiff_t>(caret_);
    std::copy_backward(at, characters_.begin() + static_cast<std::ptrdiff_t>(size_), characters_.begin() + static_cast<std::ptrdiff_t>(size_) + 1);
    *at = character;
    ++size_;
    ++caret_;
    return true;
}

void TypedText::erase_before() {
    if (caret_ == 0) return;
    --caret_;
    erase_behind();
}

void TypedText::erase_behind() {
    if (caret_ == size_) return;
    const auto at = characters_.begin() + static_cast<std::ptrdiff_t>(caret_);
    std::copy(at + 1, characters_.begin() + static_cast<std::ptrdiff_t>(size_), at);
    --size_;
    wipe(&characters_.at(size_), sizeof(char32_t));
}

void TypedText::move(std::ptrdiff_t by) {
    caret_ = static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(caret_) + by, 0, static_cast<std::ptrdiff_t>(size_)));
}

void TypedText::place(std::size_t caret) { caret_ = std::min(caret, size_); }

Secret TypedText::utf8() const {
    // Room for all of it first: a string that grows leaves what it held before.
    std::string text;
    text.reserve(size_ * 4);
    for (const auto character : characters()) append_utf8(text, character);
    auto out = Secret::copy_of(text);
    wipe(text.data(), text.size());
    return out;
}

}  // namespace anteroom::rdp
