// What goes back: status line and header fields, the same protection on every answer whatever it is. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "web/refusal.h"
#include "web/rules.h"

namespace anteroom::web {

struct Answer {
    std::uint16_t status = 200;
    std::string type;                                              // Content-Type; empty: no body at all
    std::vector<std::pair<std::string_view, std::string>> fields;  // beside those that every answer has
    std::string body;
    bool cached = false;   // for a year: its name changes with its content. Else not at all
    std::string nonce;     // of a page: it may load what the console is made of. Else the answer may load nothing
    bool fetches = false;  // but a script that runs as a worker goes by its own answer's policy, and asks this server
};

// The head, up to and including the empty line. `length`: of the body, or none where it ends with the connection (a stream of events).
std::string head_of(const Answer& answer, const Origin& origin, std::optional<std::size_t> length, bool keep_alive);
Answer problem(const Refusal& refusal);
std::string_view reason_of(std::uint16_t status);

}  // namespace anteroom::web
