// One installation that tests copy: keys take their time to make. CTest has it made once for a run (make_original) and says where in
// ANTEROOM_TEST_INSTALLATION; a program that is run by hand makes its own.
#pragma once

#include <cstdlib>

#include "base/fd.h"
#include "broker/installation/installation.h"
#include "tests/unit/store/temporary.h"

namespace anteroom::installation::testing {

struct Original {
    std::string dir;
    Installation::New made;
};

// As `anteroom init` makes it, at the time that tests begin with; what only its maker learns is written down beside it.
inline void make_original(const std::string& folder) {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    const auto made = anteroom::testing::must(Installation::create(folder + "/anteroom", ManualClock(anteroom::testing::start_of_tests())));
    for (const auto& [name, text] : {std::pair{"escrow", made.escrow_text.expose_text()},
                                     {"fingerprint", std::string_view(made.fingerprint)},
                                     {"rdp-certificate", std::string_view(made.rdp_certificate)},
                                     {"web-certificate", std::string_view(made.web_certificate)}})
        if (!replace_file(folder + "/" + name, view(text), 0600)) throw std::runtime_error("cannot write in " + folder);
}

inline Original read_original(const std::string& folder) {
    const auto text = [&](const char* name) { return to_string(anteroom::testing::must(read_file(folder + "/" + name))); };
    return {folder + "/anteroom", {Secret::copy_of(text("escrow")), text("fingerprint"), text("rdp-certificate"), text("web-certificate")}};
}

inline const Original& original() {
    static const anteroom::testing::TemporaryDirectory own;
    static const Original here = [] {
        if (const char* folder = std::getenv("ANTEROOM_TEST_INSTALLATION")) return read_original(folder);
        make_original(own.file("original"));
        return read_original(own.file("original"));
    }();
    return here;
}

// A copy for one test to spoil.
inline void copy_original(const std::string& to) { std::filesystem::copy(original().dir, to, std::filesystem::copy_options::recursive); }

}  // namespace anteroom::installation::testing
