// Inside broker/installation/: the section `alerts:` of anteroom.yaml.
#pragma once

#include "broker/installation/config.h"
#include "policy/reading.h"

namespace anteroom::installation {

void read_alerts(policy::Reader& reader, const policy::At& at, std::map<std::string, AlertChannel>& out);

}  // namespace anteroom::installation
