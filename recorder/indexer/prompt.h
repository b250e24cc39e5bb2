// A guess: what a line says that ends with Enter, if it looks like a prompt and a command behind it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace anteroom::indexer {

// "ward@mri-3:~$ ls -la" -> "ls -la"; "router#show run" -> "show run".
std::optional<std::string> command_behind_prompt(std::string_view line);

}  // namespace anteroom::indexer
