// MS-RDPEA 2.2: messages behind a head of type, padding and the size of what follows.
#include "proxies/rdp/channels/sound.h"

#include "proxies/rdp/channels/wire.h"

namespace anteroom::rdp {
namespace {

// 2.2.1
enum Type : std::uint8_t {
    closing = 1,
    wave = 2,
    volume = 3,
    pitch = 4,
    wave_confirm = 5,
    training = 6,
    formats_and_version = 7,
    crypt_key = 8,
    wave_encrypted = 9,
    quality = 12,
    wave2 = 13
};
constexpr std::size_t head_size = 4, confirm_size = 4;
constexpr std::size_t most_padding = 8;        // clients of other channels write up to that much behind their messages; it is cut off
constexpr std::size_t charge_a_message = 512;  // so that many small waves do not earn many answers
constexpr std::uint32_t known_flags = 7;       // 2.2.2.2: alive, volume, pitch
constexpr std::uint16_t highest_quality = 2;
constexpr unsigned most_owed = 8;
constexpr std::size_t most_trainings = 16;

bool known(std::uint8_t type) { return (type >= closing && type <= pitch) || (type >= training && type <= wave_encrypted) || type == wave2; }
bool is_wave(std::uint8_t type) { return type == wave || type == wave2 || type == wave_encrypted; }

Bytes encode(Type type, View body) { return Out().u8(type).u8(0).u16(static_cast<std::uint16_t>(body.size())).bytes(body).take(); }
Sound::Answer passing(Type type, View body) { return {Sound::Verdict::passes, encode(type, body)}; }

class SoundFilter final : public Filter {
public:
    explicit SoundFilter(FilterTerms terms) : terms_(std::move(terms)), permitted_(terms_, "rdp:audio"), budget_(terms_), sound_(budget_) {}

    Result<Passed> pass(Way way, View message) override {
        Passed out;
        if (!permitted_()) {
            out.refusals.emplace_back(sentence::sound);
            return out;
        }
        auto answer = way == Way::to_target ? TRY(sound_.answer(message)) : Sound::Answer{TRY(sound_.sound(message, message.size())), to_bytes(message)};
        if (answer.verdict == Sound::Verdict::passes) out.forward.push_back(std::move(answer.message));
        if (answer.verdict == Sound::Verdict::over) out.refusals.emplace_back(sentence::sound_stopped);
        return out;
    }

private:
    FilterTerms terms_;
    Asked permitted_;
    SoundBudget budget_;
    Sound sound_;
};

}  // namespace

bool SoundBudget::take_sound(std::size_t bytes) {
    if (over_) return false;
    const auto now = terms_.now();
    const auto passed = std::chrono::duration<double>(now - counted_at_.value_or(now)).count();
    counted_at_ = now;
    left_ = std::min(static_cast<double>(at_once), left_ + passed * static_cast<double>(a_second));
    if (left_ < static_cast<double>(bytes)) return over("more sound than can be played");
    left_ -= static_cast<double>(bytes);
    return true;
}

bool SoundBudget::take_formats(std::size_t bytes) {
    if (over_) return false;
    if (bytes > most_of_formats - formats_) return over("more formats of sound than there are");
    formats_ += bytes;
    return true;
}

bool SoundBudget::over(const char* why) {
    over_ = true;
    note_limit(terms_, std::string("sound: ") + why);
    return false;
}

Result<Sound::Answer> Sound::answer(View whole) {
    In in(whole);
    const auto type = in.u8();
    in.skip(1);
    const auto size = in.u16();
    if (!in.good()) return untrue("a sound message without its head");
    if (type != wave_confirm && type != training && type != formats_and_version && type != quality) return Answer{};
    if (size > in.left()) return untrue("a sound message shorter than it says");
    if (in.left() - size > most_padding) return untrue("a sound message longer than it says");
    if (type == formats_and_version) return formats(in.bytes(size));
    if (size != confirm_size) return untrue("an answer to sound of another length");
    if (type == wave_confirm) {
        const auto time = in.u16();
        const auto block = in.u8();
        if (!waves_.test(block)) return Answer{};
        waves_.reset(block);
        return passing(wave_confirm, Out().u16(time).u8(block).u8(0).take());
    }
    if (type == training) {
        if (trainings_.empty()) return Answer{};
        // 2.2.3.2: it says again what the target said.
        const auto asked = trainings_.front();
        trainings_.pop_front();
        return passing(training, Out().u32(asked).take());
    }
    const auto mode = in.u16();
    if (mode > highest_quality || qualities_owed_ == 0) return Answer{};
    --qualities_owed_;
    return passing(quality, Out().u16(mode).u16(0).take());
}

// 2.2.2.2. Without a port for UDP: sound stays where it is looked at.
Result<Sound::Answer> Sound::formats(View body) {
    if (body.size() > longest_answer) return untrue("a list of sound formats too long to be one");
    In in(body);
    const auto flags = in.u32(), loudness = in.u32(), height = in.u32();
    in.skip(2);
    const auto count = in.u16();
    const auto confirmed = in.u8();
    const auto version = in.u16();
    in.skip(1);
    const View list = body.last(in.left());
    for (unsigned i = 0; i < count; ++i) {
        in.skip(16);
        in.skip(in.u16());
        if (!in.good()) break;
    }
    if (!in.good() || in.left() != 0) return untrue("a list of sound formats whose count does not fit its length");
    if (formats_owed_ == 0) return Answer{};
    --formats_owed_;
    if (!budget_->take_formats(body.size())) return Answer{Verdict::over, {}};
    return passing(formats_and_version,
                   Out().u32(flags & known_flags).u32(loudness).u32(height).u16(0).u16(count).u8(confirmed).u16(version).u8(0).bytes(list).take());
}

Result<Sound::Verdict> Sound::sound(View beginning, std::size_t size) {
    if (beginning.size() < head_size) return untrue("a sound message without its head");
    if (size > longest_sound) return untrue("a sound message too long to be one");
    // The message behind a WaveInfo is the wave itself, without a head (2.2.3.4).
    const bool headless = wave_follows_;
    const auto type = beginning[0];
    wave_follows_ = !headless && type == wave;
    if (!headless && !known(type)) return Verdict::dropped;
    const std::size_t needs = is_wave(type) ? 9 : type == training ? 8 : head_size;
    if (!headless && beginning.size() < needs) return untrue("a sound message that ends too early");
    if (!budget_->take_sound(size + (headless ? 0 : charge_a_message))) return Verdict::over;
    if (!headless) owe(type, beginning);
    return Verdict::passes;
}

void Sound::owe(std::uint8_t type, View beginning) {
    if (is_wave(type)) waves_.set(beginning[8]);
    if (type == training && trainings_.size() < most_trainings) trainings_.push_back(In(beginning.subspan(head_size)).u32());
    if (type != formats_and_version) return;
    formats_owed_ = std::min(formats_owed_ + 1, most_owed);
    qualities_owed_ = std::min(qualities_owed_ + 2, most_owed);
}

std::unique_ptr<Filter> make_sound_filter(FilterTerms terms) { return std::make_unique<SoundFilter>(std::move(terms)); }

}  // namespace anteroom::rdp
