// One catalogue for both ways in: over SSH only what speaks SSH is on the list, in RDP's lobby only desktops, and a name of the other
// kind is answered with how it is reached, never with more than the person may know.
#include "broker/talk/words.h"
#include "tests/unit/talk/scene.h"

namespace anteroom::talk {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;

class BothWays : public Talking {
protected:
    BothWays() {
        std::string text = hospital_policy;
        const std::string cart = "  cart-1:\n    address: 10.20.3.9:3389\n    protocol: rdp\n    host_key: x509-sha256 " + base64(Bytes(32, 7)) +
                                 "\n    labels: { zone: wards }\n    description: telemedicine cart\n    accounts: { care: { secret: none } }\n";
        text.insert(text.find("rules:\n"), cart);
        text.insert(text.find("break_glass:\n"),
                    "  - { id: cart-care, who: [role:service], to: { targets: [cart-1] }, allow: [rdp:display], access: standing }\n");
        must(here->apply_policy(text, "policy.yaml", "test"));
    }
    Screen& menu_by(policy::Protocol protocol, const std::string& name) {
        auto who = party(name);
        who.protocol = protocol;
        auto& shown = screen();
        shown.begin(menu(who, shown), terminal());
        return shown;
    }
};

TEST_F(BothWays, ListWhatTheyLeadTo) {
    const auto& ssh = menu_by(policy::Protocol::ssh, "alice");
    EXPECT_THAT(ssh.said, HasSubstr("mri-3 as service"));
    EXPECT_THAT(ssh.said, Not(HasSubstr("cart-1")));
    const auto& rdp = menu_by(policy::Protocol::rdp, "alice");
    EXPECT_THAT(rdp.said, HasSubstr("  1  cart-1 as care"));
    EXPECT_THAT(rdp.said, HasSubstr("telemedicine cart"));
    EXPECT_THAT(rdp.said, Not(HasSubstr("mri-3")));
}

TEST_F(BothWays, ConnectByNumberAndByNameToTheirOwnKind) {
    auto& rdp = menu_by(policy::Protocol::rdp, "alice");
    rdp.type("1");
    ASSERT_TRUE(rdp.connected);
    EXPECT_EQ(*rdp.connected, (policy::Ask{TargetId("cart-1"), AccountId("care")}));
}

TEST_F(BothWays, SayHowTheOtherKindIsReached) {
    auto& rdp = menu_by(policy::Protocol::rdp, "alice");
    rdp.type("mri-3");
    EXPECT_THAT(rdp.said, HasSubstr("mri-3 is reached by SSH, not by RDP: sign on with ssh as alice+mri-3+service."));
    EXPECT_FALSE(rdp.connected);
    auto& ssh = menu_by(policy::Protocol::ssh, "alice");
    ssh.type("cart-1+care");
    EXPECT_THAT(ssh.said, HasSubstr("cart-1 is a desktop, reached by RDP, which is not served here."));
    EXPECT_FALSE(ssh.connected);
}

TEST_F(BothWays, SayNothingOfWhatThePersonMayNotReach) {
    auto& rdp = menu_by(policy::Protocol::rdp, "ruth");
    rdp.type("mri-3");
    EXPECT_THAT(rdp.said, HasSubstr("There is no \"mri-3\" here"));
    auto& ssh = menu_by(policy::Protocol::ssh, "ruth");
    ssh.type("cart-1");
    EXPECT_THAT(ssh.said, HasSubstr("There is no \"cart-1\" here"));
}

TEST_F(BothWays, NameTheKeyThatLeaves) {
    EXPECT_EQ(leaving_key(policy::Protocol::ssh), "Ctrl-C");
    EXPECT_EQ(leaving_key(policy::Protocol::rdp), "Esc");
}

}  // namespace anteroom::talk
