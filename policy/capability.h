// What a session may do, by name. A CapabilitySet is built from allow and forbid patterns; a forbid beats every allow, and
// what is not in the table of kinds is refused. Patterns are texts so that they can be sent between processes.
//
// Reading of the patterns:
//   `sftp:read`                a kind by its name
//   `sftp:*`, `rdp:drive:*`    every kind below the prefix; `*` alone only forbids
//   `exec`                     any command
//   `exec:PATTERN`             a glob over the whole command string, `*` being the only special character. In an allow,
//                              `*` matches no control character and none of ; & | ` $ ( ) < > \ : what a POSIX shell would
//                              need to start a second command or to expand something. (It does not judge options:
//                              `exec:tar *` gives away `--to-command`.) In a forbid `*` matches anything. A forbidden
//                              command is a fence, not a wall: `/bin/rm` is not `rm`. Name what is allowed instead.
//   `forward:local:HOST:PORT`  a glob on the host, a port number or `*`; `[2001:db8::1]:104` for IPv6. `/PROTOCOL` behind it
//                              permits only a connection that is inspected as that protocol.
//   `rdp:dynamic:NAME`         a glob on the dynamic channel's name
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace anteroom::policy {

// What a session concretely wants: {"exec", "uname -a"}, {"env", "LANG"}, {"forward:local", "10.1.2.3:104"}, {"shell", ""}.
// A forward that the caller inspects says so: {"forward:local", "10.1.2.3:104/dicom"}.
struct Use {
    std::string kind;
    std::string detail;
};

// "exec:uname -a" -> {"exec", "uname -a"}: the reverse of how a capability is written, for command lines.
Result<Use> parse_use(std::string_view text);

class CapabilitySet {
public:
    static Result<CapabilitySet> parse(std::vector<std::string> allow, std::vector<std::string> forbid);

    bool permits(const Use& use) const;
    // Whether a forbid names it (it may be refused without one, by not being allowed).
    bool forbids(const Use& use) const;
    // How a local forward to HOST:PORT may be made: "" as raw bytes, else the protocol to inspect; none when refused.
    std::optional<std::string> forward_protocol(std::string_view host_port) const;
    // True when nothing can be permitted: no allow, or each wholly covered by a forbid.
    bool empty() const;
    const std::vector<std::string>& allow_texts() const { return allow_texts_; }
    const std::vector<std::string>& forbid_texts() const { return forbid_texts_; }

private:
    struct Pattern {
        std::string kind{};  // a kind, or a prefix ending in ':' when `below`; "" with `below` is the bare '*'
        bool below = false;
        bool narrowed = false;   // has a detail; otherwise any detail of the kind
        std::string detail{};    // the glob: command, host or channel name
        std::string port{};      // of a forward: digits or '*'
        std::string protocol{};  // of a forward: "" for raw bytes
    };
    static Result<Pattern> parse_pattern(std::string_view text, bool forbidding);
    static Result<Pattern> parse_forward(std::string_view text);
    static bool matches(const Pattern& pattern, const Use& use, bool forbidding);
    static bool matches_forward(const Pattern& pattern, std::string_view detail, bool forbidding);
    static bool covers(const Pattern& forbid, const Pattern& allow);

    std::vector<Pattern> allow_, forbid_;
    std::vector<std::string> allow_texts_, forbid_texts_;
};

// Refuses unknown names with a suggestion ("did you mean sftp:read?").
Status check_capability(std::string_view text, bool forbidding);

// The nearest of `known` when it is near enough to be a slip of the fingers, otherwise "".
std::string nearest(std::string_view text, const std::vector<std::string>& known);

}  // namespace anteroom::policy
