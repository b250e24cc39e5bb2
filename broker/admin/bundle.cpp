// The recording itself is not hashed here: it may be gigabytes. What is signed of it is what was witnessed while it was written, from the
// audit log, and the hash of its last frame. The checkpoints, the records and the report are hashed as they are sent.
#include "broker/admin/bundle.h"

#include <boost/json.hpp>
#include <fcntl.h>

#include "broker/admin/bundle_records.h"
#include "broker/admin/looking.h"
#include "recorder/evidence/page.h"
#include "recorder/evidence/tar.h"
#include "recorder/scan.h"

namespace anteroom::admin {

namespace json = boost::json;
namespace member = evidence::member;

namespace {

constexpr std::size_t part_bytes = 48 * 1024;

Result<crypto::Digest> digest_in(const audit::Entry& entry, const char* name) {
    crypto::Digest out{};
    const auto field = entry.fields.find(name);
    const auto bytes = field == entry.fields.end() ? Bytes() : TRY(from_hex(field->second));
    if (bytes.size() != out.size()) return fail(ErrorKind::damaged, "audit record " + std::to_string(entry.seq) + " has no " + name);
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return out;
}

// As it was witnessed; from the file itself come its size and its last frame.
Result<evidence::RecordingFacts> recording_facts(installation::Installation& here, const store::Session& session, const std::vector<audit::Entry>& entries,
                                                 int file) {
    evidence::RecordingFacts out;
    bool opened = false;
    for (const auto& entry : entries) {
        if (entry.session != session.id.str() || entry.kind != audit::name_of(audit::Kind::recording_opened)) continue;
        out.header = TRY(digest_in(entry, "header"));
        opened = true;
    }
    const auto roots = TRY(audited_roots(here, session.id));
    if (!opened || roots.empty())
        return fail(ErrorKind::damaged, "the audit log does not say how the recording of session " + session.id.str() + " was sealed");
    out.pieces = roots.back().count;
    out.pieces_end = roots.back().bytes;
    out.root = roots.back().root;
    out.size = TRY(recorder::size_of(file));
    if (out.size > evidence::largest_member) return fail(ErrorKind::conflict, "this recording is larger than an archive can hold (8 GiB)");
    if (out.size < out.pieces_end || out.size - out.pieces_end > recorder::max_final_frame)
        return fail(ErrorKind::damaged, "the recording is not as it was sealed; anteroom recording verify " + session.id.str() + " says more");
    const auto end = TRY(recorder::read_at(file, out.pieces_end, static_cast<std::size_t>(out.size - out.pieces_end)));
    out.end = crypto::sha256(end);
    return out;
}

Result<std::string> checkpoints_of(const installation::Installation& here, const store::Session& session) {
    auto bytes = read_file(here.checkpoints_path(session.id), evidence::largest_text);
    if (!bytes && bytes.error().kind == ErrorKind::not_found) return std::string();
    if (!bytes) return fail(bytes.error());
    return to_string(*bytes);
}

struct Parts {  // the members that are text or small, and the manifest over them
    BundleParts out;
    evidence::Manifest manifest;

    void put(std::string_view name, std::string text) {
        manifest.members.push_back({std::string(name), text.size(), crypto::sha256(view(text))});
        out.content[std::string(name)] = std::move(text);
    }
};

Status send(Call& call, std::string_view name, std::string_view text) {
    do {
        const auto part = text.substr(0, part_bytes);
        TRY(call.rows.add({{"member", name}, {"bytes", base64(view(part))}}));
        text.remove_prefix(part.size());
    } while (!text.empty());
    return ok();
}

}  // namespace

Status check_sealed(const store::Session& session) {
    const std::string id = session.id.str();
    if (!session.ended) return fail(ErrorKind::conflict, "session " + id + " is live: a bundle is made when it has ended and its recording is sealed");
    if (session.recording_state != "complete" && session.recording_state != "recovered")
        return fail(ErrorKind::conflict, "the recording of session " + id + " is " + session.recording_state + ": only a sealed one goes into a bundle");
    return ok();
}

Result<BundleParts> bundle_parts(installation::Installation& here, const store::Session& session, const PersonId& exporter, int recording) {
    auto records = TRY(records_of(here, session));
    const auto report = TRY(evidence::report_of(records.entries, session.id.str()));
    const auto head = TRY(store::AuditRecords(here.database, here.log->chain()).last());
    Parts parts;
    auto& m = parts.manifest;
    m.session = session.id.str();
    m.exported = here.clock.now();
    m.exporter = exporter.str();
    m.zone = here.config.zone;
    m.recording = TRY(recording_facts(here, session, records.entries, recording));
    m.chain = here.log->chain();
    m.records = static_cast<std::int64_t>(records.entries.size());
    for (const auto& entry : records.entries) evidence::add_to(m.runs, entry.seq);
    m.head_seq = head ? head->seq : 0;
    m.head = head ? head->hash : "";
    const evidence::Keys keys{here.ring.audit_public(), here.ring.recording_signing_public()};
    auto page = evidence::page_of({report, m, keys, [&here](Time time) { return here.time_text(time); }});
    auto checkpoints = TRY(checkpoints_of(here, session));
    parts.put(member::keys, evidence::encode(keys));  // in the order of evidence::hashed_members
    parts.put(member::page, std::move(page));
    parts.put(member::report, evidence::text_of(report));
    parts.put(member::audit, std::move(records.lines));
    parts.put(member::checkpoints, std::move(checkpoints));
    auto text = evidence::encode(m);
    parts.out.size = m.recording.size;
    parts.out.content[std::string(member::signature)] = TRY(evidence::sign(text, here.ring.audit_signing_seed()));
    parts.out.content[std::string(member::manifest)] = std::move(text);
    return std::move(parts.out);
}

Outcome export_bundle(Call& call, const store::Session& session, const access::SecondFactor& by) {
    auto record = TRY(permitted_look(call, session, audit::Kind::recording_export, by));
    TRY(check_sealed(session));
    const auto file = TRY(open_recording(call.here, session));
    record.fields["format"] = "bundle";
    TRY(call.append(record));  // and is among the records of the bundle
    const auto parts = TRY(bundle_parts(call.here, session, by.person(), file.get()));
    for (const auto& [name, text] : parts.content) TRY(send(call, name, text));
    control::AdminRecording recording;
    recording.id = session.id.str();
    recording.signer = call.here.ring.recording_signing_public();
    TRY(call.reply.recording(std::move(recording), file.get()));
    return done(call, "", {{"size", parts.size}});
}

}  // namespace anteroom::admin
