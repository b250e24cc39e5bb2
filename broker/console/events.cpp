// Keeping events, and passing each on to those who may see what it is about.
#include "broker/console/events.h"

#include <boost/json.hpp>

#include <algorithm>

#include "base/log.h"
#include "broker/console/sight.h"
#include "broker/talk/words.h"

namespace anteroom::console {

namespace json = boost::json;

namespace {

constexpr Duration check_every = std::chrono::seconds(5);
constexpr const char* over = "You are signed out.";

std::string summary_of(installation::Installation& here, const access::Request& request) {
    const auto who = talk::name_of(here, request.person);
    if (request.extension) return who + " asks for " + duration_text(request.extension->by) + " more on " + talk::places_text(request) + ".";
    return who + " asks for " + talk::places_text(request) + " for " + duration_text(request.asked) + ".";
}

}  // namespace

Events::Events(installation::Installation& here, access::Access& access, Sessions& sessions)
    : here_(here), access_(access), sessions_(sessions), last_(static_cast<std::uint64_t>(micros(here.clock.now()))) {}

void Events::request(const access::Request& request) {
    const auto audience = access_.audience(request);
    if (!audience) return log::error("console.event", {{"error", audience.error().detail}});
    Event event;
    event.topic = "request";
    event.data = {{"topic", "request"}, {"id", request.id}, {"state", access::name(request.state)}};
    event.seen_by = audience->deciders;
    event.seen_by.insert(request.person);
    for (const auto& yes : request.yeses) event.seen_by.insert(yes.by);
    if (!request.decided_by.empty()) event.seen_by.insert(request.decided_by);
    auto& known = known_deciders_[request.id];
    for (const auto& person : audience->asked)
        if (!known.contains(person)) event.fresh_for.insert(person);
    known = audience->asked;
    if (known.empty()) known_deciders_.erase(request.id);
    if (!event.fresh_for.empty()) event.data["summary"] = summary_of(here_, request);
    add(std::move(event));
}

void Events::session(const Seen& seen, std::string_view state) {
    Event event;
    event.topic = "session";
    event.data = {{"topic", "session"}, {"id", seen.session.id.str()}, {"state", state}};
    event.session = seen;
    add(std::move(event));
    if (state == "ended") recording(seen.session, state);
}

void Events::recording(const store::Session& session, std::string_view state) {
    Event event;
    event.topic = "recording";
    event.data = {{"topic", "recording"}, {"id", session.id.str()}, {"state", state}};
    event.recording = session;
    add(std::move(event));
}

void Events::watched(const store::Session& session, const PersonId& by) {
    Event event;
    event.topic = "recording";
    event.data = {{"topic", "recording"}, {"id", session.id.str()}, {"state", "watched"}};
    event.seen_by = {by};
    add(std::move(event));
}

void Events::me(const PersonId& person) {
    for (auto& [key, stream] : streams_)
        if (stream.session.person == person) stream.checked = {}, stream.facts.reset();
    end_what_is_over();
    Event event;
    event.topic = "me";
    event.data = {{"topic", "me"}};
    event.seen_by = {person};
    add(std::move(event));
}

void Events::people() {
    for (auto& [key, stream] : streams_) stream.checked = {}, stream.facts.reset();
    end_what_is_over();
    Event event;
    event.topic = "people";
    event.data = {{"topic", "people"}};
    event.people_page = true;
    add(std::move(event));
}

void Events::policy() {
    Event event;
    event.topic = "policy";
    event.data = {{"topic", "policy"}};
    event.everybody = true;
    add(std::move(event));
}

void Events::add(Event event) {
    event.id = ++last_;
    ring_.push_back(std::move(event));
    if (ring_.size() > kept) ring_.pop_front();
    const auto& kept_event = ring_.back();
    std::vector<Stream*> listeners;
    std::set<PersonId> deciders;
    for (auto& [key, stream] : streams_) {
        const auto* facts = facts_of(stream);
        if (facts == nullptr || !sees(kept_event, *facts)) continue;
        listeners.push_back(&stream);
        if (kept_event.topic == "request") deciders.insert(stream.session.person);
    }
    const auto waiting = access_.waiting_counts(deciders);
    for (auto* stream : listeners) pass_on(*stream, kept_event, waiting ? *waiting : Waiting());
}

const policy::Facts* Events::facts_of(Stream& stream) {
    if (!stream.facts) {
        auto facts = here_.facts_of(stream.session.person, "");
        if (!facts) return nullptr;
        stream.facts = std::move(*facts);
    }
    return &*stream.facts;
}

bool Events::sees(const Event& event, const policy::Facts& facts) const {
    if (event.everybody || event.seen_by.contains(facts.person)) return true;
    const auto& document = here_.policy.document;
    if (event.people_page) return policy::is_one_of(document, facts, document.console.people);
    if (event.recording) return reviews(here_, facts, *event.recording, here_.clock.now());
    return event.session && console::sees(here_, facts, *event.session, here_.clock.now());
}

void Events::pass_on(Stream& stream, const Event& event, const Waiting& waiting) {
    auto data = event.data;
    if (event.topic == "request") {
        const auto& person = stream.session.person;
        const auto count = waiting.find(person);
        data["waiting"] = count == waiting.end() ? std::int64_t{0} : count->second;
        if (event.fresh_for.contains(person)) data["fresh"] = true;
        else data.erase("summary");
    }
    stream.ear.hear({0, event.id, event.topic, json::serialize(data)});
}

Result<std::uint64_t> Events::open(Session session, Secret token, std::uint64_t after, Ear ear) {
    const auto of_it = std::count_if(streams_.begin(), streams_.end(), [&](const auto& one) { return one.second.session.id == session.id; });
    if (streams_.size() >= most_streams || of_it >= static_cast<std::ptrdiff_t>(most_of_a_session))
        return fail(ErrorKind::conflict, "Too many pages are open.");
    const auto before_ring = ring_.empty() ? last_ : ring_.front().id - 1;
    const bool missed = after != 0 && (after < before_ring || after > last_);
    const auto from = after == 0 || missed ? last_ : after;
    const auto key = next_stream_++;
    auto& stream = streams_.emplace(key, Stream{std::move(session), std::move(token), std::move(ear), std::nullopt, here_.clock.monotonic()}).first->second;
    const auto& person = stream.session.person;
    const auto waits = access_.waiting_counts({person}).value_or(Waiting());
    json::object hello{{"topic", "hello"}, {"waiting", waits.contains(person) ? waits.at(person) : 0}};
    if (missed) hello["missed"] = true;
    // The id of what it has heard already: should the line drop now, nothing is lost.
    stream.ear.hear({0, from, "hello", json::serialize(hello)});
    const auto* facts = facts_of(stream);
    for (const auto& event : ring_)
        if (event.id > from && facts != nullptr && sees(event, *facts)) pass_on(stream, event, waits);
    return key;
}

void Events::close(std::uint64_t stream) { streams_.erase(stream); }

bool Events::still_good(Stream& stream) {
    const auto now = here_.clock.monotonic();
    if (stream.checked != Monotonic() && now - stream.checked < check_every) return true;
    stream.checked = now;
    stream.facts.reset();
    const auto found = sessions_.find(stream.token);
    return found && *found && !(*found)->enrolling;
}

void Events::end_what_is_over() {
    std::vector<Ear> ended;
    for (auto at = streams_.begin(); at != streams_.end();) {
        if (still_good(at->second)) {
            ++at;
            continue;
        }
        ended.push_back(std::move(at->second.ear));
        at = streams_.erase(at);
    }
    for (const auto& ear : ended) ear.end(over);
}

void Events::tick() { end_what_is_over(); }

}  // namespace anteroom::console
