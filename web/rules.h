// Who may ask, as far as a web server can know: the right name, from the console's own pages, in the right form. Pure. What a person
// may do is the broker's to say.
#pragma once

#include "base/secret.h"
#include "web/head.h"
#include "web/target.h"

namespace anteroom::web {

// The console's address: "https://HOST[:PORT]", as the broker has checked it.
struct Origin {
    std::string text;       // as browsers send it in Origin
    std::string authority;  // as they send it in Host
    static Origin of(const std::string& origin);
};

// What a request is to this server.
enum class Kind : std::uint8_t { file, call, events, watch, fetch };
struct Asked {
    Kind kind = Kind::file;
    Head head;
    Target target;
    bool head_only = false;  // HEAD
    Secret session;          // of the cookie; empty: none. For all but files
};

// The request, or why it is none for us: 400, 403, 405, 415, 421.
Or<Asked> judge(Head head, const Origin& origin);

}  // namespace anteroom::web
