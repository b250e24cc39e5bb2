// What a hostile client types and a hostile target prints: however it is split, the same comes of it, nothing that was said or
// typed becomes a sequence, and there is always a way out of an open one.
// Links: base recorder control ssh
#include <cstdlib>

#include "proxies/ssh/announcer.h"
#include "proxies/ssh/escape_keys.h"
#include "proxies/ssh/plain_text.h"
#include "proxies/ssh/talk.h"

using namespace anteroom;
using namespace anteroom::ssh;

namespace {

void check(bool good) {
    if (!good) std::abort();
}

void screen(View input) {
    ScreenState whole, split;
    whole.feed(input);
    for (const auto& byte : input) split.feed(View(&byte, 1));
    check(whole.alternate() == split.alternate() && whole.between() == split.between());
    split.feed(view("\x18"));
    check(split.between());
    Announcer announcer;
    Monotonic now{std::chrono::hours(1)};
    announcer.output(input, now);
    announcer.announce(to_string(input), true, now);
    now += std::chrono::seconds(10);
    check(!announcer.due(now).empty());
    announcer.written(now);
    check(whole.alternate() || !announcer.waiting());
}

void keys(View input) {
    EscapeKeys whole, split;
    Bytes a, b;
    std::vector<EscapeKeys::Key> pressed, pressed_split;
    whole.type(input, a, pressed);
    for (const auto& byte : input) split.type(View(&byte, 1), b, pressed_split);
    whole.finish(a);
    split.finish(b);
    check(a == b && pressed == pressed_split && a.size() + 2 * pressed.size() <= input.size());
}

void conversation(View input) {
    Talk talk(false);
    talk.begin({control::ChannelUse::shell, true, 80, 24, ""});
    for (std::uint32_t number = 1; number < 4; ++number) {
        talk.ask({number, "? ", number != 2});
        talk.type(input);
        talk.say(to_string(input));
        while (const auto answer = talk.take_answer()) check(answer->text.size() <= LineEditor::longest);
    }
    for (const auto byte : talk.output().rest()) check(byte != 0x1b && byte != 0x18);
    check(talk.finish().size() <= Talk::most_typed_ahead);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const View input(bytes, size);
    screen(input);
    keys(input);
    conversation(input);
    for (const auto& line : plain_lines(to_string(input)))
        for (const char c : line) check(c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
    return 0;
}
