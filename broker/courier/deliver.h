// One delivery from beginning to end: the event or the audit records, put into the channel's form and handed over. Secrets are read
// for each delivery anew, so that changing a file is enough to change a secret.
#pragma once

#include "broker/control/messages.h"
#include "broker/courier/outcome.h"
#include "broker/installation/config.h"

namespace anteroom::courier {

struct Site {
    std::string dir;  // of the installation: relative names of files begin there
    std::string zone, help;
    std::string host;  // this machine's name
    const Clock& clock;
};

// Whether the channel's files are there and right; the error names the file, never its content.
Status ready(const installation::AlertChannel& channel, const Site& site);
Outcome deliver(const installation::AlertChannel& channel, const Site& site, const control::Deliver& what);

}  // namespace anteroom::courier
