// anteroom.yaml: how this installation listens, stores and limits. Unknown keys are errors that name the line.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace anteroom::installation {

struct Limits {
    int connections = 500;
    int unauthenticated = 100;
    int unauthenticated_per_source = 20;
    Duration login = std::chrono::minutes(2);
    int channels = 16;                          // of one connection
    Duration session = std::chrono::hours(12);  // longest, where no rule says less
    int bulk_mib = 64;                          // of a channel without a terminal that is kept whole
    Duration target_connect = std::chrono::seconds(10);
};

struct Config {
    std::string ssh_listen = "127.0.0.1:2222";
    std::string store;            // "sqlite:PATH"; empty: the installation's own file
    std::string recordings_dir;   // empty: recordings/ below the installation
    std::string zone = "UTC";     // times for people are shown in it
    std::string help;             // whom to call: stands at the end of each refusal
    std::string passphrase_file;  // of the key ring; empty: none
    std::string banner;           // before login
    Limits limits;
};

Result<Config> parse_config(std::string_view yaml, std::string_view file);
// What `anteroom init` writes: every key with its default, explained.
std::string example_config();

// "2026-01-02 03:04 -06:00": date, minute and offset, for people.
std::string local_time(Time time, const std::string& zone);

}  // namespace anteroom::installation
