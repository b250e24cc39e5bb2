// The console's pages: every file of the folder that the build made, read once at the start; afterwards no file is opened for anybody.
#pragma once

#include <map>
#include <optional>

#include "base/result.h"
#include "web/answer.h"

namespace anteroom::web {

class Assets {
public:
    // Regular files below `folder`, at most 16 MiB and 2,000 of them; `X.br` and `X.gz` are X, compressed. Without an index.html there
    // is one that says what is missing.
    static Result<Assets> load(const std::string& folder);

    // What a GET of this path is answered with: the file of that very name, else the page (`nonce` put in its place), else, below
    // /assets/, 404. `accept`, `known`: Accept-Encoding and If-None-Match, or null.
    Answer answer(const std::string& path, const std::string* accept, const std::string* known, const std::string& nonce) const;
    std::size_t size() const { return files_.size(); }
    bool has_page() const { return has_page_; }

private:
    struct File {
        std::string type, plain, br, gz, tag;
        bool hashed = false;  // its name changes with its content
    };
    void add(const std::string& path, std::string content);
    std::map<std::string, File> files_;
    std::string page_;
    bool has_page_ = false;
};

// Whether a list of content codings has this one, and not with weight 0 (RFC 9110 section 12.5.3).
bool accepts(std::string_view list, std::string_view coding);
// Every __CSP_NONCE__ replaced.
std::string with_nonce(std::string page, std::string_view nonce);
// "app-DyVh3x_a.js" is one, "sw.js" is none.
bool is_hashed_name(std::string_view path);

}  // namespace anteroom::web
