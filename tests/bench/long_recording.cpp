// long_recording DIR ssh|rdp HOURS: a session of so many hours, as the broker leaves it behind: recording, checkpoints, index, the store's
// row and the audit log's records, all written by what writes them otherwise; only the clock is invented. For benches, while no broker runs.
#include <fcntl.h>

#include <cstdio>
#include <cstring>
#include <random>

#include "broker/installation/installation.h"
#include "recorder/create.h"
#include "recorder/indexer/indexer.h"
#include "recorder/indexer/run.h"
#include "recorder/screen.h"
#include "recorder/tracks.h"

using namespace anteroom;
using recorder::Track;

namespace {

constexpr std::int64_t second = 1'000'000;

struct Made {
    Fd file, sidecar;
    recorder::Created created;
    Secret seed;
};

Monotonic at(std::int64_t now) { return Monotonic(Duration(second + now)); }

// Somebody who types and reads all day: four lines a second, now and then a page in colours.
Status terminal(recorder::Writer& writer, std::int64_t length) {
    std::mt19937 random(1);
    TRY(writer.append(Track::resize, 0, 0, wire::encode(recorder::Resize{.columns = 120, .rows = 40}), at(0)));
    for (std::int64_t now = 0, number = 0; now < length; now += second / 4, ++number) {
        std::string text = "\x1b[3" + std::to_string(random() % 8) + "mline " + std::to_string(number) + "\x1b[0m ";
        for (std::size_t left = random() % 120; left > 0; --left) text += static_cast<char>('a' + random() % 26);
        text += "\r\n";
        if (number % 200 == 0) text += "\x1b[2J\x1b[H";
        TRY(writer.append(Track::terminal_output, 0, 0, view(text), at(now)));
        TRY(writer.tick(at(now + second / 4)));
    }
    return ok();
}

// Somebody at a desktop all day: typing, twice a second; another window every twenty seconds.
Status desktop(recorder::Writer& writer, std::int64_t length) {
    constexpr std::uint16_t width = 1280, height = 800;
    std::mt19937 random(2);
    Bytes pixels(std::size_t{width} * height * 4);
    const recorder::PixelView picture{.pixels = pixels.data(), .stride = width * 4, .width = width, .height = height};
    recorder::ScreenEncoder encoder([&](Track track, std::uint8_t kind, View bytes, Monotonic now) { return writer.append(track, kind, 0, bytes, now); });
    encoder.resize(width, height);
    const auto fill = [&](const recorder::Area& area, bool letters) {
        for (std::uint32_t y = area.y; y < std::uint32_t{area.y} + area.height; ++y)
            for (std::uint32_t x = area.x; x < std::uint32_t{area.x} + area.width; ++x) {
                const auto colour = static_cast<std::uint32_t>(letters && random() % 5 == 0 ? 0x202020 : 0xe8e8e0);
                std::memcpy(pixels.data() + (std::size_t{y} * width + x) * 4, &colour, 4);
            }
        encoder.damage(area);
    };
    fill({.x = 0, .y = 0, .width = width, .height = height}, true);
    for (std::int64_t now = 0, number = 0; now < length; now += second / 2, ++number) {
        const auto x = static_cast<std::uint16_t>(number * 9 % (width - 10)), y = static_cast<std::uint16_t>(number / 140 * 16 % (height - 16));
        fill({.x = x, .y = y, .width = 9, .height = 16}, true);
        if (number % 40 == 0) fill({.x = 200, .y = 100, .width = 600, .height = 400}, number % 80 == 0);
        TRY(encoder.tick(picture, at(now)));
        TRY(writer.append(Track::pointer, recorder::PointerKind::position, 0, wire::encode(recorder::PointerPosition{x, y}), at(now)));
        TRY(writer.tick(at(now + second / 2)));
    }
    return encoder.finish(picture, at(length));
}

Result<Made> make(installation::Installation& here, const store::Session& session) {
    Made out;
    out.file = TRY(open_file(session.recording_path, O_RDWR | O_CREAT | O_EXCL | O_APPEND));
    out.sidecar = TRY(open_file(here.checkpoints_path(session.id), O_RDWR | O_CREAT | O_EXCL | O_APPEND));
    const recorder::NewRecording plan{.recording_id = session.id.str(),
                                      .session_id = session.id.str(),
                                      .segment = 0,
                                      .start = session.started,
                                      .recipients = {here.ring.recording_identity_public(), here.ring.escrow_public()},
                                      .signer_public_key = here.ring.recording_signing_public()};
    out.created = TRY(recorder::create(out.file.get(), plan));
    out.seed = Secret::copy_of(here.ring.recording_signing_seed());
    return out;
}

Status index(const installation::Installation& here, const store::Session& session, const Made& made) {
    auto file = TRY(open_file(here.index_path(session.id), O_RDWR | O_CREAT | O_EXCL));
    auto to =
        TRY(recorder::IndexWriter::create(std::move(file), made.created.data_key.expose(), recorder::hash_of(made.created.header), recorder::kernel_entropy()));
    auto copy = TRY(made.file.duplicate());
    auto reader = TRY(recorder::Reader::open(std::move(copy), made.created.data_key.expose(), here.ring.recording_signing_public()));
    TRY(indexer::run(reader, to, [] { return false; }));
    return ok();
}

Status run(const std::string& dir, const std::string& protocol, std::int64_t length) {
    const SystemClock clock;
    const auto here = TRY(installation::Installation::open(dir, clock));
    store::Session session;
    session.id = SessionId(random_id());
    session.worker = WorkerId(random_id());
    session.person = PersonId("bench");
    session.target = TargetId("mri-3");
    session.account = AccountId("service");
    session.rule = "mri-service";
    session.policy_version = here->policy.version;
    session.protocol = protocol;
    session.started = clock.now() - Duration(length);
    session.recording_path = here->recording_path(session.id);
    session.recording_state = "open";
    TRY(here->sessions.insert(session));
    const auto record = [&](audit::Kind kind, audit::Fields fields) {
        return here->log->append({kind, "bench", "mri-3", session.id.str(), std::move(fields)});
    };
    TRY(record(audit::Kind::session_start, {{"account", "service"}}));
    const auto made = TRY(make(*here, session));
    auto copy = TRY(made.file.duplicate());
    auto keys = TRY(recorder::session_keys(made.created.header, made.created.data_key.expose()));
    recorder::Writer writer(std::move(copy), std::move(keys), at(0));
    TRY(protocol == "ssh" ? terminal(writer, length) : desktop(writer, length));
    TRY(writer.flush());
    auto file = TRY(made.file.duplicate());
    auto sidecar = TRY(made.sidecar.duplicate());
    auto witness = TRY(recorder::Witness::open(std::move(file), std::move(sidecar), made.seed));
    TRY(witness.commit(writer.commit(), clock.now()));
    TRY(witness.finish(recorder::Reason::closed, clock.now()));
    const auto seen = witness.seen();
    TRY(record(audit::Kind::recording_sealed,
               {{"state", "complete"}, {"count", std::to_string(seen.count)}, {"bytes", std::to_string(seen.bytes)}, {"root", hex(seen.root)}}));
    TRY(here->sessions.end(session.id, clock.now(), "closed", "complete"));
    TRY(index(*here, session, made));
    std::printf("%s %llu\n", session.id.str().c_str(), static_cast<unsigned long long>(seen.bytes));
    return ok();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    const auto length = static_cast<std::int64_t>(std::strtod(argv[3], nullptr) * 3600) * second;
    const auto done = run(argv[1], argv[2], length);
    if (!done) std::fprintf(stderr, "%s\n", done.error().detail.c_str());
    return done ? 0 : 1;
}
