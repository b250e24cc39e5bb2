// Inside broker/installation/: the section `console:` of anteroom.yaml.
#pragma once

#include "broker/installation/config.h"
#include "policy/reading.h"

namespace anteroom::installation {

void read_console(policy::Reader& reader, const policy::At& at, Web& out);

}  // namespace anteroom::installation
