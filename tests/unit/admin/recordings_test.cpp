// Who may look into a recording, who may end a session, and the code they show.
#include <fcntl.h>

#include <fstream>

#include "broker/store/reviews.h"
#include "recorder/create.h"
#include "recorder/verify.h"
#include "tests/unit/admin/fixture.h"

namespace anteroom::admin {
namespace {

class AdminRecordings : public Administering {
protected:
    void SetUp() override {
        Administering::SetUp();
        for (const char* name : {"ruth", "carl", "vera"}) enrol(name);
        store::Session session;
        session.id = id;
        session.worker = WorkerId(random_id());
        session.person = PersonId("vera");
        session.target = TargetId("mri-3");
        session.account = AccountId("service");
        session.policy_version = here->policy.version;
        session.source = "203.0.113.9:4711";
        session.protocol = "ssh";
        session.started = clock.now();
        session.recording_path = here->recording_path(id);
        session.recording_state = "open";
        ASSERT_TRUE(here->sessions.insert(session));
        record();
    }

    // A short recording with two checkpoints, sealed, its roots in the audit log as the daemon writes them.
    void record() {
        Fd file = *open_file(here->recording_path(id), O_RDWR | O_CREAT | O_APPEND);
        Fd sidecar = *open_file(here->checkpoints_path(id), O_RDWR | O_CREAT | O_APPEND);
        const auto created = recorder::create(file.get(), {.recording_id = id.str(),
                                                           .session_id = id.str(),
                                                           .start = clock.now(),
                                                           .recipients = {here->ring.recording_identity_public(), here->ring.escrow_public()},
                                                           .signer_public_key = here->ring.recording_signing_public()});
        ASSERT_TRUE(created) << created.error().detail;
        data_key = created->data_key.duplicate();
        recorder::SessionKeys keys{created->keys.key.duplicate(), created->keys.base_nonce, created->keys.header_hash, created->keys.header_bytes};
        recorder::Writer writer(*file.duplicate(), std::move(keys), clock.monotonic());
        const Secret seed = Secret::copy_of(here->ring.recording_signing_seed());
        auto witness = recorder::Witness::open(std::move(file), std::move(sidecar), seed);
        ASSERT_TRUE(witness) << witness.error().detail;
        for (int i = 0; i < 2; ++i) {
            clock.advance(1s);
            ASSERT_TRUE(writer.append(recorder::Track::terminal_output, 0, 1, view("shown to vera\r\n"), clock.monotonic()));
            ASSERT_TRUE(writer.flush());
            ASSERT_TRUE(witness->commit(writer.commit(), clock.now()));
        }
        last = writer.commit();
        ASSERT_TRUE(here->log->append({audit::Kind::recording_root,
                                       "",
                                       "",
                                       id.str(),
                                       {{"count", std::to_string(last.count)}, {"bytes", std::to_string(last.bytes)}, {"root", hex(last.root)}}}));
        ASSERT_TRUE(witness->finish(recorder::Reason::closed, clock.now()));
        ASSERT_TRUE(here->sessions.end(id, clock.now(), "client-left", "complete"));
    }
    Answered play(const std::string& name) { return call_as(name, call_of("recording play", {{"id", id.str()}})); }

