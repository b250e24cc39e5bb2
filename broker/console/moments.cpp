// Which records matter to a reviewer, and in which words.
#include "broker/console/moments.h"

#include <algorithm>
#include <array>

#include "broker/talk/words.h"

namespace anteroom::console {

namespace {

constexpr std::size_t most_required = 200, longest_text = 200;
constexpr std::int64_t one_moment_ms = 2000, before_ms = 2000, behind_ms = 3000, forgiven_ms = 500;

constexpr std::string_view kinds[] = {"capability.used",    "capability.refused", "alarm", "session.warned", "session.grace",
                                      "session.terminated", "target.key-changed"};

// What was used and is to be watched where the glass was broken: reading alone is told in `touched`.
constexpr std::array watched_uses{"shell",
                                  "exec",
                                  "sftp",
                                  "sftp:write",
                                  "scp:write",
                                  "rsync",
                                  "git",
                                  "agent",
                                  "x11",
                                  "forward:local",
                                  "forward:remote",
                                  "rdp:clipboard:in",
                                  "rdp:clipboard:out",
                                  "rdp:clipboard:files",
                                  "rdp:drive:read",
                                  "rdp:drive:write",
                                  "rdp:smartcard"};

std::string field(const audit::Entry& entry, const char* name) {
    const auto found = entry.fields.find(name);
    return found == entry.fields.end() ? std::string() : found->second;
}

std::string use_words(const audit::Entry& entry) {
    const auto capability = field(entry, "capability"), detail = printable(field(entry, "detail"), 120);
    if (capability == "shell") return "a shell";
    if (capability == "exec") return "ran `" + detail + "`";
    auto words = talk::capability_words(capability);
    return detail.empty() ? words : words + ": " + detail;
}

std::string words_of(const audit::Entry& entry) {
    if (entry.kind == "capability.used") return use_words(entry);
    if (entry.kind == "capability.refused") {
        const auto words = use_words(entry);
        return words.starts_with("ran `") ? "refused to run" + words.substr(3) : "refused: " + words;
    }
    if (entry.kind == "alarm") return "alarm: " + field(entry, "problem");
    if (entry.kind == "session.terminated") return "ended by " + entry.person + ": " + field(entry, "reason");
    if (entry.kind == "target.key-changed") return "another key than the policy pins";
    if (entry.kind == "session.grace") return "its time was over";
    return "it was warned";
}

bool matters(const audit::Entry& entry) {
    if (std::find(std::begin(kinds), std::end(kinds), entry.kind) == std::end(kinds)) return false;
    if (entry.kind != "capability.used") return true;
    return std::find(watched_uses.begin(), watched_uses.end(), field(entry, "capability")) != watched_uses.end();
}

}  // namespace

std::span<const std::string_view> telling_kinds() { return kinds; }

std::vector<Required> required_moments(std::span<const audit::Entry> entries, Time began, std::int64_t length_ms) {
    std::vector<Required> out;
    std::vector<std::size_t> more;  // how many further ones each stands for
    // Of a long session with very much in it, they are spread over all of it: nobody hides behind a noisy beginning.
    const auto apart_ms = std::max<std::int64_t>(one_moment_ms, length_ms / std::int64_t{most_required});
    for (const auto& entry : entries) {
        if (!matters(entry)) continue;
        const auto at = std::clamp<std::int64_t>((micros(entry.time) - micros(began)) / 1000, 0, std::max<std::int64_t>(length_ms, 0));
        if (!out.empty() && (at - out.back().at_ms < apart_ms || out.size() == most_required)) {
            ++more.back();
            continue;
        }
        out.push_back({at, printable(words_of(entry), longest_text)});
        more.push_back(0);
    }
    if (out.empty()) return {{0, "the beginning"}};
    for (std::size_t i = 0; i < out.size(); ++i)
        if (more[i] > 0) out[i].text += ", and " + std::to_string(more[i]) + " more";
    return out;
}

bool was_watched(const Ranges& ranges, std::int64_t at_ms, std::int64_t recorded_ms) {
    if (recorded_ms <= 0) return true;  // there is nothing to be seen
    const auto at = std::min(at_ms, recorded_ms);
    const auto from = std::max<std::int64_t>(at - before_ms, 0), to = std::max(std::min(at + behind_ms, recorded_ms), from);
    const auto middle = from + (to - from) / 2;
    return covers(ranges, std::min(from + forgiven_ms, middle), std::max(to - forgiven_ms, middle));
}

std::vector<std::string> touched_by(std::span<const audit::Entry> entries, std::size_t most) {
    std::vector<std::string> out;
    for (const auto& entry : entries) {
        if (entry.kind != "capability.used" && entry.kind != "capability.refused") continue;
        auto words = printable(words_of(entry), longest_text);
        if (std::find(out.begin(), out.end(), words) != out.end()) continue;
        if (out.size() == most) break;
        out.push_back(std::move(words));
    }
    return out;
}

std::string place_text(std::int64_t at_ms) {
    const auto seconds = at_ms / 1000;
    const auto two = [](std::int64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); };
    const auto minutes = seconds / 60 % 60;
    return (seconds >= 3600 ? std::to_string(seconds / 3600) + ":" + two(minutes) : std::to_string(minutes)) + ":" + two(seconds % 60);
}

}  // namespace anteroom::console
