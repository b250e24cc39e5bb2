// Keystrokes that are kept for the holder of one key alone: what is typed is gathered for a moment and then sealed (HPKE) to a recipient
// to whom nothing else is sealed. Whoever wrote a block cannot open it, nor can the broker. FORMAT.md "Sealed keystrokes".
#pragma once

#include "recorder/writer.h"

namespace anteroom::recorder {

// The kind of such events, on Track::terminal_input and on Track::keyboard_mouse; kind 0 counts.
inline constexpr std::uint8_t sealed_keystrokes = 1;

// What a desktop's keystroke is: a key with its flags as the client sent them (MS-RDPBCGR 2.2.8.1.1.3.1.1), or `locks`, which says in
// `flags` which lock keys are on (ibid. 2.2.8.1.1.3.1.1.5).
enum class KeyKind : std::uint8_t { scancode, unicode, locks };
struct DesktopKey {
    KeyKind kind = KeyKind::scancode;
    std::uint16_t flags = 0, code = 0;
};
std::array<std::uint8_t, 5> encode(const DesktopKey& key);
Result<DesktopKey> decode_desktop_key(View bytes);

// The writer's side. Nothing of it stays readable once a block is sealed: each has an ephemeral key of its own, and what was gathered is wiped.
class KeystrokeSealer {
public:
    static constexpr Duration gathered_for = std::chrono::milliseconds(500);
    static constexpr std::size_t most_gathered = 32 * 1024;

    // `start` as the writer's. Refuses what is no P-256 public key.
    static Result<KeystrokeSealer> make(View recipient_public_key, const Digest& header_hash, Track track, Monotonic start);
    KeystrokeSealer(KeystrokeSealer&&) = default;
    KeystrokeSealer& operator=(KeystrokeSealer&&) = delete;
    ~KeystrokeSealer() { wipe(gathered_.data(), gathered_.size()); }

    // Gathered on success, or sealed and appended already. An error means that it is not recorded.
    Status typed(Writer& writer, std::uint32_t channel, View bytes, Monotonic now);
    Status tick(Writer& writer, Monotonic now);   // seals what has been gathered for long enough
    Status flush(Writer& writer, Monotonic now);  // seals what there is
    bool pending() const { return !gathered_.empty(); }

private:
    KeystrokeSealer(Bytes recipient, const Digest& header_hash, Track track, Monotonic start);

    Bytes recipient_;
    Digest header_hash_;
    Track track_;
    Monotonic start_, since_{};
    std::uint32_t number_ = 0;
    Bytes gathered_;  // never grows beyond what was reserved: no copies are left behind
};

struct Keystroke {
    Duration at{};  // since the recording's start
    std::uint32_t channel = 0;
    Secret bytes;  // as typed at a terminal; of a desktop: DesktopKey
};

// The holder's side.
class KeystrokeOpener {
public:
    // `refused`: not a P-256 private key.
    static Result<KeystrokeOpener> make(Secret private_key, const Digest& header_hash);

    // One event of kind sealed_keystrokes, in the recording's order. `refused`: sealed to another key; `damaged`: changed bytes. The next block
    // can be tried all the same.
    Result<std::vector<Keystroke>> open(const Event& event);
    // Blocks that ought to have come before the last one and did not.
    std::uint64_t missing() const { return missing_; }

private:
    KeystrokeOpener(Secret private_key, Bytes public_key, const Digest& header_hash);

    Secret private_key_;
    Bytes public_key_;
    Digest header_hash_;
    std::uint64_t next_ = 0, missing_ = 0;
};

// "3f9a..." (16 hexadecimal digits): how a recipient is named in blocks and to people.
std::string keystroke_recipient_name(View public_key);

}  // namespace anteroom::recorder
