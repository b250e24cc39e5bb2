// Alerts and audit records as syslog messages (RFC 5424), framed by their length (RFC 6587 3.4.1, RFC 5425). Pure.
#pragma once

#include "broker/courier/event.h"

namespace anteroom::courier {

// `host` is this machine's name. The message's text is the event, or the record's line, as JSON.
std::string syslog_message(const Event& event, const std::string& delivery, const std::string& host);
// One line of the audit log (broker/audit/FORMAT.md). A line that is no record goes as it is, and loud: somebody has changed it.
std::string syslog_message(std::string_view audit_line, const std::string& host);

std::string framed(std::string_view message);  // "LENGTH MESSAGE"

}  // namespace anteroom::courier
