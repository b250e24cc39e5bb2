// An alert as an Internet message (RFC 5322): ASCII headers that nobody's name can add to, the text as base64 of UTF-8. Pure.
#pragma once

#include "broker/courier/event.h"

namespace anteroom::courier {

struct Letter {
    std::string from;             // an address (installation::is_mail_address)
    std::vector<std::string> to;  // addresses
    std::string delivery;         // CHANNEL-NUMBER
    std::string zone, help;       // the site's
};

// With CRLF line ends, no line longer than 998 bytes. The Message-ID is the same for every attempt, and so is the Date: the event's.
std::string letter(const Event& event, const Letter& letter);

// RFC 2047: as it is where it is short ASCII, otherwise in encoded words; control characters become blanks.
std::string header_text(std::string_view text);
// "Thu, 02 Jan 2026 03:04:05 +0000"
std::string rfc5322_date(Time time);

}  // namespace anteroom::courier
