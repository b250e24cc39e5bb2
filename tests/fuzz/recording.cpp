// Hostile bytes as a recording (and, sealed under the right key, as a piece's content): reader, verification, events and
// unpacking never crash, and nothing unsigned verifies as whole.
// Links: base recorder
#include <fcntl.h>
#include <sys/mman.h>

#include <cstdlib>

#include "recorder/create.h"
#include "recorder/verify.h"

using namespace anteroom;
using namespace anteroom::recorder;

namespace {

struct Setting {
    Secret signer = Secret(Bytes(32, 3));
    Bytes signer_public = *crypto::ed25519_public_of(signer.expose());
    Created created;
    Setting() : created(make()) {}
    Created make() {
        std::uint8_t next = 1;
        const Entropy counted = [&](std::span<std::uint8_t> out) {
            for (auto& byte : out) byte = next++;
        };
        const auto recipient = [](std::uint8_t fill) { return *crypto::p256_public_of(Bytes(32, fill)); };
        auto made = make_header({.recording_id = "0123456789abcdef",
                                 .session_id = "0123456789abcdef",
                                 .segment = 0,
                                 .start = from_micros(1),
                                 .recipients = {recipient(1), recipient(2)},
                                 .signer_public_key = signer_public},
                                counted);
        if (!made) std::abort();
        return std::move(*made);
    }
};

void look_at(const Setting& setting, View file, View sidecar) {
    Fd fd(::memfd_create("fuzz", MFD_CLOEXEC));
    if (!write_all(fd.get(), file)) return;
    const auto report = verify(fd.get(), {.signer_public_key = setting.signer_public, .checkpoints = to_bytes(sidecar), .known_roots = {}, .live = false});
    if (!report || report->state == State::complete || report->state == State::recovered) std::abort();
    auto reader = Reader::open(std::move(fd), setting.created.data_key.expose(), setting.signer_public);
    if (!reader) return;
    (void)reader->seek(Duration(1000));
    (void)reader->seek(Duration(0));
    while (true) {
        const auto piece = reader->next();
        if (!piece || !*piece) return;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    static const Setting setting;
    const View input(bytes, size);
    if (size == 0) return 0;
    const View rest = input.subspan(1);
    if (bytes[0] == 0) {
        look_at(setting, rest, rest);
        return 0;
    }
    Bytes file = encode(setting.created.header);
    if (bytes[0] == 1) {
        file.insert(file.end(), rest.begin(), rest.end());
    } else if (rest.size() > 16 && rest.size() < max_piece_packed) {
        Bytes frame(piece_prefix_bytes + rest.size() + crypto::gcm_tag_size);
        encode(PiecePrefix{.length = static_cast<std::uint32_t>(frame.size() - 4), .index = 0, .first = {}, .last = Duration(bytes[0])},
               std::span(frame).first<piece_prefix_bytes>());
        Bytes aad = to_bytes(View(setting.created.keys.header_hash));
        aad.insert(aad.end(), frame.begin(), frame.begin() + piece_prefix_bytes);
        crypto::AesGcm cipher(setting.created.keys.key.expose());
        if (!cipher.seal(nonce_of(setting.created.keys.base_nonce, 0), aad, rest, std::span(frame).subspan(piece_prefix_bytes))) std::abort();
        file.insert(file.end(), frame.begin(), frame.end());
        (void)decode_events(rest, Duration(0), Duration(bytes[0]));
    }
    look_at(setting, file, {});
    return 0;
}
