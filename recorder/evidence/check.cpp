// One member function for each check; each reports and leaves the others to go on with what there is.
#include "recorder/evidence/check.h"

#include <algorithm>
#include <map>

#include "recorder/evidence/decisions.h"
#include "recorder/evidence/report.h"
#include "recorder/evidence/tar.h"
#include "recorder/verify.h"

namespace anteroom::evidence {

namespace {

constexpr std::size_t most_findings = 100;

std::optional<std::uint64_t> number_in(const audit::Entry& entry, const char* name) {
    const auto found = entry.fields.find(name);
    if (found == entry.fields.end() || found->second.empty() || found->second.size() > 18) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : found->second) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return value;
}

std::string text_in(const audit::Entry& entry, const char* name) {
    const auto found = entry.fields.find(name);
    return found == entry.fields.end() ? std::string() : found->second;
}

class Checking {
public:
    Checking(const recorder::Extent& file, const std::vector<KnownKey>& known) : file_(file), known_(known) {}

    Result<CheckReport> run() {
        if (!TRY(archive())) return std::move(out_);
        TRY(texts());
        keys();
        if (manifest()) {
            for (const auto& one : out_.manifest->members) hashed(one);
            close("members", "every member is what was signed", "not every member is what was signed");
        }
        records();
        TRY(recording());
        report();
        return std::move(out_);
    }

private:
    void find(std::string_view member, std::string what) {
        ++found_;
        if (out_.findings.size() < most_findings) out_.findings.push_back({std::string(member), std::move(what)});
    }
    // Ends one check: good when nothing was found since the one before.
    // `possible`: what it looks at is there at all; where it is not, that was found before.
    void close(const char* name, std::string good, std::string bad, bool possible = true) {
        const bool fine = found_ == before_ && possible;
        before_ = found_;
        out_.checks.push_back({name, fine, fine ? std::move(good) : std::move(bad)});
    }

    Result<bool> archive() {
        auto read = read_tar(file_);
        if (!read && read.error().kind != ErrorKind::damaged) return fail(read.error());
        if (!read) find("", "the archive, " + read.error().detail);
        else members_ = std::move(*read);
        std::size_t at = 0;
        for (const auto name : members) {
            const auto found = std::find_if(members_.begin(), members_.end(), [&](const auto& one) { return one.name == name; });
            if (found == members_.end()) {
                if (read) find(name, "is missing");
            } else if (static_cast<std::size_t>(found - members_.begin()) != at++) {
                find(name, "is not in its place");
            }
        }
        for (const auto& one : members_)
            if (std::find(std::begin(members), std::end(members), one.name) == std::end(members)) find(one.name, "does not belong into a bundle");
        close("archive", std::to_string(members_.size()) + " members, as a bundle has them", "it is not as a bundle is");
        return read.has_value();
    }

    const TarMember* at(std::string_view name) const {
        const auto found = std::find_if(members_.begin(), members_.end(), [&](const auto& one) { return one.name == name; });
        return found == members_.end() ? nullptr : &*found;
    }

    Status texts() {
        for (const auto& one : members_) {
            if (one.name == member::recording) continue;
            if (one.size > largest_text) {
                find(one.name, "is larger than it can be");
                continue;
            }
            const auto bytes = TRY(recorder::read_at(file_, one.offset, static_cast<std::size_t>(one.size)));
            texts_[one.name] = to_string(bytes);
        }
        return ok();
    }
    const std::string* text(std::string_view name) const {
        const auto found = texts_.find(name);
        return found == texts_.end() ? nullptr : &found->second;
    }

    void keys() {
        if (const auto* content = text(member::keys)) {
            auto keys = decode_keys(*content);
            if (keys) out_.keys = std::move(*keys);
            else find(member::keys, keys.error().detail);
        }
        if (!out_.keys) return close("keys", "", "the keys cannot be read", false);
        const auto sha256 = crypto::sha256(out_.keys->audit);
        out_.keys_compared = !known_.empty();
        if (out_.keys_compared && std::none_of(known_.begin(), known_.end(), [&](const auto& key) { return key.sha256 == sha256; }))
            find(member::keys, "the audit signer is " + hex(sha256) + ", which is none of the keys given");
        close("keys", out_.keys_compared ? "the audit signer is a key that was given" : "not compared with anything: those inside the bundle were used",
              "signed with another key than those given");
    }

    bool manifest() {
        const auto* content = text(member::manifest);
        const auto* signature = text(member::signature);
        const bool holds = content != nullptr && signature != nullptr && out_.keys && signature_holds(*content, *signature, out_.keys->audit);
        if (content != nullptr && signature != nullptr && out_.keys && !holds)
            find(member::signature, "it is not the signature of this MANIFEST.json by the audit signer in this keys.json: one of the three was changed");
        // What nobody signed is compared with nothing: it would only blame the others.
        if (holds) {
            auto decoded = decode_manifest(*content);
            if (decoded) out_.manifest = std::move(*decoded);
            else find(member::manifest, decoded.error().detail);
        }
        close("signature", "the manifest is signed by the audit signer", "the manifest's signature does not hold, or could not be checked",
              content != nullptr && signature != nullptr && out_.keys);
        return out_.manifest.has_value();
    }