    const SessionId id{random_id()};
    recorder::Commit last;
    Secret data_key;
};

TEST_F(AdminRecordings, AReviewerWithACodeGetsTheKeyAndItIsAudited) {
    const auto answer = play("ruth");
    ASSERT_TRUE(answer.done) << answer.sentence;
    ASSERT_EQ(answer.recordings.size(), 1u);
    EXPECT_TRUE(equal_in_constant_time(answer.recordings[0].data_key.expose(), data_key.expose()));
    const auto record = records("recording.view").at(0);
    EXPECT_EQ(record.person, "ruth");
    EXPECT_EQ(record.target, "mri-3");
    EXPECT_EQ(record.session, id.str());
    EXPECT_EQ(record.fields.at("of"), "vera");
    EXPECT_FALSE(record.fields.contains("outcome"));
    EXPECT_EQ(everything_kept().find(base64(data_key.expose())), std::string::npos);
}

TEST_F(AdminRecordings, LookingForKeystrokesIsAViewThatSaysSo) {
    const auto keystrokes = [&](const char* name) { return call_as(name, call_of("recording keystrokes", {{"id", id.str()}})); };
    const auto answer = keystrokes("ruth");
    ASSERT_TRUE(answer.done) << answer.sentence;
    EXPECT_EQ(answer.recordings.size(), 1u);
    EXPECT_TRUE(play("ruth").done);
    EXPECT_FALSE(keystrokes("vera").done) << "no reviewer";
    const auto views = records("recording.view");
    ASSERT_EQ(views.size(), 3u);
    EXPECT_EQ(views[0].fields.at("keystrokes"), "yes");
    EXPECT_FALSE(views[1].fields.contains("keystrokes")) << "playing opens none";
    EXPECT_EQ(views[2].fields.at("keystrokes"), "yes");
    EXPECT_EQ(views[2].fields.at("outcome"), "refused");
}

TEST_F(AdminRecordings, ExportHasARecordOfItsOwnAndOneFormat) {
    const auto answer = call_as("ruth", call_of("recording export", {{"id", id.str()}, {"format", "cast"}}));
    EXPECT_TRUE(answer.done);
    EXPECT_EQ(answer.meta.at("exports").to_number<int>(), 2) << "limits.exports: how many may run at once";
    EXPECT_EQ(records("recording.export").size(), 1u);
    EXPECT_FALSE(call_as("ruth", call_of("recording export", {{"id", id.str()}, {"format", "mp4"}})).done);
}

TEST_F(AdminRecordings, WhoIsNoReviewerGetsNothingAndTheRefusalIsAudited) {
    const auto answer = play("vera");
    EXPECT_FALSE(answer.done);
    EXPECT_TRUE(answer.recordings.empty());
    EXPECT_EQ(answer.sentence, "vera is no reviewer of recordings of mri-3");
    EXPECT_EQ(records("recording.view").at(0).fields.at("outcome"), "refused");
}

TEST_F(AdminRecordings, ConsentIsNotAssumed) {
    const auto answer = play("carl");
    EXPECT_FALSE(answer.done);
    EXPECT_TRUE(answer.recordings.empty());
    EXPECT_NE(answer.sentence.find("the consent of another reviewer, for one hour: ask for it in the console"), std::string::npos) << answer.sentence;
}

TEST_F(AdminRecordings, ConsentOfAnotherReviewerOpensItForAsLongAsItHolds) {
    store::Reviews reviews(here->database);
    const auto give = [&](const char* giver) { ASSERT_TRUE(reviews.give_consent({id, PersonId("carl"), PersonId(giver), clock.now(), clock.now() + 1h})); };
    give("carl");
    give("vera");
    EXPECT_FALSE(play("carl").done) << "neither one's own counts, nor that of who is seen";
    give("ruth");
    EXPECT_TRUE(play("carl").done);
    clock.advance(1h);
    EXPECT_FALSE(play("carl").done);
}

TEST_F(AdminRecordings, ReviewersAreChosenByTheLabelsOfThatTime) {
    ASSERT_TRUE(here->apply_policy(
        "version: 1\nroles:\n  privacy: { members: [person:ruth] }\nreviewers:\n  - { who: [role:privacy], of: { labels: { zone: imaging } } }\n", "p",
        "test"));
    EXPECT_TRUE(play("ruth").done);  // the target is gone, its label was kept with the policy of then
    ASSERT_TRUE(here->apply_policy("version: 1\n", "p", "test"));
    EXPECT_FALSE(play("ruth").done);
}

TEST_F(AdminRecordings, ACodeIsGoodOnce) {
    auto asked = [&](const Secret& code) {
        auto one = call_of("recording play", {{"id", id.str()}});
        one.actor = "ruth";
        one.code = code.duplicate();
        return one;
    };
    const auto code = code_of("ruth");
    EXPECT_TRUE(call(asked(code)).done);
    const auto again = call(asked(code));
    EXPECT_FALSE(again.done);
    EXPECT_TRUE(again.recordings.empty());
    EXPECT_NE(again.sentence.find("used already; the next one in "), std::string::npos) << again.sentence;
    EXPECT_EQ(records("recording.view").size(), 1u);
    EXPECT_EQ(records("admin.command").back().fields.at("why"), "used code");
}

TEST_F(AdminRecordings, WrongMissingAndForeignCodesOpenNothing) {
    auto asked = call_of("recording play", {{"id", id.str()}});
    asked.actor = "ruth";
    EXPECT_FALSE(call(std::move(asked)).done);
    for (const std::string text : {"000000", "12345", "", "abcdef", "0000000000000000000000"}) {
        auto one = call_of("recording play", {{"id", id.str()}});
        one.actor = "ruth";
        one.code = Secret::copy_of(text);
        EXPECT_FALSE(call(std::move(one)).done) << text;
    }
    auto foreign = call_of("recording play", {{"id", id.str()}});
    foreign.actor = "ruth";
    foreign.code = code_of("vera");
    EXPECT_FALSE(call(std::move(foreign)).done);
    auto nobody = call_of("recording play", {{"id", id.str()}});
    EXPECT_FALSE(call(std::move(nobody)).done);
    auto stranger = call_of("recording play", {{"id", id.str()}});
    stranger.actor = "../ruth";
    stranger.code = Secret::copy_of("000000");
    EXPECT_FALSE(call(std::move(stranger)).done);
    EXPECT_TRUE(records("recording.view").empty());
}

TEST_F(AdminRecordings, AfterTenWrongCodesNoCodeCountsForAQuarterOfAnHour) {
    for (int i = 0; i < 10; ++i) {
        auto one = call_of("recording play", {{"id", id.str()}});
        one.actor = "ruth";
        one.code = Secret::copy_of("12345");
        EXPECT_FALSE(call(std::move(one)).done);
    }
    const auto refused = play("ruth");
    EXPECT_FALSE(refused.done);
    EXPECT_NE(refused.sentence.find("wait 15 minutes"), std::string::npos) << refused.sentence;
    EXPECT_TRUE(refused.recordings.empty());
    clock.advance(16min);
    EXPECT_TRUE(play("ruth").done);
}

TEST_F(AdminRecordings, SomebodyDisabledOrExpiredMayNotAct) {
    ASSERT_TRUE(call("person disable", {{"name", "ruth"}}).done);
    EXPECT_EQ(play("ruth").sentence, "ruth is disabled");
    ASSERT_TRUE(call("person enable", {{"name", "ruth"}}).done);
    ASSERT_TRUE(here->people.set_expires(PersonId("ruth"), clock.now()));
    EXPECT_FALSE(play("ruth").done);
    EXPECT_TRUE(records("recording.view").empty());
}

TEST_F(AdminRecordings, SomebodyWithoutCodesMayNotAct) {
    ASSERT_TRUE(here->totp.remove(PersonId("ruth")));
    const auto answer = play("ruth");
    EXPECT_FALSE(answer.done);
    EXPECT_NE(answer.sentence.find("no codes enrolled"), std::string::npos);
}

TEST_F(AdminRecordings, VerifyingHandsOutNoKey) {
    auto answer = call("recording verify", {{"id", id.str()}});
    ASSERT_TRUE(answer.done) << answer.sentence;
    ASSERT_EQ(answer.recordings.size(), 1u);
    auto& recording = answer.recordings[0];
    EXPECT_TRUE(recording.data_key.empty());
    ASSERT_EQ(recording.audited.size(), 1u);
    EXPECT_EQ(recording.audited[0], last);
    EXPECT_EQ(answer.meta.at("checkpoints_bytes").to_number<std::size_t>(), recording.checkpoints.size());
    const Fd file = *open_file(here->recording_path(id), O_RDONLY);
    const auto report =
        recorder::verify(file.get(), {recording.signer, recording.checkpoints, {{recording.audited[0].count, recording.audited[0].root}}, false});
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->intact());
    EXPECT_EQ(report->checkpoints, 2u);
    EXPECT_EQ(report->known_roots, 1u);
}

TEST_F(AdminRecordings, ALongSidecarComesInPieces) {
    std::ofstream(here->checkpoints_path(id), std::ios::binary | std::ios::app) << std::string(200'000, 'x');
    auto answer = call("recording verify", {{"id", id.str()}});
    const auto whole = answer.meta.at("checkpoints_bytes").to_number<std::size_t>();
    Bytes all = answer.recordings.at(0).checkpoints;
    while (all.size() < whole) {
        const auto part = call("recording verify", {{"id", id.str()}, {"checkpoints_from", std::to_string(all.size())}});
        const auto bytes = *from_base64(part.text("checkpoints"));
        ASSERT_FALSE(bytes.empty());
        all.insert(all.end(), bytes.begin(), bytes.end());
    }
    EXPECT_EQ(all, *read_file(here->checkpoints_path(id)));
    EXPECT_FALSE(call("recording verify", {{"id", id.str()}, {"checkpoints_from", "-1"}}).done);
}

TEST_F(AdminRecordings, ListsAndRefusesWhatIsNoId) {
    const auto list = call("recording list");
    ASSERT_EQ(list.rows.size(), 1u);
    EXPECT_EQ(list.text("state"), "complete");
    EXPECT_EQ(list.row().at("seconds").to_number<int>(), 2);
    for (const std::string wrong : {"../keys/keyring", "x", "0123456789abcde!", "aaaaaaaaaaaaaaaa"})
        EXPECT_FALSE(call("recording verify", {{"id", wrong}}).done) << wrong;
}

class AdminSessions : public AdminRecordings {
protected:
    void SetUp() override {
        AdminRecordings::SetUp();
        auto session = **here->sessions.find(id);
        session.id = running;
        session.ended.reset();
        session.started = clock.now();
        session.reason = "\x1b]0;title\a";
        ASSERT_TRUE(here->sessions.insert(session));
        live.live.push_back({running, 4711});
    }
    Answered terminate(const std::string& name, const SessionId& which) {
        return call_as(name, call_of("session terminate", {{"id", which.str()}, {"reason", "looks wrong"}}));
    }
    const SessionId running{random_id()};
};

TEST_F(AdminSessions, ListsTheNewestThousandRecordingsAndSaysThatThereAreOlderOnes) {
    auto session = **here->sessions.find(id);
    ASSERT_TRUE(here->database.transaction([&]() -> Status {
        for (int i = 0; i < 998; ++i) {
            session.id = SessionId(random_id());
            TRY(here->sessions.insert(session));
        }
        return ok();
    }));
    const auto all = call("recording list");
    EXPECT_EQ(all.rows.size(), 1000u);
    EXPECT_EQ(all.sentence, "");
    session.id = SessionId(random_id());
    ASSERT_TRUE(here->sessions.insert(session));
    const auto some = call("recording list");
    EXPECT_EQ(some.rows.size(), 1000u);
    EXPECT_NE(some.sentence.find("newest thousand"), std::string::npos);
}

TEST_F(AdminSessions, ListsLiveOnesAndThoseThatEnded) {
    const auto now = call("session list");
    ASSERT_EQ(now.rows.size(), 1u);
    EXPECT_EQ(now.row().at("bytes").to_number<int>(), 4711);
    EXPECT_EQ(call("session list", {{"all", "yes"}}).rows.size(), 2u);
    const auto shown = call("session show", {{"id", running.str()}});
    EXPECT_EQ(shown.text("reason"), "\\x1b]0;title\\x07");
}

TEST_F(AdminSessions, ALiveOneShowsWhatIsLeftHowLongItIsSilentAndWhoseGrantItUses) {
    ASSERT_TRUE(here->sessions.set_deadline(running, clock.now() + 90s));
    live.live[0].last_growth = clock.now();
    live.live[0].expires = clock.now() + 60s;
    live.live[0].request = 42;
    clock.advance(10s);
    const auto shown = call("session show", {{"id", running.str()}});
    EXPECT_EQ(shown.row().at("seconds_left").to_number<int>(), 80);
    EXPECT_EQ(shown.row().at("idle_seconds").to_number<int>(), 10);
    EXPECT_EQ(shown.row().at("request").to_number<int>(), 42);
    EXPECT_EQ(shown.text("expires"), rfc3339(clock.now() + 50s));
    clock.advance(1h);
    EXPECT_EQ(call("session list").row().at("seconds_left").to_number<int>(), 0);
    const auto over = call("session show", {{"id", id.str()}});
    EXPECT_TRUE(over.row().at("seconds_left").is_null() && over.row().at("request").is_null());
}

TEST_F(AdminSessions, WatchingIsForReviewersAndOnTheRecordBeforeAnythingIsSeen) {
    const auto watched = call_as("ruth", call_of("session watch", {{"id", running.str()}}));
    ASSERT_TRUE(watched.done) << watched.sentence;
    ASSERT_EQ(watched.recordings.size(), 1u);
    EXPECT_TRUE(equal_in_constant_time(watched.recordings[0].data_key.expose(), data_key.expose()));
    EXPECT_TRUE(watched.meta.at("live").as_bool());
    const auto record = records("session.watched").at(0);
    EXPECT_EQ(record.person, "ruth");
    EXPECT_EQ(record.session, running.str());
    EXPECT_FALSE(record.fields.contains("outcome"));
    EXPECT_TRUE(records("recording.view").empty());
}

TEST_F(AdminSessions, WhoMayNotReviewMayNotWatchAndWhatHasEndedIsPlayed) {
    for (const char* name : {"vera", "carl"}) {
        const auto refused = call_as(name, call_of("session watch", {{"id", running.str()}}));
        EXPECT_FALSE(refused.done) << name;
        EXPECT_TRUE(refused.recordings.empty());
    }
    EXPECT_FALSE(call(call_of("session watch", {{"id", running.str()}})).done) << "nobody named";
    auto foreign = call_of("session watch", {{"id", running.str()}});
    foreign.actor = "ruth";
    foreign.code = code_of("vera");
    EXPECT_FALSE(call(std::move(foreign)).done);
    const auto ended = call_as("ruth", call_of("session watch", {{"id", id.str()}}));
    EXPECT_FALSE(ended.done);
    EXPECT_NE(ended.sentence.find("recording play " + id.str()), std::string::npos) << ended.sentence;
    EXPECT_FALSE(call_as("ruth", call_of("session watch", {{"id", "../x"}})).done);
    const auto kept = records("session.watched");
    ASSERT_EQ(kept.size(), 2u);
    for (const auto& record : kept) EXPECT_EQ(record.fields.at("outcome"), "refused");
}

TEST_F(AdminSessions, CodesThatSomebodyElseSetUpOpenNothingWhereThePolicySaysSo) {
    ASSERT_TRUE(here->apply_policy(std::string(policy_text) + "mfa: { self_enrolled: required }\n", "policy.yaml", "test"));
    for (const char* verb : {"session watch", "recording play"}) {
        const auto refused = call_as("ruth", call_of(verb, {{"id", running.str()}}));
        EXPECT_FALSE(refused.done);
        EXPECT_TRUE(refused.recordings.empty());
        EXPECT_NE(refused.sentence.find("set up by somebody else"), std::string::npos) << refused.sentence;
    }
    auto enrolment = **here->totp.find(PersonId("ruth"));
    enrolment.enrolled_by = "person:ruth";
    ASSERT_TRUE(here->totp.enrol(enrolment));
    EXPECT_TRUE(call_as("ruth", call_of("session watch", {{"id", running.str()}})).done);
}

TEST_F(AdminSessions, EndingOneNamesWhoDidItAndWhy) {
    ASSERT_TRUE(terminate("vera", running).done);
    ASSERT_EQ(live.ended.size(), 1u);
    EXPECT_EQ(live.ended[0], "This session was ended by vera: looks wrong.");
    const auto record = records("session.terminated").at(0);
    EXPECT_EQ(record.person, "vera");
    EXPECT_EQ(record.session, running.str());
    EXPECT_EQ(record.fields.at("reason"), "looks wrong");
}

TEST_F(AdminSessions, WithoutAReasonAPersonOrACodeNothingEnds) {
    EXPECT_FALSE(call_as("vera", call_of("session terminate", {{"id", running.str()}})).done);
    EXPECT_FALSE(call("session terminate", {{"id", running.str()}, {"reason", "x"}}).done);
    EXPECT_FALSE(terminate("vera", id).done);  // has ended
    EXPECT_FALSE(terminate("vera", SessionId("aaaaaaaaaaaaaaaa")).done);
    EXPECT_TRUE(live.ended.empty());
    EXPECT_TRUE(records("session.terminated").empty());
}

}  // namespace
}  // namespace anteroom::admin
