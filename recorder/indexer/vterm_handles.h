// libvterm, behind handles. Its types stay in this folder.
#pragma once

#include <vterm.h>

#include <memory>

namespace anteroom::indexer {

struct FreeTerminal {
    void operator()(VTerm* terminal) const { vterm_free(terminal); }
};
using TerminalHandle = std::unique_ptr<VTerm, FreeTerminal>;

}  // namespace anteroom::indexer
