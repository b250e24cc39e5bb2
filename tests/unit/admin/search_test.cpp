// Who may search, what they are handed for it, and what is written down before.
#include <fcntl.h>

#include "recorder/create.h"
#include "recorder/index.h"
#include "tests/unit/admin/fixture.h"

namespace anteroom::admin {
namespace {

class AdminSearch : public Administering {
protected:
    void SetUp() override {
        Administering::SetUp();
        for (const char* name : {"ruth", "carl", "vera"}) enrol(name);
        id = recording("vera", "mri-3");
    }

    SessionId recording(const std::string& person, const std::string& target, bool indexed = true) {
        store::Session session;
        session.id = SessionId(random_id());
        session.worker = WorkerId(random_id());
        session.person = PersonId(person);
        session.target = TargetId(target);
        session.account = AccountId("service");
        session.policy_version = here->policy.version;
        session.protocol = "ssh";
        session.started = clock.now();
        session.recording_path = here->recording_path(session.id);
        session.recording_state = "open";
        EXPECT_TRUE(here->sessions.insert(session));
        Fd file = *open_file(here->recording_path(session.id), O_RDWR | O_CREAT | O_APPEND);
        const auto created = recorder::create(file.get(), {.recording_id = session.id.str(),
                                                           .session_id = session.id.str(),
                                                           .start = clock.now(),
                                                           .recipients = {here->ring.recording_identity_public(), here->ring.escrow_public()},
                                                           .signer_public_key = here->ring.recording_signing_public()});
        EXPECT_TRUE(created);
        data_key = created->data_key.duplicate();
        if (indexed) {
            auto writer = recorder::IndexWriter::create(*open_file(here->index_path(session.id), O_RDWR | O_CREAT | O_APPEND), data_key.expose(),
                                                        recorder::hash_of(created->header), recorder::kernel_entropy());
            EXPECT_TRUE(writer);
            EXPECT_TRUE(writer->add(recorder::ShownLine{.at = 1s, .channel = 0, .text = "shown to vera"}));
            EXPECT_TRUE(writer->flush());
        }
        return session.id;
    }
    Answered search(const std::string& name, std::map<std::string, std::string> arguments = {}) {
        arguments.emplace("text", "vera");
        return call_as(name, call_of("recording search", std::move(arguments)));
    }

    SessionId id;
    Secret data_key;
};

TEST_F(AdminSearch, AReviewerGetsTheIndexesKeysAndNotTheRecordings) {
    auto answer = search("ruth");
    ASSERT_TRUE(answer.done) << answer.sentence;
    EXPECT_TRUE(answer.recordings.empty());
    ASSERT_EQ(answer.indexes.size(), 1u);
    const auto& sent = answer.indexes[0];
    EXPECT_EQ(sent.id, id.str());
    EXPECT_EQ(sent.person, "vera");
    EXPECT_EQ(sent.target, "mri-3");
    EXPECT_FALSE(equal_in_constant_time(sent.keys.key.expose(), data_key.expose()));
    const auto index = recorder::Index::open(*open_file(here->index_path(id), O_RDONLY), sent.keys);
    ASSERT_TRUE(index) << index.error().detail;
    EXPECT_EQ(index->search("VERA", 10)->size(), 1u);
}

TEST_F(AdminSearch, TheSearchAndEachRecordingLookedIntoAreRecorded) {
    const auto other = recording("vera", "mri-3");
    ASSERT_TRUE(search("ruth").done);
    const auto written = records("recording.search");
    ASSERT_EQ(written.size(), 3u);
    EXPECT_EQ(written[0].session, "");
    EXPECT_EQ(written[0].fields.at("text"), "vera");
    EXPECT_EQ(written[0].fields.at("recordings"), "2");
    std::set<std::string> sessions;
    for (std::size_t i = 1; i < 3; ++i) {
        EXPECT_EQ(written[i].person, "ruth");
        EXPECT_EQ(written[i].fields.at("of"), "vera");
        sessions.insert(written[i].session);
    }
    EXPECT_EQ(sessions, (std::set<std::string>{id.str(), other.str()}));
}

TEST_F(AdminSearch, WhoIsNoReviewerGetsNothingAndItIsRecorded) {
    const auto answer = search("vera");
    EXPECT_FALSE(answer.done);
    EXPECT_TRUE(answer.indexes.empty());
    EXPECT_EQ(records("recording.search").at(0).fields.at("outcome"), "refused");
}

TEST_F(AdminSearch, WhatTakesSomebodyElsesConsentIsNotSearched) {
    const auto answer = search("carl");
    EXPECT_FALSE(answer.done);
    EXPECT_TRUE(answer.indexes.empty());
}

TEST_F(AdminSearch, AWrongCodeFindsNothing) {
    auto asked = call_of("recording search", {{"text", "vera"}});
    asked.actor = "ruth";
    asked.code = Secret::copy_of(std::string_view("000000"));
    const auto answer = call(std::move(asked));
    EXPECT_FALSE(answer.done);
    EXPECT_TRUE(answer.indexes.empty());
}

TEST_F(AdminSearch, WithoutAnIndexOneIsAskedFor) {
    const auto bare = recording("vera", "mri-3", false);
    const auto answer = search("ruth");
    ASSERT_TRUE(answer.done);
    EXPECT_EQ(answer.meta.at("without_index").to_number<int>(), 1);
    // Of what has one it is asked as well: one that nobody goes on with is made anew.
    EXPECT_THAT(live.wanted, ::testing::UnorderedElementsAre(std::pair(bare.str(), false), std::pair(id.str(), false)));
}

TEST_F(AdminSearch, AnotherRecordingsIndexIsDamagedAndNotHandedOut) {
    const auto other = recording("vera", "mri-3", false);
    std::filesystem::copy_file(here->index_path(id), here->index_path(other));
    const auto answer = search("ruth");
    ASSERT_TRUE(answer.done);
    EXPECT_EQ(answer.indexes.size(), 1u);
    EXPECT_THAT(live.wanted, ::testing::UnorderedElementsAre(std::pair(other.str(), true), std::pair(id.str(), false)));
}

TEST_F(AdminSearch, NarrowsByPersonTargetAndTime) {
    EXPECT_EQ(search("ruth", {{"person", "vera"}, {"target", "mri-3"}, {"since", "1h"}}).indexes.size(), 1u);
    EXPECT_TRUE(search("ruth", {{"person", "ruth"}}).indexes.empty());
    EXPECT_TRUE(search("ruth", {{"target", "ct-1"}}).indexes.empty());
    EXPECT_FALSE(search("ruth", {{"since", "soon"}}).done);
}

TEST_F(AdminSearch, AnIndexIsMadeAnewOnRequest) {
    ASSERT_TRUE(call("recording index", {{"id", id.str()}}).done);
    EXPECT_EQ(live.wanted, (std::vector<std::pair<std::string, bool>>{{id.str(), true}}));
    EXPECT_FALSE(call("recording index", {{"id", "nonsense"}}).done);
}

}  // namespace
}  // namespace anteroom::admin
