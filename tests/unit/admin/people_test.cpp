// People, their factors, and the secrets of targets.
#include "broker/identity/private_key.h"
#include "tests/unit/admin/fixture.h"

namespace anteroom::admin {
namespace {

class AdminPeople : public Administering {};

TEST_F(AdminPeople, AddsSomebodyMarkedAsSetUpByAnAdministrator) {
    auto asked = call_of("person add", {{"name", "vera"}, {"email", "vera@acme.example"}, {"vendor", "acme"}, {"display_name", "Vera V."}});
    asked.list = {"imaging", "night", "imaging"};
    asked.secret = Secret::copy_of("a long enough phrase");
    const auto answer = call(std::move(asked));
    ASSERT_TRUE(answer.done) << answer.sentence;
    const auto vera = *here->people.find(PersonId("vera"));
    ASSERT_TRUE(vera);
    EXPECT_TRUE(vera->set_up_by_admin);
    EXPECT_EQ(vera->groups, (std::vector<std::string>{"imaging", "night"}));
    EXPECT_TRUE(vera->password_hash);
    const auto record = records("person.added").at(0);
    EXPECT_EQ(record.person, "vera");
    EXPECT_EQ(record.fields.at("unix_user"), "ada");
    EXPECT_EQ(record.fields.at("uid"), "1000");
    EXPECT_EQ(everything_kept().find("a long enough phrase"), std::string::npos);
    EXPECT_EQ(call("person list").text("state"), "enabled");
}

TEST_F(AdminPeople, WarnsOfAVendorThatThePolicyDoesNotKnow) {
    const auto answer = call("person add", {{"name", "olaf"}, {"vendor", "others"}});
    EXPECT_TRUE(answer.done);
    EXPECT_NE(answer.sentence.find("knows no vendor others"), std::string::npos);
}

TEST_F(AdminPeople, RefusesWhatIsNoName) {
    for (const std::string name : {"../etc", "Vera", "ve ra", "vera'; --", "vera\"", "-vera", "vera+root", "v\xc3\xa9ra"}) {
        const auto answer = call("person add", {{"name", name}});
        EXPECT_FALSE(answer.done) << name;
        EXPECT_EQ(answer.sentence.find('\n'), std::string::npos);
    }
    for (const auto& name :
         {std::string("vera\nroot"), std::string("ve\0ra", 5), std::string("\x1b[2J"), std::string(64 * 1024, 'a'), std::string("\xff\xfe")}) {
        const auto answer = call("person add", {{"name", name}});
        EXPECT_FALSE(answer.done);
        EXPECT_LT(answer.sentence.size(), 500u);
        EXPECT_EQ(answer.sentence.find('\x1b'), std::string::npos);
    }
    EXPECT_TRUE(here->people.list()->empty());
    EXPECT_TRUE(records("person.added").empty());
}

TEST_F(AdminPeople, RefusesWeakPasswordsBadGroupsAndAddresses) {
    auto weak = call_of("person add", {{"name", "vera"}});
    weak.secret = Secret::copy_of("short");
    EXPECT_FALSE(call(std::move(weak)).done);
    auto group = call_of("person add", {{"name", "vera"}});
    group.list = {"Imaging Group"};
    EXPECT_FALSE(call(std::move(group)).done);
    for (const char* email : {"nobody", "@x", "x@", "a@b@c", "a b@c"}) EXPECT_FALSE(call("person add", {{"name", "vera"}, {"email", email}}).done) << email;
    EXPECT_TRUE(here->people.list()->empty());
}

TEST_F(AdminPeople, ANameIsTakenOnce) {
    EXPECT_TRUE(call("person add", {{"name", "vera"}}).done);
    EXPECT_FALSE(call("person add", {{"name", "vera"}}).done);
    EXPECT_EQ(records("person.added").size(), 1u);
}

TEST_F(AdminPeople, DisablingIsAuditedAndReconsidersSessions) {
    ASSERT_TRUE(call("person add", {{"name", "vera"}}).done);
    ASSERT_TRUE(
        here->console_sessions.insert({.token_hash = std::string(64, 'a'), .person = PersonId("vera"), .started = clock.now(), .last_input = clock.now()}));
    EXPECT_TRUE(call("person disable", {{"name", "vera"}}).done);
    EXPECT_TRUE(here->console_sessions.of(PersonId("vera"))->empty());
    EXPECT_EQ(records("console.ended").at(0).person, "vera");
    EXPECT_TRUE((*here->people.find(PersonId("vera")))->disabled);
    EXPECT_EQ(live.reconsidered, 1);
    EXPECT_EQ(records("person.disabled").at(0).person, "vera");
    EXPECT_TRUE(call("person enable", {{"name", "vera"}}).done);
    EXPECT_FALSE((*here->people.find(PersonId("vera")))->disabled);
    EXPECT_FALSE(call("person disable", {{"name", "nobody"}}).done);
    EXPECT_EQ(records("person.disabled").size(), 1u);
}

TEST_F(AdminPeople, TheCodeSecretLeavesOnceAndStandsNowhereElse) {
    ASSERT_TRUE(call("person add", {{"name", "vera"}}).done);
    const auto answer = call("person totp", {{"name", "vera"}});
    ASSERT_TRUE(answer.done) << answer.sentence;
    const auto uri = answer.text("uri");
    EXPECT_TRUE(uri.starts_with("otpauth://totp/"));
    const auto at = uri.find("secret=") + 7;
    const auto secret = uri.substr(at, uri.find('&', at) - at);
    EXPECT_GE(secret.size(), 32u);
    EXPECT_EQ(everything_kept().find(secret), std::string::npos);
    EXPECT_EQ(call("person show", {{"name", "vera"}}).everything.find(secret), std::string::npos);
    EXPECT_EQ(records("totp.enrolled").at(0).fields.at("replaced"), "no");
    EXPECT_TRUE(call("person totp", {{"name", "vera"}}).done);
    EXPECT_EQ(records("totp.enrolled").at(1).fields.at("replaced"), "yes");
}

TEST_F(AdminPeople, KeysAreAddedListedAndRemoved) {
    ASSERT_TRUE(call("person add", {{"name", "vera"}}).done);
    ASSERT_TRUE(call("person add", {{"name", "olaf"}}).done);
    const auto line = identity::PrivateKey::generate(identity::PrivateKey::Kind::ed25519)->public_key().openssh_line();
    auto add = [&](const std::string& name, const std::string& text) {
        auto asked = call_of("person key add", {{"name", name}});
        asked.text = text;
        return call(std::move(asked));
    };
    const auto added = add("vera", line + " vera@laptop\n");
    ASSERT_TRUE(added.done) << added.sentence;
    EXPECT_FALSE(add("olaf", line).done);  // somebody's already
    EXPECT_FALSE(add("vera", "command=\"sh\" " + line).done);
    EXPECT_FALSE(add("vera", line + "\n" + line).done);
    EXPECT_FALSE(add("vera", "").done);
    EXPECT_FALSE(add("vera", std::string(64 * 1024, 'A')).done);
    const auto list = call("person key list", {{"name", "vera"}});
    ASSERT_EQ(list.rows.size(), 1u);
    EXPECT_FALSE(call("person key remove", {{"name", "olaf"}, {"key", list.text("id")}}).done);
    EXPECT_TRUE(call("person key remove", {{"name", "vera"}, {"key", list.text("fingerprint")}}).done);
    EXPECT_TRUE(call("person key list", {{"name", "vera"}}).rows.empty());
    EXPECT_EQ(records("key.added").size(), 1u);
    EXPECT_EQ(records("key.removed").size(), 1u);
}

TEST_F(AdminPeople, SecretsAreSealedForTheirAccountAndNeverComeBack) {
    auto put = [&](const std::string& account, const std::string& kind, const std::string& secret) {
        auto asked = call_of("secret put", {{"account", account}, {"kind", kind}});
        asked.secret = Secret::copy_of(secret);
        return call(std::move(asked));
    };
    EXPECT_EQ(call("secret list").text("kind"), "missing");
    const std::string password = "canary-password-4711";
    const auto answer = put("mri-3/service", "password", password);
    ASSERT_TRUE(answer.done) << answer.sentence;
    const auto kept = *here->target_secrets.find(TargetId("mri-3"), AccountId("service"));
    EXPECT_EQ(here->ring.open(vault::purpose::target_password, "mri-3/service", kept->sealed)->expose_text(), password);
    EXPECT_FALSE(here->ring.open(vault::purpose::target_password, "mri-3/guest", kept->sealed));
    EXPECT_EQ((answer.everything + call("secret list").everything + everything_kept()).find(password), std::string::npos);
    EXPECT_EQ(records("secret.put").at(0).target, "mri-3");

    const auto unknown = put("mri-4/service", "password", password);
    EXPECT_FALSE(unknown.done);
    EXPECT_NE(unknown.sentence.find("mri-3"), std::string::npos);
    EXPECT_NE(put("mri-3/root", "password", password).sentence.find("guest, service"), std::string::npos);
    for (const char* account : {"mri-3", "../mri-3/service", "mri-3/", "/service", "mri-3/ser vice"})
        EXPECT_FALSE(put(account, "password", password).done) << account;
    EXPECT_FALSE(put("mri-3/service", "password", "").done);
    EXPECT_FALSE(put("mri-3/service", "certificate", password).done);
    EXPECT_FALSE(put("mri-3/service", "key", "not a key").done);
    EXPECT_NE(put("mri-3/guest", "password", password).sentence.find("does not use it"), std::string::npos);
}

TEST_F(AdminPeople, AKeyForATargetShowsItsPublicLine) {
    const auto key = *identity::PrivateKey::generate(identity::PrivateKey::Kind::ed25519);
    const auto pkcs8 = *key.to_secret();
    auto asked = call_of("secret put", {{"account", "mri-3/service"}, {"kind", "key"}});
    const std::string body = base64(pkcs8.expose());
    asked.secret = Secret::copy_of(
        "-----BEGIN "
        "PRIVATE KEY-----\n" +
        body +
        "\n-----END "
        "PRIVATE KEY-----\n");
    const auto answer = call(std::move(asked));
    ASSERT_TRUE(answer.done) << answer.sentence;
    EXPECT_EQ(answer.text("public_key"), key.public_key().openssh_line());
    const auto kept = *here->target_secrets.find(TargetId("mri-3"), AccountId("service"));
    EXPECT_EQ(*kept->public_blob, key.public_blob());
    const auto opened = here->ring.open(vault::purpose::target_key, "mri-3/service", kept->sealed);
    EXPECT_TRUE(identity::PrivateKey::from_secret(*opened));
    EXPECT_EQ((answer.everything + everything_kept()).find(body.substr(20, 40)), std::string::npos);
}

}  // namespace
}  // namespace anteroom::admin
