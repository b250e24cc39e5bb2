// Copies of one installation's folder for tests to spoil.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "base/fd.h"
#include "broker/installation/installation.h"
#include "tests/unit/base/seeds.h"
#include "tests/unit/installation/original.h"

namespace anteroom::installation::testing {

using anteroom::testing::kind_of;
using anteroom::testing::must;
using anteroom::testing::Seeded;
using anteroom::testing::start_of_tests;
using anteroom::testing::TemporaryDirectory;

// Name, mode and content of everything below a folder.
inline std::map<std::string, std::string> snapshot(const std::string& folder) {
    std::map<std::string, std::string> all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        struct stat found{};
        ::lstat(entry.path().c_str(), &found);
        all[entry.path().string().substr(folder.size())] =
            std::to_string(found.st_mode) + (S_ISREG(found.st_mode) ? " " + to_string(must(read_file(entry.path()))) : "");
    }
    return all;
}

class WithInstallation : public ::testing::Test {
protected:
    WithInstallation() { copy_original(dir); }
    std::unique_ptr<Installation> opened() { return must(Installation::open(dir, clock)); }
    Error open_error() {
        auto failed = Installation::open(dir, clock);
        return failed ? Error{ErrorKind::internal, "it opened"} : failed.error();
    }
    void write(const std::string& name, std::string_view text, unsigned mode = 0600) const { must(replace_file(dir + "/" + name, view(text), mode)); }
    std::string text_of(const std::string& name) const { return to_string(must(read_file(dir + "/" + name))); }

    TemporaryDirectory directory;
    const std::string dir = directory.file("anteroom");
    const Paths paths{dir};
    ManualClock clock{start_of_tests()};
};

}  // namespace anteroom::installation::testing
