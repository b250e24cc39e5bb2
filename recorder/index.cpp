// What replay keeps at hand. Moments, buckets and key frames are bounded: an index that says more is damaged.
#include "recorder/index.h"

#include <map>

#include "recorder/index_format.h"

namespace anteroom::recorder {

using namespace index;

namespace {

constexpr std::size_t most_moments = 100'000, most_frames = 100'000, most_buckets = 100'000;
constexpr std::size_t most_text = 16u << 20;  // of all moments

std::string folded(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

tl::unexpected<Error> too_much() { return fail(ErrorKind::damaged, "the index says more than one can hold"); }

void coarsen(std::vector<std::uint32_t>& buckets, std::size_t factor) {
    std::vector<std::uint32_t> out((buckets.size() + factor - 1) / factor);
    for (std::size_t i = 0; i < buckets.size(); ++i) {
        const std::uint64_t sum = std::uint64_t{out[i / factor]} + buckets[i];
        out[i / factor] = static_cast<std::uint32_t>(std::min<std::uint64_t>(sum, 0xffffffff));
    }
    buckets = std::move(out);
}

// The first `limit` by time of all that are offered.
class Earliest {
public:
    explicit Earliest(std::size_t limit) : limit_(limit) {}
    void offer(Moment&& moment) {
        if (limit_ == 0) return;
        const Key key{moment.at, number_++};
        if (kept_.size() == limit_ && !(key < std::prev(kept_.end())->first)) return;
        kept_.emplace(key, std::move(moment));
        if (kept_.size() > limit_) kept_.erase(std::prev(kept_.end()));
    }
    std::vector<Moment> take() {
        std::vector<Moment> out;
        for (auto& [key, moment] : kept_) out.push_back(std::move(moment));
        return out;
    }

private:
    using Key = std::pair<Duration, std::uint64_t>;
    std::size_t limit_;
    std::uint64_t number_ = 0;
    std::map<Key, Moment> kept_;
};

}  // namespace

struct Index::State {
    Records records;
    Timeline timeline = {};
    std::vector<FramePlace> frames = {};                   // by time
    std::map<std::uint64_t, std::uint64_t> pictures = {};  // record -> where it begins
    std::size_t text = 0;

    Status take(FramePlace&& place) {
        if (frames.size() == most_frames) return too_much();
        if (place.record && !pictures.contains(*place.record)) return fail(ErrorKind::damaged, "the index names a key frame that it does not have");
        const auto behind =
            std::upper_bound(frames.begin(), frames.end(), place.frame.at, [](Duration at, const FramePlace& other) { return at < other.frame.at; });
        frames.insert(behind, std::move(place));
        return ok();
    }
    Status take(KeyFrame&& frame) { return take(FramePlace{std::move(frame), std::nullopt}); }
    Status take(ShownLine&&) { return ok(); }
    Status take(Moment&& moment) {
        text += moment.text.size();
        if (timeline.moments.size() == most_moments || text > most_text) return too_much();
        auto& all = timeline.moments;
        const auto behind = std::upper_bound(all.begin(), all.end(), moment.at, [](Duration at, const Moment& other) { return at < other.at; });
        all.insert(behind, std::move(moment));
        return ok();
    }
    Status take(IndexedTo&& upto) {
        timeline.upto = upto;
        return ok();
    }
    Status take(Activity&& more);
};

// Buckets that are said again count as they are said last; later ones may be coarser, then those before become so.
Status Index::State::take(Activity&& more) {
    Activity& all = timeline.activity;
    const bool sane = more.each.count() > 0 && more.each >= all.each && more.each % all.each == Duration(0) && more.shown.size() == more.typed.size();
    if (!sane) return fail(ErrorKind::damaged, "the index's activity does not fit together");
    if (more.first > most_buckets || more.shown.size() > most_buckets || more.first + more.shown.size() > most_buckets) return too_much();
    if (const auto factor = static_cast<std::size_t>(more.each / all.each); factor > 1) {
        coarsen(all.shown, factor);
        coarsen(all.typed, factor);
        all.each = more.each;
    }
    const auto first = static_cast<std::size_t>(more.first), end = first + more.shown.size();
    all.shown.resize(std::max(all.shown.size(), end));
    all.typed.resize(all.shown.size());
    std::copy(more.shown.begin(), more.shown.end(), all.shown.begin() + static_cast<std::ptrdiff_t>(first));
    std::copy(more.typed.begin(), more.typed.end(), all.typed.begin() + static_cast<std::ptrdiff_t>(first));
    return ok();
}

Index::Index(std::unique_ptr<State> state) : state_(std::move(state)) {}
Index::Index(Index&&) noexcept = default;
Index::~Index() = default;

Result<Index> Index::open(Fd file, const IndexKeys& keys) {
    auto records = TRY(Records::open(std::move(file), keys));
    Index out(std::unique_ptr<State>(new State{std::move(records)}));
    TRY(out.update());
    return out;
}

Status Index::update() {
    State& s = *state_;
    while (true) {
        const auto record = TRY(s.records.next(false));
        if (!record) return ok();
        if (record->type == RecordType::key_frame) {
            if (s.pictures.size() == most_frames) return too_much();
            s.pictures[record->sequence] = record->offset;
            continue;
        }
        for (auto& entry : TRY(decode_entries(record->plain))) TRY(std::visit([&](auto& one) { return s.take(std::move(one)); }, entry));
    }
}

const Timeline& Index::timeline() const { return state_->timeline; }

Result<std::optional<KeyFrame>> Index::before(Duration at, std::uint32_t channel) const {
    State& s = *state_;
    const auto behind = std::upper_bound(s.frames.begin(), s.frames.end(), at, [](Duration t, const FramePlace& place) { return t < place.frame.at; });
    const auto found =
        std::find_if(std::make_reverse_iterator(behind), s.frames.rend(), [&](const FramePlace& place) { return place.frame.channel == channel; });
    if (found == s.frames.rend()) return std::nullopt;
    if (!found->record) return found->frame;
    const Bytes plain = TRY(s.records.read(s.pictures.at(*found->record)));
    auto entries = TRY(decode_entries(plain));
    auto* frame = entries.size() == 1 ? std::get_if<KeyFrame>(entries.data()) : nullptr;
    if (frame == nullptr) return fail(ErrorKind::damaged, "a key frame of the index is none");
    return std::optional(std::move(*frame));
}

Result<std::vector<Moment>> Index::search(std::string_view text, std::size_t limit) const {
    State& s = *state_;
    const std::string wanted = folded(text);
    Earliest earliest(limit);
    if (wanted.empty()) return earliest.take();
    const auto holds = [&](const std::string& line) { return folded(line).find(wanted) != std::string::npos; };
    for (const auto& moment : s.timeline.moments)
        if (holds(moment.text)) earliest.offer(Moment(moment));
    const auto read_on_from = s.records.position();
    const Status read = [&]() -> Status {
        s.records.go_to({});
        while (const auto record = TRY(s.records.next(false))) {
            if (record->type == RecordType::key_frame) continue;
            for (auto& entry : TRY(decode_entries(record->plain)))
                if (auto* line = std::get_if<ShownLine>(&entry); line != nullptr && holds(line->text))
                    earliest.offer({.at = line->at, .lane = Lane::shown, .channel = line->channel, .text = std::move(line->text), .guess = false});
        }
        return ok();
    }();
    s.records.go_to(read_on_from);
    TRY(read);
    return earliest.take();
}

}  // namespace anteroom::recorder
