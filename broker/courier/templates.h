// A web hook's body in each of its shapes. Pure. What people typed stays text: no shape lets it become a link, a mention or markup.
#pragma once

#include "broker/courier/event.h"
#include "broker/installation/config.h"

namespace anteroom::courier {

// `delivery`: CHANNEL-NUMBER, the same for every attempt. `routing_key` is PagerDuty's, and part of its body.
std::string plain_body(const Event& event, const std::string& delivery);
std::string slack_body(const Event& event, const std::string& zone);
std::string teams_body(const Event& event, const std::string& zone);
std::string pagerduty_body(const Event& event, const std::string& delivery, std::string_view routing_key);

}  // namespace anteroom::courier
