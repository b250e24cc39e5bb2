// What comes from the keyboard or standard input: secrets, codes, public keys. Nothing secret is ever an argument.
#pragma once

#include <string>

#include "base/secret.h"

namespace anteroom::cli {

Result<Bytes> read_standard_input(std::size_t limit);
// Without the line's end, if there is one.
Result<Secret> read_secret_line();
// From standard input, or from a prompt on the terminal: "Code for ruth: ".
Result<Secret> read_code(const std::string& person, bool from_standard_input);

}  // namespace anteroom::cli
