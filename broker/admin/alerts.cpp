// Alert channels: what each is, how it fares, and a test of one. Where a channel goes is shown without what may be a secret: of a web
// hook's address only the host.
#include <boost/json.hpp>

#include "broker/access/notices.h"
#include "broker/admin/commands.h"
#include "broker/installation/channel_state.h"

namespace anteroom::admin {

namespace json = boost::json;

namespace {

using installation::AlertChannel;

std::string place_of(const AlertChannel& channel) {
    if (channel.kind == AlertChannel::Kind::webhook) {
        if (channel.url.empty()) return "the address in " + channel.url_file;
        return channel.url.substr(0, channel.url.find_first_of("/?#", channel.url.find("//") + 2));
    }
    return channel.host + ":" + std::to_string(channel.port);
}

json::array events_of(const AlertChannel& channel) {
    json::array out;
    for (const auto event : channel.events) out.emplace_back(installation::name(event));
    if (channel.audit) out.emplace_back("audit");
    return out;
}

std::int64_t waiting_for(const std::vector<std::pair<std::string, std::int64_t>>& all, const std::string& name) {
    for (const auto& [channel, count] : all)
        if (channel == name) return count;
    return 0;
}

// How many audit records have not arrived there.
Result<std::int64_t> audit_behind(Call& call, const AlertChannel& channel, const installation::ChannelState& state) {
    if (!channel.audit) return 0;
    const auto last = TRY(store::AuditRecords(call.here.database, call.here.log->chain()).last());
    return last ? last->seq - state.audit : 0;
}

std::string state_of(const std::optional<std::set<std::string>>& courier, const std::string& name, const installation::ChannelState& state) {
    if (!courier) return "no courier";
    if (!courier->contains(name)) return "not deliverable: a file it names cannot be read";
    if (state.failed && (!state.arrived || *state.failed > *state.arrived)) return "failing";
    return state.arrived ? "ok" : "ready";
}

Result<json::object> row_of(Call& call, const AlertChannel& channel, std::int64_t waiting) {
    const auto state = TRY(installation::channel_state(call.here.settings, channel.name));
    json::object row{{"name", channel.name},
                     {"kind", channel.kind == AlertChannel::Kind::webhook ? std::string("webhook/") + std::string(installation::name(channel.shape))
                                                                          : std::string(installation::name(channel.kind))},
                     {"to", place_of(channel)},
                     {"events", events_of(channel)},
                     {"state", state_of(call.live.courier_channels(), channel.name, state)},
                     {"waiting", waiting},
                     {"arrived", time_or_null(state.arrived)},
                     {"failed", time_or_null(state.failed)},
                     {"why", state.why}};
    if (channel.audit) row["audit_behind"] = TRY(audit_behind(call, channel, state));
    if (channel.kind == AlertChannel::Kind::smtp) row["recipients"] = texts(channel.to);
    return row;
}

}  // namespace

Outcome alert_list(Call& call) {
    const auto waiting = TRY(call.here.outbox.waiting());
    for (const auto& [name, channel] : call.here.config.alerts) {
        auto row = TRY(row_of(call, channel, waiting_for(waiting, name)));
        TRY(call.rows.add(std::move(row)));
    }
    for (const auto& [name, count] : waiting)
        if (!call.here.config.alerts.contains(name))
            TRY(call.rows.add({{"name", name}, {"kind", ""}, {"to", ""}, {"events", json::array()}, {"state", "not in anteroom.yaml"}, {"waiting", count}}));
    return done(call);
}

Outcome alert_test(Call& call) {
    access::Notice notice;
    notice.event = "test";
    notice.person_name = call.caller.unix_user;
    notice.summary = "A test from " + printable(call.caller.unix_user, 64) + ": nothing has happened.";
    const auto& name = call.argument("name");
    const auto number = TRY(access::announce_to(call.here, name, notice));
    const auto delivery = name + "-" + std::to_string(number);
    return done(call, "test " + delivery + " is queued; `anteroom alert list` shows whether it has arrived", {{"delivery", delivery}, {"number", number}});
}

Status check_alerts(Call& call, const std::function<Status(const char* check, const char* state, std::string what, std::string mend)>& add) {
    const auto& channels = call.here.config.alerts;
    for (const auto& entry : call.here.policy.document.break_glass)
        for (const auto& name : entry.alert)
            if (!channels.contains(name))
                TRY(add("alerts", "warn", "break-glass entry " + entry.id + " of the policy in force alerts " + name + ", which anteroom.yaml does not define",
                        "define it under alerts:, or take it out of the policy"));
    const auto courier = call.live.courier_channels();
    if (!channels.empty() && !courier)
        return add("alerts", "fail", "no courier is connected: alerts wait",
                   "anteroom serve starts one; without it, run anteroom-courier --dir " + call.here.paths.dir);
    for (const auto& [name, channel] : channels) {
        const auto state = TRY(installation::channel_state(call.here.settings, name));
        const auto how = state_of(courier, name, state);
        if (how == "failing") TRY(add("alerts", "warn", name + " does not take its alerts: " + state.why, "anteroom alert list shows what waits"));
        else if (how != "ok" && how != "ready") TRY(add("alerts", "fail", name + ": " + how, "the courier's log names the file"));
    }
    return ok();
}

}  // namespace anteroom::admin
