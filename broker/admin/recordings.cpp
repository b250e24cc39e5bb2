// Recordings: listed, verified without a key, and opened for one authorised view. A data key is unwrapped only after the
// record that says who looks is durable, for a person whom the policy in force names as a reviewer.
#include <boost/json.hpp>
#include <fcntl.h>

#include <charconv>

#include "broker/admin/bundle.h"
#include "broker/admin/commands.h"
#include "broker/admin/looking.h"
#include "recorder/scan.h"

namespace anteroom::admin {

namespace json = boost::json;

namespace {

constexpr std::size_t listed_at_most = 1000, checkpoints_at_once = 64 * 1024;

std::optional<std::uint64_t> number_of(const std::string& text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && !text.empty() ? std::optional(value) : std::nullopt;
}

// The sidecar of eight hours is larger than a message: it goes in pieces.
struct Part {
    Bytes bytes;
    std::uint64_t whole = 0;
};
Result<Part> checkpoints_part(Call& call, const store::Session& session, std::uint64_t from) {
    auto file = open_file(call.here.checkpoints_path(session.id), O_RDONLY | O_NOFOLLOW);
    if (!file && file.error().kind == ErrorKind::not_found) return Part{};
    if (!file) return fail(file.error());
    Part part;
    part.whole = TRY(recorder::size_of(file->get()));
    part.bytes = TRY(recorder::read_at(file->get(), from, checkpoints_at_once));
    return part;
}

Outcome more_checkpoints(Call& call, const store::Session& session) {
    const auto from = number_of(call.argument("checkpoints_from"));
    if (!from) return fail(ErrorKind::invalid, "checkpoints_from is not a number");
    TRY(call.here.log->append_coalesced("checkpoints/" + session.id.str(), call.record(audit::Kind::admin_command, {{"recording", session.id.str()}})));
    call.recorded = true;
    const auto part = TRY(checkpoints_part(call, session, *from));
    TRY(call.rows.add({{"checkpoints", base64(part.bytes)}}));
    return done(call);
}

audit::Record view_record(Call& call, const store::Session& session, audit::Kind kind, const access::SecondFactor& by) {
    auto record = call.record(kind, {{"of", session.person.str()}, {"account", session.account.str()}});
    for (const auto& [name, value] : by.evidence()) record.fields[name] = value;
    // What the broker hands out is the same; the sealed keystrokes in it open with a key that it never had.
    if (call.asked.verb == "recording keystrokes") record.fields["keystrokes"] = "yes";
    record.target = session.target.str();
    record.session = session.id.str();
    return record;
}

Outcome open_for_view(Call& call, const store::Session& session, audit::Kind kind, const access::SecondFactor& by) {
    const auto record = TRY(permitted_look(call, session, kind, by));
    auto look = TRY(open_for_look(call.here, session, [&] { return call.append(record); }));
    control::AdminRecording recording;
    recording.id = session.id.str();
    recording.data_key = std::move(look.data_key);
    recording.signer = std::move(look.signer);
    TRY(call.reply.recording(std::move(recording), look.file.get()));
    return done(call, "",
                {{"person", session.person.str()},
                 {"target", session.target.str()},
                 {"account", session.account.str()},
                 {"started", rfc3339(session.started)},
                 {"live", !session.ended.has_value()},
                 {"exports", call.here.config.limits.exports}});  // that may run at once; who writes a film keeps to it
}

}  // namespace

Result<audit::Record> permitted_look(Call& call, const store::Session& session, audit::Kind kind, const access::SecondFactor& by) {
    auto record = view_record(call, session, kind, by);
    if (auto permitted = may_look(call.here, by.person(), session, by.self_enrolled()); !permitted) {
        record.fields["outcome"] = "refused";
        record.fields["why"] = permitted.error().detail;
        TRY(call.append(record));
        return fail(permitted.error());
    }
    return record;
}

Outcome recording_list(Call& call) {
    auto sessions = TRY(call.here.sessions.list(store::Sessions::Which::all, listed_at_most + 1));
    const bool older = sessions.size() > listed_at_most;
    if (older) sessions.resize(listed_at_most);
    for (const auto& session : sessions) {
        json::value length(nullptr);
        if (session.ended) length = std::chrono::round<std::chrono::seconds>(*session.ended - session.started).count();
        TRY(call.rows.add({{"id", session.id.str()},
                           {"person", session.person.str()},
                           {"target", session.target.str()},
                           {"account", session.account.str()},
                           {"started", rfc3339(session.started)},
                           {"ended", time_or_null(session.ended)},
                           {"seconds", std::move(length)},
                           {"bytes", session.commit.bytes},
                           {"state", session.recording_state}}));
    }
    return done(call, older ? "These are the newest thousand; the console's recordings page has the older ones." : "");
}

Outcome recording_verify(Call& call) {
    const auto session = TRY(known_session(call));
    if (call.given("checkpoints_from")) return more_checkpoints(call, session);
    auto record = call.record(audit::Kind::admin_command, {{"outcome", "begun"}});
    record.target = session.target.str();
    record.session = session.id.str();
    TRY(call.append(record));
    // The file last: it may have grown since, but holds at least what was signed and audited.
    control::AdminRecording recording;
    recording.id = session.id.str();
    recording.signer = call.here.ring.recording_signing_public();
    recording.audited = TRY(audited_roots(call.here, session.id));
    auto part = TRY(checkpoints_part(call, session, 0));
    recording.checkpoints = std::move(part.bytes);
    const auto file = TRY(open_recording(call.here, session));
    TRY(call.reply.recording(std::move(recording), file.get()));
    return done(call, "", {{"checkpoints_bytes", part.whole}, {"live", !session.ended.has_value()}, {"state", session.recording_state}});
}

Outcome recording_play(Call& call) {
    const auto session = TRY(known_session(call));
    return open_for_view(call, session, audit::Kind::recording_view, TRY(take_factor(call)));
}

// As playing its recording: the same people may, and the record stands before anything is seen.
Outcome session_watch(Call& call) {
    const auto session = TRY(known_session(call));
    if (session.ended)
        return fail(ErrorKind::conflict, "session " + session.id.str() + " has ended; `anteroom recording play " + session.id.str() + "` shows it");
    return open_for_view(call, session, audit::Kind::session_watched, TRY(take_factor(call)));
}

Outcome recording_export(Call& call) {
    const auto format = call.argument("format");
    if (format != "cast" && format != "mp4" && format != "bundle")
        return fail(ErrorKind::invalid, "recordings are exported as cast (asciicast v2, terminals), mp4 (desktops) or bundle (evidence)");
    const auto session = TRY(known_session(call));
    if (format == "bundle") return export_bundle(call, session, TRY(take_factor(call)));
    const bool desktop = session.protocol == "rdp";
    if (desktop != (format == "mp4"))
        return fail(ErrorKind::invalid,
                    desktop ? "this is a desktop's recording: export it with --format mp4" : "this is a terminal's recording: export it with --format cast");
    return open_for_view(call, session, audit::Kind::recording_export, TRY(take_factor(call)));
}

}  // namespace anteroom::admin