    void hashed(const HashedMember& expected) {
        const auto* content = text(expected.name);
        if (content == nullptr) return;  // missing: named already
        if (content->size() != expected.size)
            return find(expected.name, "has " + std::to_string(content->size()) + " bytes, signed were " + std::to_string(expected.size));
        if (crypto::sha256(view(*content)) != expected.sha256) find(expected.name, "is not what was signed");
    }

    // ---- the audit records ----

    void records() {
        const auto* content = text(member::audit);
        if (content == nullptr) return close("audit", "", "there are no audit records", false);
        std::string_view rest = *content;
        while (!rest.empty()) {
            const auto end = rest.find('\n');
            if (end == std::string_view::npos) {
                find(member::audit, "its last line has no end");
                break;
            }
            record(rest.substr(0, end));
            rest.remove_prefix(end + 1);
        }
        compare_runs();
        close("audit", std::to_string(entries_.size()) + " records, each with its hash, neighbours chained", "the audit records are not as they were written");
        for (const auto& entry : entries_) decision(entry);
        close("decisions",
              signed_ == 0 ? "none was signed with a passkey" : std::to_string(signed_) + " signed with passkeys, each over what its record is about",
              "a record does not say what its passkey signed");
    }

    void decision(const audit::Entry& entry) {
        if (!is_signed_decision(entry)) return;
        ++signed_;
        if (const auto holds = check_decision(entry); !holds) find(member::audit, "record " + std::to_string(entry.seq) + ": " + holds.error().detail);
    }

    void record(std::string_view line) {
        ++lines_;
        auto parsed = parse_line(line);
        const auto name = [&](std::int64_t seq) { return "record " + std::to_string(seq) + ": "; };
        if (!parsed) return find(member::audit, "line " + std::to_string(lines_) + ": " + parsed.error().detail);
        const auto seq = parsed->entry.seq;
        if (!hash_holds(*parsed)) find(member::audit, name(seq) + "its hash is not that of its text");
        if (!entries_.empty()) {
            if (seq <= entries_.back().seq) find(member::audit, name(seq) + "it stands behind record " + std::to_string(entries_.back().seq));
            else if (seq == entries_.back().seq + 1 && parsed->previous != last_hash_)
                find(member::audit, name(seq) + "it is not chained to the record before it");
            if (parsed->entry.time < entries_.back().time) find(member::audit, name(seq) + "it is older than the record before it");
        }
        if (out_.manifest && parsed->entry.chain != out_.manifest->chain) find(member::audit, name(seq) + "it is of another log");
        last_hash_ = parsed->hash;
        add_to(runs_, seq);
        entries_.push_back(std::move(parsed->entry));
    }

    // Which records belong here stands in the manifest: one that was taken out is named.
    void compare_runs() {
        if (!out_.manifest) return;
        const auto& m = *out_.manifest;
        if (in_order(runs_)) {
            for (const auto& run : m.runs)
                for (std::int64_t seq = run.first; seq <= run.last && out_.findings.size() < most_findings; ++seq)
                    if (!within(runs_, seq)) find(member::audit, "record " + std::to_string(seq) + ": it is missing");
            for (const auto& entry : entries_)
                if (!within(m.runs, entry.seq)) find(member::audit, "record " + std::to_string(entry.seq) + ": it was put in");
        }
        if (runs_ != m.runs || static_cast<std::int64_t>(lines_) != m.records) {
            if (found_ == before_) find(member::audit, "it does not hold the records that were signed");
            return;
        }
        if (entries_.empty()) return;
        if (entries_.back().seq > m.head_seq) find(member::manifest, "the log's head is older than the last record");
        if (entries_.back().seq == m.head_seq && base64(last_hash_) != m.head) find(member::manifest, "the log's head is not the last record");
    }

    // ---- the recording ----

    Status recording() {
        const auto* here = at(member::recording);
        if (here == nullptr || !out_.keys) {
            close("recording", "", here == nullptr ? "there is no recording" : "there is no key to check it with", false);
            return ok();
        }
        const recorder::Extent extent(file_.fd, file_.begin + here->offset, here->size);
        recorder::VerifyInput input;
        input.signer_public_key = out_.keys->recording;
        if (const auto* checkpoints = text(member::checkpoints)) input.checkpoints = to_bytes(*checkpoints);
        input.known_roots = known_roots();
        const auto report = TRY(recorder::verify(extent, input));
        if (out_.manifest && report.header && report.header->session_id != out_.manifest->session) {
            find(member::recording, "header: it is of session " + report.header->session_id + ", the bundle of " + out_.manifest->session);
            return close("recording", "", "it is another session's"), ok();
        }
        for (const auto& problem : report.problems) {
            const bool sidecar = problem.fault == recorder::Fault::checkpoint && problem.text.starts_with("checkpoint");
            find(sidecar ? member::checkpoints : member::recording, printable(recorder::sentence(problem), 300));
        }
        if (out_.manifest) TRY(compare_recording(extent, report));
        close("recording",
              std::string(recorder::name(report.state)) + ", " + std::to_string(report.count) + " pieces, " + std::to_string(report.checkpoints) +
                  " checkpoints and " + std::to_string(report.known_roots) + " roots of the audit records agree",
              "the recording is not what was witnessed and signed");
        return ok();
    }

