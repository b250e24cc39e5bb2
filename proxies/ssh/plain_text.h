// What Anteroom itself writes to a person's screen: lines without control characters, whoever's words stand in them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace anteroom::ssh {

// The lines of a text (LF or CR LF between them), without control characters (C0 but the tabulator, DEL, C1). At least one.
std::vector<std::string> plain_lines(std::string_view text);

}  // namespace anteroom::ssh
