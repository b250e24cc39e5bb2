// Bursts by key.
#include "broker/audit/coalescer.h"

namespace anteroom::audit {

// A burst's slot: its own, or its kind's shared one when there is no room for more. The key is hashed: it may be long and hostile.
std::string Coalescer::slot_of(std::string_view key, Kind kind) const {
    auto own = std::string(name_of(kind)) + "/" + hex(crypto::sha256(view(key)));
    if (bursts_.contains(own) || bursts_.size() < options_.keys) return own;
    return std::string(name_of(kind)) + "/*";
}

bool Coalescer::wants_written(std::string_view key, const Record& record, Monotonic now) {
    const auto found = bursts_.find(slot_of(key, record.kind));
    // A window that is over but not yet collected goes on counting: its count is written first, by due().
    if (found == bursts_.end()) return true;
    if (now >= found->second.opened + options_.window && found->second.repeated == 0) return true;
    ++found->second.repeated;
    return false;
}

void Coalescer::opened(std::string_view key, const Record& record, Monotonic now, Time wall) {
    auto slot = slot_of(key, record.kind);
    const bool various = slot.ends_with("/*");
    Record kept = record;
    for (auto* text : {&kept.person, &kept.target, &kept.session}) *text = text->substr(0, value_limit);
    for (auto& [name, value] : kept.fields) value = value.substr(0, value_limit);
    bursts_.insert_or_assign(std::move(slot), Burst{.first = std::move(kept), .opened = now, .since = wall, .repeated = 0, .various = various});
}

Summary Coalescer::summary_of(const std::string& slot, const Burst& burst) {
    Record record = burst.first;
    if (burst.various) record = Record{.kind = burst.first.kind, .person = {}, .target = {}, .session = {}, .fields = {{"various", "true"}}};
    record.fields["repeated"] = std::to_string(burst.repeated);
    record.fields["since"] = rfc3339(burst.since);
    return {.key = slot, .record = std::move(record)};
}

std::vector<Summary> Coalescer::due(Monotonic now) {
    std::vector<Summary> out;
    for (auto at = bursts_.begin(); at != bursts_.end();) {
        const bool over = now >= at->second.opened + options_.window;
        if (over && at->second.repeated > 0) out.push_back(summary_of(at->first, at->second));
        at = over && at->second.repeated == 0 ? bursts_.erase(at) : std::next(at);
    }
    return out;
}

std::vector<Summary> Coalescer::all() {
    std::vector<Summary> out;
    for (const auto& [slot, burst] : bursts_)
        if (burst.repeated > 0) out.push_back(summary_of(slot, burst));
    return out;
}

void Coalescer::written(const std::string& key) { bursts_.erase(key); }

}  // namespace anteroom::audit
