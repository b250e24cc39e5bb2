// Finding recordings, their states, and what was watched of them.
#include "broker/console/recorded.h"

#include <boost/json.hpp>
#include <unistd.h>

#include <algorithm>

#include "policy/explain.h"
#include "recorder/scan.h"

namespace anteroom::console {

namespace json = boost::json;

namespace {

constexpr std::size_t most_views = 1000;

std::string file_of(const installation::Installation& here, const store::Session& session) {
    return session.recording_path.empty() ? here.recording_path(session.id) : session.recording_path;
}

// The end of the last piece, by the framing alone. No key is needed, and nothing is believed but for this.
Result<Duration> recorded_length(int file) {
    const auto header = TRY(recorder::read_header(file));
    const auto begin = recorder::encode(header).size();
    const auto found = recorder::find_final(file, begin, TRY(recorder::size_of(file)));
    if (!found) return fail(ErrorKind::not_found, "no final frame");
    auto offset = found->final.index.empty() ? begin : std::max<std::uint64_t>(found->final.index.back().offset, begin);
    Duration last{};
    while (offset < found->offset) {
        const auto bytes = TRY(recorder::read_at(file, offset, recorder::piece_prefix_bytes));
        if (bytes.size() < recorder::piece_prefix_bytes) break;
        const auto prefix = TRY(recorder::decode_piece_prefix(bytes));
        last = prefix.last;
        offset += prefix.frame_bytes();
    }
    return last;
}

// Who has opened it, and when first.
Result<std::vector<std::pair<PersonId, Time>>> openings(Call& call, const SessionId& session) {
    std::vector<std::pair<PersonId, Time>> out;
    store::Recordings recordings(call.here.database);
    for (const auto& row : TRY(recordings.moments(call.here.log->chain(), session, {"recording.view", "session.watched"}, most_views))) {
        const auto entry = audit::parse_body(row.body);
        if (!entry || entry->fields.contains("outcome")) continue;  // refused, or not to be read
        const PersonId person(row.person);
        if (std::none_of(out.begin(), out.end(), [&](const auto& one) { return one.first == person; })) out.emplace_back(person, row.time);
    }
    return out;
}

}  // namespace

Result<Looker> Looker::of(Call& call) {
    auto facts = TRY(call.here.facts_of(call.person(), ""));
    return Looker(call, std::move(facts));
}

const Names& Looker::names_of(const PersonId& person) {
    const auto at = names_.find(person);
    return at != names_.end() ? at->second : names_.emplace(person, Names::load_one(call_->here, person)).first->second;
}

std::string Looker::display(const PersonId& person) { return names_of(person).display(person); }
std::string Looker::vendor(const PersonId& person) { return names_of(person).vendor(person); }

std::optional<int> Looker::consent(const TargetId& target, std::int64_t policy_version) {
    const auto [at, fresh] = known_.try_emplace({target, policy_version});
    if (fresh) {
        store::Session session;
        session.target = target;
        session.policy_version = policy_version;
        at->second = policy::review_consent(call_->here.policy.document, facts_, target, labels_.of(session), call_->now());
    }
    return at->second;
}

Result<store::Recorded> recording_in_path(Call& call, Looker& looker) {
    const auto none = fail(ErrorKind::not_found, "There is no recording " + call.in_path.front() + ".");
    const auto id = SessionId::parse(call.in_path.front());
    if (!id) return none;
    auto found = TRY(store::Recordings(call.here.database).find({*id}));
    if (found.empty() || !looker.consent(found.front().session)) return none;
    return std::move(found.front());
}

std::string_view state_of(const installation::Installation& here, const store::Session& session) {
    if (!session.ended) return "live";
    if (session.recording_state == "lost" || ::access(file_of(here, session).c_str(), F_OK) != 0) return "gone";
    if (session.recording_state == "complete" || session.recording_state == "recovered") return session.recording_state;
    return "torn";
}

std::int64_t length_ms(const store::Session& session, Time now) {
    return std::max<std::int64_t>(0, (micros(session.ended.value_or(now)) - micros(session.started) + 999) / 1000);
}

Result<std::int64_t> recorded_ms(installation::Installation& here, const store::Session& session, Time now) {
    const auto whole = length_ms(session, now);
    if (!session.ended) return whole;
    const auto file = TRY(admin::open_recording(here, session));
    const auto length = TRY(recorded_length(file.get()));
    return std::min<std::int64_t>(whole, std::chrono::duration_cast<std::chrono::milliseconds>(length).count());
}

Result<json::object> recording_row(Call& call, Looker& looker, const store::Recorded& recorded, const std::optional<store::SignOff>& last) {
    const auto& session = recorded.session;
    const auto state = state_of(call.here, session);
    const auto needed = looker.consent(session).value_or(0);
    std::string why_not;
    if (state == "gone") why_not = "The recording is gone.";
    else if (needed > 0 && !TRY(admin::consent_of(call.here, call.person(), session, needed)).enough())
        why_not = needed == 1 ? "It takes the consent of another reviewer." : "It takes the consent of " + std::to_string(needed) + " other reviewers.";
    json::value seconds(nullptr), ended(nullptr), refusals(nullptr), signed_off(nullptr);
    if (session.ended) {
        ended = rfc3339(*session.ended);
        seconds = std::chrono::round<std::chrono::seconds>(*session.ended - session.started).count();
    }
    if (recorded.grounds.refusals) refusals = *recorded.grounds.refusals;
    if (last) signed_off = {{"by", last->person.str()}, {"at", rfc3339(last->at)}, {"outcome", last->outcome}};
    return json::object{{"id", session.id.str()},
                        {"person", session.person.str()},
                        {"person_name", looker.display(session.person)},
                        {"vendor", looker.vendor(session.person)},
                        {"target", session.target.str()},
                        {"account", session.account.str()},
                        {"protocol", session.protocol},
                        {"started", rfc3339(session.started)},
                        {"ended", std::move(ended)},
                        {"seconds", std::move(seconds)},
                        {"bytes", session.commit.bytes},
                        {"state", state},
                        {"emergency", recorded.grounds.emergency},
                        {"ticket", session.ticket},
                        {"refusals", std::move(refusals)},
                        {"may_open", why_not.empty()},
                        {"why_not", why_not},
                        {"signed_off", std::move(signed_off)}};
}

Result<std::vector<store::Watched>> watchers_of(Call& call, const SessionId& session) {
    auto out = TRY(store::Reviews(call.here.database).watchers(session));
    for (const auto& [person, at] : TRY(openings(call, session))) {
        const bool known = std::any_of(out.begin(), out.end(), [&, who = person](const store::Watched& one) { return one.person == who; });
        if (!known) out.push_back({session, person, at, at, "[]"});
    }
    std::sort(out.begin(), out.end(),
              [](const store::Watched& a, const store::Watched& b) { return std::tie(a.opened, a.person) < std::tie(b.opened, b.person); });
    return out;
}

Result<std::optional<store::Watched>> opened_by(Call& call, const SessionId& session, const PersonId& person) {
    auto kept = TRY(store::Reviews(call.here.database).watched(session, person));
    if (kept) return kept;
    for (const auto& [who, at] : TRY(openings(call, session)))
        if (who == person) return std::optional(store::Watched{session, person, at, at, "[]"});
    return std::optional<store::Watched>();
}

json::array ranges_json(const Ranges& ranges) {
    json::array out;
    for (const auto& [from, to] : ranges) out.push_back(json::array{from, to});
    return out;
}

Result<std::vector<audit::Entry>> told_of(Call& call, const SessionId& session, std::size_t most) {
    const auto kinds = telling_kinds();
    std::vector<audit::Entry> out;
    for (const auto& row : TRY(store::Recordings(call.here.database).sampled(call.here.log->chain(), session, {kinds.begin(), kinds.end()}, most)))
        if (auto entry = audit::parse_body(row.body); entry) out.push_back(std::move(*entry));
    return out;
}

std::int64_t ToWatch::missing() const {
    return excused.empty() ? std::count_if(moments.begin(), moments.end(), [](const Moment& one) { return !one.watched; }) : 0;
}

const ToWatch::Moment* ToWatch::first_missing() const {
    const auto at = std::find_if(moments.begin(), moments.end(), [](const Moment& one) { return !one.watched; });
    return at == moments.end() || !excused.empty() ? nullptr : &*at;
}

Result<ToWatch> to_watch(Call& call, Looker& looker, const store::Session& session, const std::vector<audit::Entry>& told) {
    ToWatch out;
    const auto state = state_of(call.here, session);
    if (state == "gone" || state == "torn") out.excused = state == "gone" ? "its recording is gone" : "its recording is torn";
    else if (!looker.consent(session)) out.excused = "the policy does not let you open its recording";
    const auto kept = TRY(store::Reviews(call.here.database).watched(session.id, call.person()));
    const auto ranges = kept ? TRY(ranges_of(kept->ranges)) : Ranges();
    const auto shown = out.excused.empty() ? recorded_ms(call.here, session, call.now()) : Result<std::int64_t>(0);
    if (!shown) out.excused = "its recording is damaged";
    for (auto& one : required_moments(told, session.started, length_ms(session, call.now()))) {
        const bool watched = out.excused.empty() && was_watched(ranges, one.at_ms, *shown);
        out.moments.push_back({std::move(one), watched});
    }
    return out;
}

}  // namespace anteroom::console
