// Channel by channel: its files, and how it crosses the network.
#include "broker/cli/alert_checks.h"

#include <boost/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

namespace anteroom::cli {

namespace json = boost::json;

namespace {

using installation::AlertChannel;

class Looking {
public:
    Looking(const std::string& dir, json::array& rows) : dir_(dir), rows_(rows) {}

    void at(const AlertChannel& channel) {
        if (!channel.secret_file.empty()) secret(channel, channel.secret_file);
        if (!channel.url_file.empty()) secret(channel, channel.url_file);
        if (!channel.ca_file.empty() && ::access(path_of(channel.ca_file).c_str(), R_OK) != 0)
            add("fail", channel, path_of(channel.ca_file) + " cannot be read", "put the authority's certificate there (PEM)");
        const bool mail = channel.kind == AlertChannel::Kind::smtp, syslog = channel.kind == AlertChannel::Kind::syslog;
        if ((mail || syslog) && channel.security == AlertChannel::Security::none && !installation::is_loopback_host(channel.host))
            add("warn", channel, "it crosses the network in the clear", mail ? "security: starttls or tls" : "security: tls");
        if (channel.kind == AlertChannel::Kind::webhook && channel.shape == AlertChannel::Template::plain && channel.secret_file.empty())
            add("warn", channel, "its calls are not signed: whoever knows the address can make them", "secret_file: a file with a long random key");
    }

private:
    void secret(const AlertChannel& channel, const std::string& file) {
        struct stat found{};
        const auto path = path_of(file);
        if (::stat(path.c_str(), &found) != 0) add("fail", channel, path + " is not there", "write the secret into it, and chmod 600 " + path);
        else if ((found.st_mode & 077) != 0) add("fail", channel, path + " can be read or changed by other users", "chmod 600 " + path);
    }
    std::string path_of(const std::string& file) const { return file.starts_with('/') ? file : dir_ + "/" + file; }
    void add(const char* state, const AlertChannel& channel, const std::string& what, const std::string& mend) {
        rows_.push_back(json::object{{"check", "alerts"}, {"state", state}, {"what", channel.name + ": " + what}, {"mend", mend}});
    }

    const std::string& dir_;
    json::array& rows_;
};

}  // namespace

json::array alert_checks(const installation::Config& config, const std::string& dir) {
    json::array rows;
    Looking looking(dir, rows);
    for (const auto& [name, channel] : config.alerts) looking.at(channel);
    if (!config.alerts.empty() && rows.empty())
        rows.push_back(json::object{{"check", "alerts"}, {"state", "ok"}, {"what", std::to_string(config.alerts.size()) + " channels"}, {"mend", ""}});
    return rows;
}

}  // namespace anteroom::cli
