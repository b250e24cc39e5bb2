// The head of one HTTP/1.1 request (RFC 9112), read strictly: what two readers could read in two ways is refused. Two look at it, a
// check of our own of each line and Beast's parser; only what both take is a request.
#pragma once

#include <string_view>
#include <vector>

#include "web/refusal.h"

namespace anteroom::web {

inline constexpr std::size_t max_head = 16 * 1024, max_fields = 100, max_body = 64 * 1024;

struct Head {
    struct Field {
        std::string name;  // in lower case
        std::string value;
    };
    std::string method, target;
    std::vector<Field> fields;
    std::size_t body = 0;  // bytes that follow
    bool keep_alive = false;

    // The value of a field that is there; none of those this server goes by is there twice.
    const std::string* field(std::string_view name) const;
    // In a comma-separated list of tokens, in any case (Connection, Upgrade).
    bool lists(std::string_view name, std::string_view token) const;
};

// `raw`: everything up to and including the empty line. 400; 413 for a body that is too long; 417, 501, 505.
Or<Head> parse_head(std::string_view raw);
// Where the head ends: the number of bytes up to and including the empty line, 0 while it is not there.
std::size_t end_of_head(std::string_view bytes);

}  // namespace anteroom::web
