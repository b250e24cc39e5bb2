// Small texts, and what is typed.
#include "broker/talk/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/log.h"

namespace anteroom::talk {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view blanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<Duration> unit_of(std::string_view unit) {
    struct Unit {
        std::string_view name;
        Duration length;
    };
    static constexpr std::array<Unit, 9> units{
        {{"s", 1s}, {"sec", 1s}, {"m", 1min}, {"min", 1min}, {"minutes", 1min}, {"h", 1h}, {"hour", 1h}, {"hours", 1h}, {"d", std::chrono::hours(24)}}};
    for (const auto& one : units)
        if (one.name == unit) return one.length;
    return std::nullopt;
}

// The offset that the site's clock has at that time, from how it is shown: "... +01:00".
std::optional<Duration> offset_at(const Installation& here, Time time) {
    const auto text = here.time_text(time);
    if (text.size() < 6) return std::nullopt;
    const std::string_view tail = std::string_view(text).substr(text.size() - 6);
    if ((tail[0] != '+' && tail[0] != '-') || tail[3] != ':') return std::nullopt;
    const auto two = [&](std::size_t at) { return (tail[at] - '0') * 10 + (tail[at + 1] - '0'); };
    const Duration size = std::chrono::hours(two(1)) + std::chrono::minutes(two(4));
    return tail[0] == '-' ? -size : size;
}

// A time of the site's clock; tried twice, because the offset to take off is that of the result.
std::optional<Time> from_local(const Installation& here, Time as_utc) {
    auto offset = offset_at(here, as_utc);
    if (offset) offset = offset_at(here, as_utc - *offset);
    return offset ? std::optional(as_utc - *offset) : std::nullopt;
}

}  // namespace

Result<std::string> typed_line(const Secret& line) {
    const auto text = trimmed(line.expose_text());
    if (text.size() > longest_line) return fail(ErrorKind::invalid, fmt::format("That is too long: at most {} characters.", longest_line));
    if (printable(text, longest_line) != text) return fail(ErrorKind::invalid, "Plain text on one line, please: no control characters.");
    return std::string(text);
}

bool could_be_code(const Secret& line) {
    constexpr std::size_t longest_code = 64;
    return !line.empty() && line.size() <= longest_code;
}

std::vector<std::string> words_of(std::string_view line) {
    constexpr std::size_t most = 64;
    std::vector<std::string> out;
    while (out.size() < most) {
        const auto first = line.find_first_not_of(blanks);
        if (first == std::string_view::npos) break;
        line.remove_prefix(first);
        const auto end = std::min(line.find_first_of(blanks), line.size());
        out.emplace_back(line.substr(0, end));
        line.remove_prefix(end);
    }
    return out;
}

bool is_yes(std::string_view typed) {
    const auto word = trimmed(typed);
    return word == "yes" || word == "YES" || word == "Yes";
}

Result<Duration> length_of(std::string_view typed) {
    const auto bad = [] { return fail(ErrorKind::invalid, "Type it like 30m, 2h or 1h30m."); };
    auto rest = trimmed(typed);
    if (rest.empty() || rest.size() > 32) return bad();
    Duration total{};
    while (!rest.empty()) {
        int number = 0;
        const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
        if (!is_digit(rest.front()) || error != std::errc() || number > 100000) return bad();
        rest = trimmed(rest.substr(static_cast<std::size_t>(end - rest.data())));
        const auto letters = static_cast<std::size_t>(std::find_if(rest.begin(), rest.end(), [](char c) { return is_digit(c) || c == ' '; }) - rest.begin());
        const auto unit = unit_of(rest.substr(0, letters));
        if (!unit) return bad();
        total += number * *unit;
        rest = trimmed(rest.substr(letters));
    }
    if (total <= Duration::zero() || total > std::chrono::hours(24 * 366)) return bad();
    return total;
}

Result<Time> time_of(const Installation& here, std::string_view typed) {
    const auto bad = [] { return fail(ErrorKind::invalid, "Type the time like 18:00 or 2026-01-06 18:00."); };
    const auto now = here.clock.now();
    auto text = std::string(trimmed(typed));
    const bool today = text.size() == 5;
    const auto offset = offset_at(here, now);
    if (!offset) return bad();
    if (today) text = rfc3339(now + *offset).substr(0, 10) + " " + text;
    if (text.size() != 16) return bad();
    const auto as_utc = parse_rfc3339(text + ":00Z");
    if (!as_utc) return bad();
    auto time = from_local(here, *as_utc);
    if (time && today && *time <= now) time = from_local(here, *as_utc + std::chrono::hours(24));
    if (!time) return bad();
    if (*time <= now) return fail(ErrorKind::invalid, "That time is over.");
    if (*time > now + std::chrono::hours(24 * 366)) return bad();
    return *time;
}

std::string length_text(Duration length) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(length).count();
    std::string out;
    if (seconds >= 3600) out += fmt::format("{}h", seconds / 3600);
    if (seconds % 3600 >= 60) out += fmt::format("{}m", seconds % 3600 / 60);
    if (seconds % 60 != 0 || out.empty()) out += fmt::format("{}s", seconds % 60);
    return out;
}

