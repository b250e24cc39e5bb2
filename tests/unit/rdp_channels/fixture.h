// Messages of the channels built field by field, a policy in memory that notes what it is asked, and one filter under test.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <stdexcept>

#include "proxies/rdp/channels/filter.h"
#include "proxies/rdp/channels/wire.h"

namespace anteroom::rdp::testing {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

inline constexpr Way in = Way::to_target, out = Way::to_client;

struct Policy {
    std::set<std::string> allow;  // "rdp:audio", "rdp:dynamic:ECHO"
    std::vector<policy::Use> asked;
    Permits permits() {
        return [this](const policy::Use& use) {
            asked.push_back(use);
            return allow.contains(use.kind) || allow.contains(use.kind + ":" + use.detail);
        };
    }
    // Notes nothing: it is not audited.
    Permits foresees() {
        return [this](const policy::Use& use) { return allow.contains(use.kind); };
    }
    std::size_t times(std::string_view kind) const {
        return static_cast<std::size_t>(std::count_if(asked.begin(), asked.end(), [&](const auto& use) { return use.kind == kind; }));
    }
};

struct Rig {
    Policy policy;
    std::unique_ptr<Filter> filter;
    Monotonic now{};
    std::array<std::size_t, 2> held{};  // came, and has not gone on yet; used by survives_anything
    Rig(std::string_view channel, std::set<std::string> allow, bool text = false, std::uint64_t limit = 0) : policy{.allow = std::move(allow)} {
        filter = make_filter(
            channel, {.permits = policy.permits(), .clipboard_text = text, .byte_limit = limit, .foresees = policy.foresees(), .now = [this] { return now; }});
    }
    Passed pass(Way way, const Bytes& message) {
        auto passed = filter->pass(way, message);
        if (!passed) throw std::runtime_error(passed.error().detail);
        return std::move(*passed);
    }
    // Passes exactly as it is, and nothing goes back.
    bool unchanged(Way way, const Bytes& message) {
        const auto passed = pass(way, message);
        return passed.back.empty() && passed.forward == std::vector<Bytes>{message};
    }
    bool silent(Way way, const Bytes& message) {
        const auto passed = pass(way, message);
        return passed.back.empty() && passed.forward.empty();
    }
    bool refuses(Way way, const Bytes& message) {
        const auto passed = filter->pass(way, message);
        return !passed && passed.error().kind == ErrorKind::refused;
    }
};

inline Bytes utf16(std::string_view ascii, bool terminated = true) {
    Out text;
    for (const char c : ascii) text.u16(static_cast<std::uint8_t>(c));
    if (terminated) text.u16(0);
    return text.take();
}
inline Bytes joined(const Bytes& a, const Bytes& b) { return Out().bytes(a).bytes(b).take(); }
inline Bytes cut(const Bytes& message, std::size_t size) { return to_bytes(View(message).first(size)); }

// Another message than the one given, in one to four places.
inline Bytes mutated(Bytes message, std::mt19937& random) {
    for (auto changes = 1 + random() % 4; changes > 0 && !message.empty(); --changes) {
        const auto at = random() % message.size();
        switch (random() % 5) {
            case 0: message[at] = static_cast<std::uint8_t>(random()); break;
            case 1: message[at] ^= static_cast<std::uint8_t>(1u << (random() % 8)); break;
            case 2: message[at] = 0xff; break;
            case 3: message.resize(at); break;
            default: message.insert(message.begin() + static_cast<std::ptrdiff_t>(at), static_cast<std::uint8_t>(random())); break;
        }
    }
    return message;
}

struct Step {
    Way way = in;
    Bytes message;
};
using Story = std::vector<Step>;

// Each message of a story cut at every byte, and thousands of stories with one or several messages changed: whatever comes is
// judged without reading elsewhere (under the sanitizers), and nothing is forwarded that is larger than what came and was held back.
inline void survives_anything(std::string_view channel, const std::set<std::string>& allow, const Story& story, unsigned seeds = 3000) {
    const auto feed = [](Rig& rig, const Step& step) {
        const auto passed = rig.filter->pass(step.way, step.message);
        if (!passed) {
            ASSERT_EQ(passed.error().kind, ErrorKind::refused);
            return;
        }
        auto& held = rig.held[step.way == in ? 0 : 1];
        held += step.message.size();
        for (const auto& message : passed->forward) ASSERT_LE(message.size(), held + 64);
        if (!passed->forward.empty()) held = 0;
        ASSERT_LE(passed->back.size(), step.message.size());
    };
    for (std::size_t which = 0; which < story.size(); ++which)
        for (std::size_t size = 0; size < story[which].message.size(); ++size) {
            Rig rig(channel, allow, true);
            for (std::size_t i = 0; i < which; ++i) feed(rig, story[i]);
            feed(rig, {story[which].way, cut(story[which].message, size)});
        }
    for (unsigned seed = 0; seed < seeds; ++seed) {
        std::mt19937 random(seed);
        Rig rig(channel, allow, seed % 2 == 0, seed % 3 == 0 ? 100 : 0);
        for (std::size_t steps = 0; steps < 2 * story.size(); ++steps) {
            const auto& step = random() % 4 == 0 ? story[random() % story.size()] : story[steps % story.size()];
            feed(rig, {random() % 16 == 0 ? other(step.way) : step.way, random() % 3 == 0 ? mutated(step.message, random) : step.message});
        }
        rig.filter->close();
    }
}

}  // namespace anteroom::rdp::testing
