// What is remembered of each alert channel between two deliveries: when something last arrived, when and why something last did not,
// and how far the audit log has been handed on. For `alert list`, and so that a restart loses nothing.
#pragma once

#include "broker/store/settings.h"

namespace anteroom::installation {

struct ChannelState {
    std::optional<Time> arrived, failed;
    std::string why;         // of `failed`
    std::int64_t audit = 0;  // the last audit record that arrived
};

Result<ChannelState> channel_state(store::Settings& settings, const std::string& channel);
Status note_arrived(store::Settings& settings, const std::string& channel, Time now);
Status note_failed(store::Settings& settings, const std::string& channel, Time now, const std::string& why);
Status note_audit(store::Settings& settings, const std::string& channel, std::int64_t upto);

}  // namespace anteroom::installation
