// What FreeRDP calls and may not have behind the closed sandbox, or has no need of: stood in for here (doors.cpp), by the dynamic
// linker's rule that the program's own functions come first. Nothing here opens anything.
#pragma once

namespace anteroom::rdp {

// True when FreeRDP's calls really come here; asked once at every start of the gateway (anteroom-rdp --self-test).
bool doors_hold();

}  // namespace anteroom::rdp
