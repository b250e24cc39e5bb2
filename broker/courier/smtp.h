// Handing a letter to a mail server. The server's acceptance is the delivery; what it does then is its own.
#pragma once

#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "broker/courier/outcome.h"
#include "broker/installation/config.h"

namespace anteroom::courier {

struct Envelope {
    const installation::AlertChannel& channel;  // server, security, sender
    std::vector<std::string> to;
    Secret password;
    std::string ca_file;
    Duration may_take = std::chrono::seconds(30);  // mail servers make strangers wait
};
// Refused for good (5yz) by every recipient where all are people's own addresses: done with, and told; trying again would keep all
// later mail waiting. Addresses that stand in anteroom.yaml are tried until somebody mends them.
Outcome send_mail(const Envelope& envelope, const std::string& letter);

}  // namespace anteroom::courier
