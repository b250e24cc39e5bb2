// anteroom ticket rdp: a file for one sign-in, for those who may reach the desktop; what stands in it, and its signature.
#include "broker/installation/tickets.h"

#include <openssl/cms.h>

#include "broker/admin/rdp_file.h"
#include "tests/unit/admin/fixture.h"

namespace anteroom::admin {
namespace {

const std::string desktops = std::string(R"(version: 1
targets:
  cart-1:
    address: 10.20.3.9:3389
    protocol: rdp
    host_key: x509-sha256 )") +
                             base64(Bytes(32, 7)) + R"(
    labels: { zone: wards }
    accounts: { care: { secret: stored }, night: { secret: ask } }
  mri-3:
    address: 10.20.3.7:22
    protocol: ssh
    host_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS
    labels: { zone: imaging }
    accounts: { care: { secret: stored } }
rules:
  - { id: see, who: [person:maya], to: { targets: [cart-1], accounts: [care] }, allow: [rdp:display, rdp:clipboard:in, rdp:audio], access: standing }
  - { id: shell, who: [person:maya], to: { targets: [mri-3] }, allow: [shell], access: standing }
  - { id: asks, who: [person:sam], to: { targets: [cart-1] }, allow: [rdp:display], access: on-request, approval: { by: [person:dana], max: 1h } }
)";

class TicketCommand : public Administering {
protected:
    void SetUp() override {
        Administering::SetUp();
        ASSERT_TRUE(here->apply_policy(desktops, "policy.yaml", "test"));
        for (const char* name : {"maya", "sam", "eve"}) enrol(name);
    }
    Answered ticket(const char* person, const char* target = "cart-1", const char* account = "") {
        auto asked = call_of("ticket rdp", {{"target", target}});
        if (*account != '\0') asked.arguments["account"] = account;
        return call_as(person, std::move(asked));
    }
    static std::string file_of(const Answered& answer) { return std::string(answer.meta.at("file").as_string()); }
    static std::string value_of(const std::string& file, const std::string& name) {
        const auto at = file.find("\r\n" + name);
        if (at == std::string::npos) return "none";
        const auto from = at + 2 + name.size();
        return file.substr(from, file.find("\r\n", from) - from);
    }
};

TEST_F(TicketCommand, WritesAFileWhoseTokenSignsInOnce) {
    const auto answer = ticket("maya");
    ASSERT_TRUE(answer.done) << answer.sentence;
    const auto file = file_of(answer);
    EXPECT_EQ(value_of(file, "full address:s:"), "127.0.0.1:3390");
    EXPECT_EQ(value_of(file, "username:s:"), "maya");
    EXPECT_EQ(value_of(file, "enablecredsspsupport:i:"), "0");
    EXPECT_EQ(value_of(file, "authentication level:i:"), "2");
    EXPECT_EQ(value_of(file, "negotiate security layer:i:"), "1");
    EXPECT_EQ(value_of(file, "prompt for credentials:i:"), "0");
    EXPECT_EQ(value_of(file, "redirectclipboard:i:"), "1");
    EXPECT_EQ(value_of(file, "audiomode:i:"), "0");
    EXPECT_EQ(value_of(file, "redirectdrives:i:"), "0");
    EXPECT_EQ(value_of(file, "signature:s:"), "none") << "no signer is configured";
    const auto shell = value_of(file, "alternate shell:s:");
    ASSERT_TRUE(shell.starts_with("anteroom:"));
    const auto token = Secret::copy_of(shell.substr(9));
    const auto verdict = installation::use_ticket(*here, PersonId("maya"), token, "203.0.113.7");
    ASSERT_TRUE(verdict);
    EXPECT_EQ(verdict->kind, identity::login::TicketVerdict::Kind::good);
    EXPECT_EQ(verdict->name.target, TargetId("cart-1"));
    EXPECT_EQ(verdict->name.account, AccountId("care"));
}

TEST_F(TicketCommand, IsRecordedAndItsTokenIsNowhere) {
    const auto answer = ticket("maya");
    ASSERT_TRUE(answer.done) << answer.sentence;
    const auto token = value_of(file_of(answer), "alternate shell:s:").substr(9);
    const auto issued = records("ticket.issued");
    ASSERT_EQ(issued.size(), 1u);
    EXPECT_EQ(issued[0].person, "maya");
    EXPECT_EQ(issued[0].target, "cart-1");
    EXPECT_EQ(issued[0].fields.at("unix_user"), "ada");
    EXPECT_EQ(everything_kept().find(token), std::string::npos);
    EXPECT_EQ(answer.everything.find(token), std::string::npos) << "it is in no row and in no sentence";
}

TEST_F(TicketCommand, IsForThoseToWhomAnApprovalWouldOpenItToo) {
    const auto answer = ticket("sam", "cart-1", "care");
    EXPECT_TRUE(answer.done) << answer.sentence;
    EXPECT_FALSE(ticket("sam").done) << "two accounts: which?";
    EXPECT_NE(ticket("sam").sentence.find("--account, with one of care, night"), std::string::npos);
}

TEST_F(TicketCommand, IsRefusedToThoseWhoMayNot) {
    for (const auto& refused : {ticket("eve"), ticket("eve", "nowhere"), ticket("maya", "cart-1", "night"), ticket("maya", "mri-3"), ticket("maya", "A B")}) {
        EXPECT_FALSE(refused.done);
        EXPECT_FALSE(refused.meta.contains("file"));
    }
    EXPECT_EQ(ticket("eve").sentence, ticket("eve", "nowhere").sentence) << "which names exist is not told";
    EXPECT_NE(ticket("maya", "mri-3").sentence.find("reached by SSH"), std::string::npos);
    EXPECT_TRUE(records("ticket.issued").empty());
}

TEST_F(TicketCommand, TakesAFreshCode) {
    auto asked = call_of("ticket rdp", {{"target", "cart-1"}});
    EXPECT_FALSE(call(std::move(asked)).done) << "nobody";
    asked = call_of("ticket rdp", {{"target", "cart-1"}});
    asked.actor = "maya";
    asked.code = Secret::copy_of("000000");
    EXPECT_FALSE(call(std::move(asked)).done);
    EXPECT_TRUE(records("ticket.issued").empty());
}

TEST_F(TicketCommand, SignsWhatItWritesWhereASignerIsConfigured) {
    auto signer = identity::TlsIdentity::make("signer", {}, clock.now(), std::chrono::hours(24));
    ASSERT_TRUE(signer);
    here->rdp_signer.emplace(std::move(*signer));
    const auto answer = ticket("maya");
    ASSERT_TRUE(answer.done) << answer.sentence;
    const auto file = file_of(answer);
    const auto scope = value_of(file, "signscope:s:");
    EXPECT_TRUE(scope.starts_with("Full Address,Alternate Full Address,")) << scope;
    EXPECT_NE(scope.find(",Alternate Shell,"), std::string::npos) << scope;
    EXPECT_EQ(value_of(file, "alternate full address:s:"), "127.0.0.1:3390");
    const auto blob = from_base64(value_of(file, "signature:s:"));
    ASSERT_TRUE(blob);
    ASSERT_GT(blob->size(), 12u);
    EXPECT_EQ(hex(View(*blob).first(8)), "0100010001000000");
    EXPECT_EQ((*blob)[8] + 256u * (*blob)[9], blob->size() - 12);
    const auto verifies = [&](const std::string& text) {
        const auto settings = secure_settings(text);
        const unsigned char* cursor = blob->data() + 12;
        CMS_ContentInfo* message = d2i_CMS_ContentInfo(nullptr, &cursor, static_cast<long>(blob->size() - 12));
        BIO* content = BIO_new_mem_buf(settings.content.data(), static_cast<int>(settings.content.size()));
        const bool good = message != nullptr && CMS_verify(message, nullptr, nullptr, content, nullptr, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) == 1;
        BIO_free(content);
        CMS_ContentInfo_free(message);
        return good;
    };
    EXPECT_TRUE(verifies(file.substr(0, file.find("signscope:s:"))));
    auto changed = file.substr(0, file.find("signscope:s:"));
    changed.replace(changed.find("127.0.0.1"), 9, "127.0.0.2");
    EXPECT_FALSE(verifies(changed)) << "another address";
}

TEST_F(TicketCommand, SaysSoWhereRdpIsNotServed) {
    here.reset();
    ASSERT_TRUE(replace_file(dir + "/anteroom.yaml", view("listen: {ssh: \"127.0.0.1:2222\"}\n")));
    here = std::move(*installation::Installation::open(dir, clock));
    live.access_.emplace(*here);
    EXPECT_NE(ticket("maya").sentence.find("RDP is not served here"), std::string::npos);
}

TEST_F(TicketCommand, StandsBesideASecretThatFits) {
    auto put = call_of("secret put", {{"account", "cart-1/care"}, {"kind", "key"}});
    put.secret = Secret::copy_of("-----BEGIN OPENSSH PRIVATE KEY-----");
    const auto key = call(std::move(put));
    EXPECT_FALSE(key.done);
    EXPECT_NE(key.sentence.find("takes a password, not an SSH key"), std::string::npos) << key.sentence;
    auto password = call_of("secret put", {{"account", "cart-1/care"}, {"kind", "password"}});
    password.secret = Secret::copy_of("geheim");
    EXPECT_TRUE(call(std::move(password)).done);
}

TEST_F(TicketCommand, ShowsTheCertificateAmongTheKeysAndToTheDoctor) {
    const auto shown = [](const Answered& answer, const char* key, const std::string& value) {
        for (const auto& row : answer.rows)
            if (row.as_object().at(key).as_string() == value) return row.as_object();
        return json::object();
    };
    const auto row = shown(call("key list"), "use", "rdp certificate");
    ASSERT_FALSE(row.empty());
    EXPECT_EQ(row.at("id").as_string(), here->rdp_identity->facts().sha256);
    EXPECT_EQ(shown(call("doctor"), "check", "rdp certificate").at("state").as_string(), "ok");
    clock.advance(std::chrono::hours(24 * 650));
    EXPECT_EQ(shown(call("doctor"), "check", "rdp certificate").at("state").as_string(), "warn");
}

}  // namespace
}  // namespace anteroom::admin
