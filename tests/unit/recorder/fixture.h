// Recordings in memory for tests: memfd files, counted "random" bytes, fixed keys. Everything is the same in every run.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <random>

#include "recorder/create.h"
#include "recorder/reader.h"
#include "recorder/tracks.h"
#include "recorder/verify.h"

namespace anteroom::recorder::testing {

template <class T>
T must(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().detail);
    return std::move(*result);
}
inline void must(const Status& status) {
    if (!status) throw std::runtime_error(status.error().detail);
}

// byte i = SHA-256("anteroom test entropy" || seed || counter)...
inline Entropy counted_entropy(std::uint64_t seed = 1) {
    return [seed, counter = std::uint64_t{0}](std::span<std::uint8_t> out) mutable {
        for (auto& byte : out) {
            const auto text = "anteroom test entropy " + std::to_string(seed) + " " + std::to_string(counter++);
            byte = crypto::sha256(view(text))[0];
        }
    };
}
inline Secret scalar(std::uint8_t last) {
    Bytes bytes(32, 0x11);
    bytes.back() = last;
    return Secret(std::move(bytes));
}
inline Secret seed() { return Secret(Bytes(32, 0x42)); }
inline Monotonic at(std::int64_t micros_since_start) { return Monotonic(Duration(1'000'000 + micros_since_start)); }

inline Fd memory_file(View content = {}, bool append = true) {
    Fd fd(::memfd_create("recording", MFD_CLOEXEC));
    if (!content.empty()) must(write_all(fd.get(), content));
    if (append) ::fcntl(fd.get(), F_SETFL, O_APPEND);
    return fd;
}
inline Bytes content(int fd) { return must(read_at(fd, 0, must(size_of(fd)))); }

struct Keys {
    Secret identity = scalar(1), escrow = scalar(2), broker = seed();
    Bytes broker_public = must(crypto::ed25519_public_of(broker.expose()));
};

inline NewRecording plan(const Keys& keys, std::string_view id = "0123456789abcdef") {
    return {.recording_id = std::string(id),
            .session_id = "fedcba9876543210",
            .segment = 0,
            .start = from_micros(1'700'000'000'000'000),
            .recipients = {must(crypto::p256_public_of(keys.identity.expose())), must(crypto::p256_public_of(keys.escrow.expose()))},
            .signer_public_key = keys.broker_public};
}

// A recording being written by both sides: broker (Witness) and worker (Writer) on one memory file.
struct Session {
    Keys keys;
    Fd file = memory_file(), sidecar = memory_file();
    Created created;
    Writer writer;
    Witness witness;
    std::int64_t now = 0;

    explicit Session(std::uint64_t entropy = 1, std::string_view id = "0123456789abcdef")
        : created(must(create(file.get(), plan(keys, id), counted_entropy(entropy)))),
          writer(must(file.duplicate()), must(session_keys(created.header, created.data_key.expose())), at(0)),
          witness(must(Witness::open(must(file.duplicate()), must(sidecar.duplicate()), keys.broker))) {}

    void output(std::string_view text, std::uint32_t channel = 0) { must(writer.append(Track::terminal_output, 0, channel, view(text), at(now))); }
    void pass(std::int64_t micros) {
        now += micros;
        must(writer.tick(at(now)));
    }
    void commit() { must(witness.commit(writer.commit(), from_micros(1'700'000'000'000'000 + now))); }
    FinalFrame finish() {
        must(writer.flush());
        return must(witness.finish(Reason::closed, from_micros(1'700'000'000'000'000 + now)));
    }
    Bytes bytes() const { return content(file.get()); }
    Bytes checkpoints() const { return content(sidecar.get()); }
};

// Four pieces, two checkpoints, complete: small enough to flip every byte.
inline void small_session(Session& s) {
    must(s.writer.append(Track::resize, 0, 0, wire::encode(Resize{.columns = 100, .rows = 30}), at(0)));
    s.output("$ ");
    s.pass(300'000);
    s.output("uname -a\r\n");
    s.pass(300'000);
    s.commit();
    s.output("Linux mri-3 6.1.0\r\n");
    s.pass(300'000);
    must(s.writer.append(Track::marker, MarkerKind::alert, 0, view("root shell"), at(s.now)));
    s.pass(300'000);
    s.commit();
    s.finish();
}

inline VerifyReport verify_bytes(View file, const Keys& keys, std::optional<Bytes> checkpoints = {}, std::vector<KnownRoot> roots = {}, bool live = false) {
    const Fd fd = memory_file(file);
    return must(
        verify(fd.get(), {.signer_public_key = keys.broker_public, .checkpoints = std::move(checkpoints), .known_roots = std::move(roots), .live = live}));
}

// Reads all with the key; the text of the first error, or "".
inline std::string read_error(View file, const Created& created, const Keys& keys, bool live = false) {
    auto reader = Reader::open(memory_file(file), created.data_key.expose(), keys.broker_public, live);
    if (!reader) return reader.error().detail;
    while (true) {
        auto piece = reader->next();
        if (!piece) return piece.error().detail;
        if (!*piece) return "";
    }
}

}  // namespace anteroom::recorder::testing
