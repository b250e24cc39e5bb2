// Whatever is typed: nothing is decided without a code, nothing unprintable is shown, and every conversation goes on or ends.
#include "tests/unit/talk/scene.h"

namespace anteroom::talk {

using namespace testing;

class Nonsense : public Talking {
protected:
    // Something that a person, a script or an attacker may type.
    static std::string line(anteroom::testing::Seeded& seeded) {
        static const std::vector<std::string> known{"",
                                                    "1",
                                                    "2",
                                                    "request 1,2",
                                                    "approvals",
                                                    "approve",
                                                    "approve 30m",
                                                    "deny",
                                                    "deny 1 no",
                                                    "next",
                                                    "list",
                                                    "quit",
                                                    "withdraw 1",
                                                    "break-glass",
                                                    "YES",
                                                    "yes",
                                                    "CHG-7",
                                                    "2h",
                                                    "show 1",
                                                    "revoke 1 x",
                                                    "000000",
                                                    "help",
                                                    "4h from",
                                                    "reason",
                                                    "withdraw",
                                                    "from",
                                                    "approve 1",
                                                    "mri-3 root",
                                                    "break-glass drill",
                                                    "\x1b[2J",
                                                    "a\nb"};
        switch (seeded.below(8)) {
            case 0: return seeded.text(seeded.below(200));
            case 1: return seeded.text_of("request ,123-+:\x1b\n\t", seeded.below(60));
            default: return known[seeded.below(known.size())];
        }
    }
    static void expect_printable(const std::string& text) {
        for (const char c : text) ASSERT_TRUE(c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f)) << static_cast<int>(c);
    }
};

TEST_F(Nonsense, DecidesNothingAndShowsNothingUnprintable) {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        SCOPED_TRACE(seed);
        anteroom::testing::Seeded seeded(seed);
        const std::string who = std::vector<std::string>{"alice", "dana", "erin"}[seeded.below(3)];
        auto& one = seeded.chance(2) ? wait_screen(who) : seeded.chance(2) ? menu_screen(who) : approvals_screen(who);
        for (int typed = 0; typed < 30 && !one.over(); ++typed) {
            if (one.prompt.empty()) break;
            one.type(line(seeded));
            expect_printable(one.all());
            clock.advance(std::chrono::seconds(seeded.below(20)));
            one.tick();
        }
        for (const auto& made : must(access->list(true))) {
            ASSERT_TRUE(made.state == RequestState::requested || made.state == RequestState::withdrawn || made.emergency) << made.id;
            ASSERT_FALSE(made.emergency && made.person != PersonId("dana"));  // nobody else is named for break-glass
        }
        screens.clear();
        kept.clear();
    }
}

}  // namespace anteroom::talk
