// Whether something listens on a TCP port of this machine, without connecting to it: the kernel's own tables say so.
#pragma once

#include <string>

namespace anteroom::cli {

// HOST:PORT; the port decides.
bool somebody_listens(const std::string& address);

}  // namespace anteroom::cli
