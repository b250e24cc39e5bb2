// The web server's other process: it connects to the broker for the one in the sandbox, which can connect to nothing. It never reads a
// byte from the network, and hands over nothing but a connected channel to the broker.
#pragma once

#include <string>

#include "base/fd.h"

namespace anteroom::web {

// Forks. The server's process goes on with its end of the line to the doorman; the doorman's never returns: it ends with the server's
// status, and the server ends with it.
Result<Fd> with_doorman(const std::string& broker_socket);
// Asks for a channel; the answer comes on the line, when there is a broker.
Status ask_for_channel(int line);
// The channel that came; `timeout` while it has not.
Result<Fd> take_channel(int line);

}  // namespace anteroom::web
