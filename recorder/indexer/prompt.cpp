// Shells end their prompts with one of $ # > % and a blank; routers and Windows leave the blank out.
#include "recorder/indexer/prompt.h"

namespace anteroom::indexer {

namespace {

constexpr std::size_t longest_prompt = 100;

std::optional<std::string> behind(std::string_view line, std::size_t at) {
    line.remove_prefix(at);
    const auto first = line.find_first_not_of(' '), last = line.find_last_not_of(' ');
    if (first == line.npos) return std::nullopt;
    return std::string(line.substr(first, last - first + 1));
}

}  // namespace

std::optional<std::string> command_behind_prompt(std::string_view line) {
    const auto head = line.substr(0, longest_prompt);
    for (std::size_t at = 0; at + 1 < head.size(); ++at)
        if (std::string_view("$#>%").find(head[at]) != std::string_view::npos && head[at + 1] == ' ') return behind(line, at + 1);
    const auto end = head.find_first_of("#>");
    if (end == head.npos || end == 0 || head.substr(0, end).find(' ') != head.npos) return std::nullopt;
    return behind(line, end + 1);
}

}  // namespace anteroom::indexer
