// A bundle in memory, made as the broker makes one: a small sealed recording, a chain of audit records of which some are other people's,
// and keys that are the same in every run.
#pragma once

#include <boost/json.hpp>

#include "recorder/evidence/check.h"
#include "recorder/evidence/page.h"
#include "recorder/evidence/tar.h"
#include "tests/unit/recorder/fixture.h"

namespace anteroom::evidence::testing {

using recorder::testing::must;
inline constexpr const char* session_id = "fedcba9876543210";  // as in the recorder's fixture
inline constexpr const char* hostile = "</td><script>alert(1)</script><img src=x onerror=\"alert('2')\">&lt;";

struct Chained {
    audit::Entry entry;
    std::string body, previous, hash;  // base64
};

class Chain {
public:
    const Chained& add(audit::Kind kind, const std::string& person, const std::string& session, audit::Fields fields) {
        const audit::Record record{kind, person, "mri-3", session, std::move(fields)};
        Chained one;
        const auto seq = static_cast<std::int64_t>(all_.size()) + 1;
        one.entry = audit::entry_of(record, "main", seq, from_micros(1'700'000'000'000'000 + seq * 1'000'000), {});
        one.body = audit::body_of(one.entry);
        one.previous = base64(head_);
        head_ = audit::hash_of(head_, one.body);
        one.hash = base64(head_);
        all_.push_back(std::move(one));
        return all_.back();
    }
    const std::vector<Chained>& all() const { return all_; }

private:
    std::vector<Chained> all_;
    crypto::Digest head_ = audit::genesis;
};

// What is in a bundle, before it is packed: tests change a member, sign again or not, and pack it.
struct Bundle {
    recorder::testing::Session session;
    Secret audit_seed = Secret(Bytes(32, 0x24));
    Chain chain;
    Manifest manifest;
    std::map<std::string, Bytes, std::less<>> content;

    explicit Bundle(std::uint64_t entropy = 1) : session(entropy) {
        recorder::testing::small_session(session);
        fill_chain();
        make();
    }

    Keys keys() const { return {must(crypto::ed25519_public_of(audit_seed.expose())), session.keys.broker_public}; }
    void put(std::string_view name, std::string_view text) { content[std::string(name)] = to_bytes(text); }
    std::string text(std::string_view name) const { return to_string(content.find(name)->second); }

    void fill_chain() {
        using enum audit::Kind;
        const auto frame = *recorder::find_final(session.file.get(), 0, must(recorder::size_of(session.file.get())));
        chain.add(policy_applied, "", "", {{"version", "7"}, {"by", "dana"}, {"sha256", std::string(64, 'a')}});
        chain.add(access_requested, "vera", "", {{"request", "12"}, {"reason", hostile}, {"ticket", "CHG-1"}, {"rule", "mri-service"}});
        chain.add(login_refused, "sam", "", {{"reason", "somebody else's"}});
        chain.add(access_approved, "vera", "", {{"request", "12"}, {"by", "dana"}, {"factor", "passkey"}, {"signature", "left-out-of-the-page"}});
        chain.add(session_start, "vera", session_id, {{"account", "service"}, {"rule", "mri-service"}, {"policy_version", "7"}, {"request", "12"}});
        chain.add(recording_opened, "vera", session_id, {{"recording", "0123456789abcdef"}, {"header", hex(recorder::hash_of(session.created.header))}});
        chain.add(capability_used, "vera", session_id, {{"capability", "sftp:read"}, {"detail", std::string("/data/") + hostile}});
        chain.add(capability_refused, "vera", session_id, {{"capability", "forward:local"}, {"detail", "10.0.0.1:445"}});
        chain.add(recording_sealed, "vera", session_id,
                  {{"state", "complete"},
                   {"count", std::to_string(frame.final.count)},
                   {"bytes", std::to_string(frame.final.bytes)},
                   {"root", hex(frame.final.root)}});
        chain.add(session_end, "vera", session_id, {{"reason", "client-left"}});
        chain.add(login_accepted, "sam", "", {});
        chain.add(recording_export, "ruth", session_id, {{"format", "bundle"}, {"factor", "code"}});
    }

    static bool belongs(const audit::Entry& entry) { return entry.person != "sam"; }

    void make() {
        std::vector<audit::Entry> entries;
        std::string lines;
        for (const auto& one : chain.all()) {
            if (!belongs(one.entry)) continue;
            entries.push_back(one.entry);
            lines += line_of(one.body, one.previous, one.hash) + "\n";
            add_to(manifest.runs, one.entry.seq);
        }
        const auto report = must(report_of(entries, session_id));
        const auto file = session.bytes();
        const auto frame = *recorder::find_final(session.file.get(), 0, file.size());
        manifest.session = session_id;
        manifest.exported = from_micros(1'700'000'100'000'000);
        manifest.exporter = "ruth";
        manifest.zone = "America/Chicago";
        manifest.recording = {.size = file.size(),
                              .pieces = frame.final.count,
                              .pieces_end = frame.final.bytes,
                              .header = recorder::hash_of(session.created.header),
                              .root = frame.final.root,
                              .end = crypto::sha256(frame.frame)};
        manifest.chain = "main";
        manifest.records = static_cast<std::int64_t>(entries.size());
        manifest.head_seq = chain.all().back().entry.seq;
        manifest.head = chain.all().back().hash;
        const auto own_keys = keys();
        put(member::keys, encode(own_keys));
        put(member::page, page_of({report, manifest, own_keys, [](Time time) { return rfc3339(time); }}));
        put(member::report, text_of(report));
        put(member::audit, lines);
        content[std::string(member::checkpoints)] = session.checkpoints();
        content[std::string(member::recording)] = file;
        sign_again();
    }

    // Whoever holds the key says that the members belong together as they are now.
    void sign_again() {
        manifest.members.clear();
        for (const auto name : hashed_members) {
            const auto& bytes = content.find(name)->second;
            manifest.members.push_back({std::string(name), bytes.size(), crypto::sha256(bytes)});
        }
        put(member::manifest, encode(manifest));
        put(member::signature, must(sign(text(member::manifest), audit_seed.expose())));
    }

    Bytes pack() const {
        Bytes out;
        TarWriter archive([&](View bytes) {
            out.insert(out.end(), bytes.begin(), bytes.end());
            return ok();
        });
        for (const auto name : members)
            if (const auto found = content.find(name); found != content.end()) must(archive.add(name, found->second));
        must(archive.finish());
        return out;
    }
};

inline CheckReport check_bytes(View archive, const std::vector<KnownKey>& known = {}) {
    const Fd file = recorder::testing::memory_file(archive);
    return must(check_bundle(file.get(), known));
}
inline std::string all_of(const CheckReport& report) {
    std::string out;
    for (const auto& finding : report.findings) out += sentence(finding) + "\n";
    return out;
}

}  // namespace anteroom::evidence::testing