std::string ago(Time then, Time now) {
    const auto passed = std::max(Duration::zero(), now - then);
    if (passed < 1min) return duration_text(std::chrono::floor<std::chrono::seconds>(passed));
    return duration_text(std::chrono::floor<std::chrono::minutes>(passed));
}

std::string listed(const std::vector<std::string>& all, const char* last) {
    std::string out;
    for (std::size_t i = 0; i < all.size(); ++i) out += (i == 0 ? "" : i + 1 == all.size() ? last : ", ") + printable(all[i]);
    return out;
}

std::string name_of(Installation& here, const PersonId& person) {
    const auto found = here.people.find(person);
    auto id = printable(person.str());
    if (!found || !*found || (*found)->display_name.empty() || (*found)->display_name == person.str()) return id;
    return printable((*found)->display_name, 80) + " (" + id + ")";
}

std::string place_text(const policy::Ask& ask) {
    auto out = printable(ask.target.str());
    return ask.account.empty() ? out : out + " as " + printable(ask.account.str());
}

std::string places_text(const access::Request& request) {
    std::vector<std::string> places;
    for (const auto& wanted : request.wanted) places.push_back(place_text(wanted.ask));
    return listed(places);
}

std::string capability_words(std::string_view capability) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 25> known{{{"shell", "work in a shell"},
                                                                                          {"exec", "run commands"},
                                                                                          {"sftp:read", "read files (SFTP)"},
                                                                                          {"sftp:write", "write files (SFTP)"},
                                                                                          {"scp:read", "read files (scp)"},
                                                                                          {"scp:write", "write files (scp)"},
                                                                                          {"rsync", "copy files either way (rsync)"},
                                                                                          {"git", "use git"},
                                                                                          {"env", "set environment variables"},
                                                                                          {"agent", "use the person's SSH agent"},
                                                                                          {"x11", "show windows (X11)"},
                                                                                          {"forward:local", "connect on from the target"},
                                                                                          {"forward:remote", "open ports on the target"},
                                                                                          {"rdp:display", "see and use the screen"},
                                                                                          {"rdp:clipboard:in", "paste into the target"},
                                                                                          {"rdp:clipboard:out", "copy text out of the target"},
                                                                                          {"rdp:clipboard:files", "copy files by the clipboard"},
                                                                                          {"rdp:drive:read", "read files from the person's drives"},
                                                                                          {"rdp:drive:write", "write files to the person's drives"},
                                                                                          {"rdp:printer", "print at the person's"},
                                                                                          {"rdp:audio", "sound"},
                                                                                          {"rdp:smartcard", "use the person's smart card"},
                                                                                          {"sftp:*", "read and write files (SFTP)"},
                                                                                          {"scp:*", "read and write files (scp)"},
                                                                                          {"forward:*", "forward ports either way"}}};
    for (const auto& [name, words] : known)
        if (name == capability) return std::string(words);
    const auto below = [&](std::string_view prefix) { return printable(capability.substr(prefix.size()), 120); };
    if (capability.starts_with("exec:")) return "run `" + below("exec:") + "`";
    if (capability.starts_with("forward:local:")) return "connect on to " + below("forward:local:");
    return printable(capability, 120);
}

namespace {
// Errors of the access room are written for a command line: "the code is not right". A name at the front stays as it is written.
std::string as_sentence(std::string text) {
    static constexpr std::array<std::string_view, 9> opening{"the ", "this ", "there ", "too ", "no ", "not ", "a ", "an ", "it "};
    if (text.empty()) return text;
    if (std::any_of(opening.begin(), opening.end(), [&](std::string_view word) { return text.starts_with(word); }))
        text.front() = static_cast<char>(text.front() - 'a' + 'A');
    if (std::string_view(".?!").find(text.back()) == std::string_view::npos) text += '.';
    return text;
}
}  // namespace

std::string sentence_of(const Error& error) {
    switch (error.kind) {
        case ErrorKind::invalid:
        case ErrorKind::not_found:
        case ErrorKind::refused:
        case ErrorKind::conflict: return as_sentence(printable(error.detail, 400));
        default: break;
    }
    log::error("talk.failed", {{"error", error.detail}});
    return "That cannot be done right now.";
}

std::string other_way(const Installation& here, const PersonId& person, const policy::Ask& ask, policy::Protocol speaks) {
    const auto name = person.str() + "+" + ask.target.str() + (ask.account.empty() ? "" : "+" + ask.account.str());
    if (speaks == policy::Protocol::ssh) return printable(ask.target.str()) + " is reached by SSH, not by RDP: sign on with ssh as " + printable(name) + ".";
    if (!here.config.rdp.on()) return printable(ask.target.str()) + " is a desktop, reached by RDP, which is not served here.";
    return printable(ask.target.str()) + " is a desktop, reached by RDP, not by SSH: connect an RDP client to " + printable(here.config.rdp.reached_at()) +
           " as " + printable(name) + ".";
}

std::string leaving_key(policy::Protocol protocol) { return protocol == policy::Protocol::rdp ? "Esc" : "Ctrl-C"; }

std::string with_help(const Installation& here, const std::string& sentence) {
    return here.config.help.empty() ? sentence : sentence + "\n" + printable(here.config.help, 400);
}

}  // namespace anteroom::talk