    std::vector<recorder::KnownRoot> known_roots() {
        std::vector<recorder::KnownRoot> out;
        for (const auto& entry : entries_) {
            const bool sealed = entry.kind == audit::name_of(audit::Kind::recording_sealed);
            if (!sealed && entry.kind != audit::name_of(audit::Kind::recording_root)) continue;
            const auto count = number_in(entry, "count");
            const auto root = from_hex(text_in(entry, "root"));
            if (!count || !root || root->size() != 32) {
                find(member::audit, "record " + std::to_string(entry.seq) + ": it names no root of a recording");
                continue;
            }
            recorder::KnownRoot known{*count, {}};
            std::copy(root->begin(), root->end(), known.root.begin());
            out.push_back(known);
        }
        return out;
    }

    Status compare_recording(const recorder::Extent& extent, const recorder::VerifyReport& report) {
        const auto& m = *out_.manifest;
        const auto differs = [&](bool same, const std::string& what) {
            if (!same) find(member::recording, what);
        };
        if (report.header) { differs(recorder::hash_of(*report.header) == m.recording.header, "header: it is not the one that was signed"); }
        differs(extent.bytes == m.recording.size,
                "it has " + std::to_string(extent.bytes.value_or(0)) + " bytes, signed were " + std::to_string(m.recording.size));
        differs(report.count == m.recording.pieces && report.root == m.recording.root,
                "pieces: " + std::to_string(report.count) + " with another root than the manifest's " + std::to_string(m.recording.pieces));
        const auto behind = extent.bytes.value_or(0) - std::min(extent.bytes.value_or(0), m.recording.pieces_end);
        if (behind > recorder::max_final_frame) return find(member::recording, "final frame: it is larger than one can be"), ok();
        const auto end = TRY(recorder::read_at(extent, m.recording.pieces_end, static_cast<std::size_t>(behind)));
        differs(crypto::sha256(end) == m.recording.end, "final frame: it is not the one that was signed");
        for (const auto& entry : entries_) {
            if (entry.session != m.session) continue;
            if (entry.kind == audit::name_of(audit::Kind::recording_opened) && text_in(entry, "header") != hex(m.recording.header))
                find(member::audit, "record " + std::to_string(entry.seq) + ": it opens another recording");
            if (entry.kind == audit::name_of(audit::Kind::recording_sealed) && text_in(entry, "root") != hex(m.recording.root))
                find(member::audit, "record " + std::to_string(entry.seq) + ": it seals another recording");
        }
        return ok();
    }

    void report() {
        const auto* content = text(member::report);
        if (content != nullptr && out_.manifest) {
            const auto made = report_of(entries_, out_.manifest->session);
            if (!made) find(member::audit, made.error().detail);
            else if (text_of(*made) != *content) find(member::report, "it does not say what the audit records say");
        }
        close("report", "report.json says what the audit records say", "report.json and the audit records differ, or one of them is not there",
              content != nullptr && out_.manifest);
    }

    recorder::Extent file_;
    const std::vector<KnownKey>& known_;
    CheckReport out_;
    std::size_t found_ = 0, before_ = 0, lines_ = 0, signed_ = 0;
    std::vector<TarMember> members_;
    std::map<std::string, std::string, std::less<>> texts_;
    std::vector<audit::Entry> entries_;
    std::vector<Run> runs_;
    crypto::Digest last_hash_{};
};

}  // namespace

Result<KnownKey> KnownKey::parse(std::string_view text) {
    std::string plain;
    for (const char c : text)
        if (c != ':' && c != ' ') plain += c;
    KnownKey out;
    if (const auto digest = from_hex(plain); digest && digest->size() == out.sha256.size()) {
        std::copy(digest->begin(), digest->end(), out.sha256.begin());
        return out;
    }
    const auto key = from_base64(text);
    if (!key || key->size() != 32)
        return fail(ErrorKind::invalid, "a key is 64 hexadecimal digits (the SHA-256 of the audit signer's public key) or that key in base64");
    out.sha256 = crypto::sha256(*key);
    return out;
}

Result<CheckReport> check_bundle(const recorder::Extent& file, const std::vector<KnownKey>& keys) { return Checking(file, keys).run(); }

std::string sentence(const Finding& finding) { return printable((finding.member.empty() ? "" : finding.member + ": ") + finding.what, 600); }

}  // namespace anteroom::evidence
