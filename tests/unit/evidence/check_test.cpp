// A bundle that is whole is good; whatever is done to it is found, and named where it was done.
#include "base/base64url.h"
#include "tests/unit/evidence/fixture.h"

namespace anteroom::evidence {
namespace {

using testing::all_of;
using testing::Bundle;
using testing::check_bytes;
using testing::must;

KnownKey known(View key) { return {crypto::sha256(key)}; }

::testing::AssertionResult names(const CheckReport& report, std::string_view member, std::string_view what = "") {
    for (const auto& finding : report.findings)
        if (finding.member == member && finding.what.find(what) != std::string::npos) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << "nothing of " << member << " " << what << " in:\n" << all_of(report);
}

TEST(BundleCheck, AWholeBundleIsGoodUnderItsOwnKeys) {
    const Bundle bundle;
    const auto report = check_bytes(bundle.pack());
    EXPECT_TRUE(report.good()) << all_of(report);
    EXPECT_FALSE(report.keys_compared);
    for (const auto& check : report.checks) EXPECT_TRUE(check.good) << check.name;
    ASSERT_EQ(report.checks.size(), 8u);
    EXPECT_EQ(report.checks[4].text, "10 records, each with its hash, neighbours chained");
    EXPECT_EQ(report.checks[5].text, "none was signed with a passkey");
    EXPECT_EQ(report.checks[6].text, "complete, 4 pieces, 2 checkpoints and 1 roots of the audit records agree");
}

TEST(BundleCheck, AKeyThatIsKnownIsComparedAndAnotherOneRefused) {
    const Bundle bundle;
    const auto archive = bundle.pack();
    EXPECT_TRUE(check_bytes(archive, {known(bundle.keys().audit)}).keys_compared);
    EXPECT_TRUE(check_bytes(archive, {known(Bytes(32, 1)), known(bundle.keys().audit)}).good()) << "one of several";
    const auto other = check_bytes(archive, {known(bundle.keys().recording)});
    EXPECT_TRUE(names(other, "keys.json", "none of the keys given"));
}

TEST(BundleCheck, KeysAreReadAsTheyAreShown) {
    const Bytes key(32, 7);
    const auto sha256 = hex(crypto::sha256(key));
    for (const auto& text : {sha256, base64(key), sha256.substr(0, 2) + ":" + sha256.substr(2)})
        EXPECT_EQ(must(KnownKey::parse(text)).sha256, crypto::sha256(key)) << text;
    for (const char* text : {"", "abc", "SHA256:abcd", "zz"}) EXPECT_FALSE(KnownKey::parse(text)) << text;
}

TEST(BundleCheck, NoByteOfItCanBeChanged) {
    const Bundle bundle;
    const auto archive = bundle.pack();
    const Fd whole = recorder::testing::memory_file(archive);
    const auto members_there = must(read_tar(whole.get()));
    for (std::size_t at = 0; at < archive.size(); at += 29) {
        auto changed = archive;
        changed[at] ^= 0x04;
        const auto report = check_bytes(changed);
        EXPECT_FALSE(report.good()) << "byte " << at;
        for (const auto& one : members_there)
            if (at >= one.offset && at < one.offset + one.size)
                EXPECT_NE(all_of(report).find(one.name), std::string::npos) << "byte " << at << "\n" << all_of(report);
    }
}

TEST(BundleCheck, AMissingMemberIsNamed) {
    for (const auto name : members) {
        Bundle bundle;
        bundle.content.erase(bundle.content.find(name));
        EXPECT_TRUE(names(check_bytes(bundle.pack()), name, "is missing"));
    }
}

TEST(BundleCheck, AMemberOfAnotherSessionIsNamed) {
    const Bundle other(2);
    for (const auto name : members) {
        Bundle bundle;
        if (bundle.content.find(name)->second == other.content.find(name)->second) continue;  // the same keys sign both
        bundle.content[std::string(name)] = other.content.find(name)->second;
        const auto report = check_bytes(bundle.pack());
        EXPECT_FALSE(report.good()) << name;
        EXPECT_TRUE(name == member::manifest ? names(report, member::signature) : names(report, name));
    }
}

TEST(BundleCheck, ARecordTakenOutIsNamedEvenWhenTheRestIsSignedAgain) {
    Bundle bundle;
    const auto& gone = bundle.chain.all()[6];  // record 7, between 6 and 8
    auto lines = bundle.text(member::audit);
    const auto line = line_of(gone.body, gone.previous, gone.hash) + "\n";
    lines.erase(lines.find(line), line.size());
    bundle.put(member::audit, lines);
    EXPECT_TRUE(names(check_bytes(bundle.pack()), member::audit, "record 7: it is missing"));
    EXPECT_TRUE(names(check_bytes(bundle.pack()), member::audit, "bytes, signed were"));
    bundle.sign_again();
    EXPECT_TRUE(names(check_bytes(bundle.pack()), member::audit, "record 7: it is missing"));
}

// Who holds the broker's keys can chain and sign what they like, but for what a passkey signed.
TEST(BundleCheck, ADecisionThatNoPasskeySignedIsNamed) {
    Bundle bundle;
    bundle.chain.add(audit::Kind::access_approved, "vera", "",
                     {{"request", "12"},
                      {"by", "dana"},
                      {"factor", "passkey"},
                      {"signed_person", "dana"},
                      {"signed_path", "/api/requests/12/approve"},
                      {"client_data", base64url(to_bytes(view(R"({"type":"webauthn.get","challenge":"AAAA"})")))}});
    bundle.manifest = {};
    bundle.make();
    const auto report = check_bytes(bundle.pack());
    EXPECT_EQ(all_of(report), "audit.jsonl: record 13: its passkey's signature: what was signed is not this decision\n");
}

TEST(BundleCheck, AChangedRecordIsNamed) {
    Bundle bundle;
    auto lines = bundle.text(member::audit);
    lines.replace(lines.find("sftp:read"), 9, "sftp:list");
    bundle.put(member::audit, lines);
    EXPECT_TRUE(names(check_bytes(bundle.pack()), member::audit, "record 7: its hash is not that of its text"));
}

// A record made anew with a hash of its own: its neighbour is chained to the other one.
TEST(BundleCheck, ARecordPutInAnothersPlaceBreaksTheChain) {
    Bundle bundle;
    const auto& old = bundle.chain.all()[6];
    auto entry = old.entry;
    entry.fields["detail"] = "/data/harmless";
    const auto body = audit::body_of(entry);
    const auto line = line_of(body, old.previous, base64(audit::hash_of(must(from_base64(old.previous)), body)));
    auto lines = bundle.text(member::audit);
    const auto before = line_of(old.body, old.previous, old.hash);
    lines.replace(lines.find(before), before.size(), line);
    bundle.put(member::audit, lines);
    bundle.sign_again();
    const auto report = check_bytes(bundle.pack());
    EXPECT_TRUE(names(report, member::audit, "record 8: it is not chained to the record before it"));
    EXPECT_TRUE(names(report, member::report, "does not say what the audit records say"));
}

TEST(BundleCheck, ASignatureByAnotherKeyIsNamed) {
    Bundle bundle;
    bundle.put(member::signature, must(sign(bundle.text(member::manifest), Bytes(32, 9))));
    EXPECT_TRUE(names(check_bytes(bundle.pack()), member::signature, "not the signature of this MANIFEST.json"));
    // The recording signer's key is in the bundle too, and does not count for this.
    bundle.put(member::signature, must(sign(bundle.text(member::manifest), recorder::testing::seed().expose())));
    EXPECT_TRUE(names(check_bytes(bundle.pack()), member::signature));
}

TEST(BundleCheck, ASignatureOfThePlainTextIsNone) {
    Bundle bundle;
    bundle.put(member::signature, base64(must(crypto::ed25519_sign(bundle.audit_seed.expose(), view(bundle.text(member::manifest))))) + "\n");
    EXPECT_TRUE(names(check_bytes(bundle.pack()), member::signature));
}

TEST(BundleCheck, AnotherSessionsRecordingIsNamedEvenWhenItIsSignedAgain) {
    Bundle bundle;
    const Bundle other(2);
    bundle.content[std::string(member::recording)] = other.content.find(member::recording)->second;
    bundle.content[std::string(member::checkpoints)] = other.content.find(member::checkpoints)->second;
    bundle.manifest.recording = other.manifest.recording;
    bundle.sign_again();
    const auto report = check_bytes(bundle.pack());
    EXPECT_TRUE(names(report, member::audit, "record 6: it opens another recording"));
    EXPECT_TRUE(names(report, member::recording));
}

TEST(BundleCheck, ADamagedPieceIsNamed) {
    Bundle bundle;
    auto& file = bundle.content[std::string(member::recording)];
    file[file.size() - bundle.session.bytes().size() + bundle.manifest.recording.pieces_end - 5] ^= 1;
    EXPECT_TRUE(names(check_bytes(bundle.pack()), member::recording, "piece 3"));
}

TEST(BundleCheck, AReportThatSaysSomethingElseIsNamedEvenWhenItIsSigned) {
    Bundle bundle;
    auto text = bundle.text(member::report);
    text.replace(text.find("CHG-1"), 5, "CHG-2");
    bundle.put(member::report, text);
    bundle.sign_again();
    EXPECT_TRUE(names(check_bytes(bundle.pack()), member::report));
}

TEST(BundleCheck, AStrangersMemberIsNamed) {
    const Bundle bundle;
    Bytes out;
    TarWriter archive([&](View bytes) {
        out.insert(out.end(), bytes.begin(), bytes.end());
        return ok();
    });
    for (const auto name : members) must(archive.add(name, bundle.content.find(name)->second));
    must(archive.add("extra.html", view("x")));
    must(archive.finish());
    EXPECT_TRUE(names(check_bytes(out), "extra.html", "does not belong"));
}

TEST(BundleManifest, HasOneFormOnly) {
    const Bundle bundle;
    const auto text = bundle.text(member::manifest);
    EXPECT_EQ(must(decode_manifest(text)), bundle.manifest);
    for (const auto& other : {text + " ", " " + text, text.substr(0, text.size() - 1), std::string("{}\n"), std::string("[]"), std::string()})
        EXPECT_FALSE(decode_manifest(other)) << other;
    auto further = text;
    further.insert(1, "\"further\":1,");
    EXPECT_FALSE(decode_manifest(further));
    auto version = text;
    version.replace(version.find("\"version\":1"), 11, "\"version\":2");
    EXPECT_FALSE(decode_manifest(version));
}

TEST(BundlePage, HasNoScriptAndNothingOfAnybodyAsMarkup) {
    const Bundle bundle;
    const auto page = bundle.text(member::page);
    EXPECT_NE(page.find("&lt;script&gt;alert(1)&lt;/script&gt;"), std::string::npos) << "the reason is there";
    for (const char* no : {"<script", "<img", "onerror=\"", "http://", "https://", "left-out-of-the-page", "javascript:"})
        EXPECT_EQ(page.find(no), std::string::npos) << no;
    EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
    for (const char* yes : {"CHG-1", "mri-service", "dana", "forward:local", "sftp:read", "/data/", "Policy version", "America/Chicago", "anteroom-verify"})
        EXPECT_NE(page.find(yes), std::string::npos) << yes;
    EXPECT_EQ(page.find("somebody else"), std::string::npos);
}

TEST(BundlePage, EscapesAndMakesPrintable) {
    EXPECT_EQ(escaped("<a href='x'>\"&"), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;");
    EXPECT_EQ(escaped("\x1b[2J\n"), "\\x1b[2J\\x0a");
}

TEST(BundleReport, NeedsExactlyOneBeginning) {
    const Bundle bundle;
    std::vector<audit::Entry> entries;
    for (const auto& one : bundle.chain.all()) entries.push_back(one.entry);
    EXPECT_TRUE(report_of(entries, testing::session_id));
    EXPECT_FALSE(report_of(entries, "aaaaaaaaaaaaaaaa"));
    entries.push_back(bundle.chain.all()[4].entry);
    EXPECT_FALSE(report_of(entries, testing::session_id));
}

}  // namespace
}  // namespace anteroom::evidence
