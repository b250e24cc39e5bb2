// The broker's part of an evidence bundle: what it hands out is whole, it signs what it knows itself, and it keeps to its gate.
#include <fcntl.h>
#include <sys/mman.h>

#include <fstream>

#include "recorder/create.h"
#include "recorder/evidence/check.h"
#include "recorder/evidence/tar.h"
#include "tests/unit/admin/fixture.h"

namespace anteroom::admin {
namespace {

namespace member = evidence::member;

class AdminBundles : public Administering {
protected:
    void SetUp() override {
        Administering::SetUp();
        for (const char* name : {"ruth", "vera"}) enrol(name);
        store::Session session;
        session.id = id;
        session.worker = WorkerId(random_id());
        session.person = PersonId("vera");
        session.target = TargetId("mri-3");
        session.account = AccountId("service");
        session.policy_version = here->policy.version;
        session.protocol = "ssh";
        session.started = clock.now();
        session.recording_state = "open";
        ASSERT_TRUE(here->sessions.insert(session));
        note(audit::Kind::session_start, {{"account", "service"}, {"policy_version", std::to_string(here->policy.version)}, {"request", "5"}});
    }

    void note(audit::Kind kind, audit::Fields fields) { ASSERT_TRUE(here->log->append({kind, "vera", "mri-3", id.str(), std::move(fields)})); }

    void record() {
        Fd file = *open_file(here->recording_path(id), O_RDWR | O_CREAT | O_APPEND);
        Fd sidecar = *open_file(here->checkpoints_path(id), O_RDWR | O_CREAT | O_APPEND);
        auto created = recorder::create(file.get(), {.recording_id = id.str(),
                                                     .session_id = id.str(),
                                                     .start = clock.now(),
                                                     .recipients = {here->ring.recording_identity_public(), here->ring.escrow_public()},
                                                     .signer_public_key = here->ring.recording_signing_public()});
        ASSERT_TRUE(created) << created.error().detail;
        note(audit::Kind::recording_opened, {{"recording", id.str()}, {"header", hex(created->keys.header_hash)}});
        data_key = created->data_key.duplicate();
        recorder::Writer writer(*file.duplicate(), std::move(created->keys), clock.monotonic());
        const Secret seed = Secret::copy_of(here->ring.recording_signing_seed());
        auto witness = recorder::Witness::open(std::move(file), std::move(sidecar), seed);
        ASSERT_TRUE(witness) << witness.error().detail;
        clock.advance(1s);
        ASSERT_TRUE(writer.append(recorder::Track::terminal_output, 0, 1, view("shown to vera\r\n"), clock.monotonic()));
        ASSERT_TRUE(writer.flush());
        ASSERT_TRUE(witness->commit(writer.commit(), clock.now()));
        const auto final = witness->finish(recorder::Reason::closed, clock.now());
        ASSERT_TRUE(final);
        seal("complete", *final);
    }
    void seal(const char* state, const recorder::FinalFrame& final) {
        note(audit::Kind::recording_sealed,
             {{"state", state}, {"count", std::to_string(final.count)}, {"bytes", std::to_string(final.bytes)}, {"root", hex(final.root)}});
        note(audit::Kind::session_end, {{"reason", "client-left"}});
        ASSERT_TRUE(here->sessions.end(id, clock.now(), "client-left", state));
    }

    Answered bundle(const char* name) { return call_as(name, call_of("recording export", {{"id", id.str()}, {"format", "bundle"}})); }

    static std::map<std::string, Bytes> members_of(const Answered& answer) {
        std::map<std::string, Bytes> out;
        for (const auto& row : answer.rows) {
            const auto bytes = from_base64(std::string(row.as_object().at("bytes").as_string()));
            auto& content = out[std::string(row.as_object().at("member").as_string())];
            content.insert(content.end(), bytes->begin(), bytes->end());
        }
        return out;
    }
    // Put together as the command line does.
    evidence::CheckReport checked(const Answered& answer) {
        const Fd file(::memfd_create("bundle", MFD_CLOEXEC));
        auto parts = members_of(answer);
        parts[std::string(member::recording)] = *read_file(here->recording_path(id));
        evidence::TarWriter archive([&](View bytes) { return write_all(file.get(), bytes); });
        for (const auto name : evidence::members) EXPECT_TRUE(archive.add(name, parts[std::string(name)]));
        EXPECT_TRUE(archive.finish());
        return *evidence::check_bundle(file.get(), {{crypto::sha256(here->ring.audit_public())}});
    }

