// The table of capability kinds, and the matching of what a session wants against the patterns of a policy.
#include "policy/capability.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "base/ids.h"
#include "policy/explain.h"

namespace anteroom::policy {
namespace {

enum class Detail { none, command, variable, forward, listener, channel };
struct Kind {
    std::string_view name;
    Detail detail;
};
constexpr std::array kinds{
    Kind{"shell", Detail::none},
    Kind{"exec", Detail::command},
    Kind{"sftp:read", Detail::none},
    Kind{"sftp:write", Detail::none},
    Kind{"scp:read", Detail::none},
    Kind{"scp:write", Detail::none},
    Kind{"rsync", Detail::none},
    Kind{"git", Detail::none},
    Kind{"env", Detail::variable},
    Kind{"agent", Detail::none},
    Kind{"x11", Detail::none},
    Kind{"forward:local", Detail::forward},
    Kind{"forward:remote", Detail::listener},
    Kind{"rdp:display", Detail::none},
    Kind{"rdp:clipboard:in", Detail::none},
    Kind{"rdp:clipboard:out", Detail::none},
    Kind{"rdp:clipboard:files", Detail::none},
    Kind{"rdp:drive:read", Detail::none},
    Kind{"rdp:drive:write", Detail::none},
    Kind{"rdp:printer", Detail::none},
    Kind{"rdp:audio", Detail::none},
    Kind{"rdp:smartcard", Detail::none},
    Kind{"rdp:dynamic", Detail::channel},
};
constexpr std::size_t longest_pattern = 512;

const Kind* find_kind(std::string_view name) {
    auto at = std::find_if(kinds.begin(), kinds.end(), [&](const Kind& k) { return k.name == name; });
    return at == kinds.end() ? nullptr : at;
}

std::vector<std::string> kind_names() {
    std::vector<std::string> names;
    for (const auto& kind : kinds) names.emplace_back(kind.name);
    return names;
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (auto& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

bool inert_in_a_shell(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 || c == '\t') && byte != 0x7f && std::string_view(";&|`$()<>\\").find(c) == std::string_view::npos;
}

// `*` is the only special character. Going back to the last star alone is enough, also where a star may not pass every
// character: a character that stops the last star would stop the earlier ones too.
template <class MayPass>
bool glob(std::string_view pattern, std::string_view text, MayPass may_pass) {
    std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.size() && pattern[p] == text[t]) {
            ++p, ++t;
        } else if (star != std::string_view::npos && may_pass(text[resume])) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

bool anything(char) { return true; }

// One spelling for each host, so that a forbid cannot be got round by writing the same address differently; an IPv4
// address in one of inet_aton's other spellings (0x0a010203, 10.66051) is none at all.
std::optional<std::string> canonical_host(std::string_view host) {
    if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    while (!host.empty() && host.back() == '.') host.remove_suffix(1);
    if (host.empty() || host.size() > 255) return std::nullopt;
    for (char c : host)
        if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '/' || c == '[' || c == ']' || c == '%' || c == '*') return std::nullopt;
    std::string text = lower(host);
    in_addr v4{};
    if (inet_pton(AF_INET, text.c_str(), &v4) == 1) return text;
    if (inet_aton(text.c_str(), &v4) != 0) return std::nullopt;
    in6_addr v6{};
    if (inet_pton(AF_INET6, text.c_str(), &v6) != 1) return text.find(':') == std::string::npos ? std::optional(text) : std::nullopt;
    std::array<char, INET6_ADDRSTRLEN> out{};
    if (IN6_IS_ADDR_V4MAPPED(&v6)) return std::string(inet_ntop(AF_INET, &v6.s6_addr[12], out.data(), out.size()));
    return std::string(inet_ntop(AF_INET6, &v6, out.data(), out.size()));
}

bool is_port(std::string_view text) {
    if (text.empty() || text.size() > 5 || text.front() == '0') return false;
    if (!std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) return false;
    return std::stoi(std::string(text)) <= 65535;
}

struct Destination {
    std::string_view host, port, protocol;
};
std::optional<Destination> split_destination(std::string_view text) {
    Destination out;
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    out.host = text.substr(0, colon);
    out.port = text.substr(colon + 1);
    if (const auto slash = out.port.find('/'); slash != std::string_view::npos) {
        out.protocol = out.port.substr(slash + 1);
        out.port = out.port.substr(0, slash);
        if (!is_name(out.protocol)) return std::nullopt;
    }
    return out;
}

tl::unexpected<Error> unknown(std::string_view text) {
    std::string words = "no such capability \"" + std::string(text) + "\"";
    auto known = kind_names();
    for (const char* prefix : {"sftp:*", "scp:*", "forward:*", "forward:local:*:*", "rdp:*", "rdp:clipboard:*", "rdp:drive:*", "rdp:dynamic:*"})
        known.emplace_back(prefix);
    if (auto near = nearest(text, known); !near.empty()) words += ", did you mean " + near + "?";
    return fail(ErrorKind::invalid, words);
}

bool some_kind_below(std::string_view prefix) {
    return std::any_of(kinds.begin(), kinds.end(), [&](const Kind& k) { return k.name.starts_with(prefix); });
}

}  // namespace

std::string nearest(std::string_view text, const std::vector<std::string>& known) {
    if (text.size() > 64) return "";
    std::string best;
    std::size_t best_distance = std::max<std::size_t>(1, text.size() / 3) + 1;
    for (const auto& candidate : known) {
        if (candidate.size() > 64) continue;
        std::vector<std::size_t> row(candidate.size() + 1);  // Levenshtein, one row at a time
        std::iota(row.begin(), row.end(), 0u);
        for (std::size_t i = 1; i <= text.size(); ++i) {
            std::size_t diagonal = std::exchange(row[0], i);
            for (std::size_t j = 1; j <= candidate.size(); ++j) {
                const auto replaced = diagonal + (text[i - 1] == candidate[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
            }
        }
        if (row.back() < best_distance) best_distance = row.back(), best = candidate;
    }
    return best;
}

Result<CapabilitySet::Pattern> CapabilitySet::parse_forward(std::string_view text) {
    const auto wrong = [&](const char* what) {
        return fail(ErrorKind::invalid, "\"forward:local:" + std::string(text) + "\" " + what + ": write forward:local:HOST:PORT, with * for any host or port");
    };
    Pattern out{.kind = "forward:local", .narrowed = true};
    if (text == "*") {
        out.detail = out.port = "*";
        return out;
    }
    const auto to = split_destination(text);
    if (!to) return wrong("names no port, or no proper protocol");
    if (to->port != "*" && !is_port(to->port)) return wrong("has no port between 1 and 65535");
    out.port = to->port;
    out.protocol = to->protocol;
    if (to->host.find('*') != std::string_view::npos) {
        out.detail = lower(to->host);
        if (out.detail.find_first_of("[]/ ") != std::string::npos) return wrong("has no proper host");
        return out;
    }
    auto host = canonical_host(to->host);
    if (!host) return wrong("has no proper host");
    out.detail = *host;
    return out;
}

Result<CapabilitySet::Pattern> CapabilitySet::parse_pattern(std::string_view text, bool forbidding) {
    if (text.empty()) return fail(ErrorKind::invalid, "an empty capability");
    if (text.size() > longest_pattern) return fail(ErrorKind::invalid, "a capability longer than 512 characters");
    if (text == "*") {
        if (!forbidding) return fail(ErrorKind::invalid, "\"*\" only forbids: name what is allowed, nothing is allowed by default");
        return Pattern{.below = true};
    }
    if (const auto* kind = find_kind(text)) {
        if (kind->detail == Detail::forward && !forbidding)
            return fail(ErrorKind::invalid, "\"forward:local\" names no destination: write forward:local:HOST:PORT, with * for any host or port");
        if (kind->detail == Detail::channel && !forbidding)
            return fail(ErrorKind::invalid, "\"rdp:dynamic\" names no channel: write rdp:dynamic:NAME, or rdp:dynamic:* for any");
        return Pattern{.kind = std::string(text)};
    }
    for (const auto& kind : kinds) {
        if (text.size() <= kind.name.size() + 1 || !text.starts_with(kind.name) || text[kind.name.size()] != ':') continue;
        const auto rest = text.substr(kind.name.size() + 1);
        if (kind.detail == Detail::forward) return parse_forward(rest);
        if (kind.detail == Detail::command || kind.detail == Detail::channel)
            return Pattern{.kind = std::string(kind.name), .narrowed = true, .detail = std::string(rest)};
    }
    if (text.ends_with(":*") && some_kind_below(text.substr(0, text.size() - 1)))
        return Pattern{.kind = std::string(text.substr(0, text.size() - 1)), .below = true};
    return unknown(text);
}

Result<CapabilitySet> CapabilitySet::parse(std::vector<std::string> allow, std::vector<std::string> forbid) {
    CapabilitySet out;
    for (const auto& text : allow) out.allow_.push_back(TRY(parse_pattern(text, false)));
    for (const auto& text : forbid) out.forbid_.push_back(TRY(parse_pattern(text, true)));
    out.allow_texts_ = std::move(allow);
    out.forbid_texts_ = std::move(forbid);
    return out;
}

bool CapabilitySet::matches_forward(const Pattern& pattern, std::string_view detail, bool forbidding) {
    const auto to = split_destination(detail);
    // What cannot be read is in every forbid and in no allow.
    if (!to || !is_port(to->port)) return forbidding;
    const auto host = canonical_host(to->host);
    if (!host) return forbidding;
    if (pattern.port != "*" && pattern.port != to->port) return false;
    if (!glob(pattern.detail, *host, anything)) return false;
    // A forbid takes the destination whatever is spoken with it; an allow for one protocol is worth nothing uninspected.
    return forbidding || pattern.protocol.empty() || pattern.protocol == to->protocol;
}

bool CapabilitySet::matches(const Pattern& pattern, const Use& use, bool forbidding) {
    if (pattern.below) {
        if (!use.kind.starts_with(pattern.kind)) return false;
        // Also a wildcard permits no destination that cannot be read.
        return use.kind != "forward:local" || matches_forward({.detail = "*", .port = "*"}, use.detail, forbidding);
    }
    if (pattern.kind != use.kind) return false;
    if (!pattern.narrowed) return true;
    if (use.kind == "forward:local") return matches_forward(pattern, use.detail, forbidding);
    if (use.kind == "exec") return forbidding ? glob(pattern.detail, use.detail, anything) : glob(pattern.detail, use.detail, inert_in_a_shell);
    return forbidding ? glob(lower(pattern.detail), lower(use.detail), anything) : glob(pattern.detail, use.detail, anything);
}

bool CapabilitySet::forbids(const Use& use) const {
    return std::any_of(forbid_.begin(), forbid_.end(), [&](const Pattern& p) { return matches(p, use, true); });
}

bool CapabilitySet::permits(const Use& use) const {
    if (find_kind(use.kind) == nullptr || forbids(use)) return false;
    return std::any_of(allow_.begin(), allow_.end(), [&](const Pattern& p) { return matches(p, use, false); });
}

std::optional<std::string> CapabilitySet::forward_protocol(std::string_view host_port) const {
    const std::string to(host_port);
    if (to.find('/') != std::string::npos) return std::nullopt;
    if (permits({"forward:local", to})) return "";
    for (const auto& pattern : allow_)
        if (!pattern.protocol.empty() && permits({"forward:local", to + "/" + pattern.protocol})) return pattern.protocol;
    return std::nullopt;
}

bool CapabilitySet::covers(const Pattern& forbid, const Pattern& allow) {
    if (forbid.below) return allow.kind.starts_with(forbid.kind);
    if (allow.below) return false;
    if (forbid.kind != allow.kind) return false;
    if (!forbid.narrowed) return true;
    if (forbid.detail == "*" && (forbid.port.empty() || forbid.port == "*")) return true;
    return allow.narrowed && forbid.detail == allow.detail && (forbid.port == "*" || forbid.port == allow.port);
}

bool CapabilitySet::empty() const {
    return std::all_of(allow_.begin(), allow_.end(), [&](const Pattern& allowed) {
        return std::any_of(forbid_.begin(), forbid_.end(), [&](const Pattern& f) { return covers(f, allowed); });
    });
}

Status check_capability(std::string_view text, bool forbidding) {
    TRY(CapabilitySet::parse(forbidding ? std::vector<std::string>{} : std::vector{std::string(text)},
                             forbidding ? std::vector{std::string(text)} : std::vector<std::string>{}));
    return ok();
}

std::vector<std::string> capability_kinds() { return kind_names(); }

Result<Use> parse_use(std::string_view text) {
    if (find_kind(text) != nullptr) return Use{std::string(text), ""};
    for (const auto& kind : kinds)
        if (kind.detail != Detail::none && text.size() > kind.name.size() && text.starts_with(kind.name) && text[kind.name.size()] == ':')
            return Use{std::string(kind.name), std::string(text.substr(kind.name.size() + 1))};
    return unknown(text);
}

}  // namespace anteroom::policy
