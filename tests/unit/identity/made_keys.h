// Keys that ssh-keygen makes while the test runs, in a folder of their own that is gone before they are used.
#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/fd.h"

namespace anteroom::identity {

struct MadeKey {
    std::string private_text, public_line;
};

inline MadeKey make_key(std::vector<std::string> kind, const std::string& passphrase = "") {
    std::string folder = (std::filesystem::temp_directory_path() / "anteroom-key-XXXXXX").string();
    if (!::mkdtemp(folder.data())) return {};
    auto file = folder + "/key";
    std::vector<std::string> words{"ssh-keygen", "-q", "-N", passphrase, "-C", "test", "-f", file};
    words.insert(words.end(), kind.begin(), kind.end());
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t child = 0;
    int status = -1;
    if (::posix_spawnp(&child, "ssh-keygen", nullptr, nullptr, arguments.data(), environ) == 0) ::waitpid(child, &status, 0);
    MadeKey made;
    if (status == 0) made = {to_string(read_file(file).value()), to_string(read_file(file + ".pub").value())};
    std::filesystem::remove_all(folder);
    return made;
}

}  // namespace anteroom::identity
