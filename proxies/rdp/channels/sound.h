// The one rule for sound (MS-RDPEA), on its static channel and on both dynamic ones. The client says only what it was asked, each answer
// no longer than its type needs; the target sends no more than could be played.
#pragma once

#include <bitset>
#include <deque>

#include "proxies/rdp/channels/terms.h"

namespace anteroom::rdp {

// Of all sound channels of one filter. Real sound reaches neither limit; who does hears no more in this session.
class SoundBudget {
public:
    explicit SoundBudget(const FilterTerms& terms) : terms_(terms) {}
    // Of sound to the client: a rate, twice that of uncompressed stereo with 48 kHz, and what a client that was stalled has to make up.
    bool take_sound(std::size_t bytes);
    // Of the lists of formats to the target, the one answer of any length: a total.
    bool take_formats(std::size_t bytes);

    static constexpr std::uint64_t a_second = 384u << 10, at_once = 8u << 20, most_of_formats = 32u << 10;

private:
    bool over(const char* why);
    const FilterTerms& terms_;  // its filter's
    double left_ = static_cast<double>(at_once);
    std::optional<Monotonic> counted_at_;
    std::size_t formats_ = 0;
    bool over_ = false;
};

// One channel, from its opening to its end.
class Sound {
public:
    explicit Sound(SoundBudget& budget) : budget_(&budget) {}

    enum class Verdict : std::uint8_t { passes, dropped, over };
    struct Answer {
        Verdict verdict = Verdict::dropped;
        Bytes message;  // what goes on in its place, if it passes
    };
    // A whole message of the client. An error (`refused`) when a length in it is not true.
    Result<Answer> answer(View whole);
    // A message of the target by its beginning and the size of all of it, which is charged at once.
    Result<Verdict> sound(View beginning, std::size_t size);

    static constexpr std::size_t longest_answer = 4096, longest_sound = 4 + 0xffff;

private:
    Result<Answer> formats(View body);
    void owe(std::uint8_t type, View beginning);

    SoundBudget* budget_;
    bool wave_follows_ = false;
    // What the target asked and the client has still to answer.
    unsigned formats_owed_ = 0, qualities_owed_ = 0;
    std::deque<std::uint32_t> trainings_;
    std::bitset<256> waves_;  // by block number
};

}  // namespace anteroom::rdp
