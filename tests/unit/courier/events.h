// An event with something in every field, and one whose every text is hostile.
#pragma once

#include "broker/courier/event.h"

namespace anteroom::courier::testing {

inline Event full_event() {
    Event event;
    event.event = "break-glass.used";
    event.time = *parse_rfc3339("2026-01-02T09:04:05Z");
    event.installation = "chain-7";
    event.loudness = 2;
    event.request = 42;
    event.person = "alice";
    event.person_name = "Alice Müller";
    event.vendor = "Acme Imaging";
    event.targets = {"mri-3", "ct-1"};
    event.summary = "Alice Müller used break-glass on mri-3.";
    event.ticket = "CHG-77";
    event.deadline = *parse_rfc3339("2026-01-03T09:04:05Z");
    event.link = "https://anteroom.hospital.example/breakglass";
    event.to = {"soc@hospital.example"};
    return event;
}

inline Event hostile_event() {
    auto event = full_event();
    const std::string evil = "<!channel> [pay](http://evil.example) <b>&\"\\] =?UTF-8?B?QUJD?=\r\nBcc: victim@example.org\r\n\r\n.\r\nDATA \x1b[31m";
    event.person_name = event.vendor = event.summary = event.ticket = evil;
    event.targets = {evil};
    return event;
}

}  // namespace anteroom::courier::testing