    const SessionId id{random_id()};
    Secret data_key;
};

TEST_F(AdminBundles, WhatIsHandedOutIsGoodUnderTheAuditKeyAndHoldsNoKey) {
    record();
    const auto answer = bundle("ruth");
    ASSERT_TRUE(answer.done) << answer.sentence;
    const auto report = checked(answer);
    for (const auto& finding : report.findings) ADD_FAILURE() << evidence::sentence(finding);
    EXPECT_TRUE(report.keys_compared);
    ASSERT_EQ(answer.recordings.size(), 1u);
    EXPECT_TRUE(answer.recordings[0].data_key.empty()) << "nobody needs it for this";
    for (const auto& [name, content] : members_of(answer)) {
        const auto text = to_string(content);
        EXPECT_EQ(text.find(to_string(data_key.expose())), std::string::npos) << name;
        EXPECT_EQ(text.find(base64(here->ring.audit_signing_seed())), std::string::npos) << name;
    }
    EXPECT_EQ(report.manifest->exporter, "ruth");
    EXPECT_EQ(report.manifest->head_seq, records().back().seq) << "its own export is the newest record";
}

TEST_F(AdminBundles, TheExportIsOnTheRecordFirstAndInTheBundle) {
    record();
    const auto answer = bundle("ruth");
    const auto exported = records("recording.export");
    ASSERT_EQ(exported.size(), 1u);
    EXPECT_EQ(exported[0].person, "ruth");
    EXPECT_EQ(exported[0].fields.at("format"), "bundle");
    const auto lines = to_string(members_of(answer).at(std::string(member::audit)));
    EXPECT_NE(lines.find("\"recording.export\""), std::string::npos);
    EXPECT_EQ(lines.find("person.added"), std::string::npos) << "other people's business";
}

// The records of the request that the session stood on, whoever wrote them and whenever, and what was told to whom about it; none of another's.
TEST_F(AdminBundles, TheChainOfItsOwnRequestIsInItAndNobodyElses) {
    ASSERT_TRUE(here->requests.insert({5, PersonId("vera"), "active", false, true, clock.now(), "{}"}));
    const auto of_request = [&](audit::Kind kind, const char* request, const char* reason) {
        ASSERT_TRUE(here->log->append({kind, "vera", "mri-3", "", {{"request", request}, {"by", "dana"}, {"reason", reason}}}));
    };
    const auto delivered = [&](const char* body, const char* channel) {
        const auto number = here->outbox.insert(channel, "request.created", body, clock.now());
        ASSERT_TRUE(number);
        ASSERT_TRUE(here->log->append({audit::Kind::alert_sent, "", "", "", {{"channel", channel}, {"number", std::to_string(*number)}}}));
    };
    of_request(audit::Kind::access_requested, "5", "coil fault");
    of_request(audit::Kind::access_requested, "55", "another matter");
    delivered(R"({"request":5})", "own-channel");
    delivered(R"({"request":55})", "other-channel");
    of_request(audit::Kind::access_approved, "5", "coil fault");
    record();
    of_request(audit::Kind::break_glass_reviewed, "5", "looked at");
    const auto answer = bundle("ruth");
    ASSERT_TRUE(answer.done) << answer.sentence;
    EXPECT_TRUE(checked(answer).good());
    const auto parts = members_of(answer);
    const auto report = json::parse(to_string(parts.at(std::string(member::report)))).as_object();
    EXPECT_EQ(report.at("chain").as_array().size(), 2u);
    EXPECT_EQ(report.at("request").at("reason"), "looked at") << "the newest word";
    EXPECT_EQ(report.at("notices").as_array().size(), 1u);
    EXPECT_EQ(report.at("reviews").as_array().size(), 1u);
    const auto lines = to_string(parts.at(std::string(member::audit)));
    for (const char* foreign : {"another matter", "other-channel", "person.added"}) EXPECT_EQ(lines.find(foreign), std::string::npos) << foreign;
    EXPECT_NE(to_string(parts.at(std::string(member::page))).find("own-channel"), std::string::npos);
}

TEST_F(AdminBundles, WhoIsNoReviewerGetsNothingAndTheRefusalIsAudited) {
    record();
    const auto answer = bundle("vera");
    EXPECT_FALSE(answer.done);
    EXPECT_TRUE(answer.rows.empty());
    EXPECT_TRUE(answer.recordings.empty());
    EXPECT_EQ(records("recording.export").at(0).fields.at("outcome"), "refused");
}

TEST_F(AdminBundles, ALiveSessionAndATornRecordingHaveNone) {
    const auto live = bundle("ruth");
    EXPECT_FALSE(live.done);
    EXPECT_NE(live.sentence.find("is live"), std::string::npos) << live.sentence;
    seal("torn", {});
    const auto torn = bundle("ruth");
    EXPECT_FALSE(torn.done);
    EXPECT_NE(torn.sentence.find("is torn"), std::string::npos) << torn.sentence;
    EXPECT_TRUE(live.rows.empty());
    EXPECT_TRUE(torn.rows.empty());
}

// What is signed is what was witnessed: a file that was changed since is found by whoever checks the bundle.
TEST_F(AdminBundles, ARecordingChangedOnDiskIsNotWhatIsSigned) {
    record();
    auto bytes = *read_file(here->recording_path(id));
    const auto good = bundle("ruth");
    const auto manifest = *evidence::decode_manifest(to_string(members_of(good).at(std::string(member::manifest))));
    bytes[manifest.recording.pieces_end - 3] ^= 1;
    std::ofstream(here->recording_path(id), std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    const auto answer = bundle("ruth");
    ASSERT_TRUE(answer.done) << answer.sentence;
    const auto after = *evidence::decode_manifest(to_string(members_of(answer).at(std::string(member::manifest))));
    EXPECT_EQ(after.recording, manifest.recording);
    EXPECT_FALSE(checked(answer).good());
}

TEST_F(AdminBundles, ARecordingCutOnDiskIsRefused) {
    record();
    std::filesystem::resize_file(here->recording_path(id), 300);
    const auto answer = bundle("ruth");
    EXPECT_FALSE(answer.done);
    EXPECT_NE(answer.sentence.find("not as it was sealed"), std::string::npos) << answer.sentence;
}

TEST_F(AdminBundles, AnAuditRecordThatWasChangedIsNotSigned) {
    record();
    ASSERT_TRUE(
        here->database.execute("UPDATE audit_records SET body = REPLACE(body, 'client-left', 'nothing-odd') WHERE kind = ?", {std::string("session.end")}));
    const auto answer = bundle("ruth");
    EXPECT_FALSE(answer.done);
    EXPECT_NE(answer.sentence.find("is not as it was written"), std::string::npos) << answer.sentence;
    EXPECT_TRUE(answer.rows.empty());
}

}  // namespace
}  // namespace anteroom::admin
