// Searching in what was shown: the indexes of the recordings that this person may open, each with keys that open that index and nothing
// else. The records stand before the first one is handed out. Where there is no index, the broker is asked to make one.
#include <boost/json.hpp>
#include <fcntl.h>

#include "broker/admin/commands.h"
#include "broker/admin/looking.h"
#include "broker/store/recordings.h"
#include "recorder/index_keys.h"
#include "recorder/keys.h"
#include "recorder/scan.h"

namespace anteroom::admin {

namespace {

constexpr std::size_t newest = 1000, longest_audited = 200;

struct Found {
    store::Session session;
    recorder::Header header;
    recorder::IndexHead head;
    Fd index;
};

struct Search {
    std::vector<store::Session> permitted;
    std::string why_none;  // of the last that was refused
    std::vector<Found> found;
    std::size_t without = 0;
    bool older = false;  // more recordings than are gone through
};

Status choose(Call& call, const access::SecondFactor& by, Search& search) {
    const auto since = TRY(moment_argument(call, "since"));
    store::Recordings recordings(call.here.database);
    store::RecordingFilter filter;
    if (call.given("person")) filter.person = call.argument("person");
    if (call.given("target")) filter.target = call.argument("target");
    std::vector<SessionId> fitting;
    for (const auto& one : TRY(recordings.outlines(filter, newest))) fitting.push_back(one.id);
    search.older = fitting.size() == newest;
    for (const auto& recorded : TRY(recordings.find(fitting))) {
        const auto& session = recorded.session;
        if (since && session.ended.value_or(call.now()) < *since) continue;
        const auto permitted = may_look(call.here, by.person(), session, by.self_enrolled());
        if (permitted) search.permitted.push_back(session);
        else if (permitted.error().kind != ErrorKind::refused) return fail(permitted.error());
        else search.why_none = permitted.error().detail;
    }
    return ok();
}

// `not_found`: there is none. Anything else: what is there is none.
Result<Found> find_index(Call& call, const store::Session& session) {
    Found found{session, {}, {}, {}};
    found.index = TRY(open_file(call.here.index_path(session.id), O_RDONLY | O_NOFOLLOW));
    found.head = TRY(recorder::read_index_head(found.index.get()));
    const auto recording = TRY(open_recording(call.here, session));
    found.header = TRY(recorder::read_header(recording.get()));
    if (found.head.header_hash != recorder::hash_of(found.header)) return fail(ErrorKind::damaged, "another recording's index");
    return found;
}

void find_indexes(Call& call, Search& search) {
    for (const auto& session : search.permitted) {
        auto found = find_index(call, session);
        if (found) {
            call.live.index(session.id);  // one that nobody goes on with is made anew
            search.found.push_back(std::move(*found));
            continue;
        }
        ++search.without;
        call.live.index(session.id, found.error().kind == ErrorKind::damaged);
    }
}

audit::Record search_record(Call& call, const access::SecondFactor& by, audit::Fields fields) {
    auto record = call.record(audit::Kind::recording_search, std::move(fields));
    for (const auto& [name, value] : by.evidence()) record.fields[name] = value;
    return record;
}

// One for the search, one for each recording that is looked into: all of them, or none.
Status audit_search(Call& call, const access::SecondFactor& by, const Search& search) {
    const auto text = printable(call.argument("text"), longest_audited);
    TRY(call.here.database.transaction([&]() -> Status {
        TRY(call.here.log->append(search_record(call, by, {{"text", text}, {"recordings", std::to_string(search.found.size())}})));
        for (const auto& found : search.found) {
            auto record = search_record(call, by, {{"text", text}, {"of", found.session.person.str()}, {"account", found.session.account.str()}});
            record.target = found.session.target.str();
            record.session = found.session.id.str();
            TRY(call.here.log->append(record));
        }
        return ok();
    }));
    call.recorded = true;
    return ok();
}

Status hand_out(Call& call, Found& found) {
    const auto data_key = TRY(recorder::open_for_key(found.header, call.here.ring.recording_identity()));
    control::AdminIndex index;
    index.id = found.session.id.str();
    index.person = found.session.person.str();
    index.target = found.session.target.str();
    index.account = found.session.account.str();
    index.started = micros(found.session.started);
    index.keys = recorder::index_keys(data_key.expose(), found.head);
    return call.reply.index(std::move(index), found.index.get());
}

}  // namespace

Outcome recording_search(Call& call) {
    const auto by = TRY(take_factor(call));
    Search search;
    TRY(choose(call, by, search));
    if (search.permitted.empty() && !search.why_none.empty()) {
        TRY(call.append(
            search_record(call, by, {{"text", printable(call.argument("text"), longest_audited)}, {"outcome", "refused"}, {"why", search.why_none}})));
        return fail(ErrorKind::refused, search.why_none);
    }
    find_indexes(call, search);
    TRY(audit_search(call, by, search));
    for (auto& found : search.found) TRY(hand_out(call, found));
    return done(call, "", {{"recordings", search.permitted.size()}, {"without_index", search.without}, {"older", search.older}});
}

// The command line found an index damaged that it was handed; or an administrator wants one made anew.
Outcome recording_index(Call& call) {
    const auto session = TRY(known_session(call));
    call.live.index(session.id, true);
    return done(call, "the index of " + session.id.str() + " is made anew");
}

}  // namespace anteroom::admin
