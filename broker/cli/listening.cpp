// /proc/net/tcp and tcp6: "sl local_address rem_address st ...", addresses in hexadecimal, state 0A is LISTEN.
#include "broker/cli/listening.h"

#include <charconv>
#include <sstream>

#include "base/fd.h"

namespace anteroom::cli {

namespace {

int number_of(std::string_view text, int base) {
    int value = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    return error == std::errc() && end == text.data() + text.size() ? value : -1;
}

bool listed(const char* table, int port) {
    const auto content = read_file(table);
    if (!content) return false;
    std::istringstream lines(to_string(*content));
    std::string line;
    while (std::getline(lines, line)) {
        std::istringstream words(line);
        std::string number, local, remote, state;
        words >> number >> local >> remote >> state;
        const auto colon = local.rfind(':');
        if (state == "0A" && colon != std::string::npos && number_of(std::string_view(local).substr(colon + 1), 16) == port) return true;
    }
    return false;
}

}  // namespace

bool somebody_listens(const std::string& address) {
    const int port = number_of(std::string_view(address).substr(address.rfind(':') + 1), 10);
    return port > 0 && (listed("/proc/net/tcp", port) || listed("/proc/net/tcp6", port));
}

}  // namespace anteroom::cli
