// Lines, profiles, addresses.
#include "broker/console/connect.h"

#include <fmt/format.h>

#include <charconv>

namespace anteroom::console {

namespace {

constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

std::string percent_encoded(std::string_view text, std::string_view also = "") {
    std::string out;
    for (const char c : text) {
        if (plain.find(c) != std::string_view::npos || also.find(c) != std::string_view::npos) out += c;
        else out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

// In a .reg file's quotes.
std::string reg_text(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\' || c == '"') out += '\\';
        out += c;
    }
    return out;
}

// As a POSIX shell takes it in one word. Windows' shell takes what needs no quotes just so.
std::string shell_word(const std::string& text) {
    if (text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-+@:[]") == std::string::npos) return text;
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

std::string bracketed(const std::string& host) { return host.find(':') == std::string::npos ? host : "[" + host + "]"; }

}  // namespace

SshDoor ssh_door(const installation::Config& config) {
    SshDoor out;
    const auto colon = config.ssh_listen.rfind(':');
    out.host = config.ssh_listen.substr(0, colon);
    if (colon != std::string::npos) std::from_chars(config.ssh_listen.data() + colon + 1, config.ssh_listen.data() + config.ssh_listen.size(), out.port);
    if (out.host.size() > 2 && out.host.front() == '[') out.host = out.host.substr(1, out.host.size() - 2);
    if (out.host.empty() || out.host == "0.0.0.0" || out.host == "::" || out.host == "*") out.host = config.web.relying_party();
    return out;
}

std::string user_name(const Way& way) {
    const auto target = way.person.str() + "+" + way.ask.target.str();
    return way.only_account ? target : target + "+" + way.ask.account.str();
}

std::string ssh_line(const Way& way) {
    return (way.door.port == 22 ? std::string("ssh ") : fmt::format("ssh -p {} ", way.door.port)) + shell_word(user_name(way) + "@" + way.door.host);
}

std::string winscp_address(const Way& way) {
    return fmt::format("sftp://{}@{}:{}/", percent_encoded(user_name(way), "+"), bracketed(way.door.host), way.door.port);
}

std::string putty_profile(const Way& way) {
    const auto name = percent_encoded("anteroom " + way.ask.target.str() + " " + way.ask.account.str());
    return fmt::format(
        "REGEDIT4\r\n\r\n[HKEY_CURRENT_USER\\Software\\SimonTatham\\PuTTY\\Sessions\\{}]\r\n\"HostName\"=\"{}\"\r\n\"PortNumber\"=dword:{:08x}\r\n"
        "\"Protocol\"=\"ssh\"\r\n\"UserName\"=\"{}\"\r\n",
        name, reg_text(way.door.host), way.door.port, reg_text(user_name(way)));
}

}  // namespace anteroom::console
