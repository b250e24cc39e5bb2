// What a Terminal keeps of libvterm.
#pragma once

#include "recorder/indexer/terminal.h"
#include "recorder/indexer/vterm_handles.h"

namespace anteroom::indexer {

struct Terminal::State {
    TerminalHandle terminal;
    VTermScreen* screen = nullptr;
    VTermState* state = nullptr;

    VTermScreenCell cell(int row, int column) const {
        VTermScreenCell out{};
        vterm_screen_get_cell(screen, {row, column}, &out);
        return out;
    }
};

// libvterm gives a mark that follows nothing a cell of its own; nothing else does.
bool is_mark(std::uint32_t character);
void put_utf8(std::uint32_t character, std::string& out);

}  // namespace anteroom::indexer
