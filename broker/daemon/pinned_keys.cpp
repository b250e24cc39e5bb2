// Reading the lines of `host_key`.
#include "broker/daemon/pinned_keys.h"

namespace anteroom::daemon {

std::vector<Pinned> pinned_keys(const policy::AuthorizedTarget& target) {
    std::vector<Pinned> keys;
    for (const auto& line : target.host_keys()) {
        const auto space = line.find(' ');
        auto blob = from_base64(std::string_view(line).substr(space + 1));
        if (space != std::string::npos && blob) keys.push_back({line.substr(0, space), std::move(*blob)});
    }
    return keys;
}

std::vector<std::string> algorithms_of(const std::vector<Pinned>& keys) {
    std::vector<std::string> list;
    for (const auto& key : keys) {
        if (key.algorithm == "ssh-rsa") list.insert(list.end(), {"rsa-sha2-512", "rsa-sha2-256"});
        if (key.algorithm != "ssh-rsa") list.push_back(key.algorithm);
    }
    return list;
}

}  // namespace anteroom::daemon
