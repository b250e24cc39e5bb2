// Sound out of the session (MS-RDPEA): all or nothing. Towards the target only the answers that playing needs pass, so that the
// channel carries nothing in; extensions that record over it among the rest do not.
#include "proxies/rdp/channels/terms.h"
#include "proxies/rdp/channels/wire.h"

namespace anteroom::rdp {
namespace {

// MS-RDPEA 2.2.1
enum Type : std::uint8_t {
    closing = 1,
    wave = 2,
    volume = 3,
    pitch = 4,
    wave_confirm = 5,
    training = 6,
    formats = 7,
    crypt_key = 8,
    wave_encrypted = 9,
    quality = 12,
    wave2 = 13
};
constexpr std::size_t head_size = 4, longest_answer = 64u << 10;

class SoundFilter final : public Filter {
public:
    explicit SoundFilter(FilterTerms terms) : terms_(std::move(terms)), permitted_(terms_, "rdp:audio") {}

    Result<Passed> pass(Way way, View message) override {
        Passed out;
        if (!permitted_()) {
            out.refusals.emplace_back(sentence::sound);
            return out;
        }
        TRY(way == Way::to_target ? answer(message, out) : sound(message, out));
        return out;
    }

private:
    static Status answer(View message, Passed& out) {
        In in(message);
        const auto type = in.u8();
        in.skip(1);
        const auto size = in.u16();
        if (!in.good() || message.size() > longest_answer) return untrue("a sound message of an impossible length");
        if (type != wave_confirm && type != training && type != formats && type != quality) return ok();
        if (size > in.left()) return untrue("a sound message shorter than it says");
        out.forward.push_back(to_bytes(message));
        return ok();
    }
    // The message behind a WaveInfo is the wave itself, without a head (2.2.3.4).
    Status sound(View message, Passed& out) {
        if (message.size() < head_size) return untrue("a sound message without its head");
        const bool headless = wave_follows_;
        wave_follows_ = !headless && message[0] == wave;
        if (!headless && !known(message[0])) return ok();
        out.forward.push_back(to_bytes(message));
        return ok();
    }
    static bool known(std::uint8_t type) { return (type >= closing && type <= pitch) || (type >= training && type <= wave_encrypted) || type == wave2; }

    FilterTerms terms_;
    Asked permitted_;
    bool wave_follows_ = false;
};

}  // namespace

std::unique_ptr<Filter> make_sound_filter(FilterTerms terms) { return std::make_unique<SoundFilter>(std::move(terms)); }

}  // namespace anteroom::rdp
