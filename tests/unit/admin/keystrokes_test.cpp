// The key that keystrokes are sealed to: made known once, replaced only on purpose, audited, and asked for by the doctor.
#include "recorder/keystrokes.h"

#include "broker/installation/keystroke_recipient.h"
#include "tests/unit/admin/fixture.h"

namespace anteroom::admin {
namespace {

class AdminKeystrokes : public Administering {
protected:
    Answered tell(const std::string& key, bool replace = false) {
        std::map<std::string, std::string> arguments{{"public_key", key}};
        if (replace) arguments["replace"] = "yes";
        return call("key keystrokes", arguments);
    }
    static std::string text_of(const crypto::P256Pair& pair) { return base64(pair.public_key); }
    std::string doctors_word() {
        const auto answer = call("doctor");
        for (const auto& row : answer.rows)
            if (row.as_object().at("check").as_string() == "keystrokes") return std::string(row.as_object().at("state").as_string());
        return "nothing";
    }
    static std::string sealed_policy() {
        std::string text = policy_text;
        const std::string line = "    access: standing\n";
        return text.replace(text.find(line), line.size(), line + "    keystrokes: sealed\n");
    }
    const crypto::P256Pair one = crypto::p256_generate(), two = crypto::p256_generate();
};

TEST_F(AdminKeystrokes, HaveOneKeyThatIsReplacedOnPurposeOnly) {
    ASSERT_TRUE(tell(text_of(one)).done);
    const auto again = tell(text_of(two));
    EXPECT_FALSE(again.done);
    EXPECT_NE(again.sentence.find("--replace"), std::string::npos) << again.sentence;
    EXPECT_EQ(installation::keystroke_recipient(here->settings).value(), one.public_key);
    ASSERT_TRUE(tell(text_of(two), true).done);
    EXPECT_EQ(installation::keystroke_recipient(here->settings).value(), two.public_key);
    const auto added = records("key.added");
    ASSERT_EQ(added.size(), 2u);
    EXPECT_EQ(added[0].fields.at("use"), "keystrokes");
    EXPECT_EQ(added[0].fields.at("fingerprint"), recorder::keystroke_recipient_name(one.public_key));
    EXPECT_EQ(added[1].fields.at("instead_of"), recorder::keystroke_recipient_name(one.public_key));
    EXPECT_NE(call("key list").everything.find(recorder::keystroke_recipient_name(two.public_key)), std::string::npos);
}

TEST_F(AdminKeystrokes, TakeNoKeyThatIsNone) {
    Bytes off = one.public_key;
    off[40] ^= 1;
    for (const std::string& key : {std::string("geheim!"), base64(Bytes(65, 4)), base64(off), base64(one.private_key.expose()), base64(Bytes(64, 1))})
        EXPECT_FALSE(tell(key).done) << key;
    EXPECT_FALSE(installation::keystroke_recipient(here->settings).value());
    EXPECT_TRUE(records("key.added").empty());
}

TEST_F(AdminKeystrokes, ThatPolicyWantsSealedAndNobodyCanReadAreAFault) {
    EXPECT_EQ(doctors_word(), "nothing") << "no rule asks for it";
    auto asked = call_of("policy apply", {{"file", "policy.yaml"}});
    asked.text = sealed_policy();
    const auto applied = call(std::move(asked));
    ASSERT_TRUE(applied.done) << applied.sentence;
    EXPECT_NE(applied.everything.find("there is no key to seal them to"), std::string::npos);
    EXPECT_EQ(doctors_word(), "fail");
    ASSERT_TRUE(tell(text_of(one)).done);
    EXPECT_EQ(doctors_word(), "ok");
}

TEST_F(AdminKeystrokes, KeyIsReadFromItsFileAndNothingElseIs) {
    const Secret text = installation::keystroke_key_text(one);
    const auto read = installation::parse_keystroke_key(text);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->public_key, one.public_key);
    EXPECT_TRUE(equal_in_constant_time(read->private_key.expose(), one.private_key.expose()));
    const auto zero = "private: " + base64(Bytes(32, 0)) + "\n";
    for (const std::string& other : {std::string("nothing here"), std::string("private: !!!\n"), std::string("private: AAAA\n"), zero})
        EXPECT_FALSE(installation::parse_keystroke_key(Secret::copy_of(std::string_view(other)))) << other;
}

}  // namespace
}  // namespace anteroom::admin
