// Everything of it came from a recording: text is repaired, lengths are bounded.
#include "web/outline.h"

#include <boost/json.hpp>

#include <algorithm>

#include "base/log.h"
#include "recorder/terminal_filter.h"

namespace anteroom::web {

namespace json = boost::json;
using recorder::Lane;
using recorder::Moment;

namespace {

constexpr std::size_t longest_text = 500, many_bytes = 64 * 1024;

json::object object_of(const Moment& moment) {
    const char* lane = boost::describe::enum_to_string(moment.lane, "note");
    return {
        {"at", milliseconds(moment.at)}, {"lane", lane}, {"channel", moment.channel}, {"text", printable(moment.text, longest_text)}, {"guess", moment.guess}};
}

json::array list_of(const std::vector<Moment>& moments, std::size_t most) {
    json::array out;
    for (std::size_t i = 0; i < std::min(moments.size(), most); ++i) out.push_back(object_of(moments[i]));
    return out;
}

Result<recorder::Index> open_index(Fd file, View data_key, const recorder::Digest& header_hash) {
    const auto head = TRY(recorder::read_index_head(file.get()));
    if (head.header_hash != header_hash) return fail(ErrorKind::damaged, "the index is another recording's");
    return recorder::Index::open(std::move(file), recorder::index_keys(data_key, head));
}

}  // namespace

Outline::Outline(Fd file, View data_key, const recorder::Digest& header_hash) {
    if (!file) return;
    auto index = open_index(std::move(file), data_key, header_hash);
    if (index) index_.emplace(std::move(*index));
    else drop(index.error());
}

void Outline::drop(const Error& why) const {
    log::warn("watch.index", {{"why", why.detail}});
    index_.reset();
}

bool Outline::look(Monotonic now, Outbox& out) {
    if (!index_ || (told_ && (whole_ || now < next_look_))) return false;
    next_look_ = now + look_every;
    if (auto updated = index_->update(); !updated) {
        drop(updated.error());
        return false;
    }
    const auto& timeline = index_->timeline();
    whole_ = timeline.upto.whole;
    if (told_ && timeline.upto.pieces == told_pieces_ && !whole_) return false;
    told_ = true;
    told_pieces_ = timeline.upto.pieces;
    say(now, out);
    return true;
}

void Outline::say(Monotonic now, Outbox& out) {
    const auto& timeline = index_->timeline();
    json::array shown(timeline.activity.shown.begin(), timeline.activity.shown.end());
    json::array typed(timeline.activity.typed.begin(), timeline.activity.typed.end());
    auto text = json::serialize(
        json::object{{"kind", "timeline"},
                     {"moments", list_of(timeline.moments, most_moments)},
                     {"activity", json::object{{"each", milliseconds(timeline.activity.each)}, {"shown", std::move(shown)}, {"typed", std::move(typed)}}},
                     {"upto", milliseconds(timeline.upto.at)},
                     {"whole", timeline.upto.whole}});
    next_look_ = now + look_every * static_cast<std::int64_t>(1 + std::min(text.size() / many_bytes, std::size_t{9}));
    out.add(std::move(text));
}

void Outline::search(const Search& search, Outbox& out) const {
    json::array hits;
    bool more = false;
    if (index_) {
        if (auto updated = index_->update(); !updated) drop(updated.error());
    }
    if (index_) {
        const auto found = index_->search(search.text, most_hits + 1);
        if (!found) drop(found.error());
        else {
            more = found->size() > most_hits;
            hits = list_of(*found, most_hits);
        }
    }
    out.add(
        json::serialize(json::object{{"kind", "hits"}, {"search", search.number}, {"hits", std::move(hits)}, {"more", more}, {"indexed", index_.has_value()}}));
}

std::optional<recorder::KeyFrame> Outline::before(Duration at, std::uint32_t channel) const {
    if (!index_) return std::nullopt;
    auto found = index_->before(at, channel);
    if (found) return std::move(*found);
    drop(found.error());
    return std::nullopt;
}

std::set<std::uint32_t> Outline::channels() const {
    std::set<std::uint32_t> out;
    if (index_)
        for (const auto& moment : index_->timeline().moments)
            if (moment.lane == Lane::channel && moment.text == "terminal") out.insert(moment.channel);
    return out;
}

bool Outline::reaches(Duration at) const { return index_ && (index_->timeline().upto.whole || index_->timeline().upto.at >= at); }

// As Follower does: one after the other, each until it ends; what has ended stands there until another begins.
std::optional<Outline::Shown> Outline::shown_at(Duration at, std::optional<std::uint32_t> preferred) const {
    std::vector<std::uint32_t> open;  // as they began
    std::optional<Shown> shown;
    bool among_others = false;
    if (!index_) return shown;
    for (const auto& moment : index_->timeline().moments) {
        if (moment.at > at) break;
        if (moment.lane != Lane::channel) continue;
        if (moment.text == "terminal") open.push_back(moment.channel);
        if (moment.text.starts_with("ended")) std::erase(open, moment.channel);
        among_others |= open.size() > 1;
        if (!open.empty()) shown = Shown{open.front()};
    }
    if (preferred && std::find(open.begin(), open.end(), *preferred) != open.end()) shown = Shown{*preferred};
    if (shown) shown->among_others = among_others;
    return shown;
}

}  // namespace anteroom::web
