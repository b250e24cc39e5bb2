// Whether the disk of the recordings has room for one more: below 10 % free no session is opened, but in an emergency.
#pragma once

#include <string>

namespace anteroom::daemon {

// False also where the folder cannot be looked at.
bool disk_has_room(const std::string& dir);

}  // namespace anteroom::daemon
