// The worker's recording with keystrokes sealed: before they are forwarded, within a second in the file, and nothing where policy asks for none.
#include "proxies/worker/recording.h"
#include "tests/unit/recorder/fixture.h"

namespace anteroom::worker {
namespace {

using namespace recorder::testing;
using namespace std::chrono_literals;

struct Scene {
    Keys keys;
    Secret holder = scalar(9);
    Fd file = memory_file();
    recorder::Created created = must(recorder::create(file.get(), plan(keys), counted_entropy()));
    control::Link worker, broker;
    std::optional<Recording> recording;
    Duration now{};

    Scene() {
        auto pair = must(control::make_pair());
        must(set_nonblocking(pair.second.get()));
        worker = control::Link(std::move(pair.first), control::Sender::worker, control::Sender::broker);
        broker = control::Link(std::move(pair.second), control::Sender::broker, control::Sender::worker);
        worker.enter(control::live);
        broker.enter(control::live);
        recording.emplace(must(file.duplicate()), must(recorder::session_keys(created.header, created.data_key.expose())), at(0), worker);
    }
    void seal() { must(recording->seal_keystrokes_to(must(crypto::p256_public_of(holder.expose())), recorder::Track::terminal_input)); }
    void type(std::string_view text) { must(recording->typed(0, view(text), at(now.count()))); }
    void pass(Duration by) {
        for (const auto end = now + by; now < end;) {
            now += 50ms;
            must(recording->tick(at(now.count())));
        }
    }
    // What the holder reads of the file as it now stands.
    std::string read() const {
        auto reader = must(recorder::Reader::open(must(file.duplicate()), created.data_key.expose(), keys.broker_public, true));
        auto opener = must(recorder::KeystrokeOpener::make(holder.duplicate(), created.keys.header_hash));
        std::string out;
        while (const auto piece = must(reader.next()))
            for (const auto& event : piece->events) {
                if (event.track != recorder::Track::terminal_input || event.kind != recorder::sealed_keystrokes) continue;
                for (const auto& stroke : must(opener.open(event))) out += stroke.bytes.expose_text();
            }
        return out;
    }
};

TEST(WorkerKeystrokes, AreInTheFileWithinASecond) {
    Scene s;
    s.seal();
    EXPECT_FALSE(s.recording->waits());
    s.type("geheim");
    EXPECT_TRUE(s.recording->waits()) << "the loop has to come back for them";
    s.pass(900ms);
    EXPECT_EQ(s.read(), "geheim");
    EXPECT_FALSE(s.recording->waits());
}

TEST(WorkerKeystrokes, AreInTheFileWhenTheSessionEnds) {
    Scene s;
    s.seal();
    s.type("last words");
    (void)s.recording->finish();
    EXPECT_EQ(s.read(), "last words");
}

TEST(WorkerKeystrokes, AreNotKeptWherePolicySaysNothing) {
    Scene s;
    must(s.recording->seal_keystrokes_to({}, recorder::Track::terminal_input));
    EXPECT_FALSE(s.recording->keeps_keystrokes());
    s.type("geheim");
    s.pass(2s);
    const auto last = s.recording->finish();
    EXPECT_EQ(last.count, 0u);
    EXPECT_EQ(s.read(), "");
}

TEST(WorkerKeystrokes, WithoutAUsableKeyRefuseTheSession) {
    Scene s;
    EXPECT_FALSE(s.recording->seal_keystrokes_to(Bytes(65, 4), recorder::Track::terminal_input));
}

TEST(WorkerKeystrokes, ThatCannotBeKeptAreAnError) {
    Scene s;
    s.seal();
    s.file.close();
    // The writer's descriptor goes the same way: what is open for reading only takes nothing.
    Fd closed(::memfd_create("gone", MFD_CLOEXEC));
    Recording broken(must(open_file("/proc/self/fd/" + std::to_string(closed.get()), O_RDONLY)),
                     must(recorder::session_keys(s.created.header, s.created.data_key.expose())), at(0), s.worker);
    must(broken.seal_keystrokes_to(must(crypto::p256_public_of(s.holder.expose())), recorder::Track::terminal_input));
    must(broken.typed(0, view("geheim"), at(0)));
    EXPECT_TRUE(broken.tick(at(600'000))) << "sealed into the writer's buffer";
    EXPECT_FALSE(broken.tick(at(1'000'000))) << "and not written";
    EXPECT_FALSE(broken.typed(0, Bytes(100'000, 'x'), at(1'100'000))) << "what fills a block is not taken any more";
}

}  // namespace
}  // namespace anteroom::worker
