// Settings named alert.NAME.arrived, .failed (the time, a blank, why) and .audit.
#include "broker/installation/channel_state.h"

#include <charconv>

namespace anteroom::installation {

namespace {

std::string setting(const std::string& channel, const char* what) { return "alert." + channel + "." + what; }

std::optional<Time> time_in(const std::optional<std::string>& text) {
    if (!text) return std::nullopt;
    const auto time = parse_rfc3339(text->substr(0, text->find(' ')));
    return time ? std::optional(*time) : std::nullopt;
}

}  // namespace

Result<ChannelState> channel_state(store::Settings& settings, const std::string& channel) {
    ChannelState state;
    state.arrived = time_in(TRY(settings.get(setting(channel, "arrived"))));
    const auto failed = TRY(settings.get(setting(channel, "failed")));
    state.failed = time_in(failed);
    if (state.failed && failed->find(' ') != std::string::npos) state.why = failed->substr(failed->find(' ') + 1);
    if (const auto audit = TRY(settings.get(setting(channel, "audit")))) {
        const auto [end, error] = std::from_chars(audit->data(), audit->data() + audit->size(), state.audit);
        if (error != std::errc() || end != audit->data() + audit->size()) return fail(ErrorKind::damaged, "how far the audit log has got to " + channel);
    }
    return state;
}

Status note_arrived(store::Settings& settings, const std::string& channel, Time now) { return settings.set(setting(channel, "arrived"), rfc3339(now)); }

Status note_failed(store::Settings& settings, const std::string& channel, Time now, const std::string& why) {
    return settings.set(setting(channel, "failed"), rfc3339(now) + " " + why);
}

Status note_audit(store::Settings& settings, const std::string& channel, std::int64_t upto) {
    return settings.set(setting(channel, "audit"), std::to_string(upto));
}

}  // namespace anteroom::installation
