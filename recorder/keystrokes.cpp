// Gathering, sealing, opening, as FORMAT.md "Sealed keystrokes" says.
#include "recorder/keystrokes.h"

#include "recorder/octets.h"

namespace anteroom::recorder {

namespace {

constexpr std::string_view label = "anteroom.arec.keystrokes.v1";
constexpr std::size_t name_bytes = 8, stroke_head = 8 + 4 + 2, block_head = 4 + name_bytes + 65;

using Name = std::array<std::uint8_t, name_bytes>;
Name name_of(View public_key) {
    Name out;
    const Digest digest = recipient_of(public_key);
    std::copy_n(digest.begin(), out.size(), out.begin());
    return out;
}

Bytes info_of(const Digest& header_hash) { return Put().bytes(view(label)).number(std::uint8_t{0}).bytes(header_hash).take(); }
Bytes bound_to(Track track, std::uint32_t number) { return Put().number(static_cast<std::uint8_t>(track)).number(number).take(); }

Result<std::vector<Keystroke>> strokes_of(View plain) {
    std::vector<Keystroke> out;
    Take in(plain);
    while (in.good() && !in.finished()) {
        Keystroke one;
        one.at = Duration(in.number<std::int64_t>());
        one.channel = in.number<std::uint32_t>();
        const auto size = in.number<std::uint16_t>();
        one.bytes = Secret::copy_of(in.bytes(size));
        if (in.good()) out.push_back(std::move(one));
    }
    if (!in.finished()) return fail(ErrorKind::damaged, "a block of keystrokes holds something else");
    return out;
}

}  // namespace

std::array<std::uint8_t, 5> encode(const DesktopKey& key) {
    std::array<std::uint8_t, 5> out{static_cast<std::uint8_t>(key.kind)};
    store(out.data() + 1, key.flags);
    store(out.data() + 3, key.code);
    return out;
}

Result<DesktopKey> decode_desktop_key(View bytes) {
    if (bytes.size() != 5 || bytes[0] > static_cast<std::uint8_t>(KeyKind::locks)) return fail(ErrorKind::damaged, "not a desktop's keystroke");
    return DesktopKey{static_cast<KeyKind>(bytes[0]), load<std::uint16_t>(bytes.data() + 1), load<std::uint16_t>(bytes.data() + 3)};
}

KeystrokeSealer::KeystrokeSealer(Bytes recipient, const Digest& header_hash, Track track, Monotonic start)
    : recipient_(std::move(recipient)), header_hash_(header_hash), track_(track), start_(start) {
    gathered_.reserve(most_gathered);
}

Result<KeystrokeSealer> KeystrokeSealer::make(View recipient_public_key, const Digest& header_hash, Track track, Monotonic start) {
    KeystrokeSealer out(to_bytes(recipient_public_key), header_hash, track, start);
    // Found now, and not when the first key is pressed.
    const auto probe = crypto::p256_generate();
    TRY(hpke::seal(recipient_public_key, probe.private_key.expose(), info_of(header_hash), {}, {}));
    return out;
}

Status KeystrokeSealer::typed(Writer& writer, std::uint32_t channel, View bytes, Monotonic now) {
    while (!bytes.empty()) {
        if (gathered_.size() + stroke_head >= most_gathered) TRY(flush(writer, now));
        if (gathered_.empty()) since_ = now;
        const auto size = std::min(bytes.size(), most_gathered - gathered_.size() - stroke_head);
        const std::size_t at = gathered_.size();
        gathered_.resize(at + stroke_head);
        store(gathered_.data() + at, std::max<std::int64_t>((now - start_).count(), 0));
        store(gathered_.data() + at + 8, channel);
        store(gathered_.data() + at + 12, static_cast<std::uint16_t>(size));
        gathered_.insert(gathered_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
        bytes = bytes.subspan(size);
    }
    return ok();
}

Status KeystrokeSealer::tick(Writer& writer, Monotonic now) { return pending() && now - since_ >= gathered_for ? flush(writer, now) : ok(); }

Status KeystrokeSealer::flush(Writer& writer, Monotonic now) {
    if (gathered_.empty()) return ok();
    const auto ephemeral = crypto::p256_generate();
    const auto sealed = TRY(hpke::seal(recipient_, ephemeral.private_key.expose(), info_of(header_hash_), bound_to(track_, number_), gathered_));
    const Bytes block = Put().number(number_).bytes(name_of(recipient_)).bytes(sealed.enc).bytes(sealed.ciphertext).take();
    TRY(writer.append(track_, sealed_keystrokes, 0, block, now));
    ++number_;
    wipe(gathered_.data(), gathered_.size());
    gathered_.clear();
    return ok();
}

KeystrokeOpener::KeystrokeOpener(Secret private_key, Bytes public_key, const Digest& header_hash)
    : private_key_(std::move(private_key)), public_key_(std::move(public_key)), header_hash_(header_hash) {}

Result<KeystrokeOpener> KeystrokeOpener::make(Secret private_key, const Digest& header_hash) {
    auto public_key = crypto::p256_public_of(private_key.expose());
    if (!public_key) return fail(ErrorKind::refused, "not a P-256 private key");
    return KeystrokeOpener(std::move(private_key), std::move(*public_key), header_hash);
}

Result<std::vector<Keystroke>> KeystrokeOpener::open(const Event& event) {
    if (event.bytes.size() < block_head + crypto::gcm_tag_size) return fail(ErrorKind::damaged, "a block of keystrokes is too short");
    Take in(event.bytes);
    const auto number = in.number<std::uint32_t>();
    const auto name = in.array<name_bytes>();
    const View enc = in.bytes(65);
    const View ciphertext = in.bytes(event.bytes.size() - block_head);
    if (name != name_of(public_key_))
        return fail(ErrorKind::refused,
                    "the keystrokes are sealed to another key: to " + hex(name) + ", and this one is " + keystroke_recipient_name(public_key_));
    const auto agree = [&](View peer) { return crypto::p256_shared(private_key_.expose(), peer); };
    const auto plain = hpke::open(enc, public_key_, agree, info_of(header_hash_), bound_to(event.track, number), ciphertext);
    if (!plain) return fail(ErrorKind::damaged, "block " + std::to_string(number) + " of the keystrokes was changed: it does not open");
    if (number > next_) missing_ += number - next_;
    next_ = std::max<std::uint64_t>(next_, std::uint64_t{number} + 1);
    return strokes_of(plain->expose());
}

std::string keystroke_recipient_name(View public_key) { return hex(name_of(public_key)); }

}  // namespace anteroom::recorder
