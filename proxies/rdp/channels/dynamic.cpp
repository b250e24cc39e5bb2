// Dynamic channels (MS-RDPEDYC): the target opens them by name, and each name is a capability. Version 3 is never agreed, so that
// nothing comes compressed or moves to another transport.
#include <map>

#include "proxies/rdp/channels/display_control.h"
#include "proxies/rdp/channels/sound.h"
#include "proxies/rdp/channels/terms.h"
#include "proxies/rdp/channels/wire.h"

namespace anteroom::rdp {
namespace {

// 2.2: the head's upper four bits.
enum Command : std::uint8_t { create = 1, data_first = 2, data = 3, closing = 4, capabilities = 5, compressed_first = 6, compressed = 7 };
constexpr std::uint16_t highest_version = 2;
constexpr std::uint32_t status_unsuccessful = 0xC0000001;
constexpr std::size_t most_channels = 256, longest_name = 255, most_names = 512;
constexpr std::uint32_t longest_message = 64u << 20, longest_display_message = 4096,
                        longest_sound_answer = Sound::longest_answer + 16;  // with head and padding
constexpr std::size_t longest_payload = 1590;                               // 3.1.5.1.4: 1600 with its head

enum class Judged : std::uint8_t { by_name, display, sound, never };
struct Named {
    std::string_view name;
    Judged judged;
};
constexpr std::array named{
    Named{"Microsoft::Windows::RDS::DisplayControl", Judged::display}, Named{"AUDIO_PLAYBACK_DVC", Judged::sound},
    Named{"AUDIO_PLAYBACK_LOSSY_DVC", Judged::sound},
    Named{"Microsoft::Windows::RDS::Graphics", Judged::never},  // pictures are decoded and recorded by the worker, or not shown
};
Judged judged(std::string_view name) {
    for (const auto& row : named)
        if (row.name == name) return row.judged;
    return Judged::by_name;
}

// What the person is told; nothing of channels that targets open by themselves and nobody knows by name.
const char* told(std::string_view name) {
    if (judged(name) == Judged::sound) return sentence::sound;
    if (judged(name) == Judged::display) return "Changing the size of the desktop is not allowed by the policy.";
    if (name == "AUDIO_INPUT") return "Using your microphone in this session is not allowed by the policy.";
    if (name.starts_with("RDCamera_")) return "Using your camera in this session is not allowed by the policy.";
    return nullptr;
}

struct Flow {                // of one direction
    std::uint64_t left = 0;  // of a message that came in parts
    Bytes held;              // of a message that is looked at whole
    bool passes = true;      // of sound, which is judged by its beginning
};
struct Channel {
    enum class State : std::uint8_t { asked, open, ending };
    std::string name;
    Judged judged = Judged::by_name;
    State state = State::asked;
    Way ended_by = Way::to_client;
    std::array<Flow, 2> flows{};
    std::optional<Sound> sound = {};
};

struct Head {
    std::uint8_t byte = 0, command = 0;
    std::size_t id_size = 0;
    std::uint32_t id = 0;
};

Result<std::size_t> field_size(unsigned code) {
    if (code > 2) return untrue("a dynamic channel's field of no known size");
    return std::size_t{1} << code;
}
std::uint32_t field(In& in, std::size_t size) { return size == 1 ? in.u8() : size == 2 ? in.u16() : in.u32(); }

Out message(Command command, const Head& like) {
    Out out;
    out.u8(static_cast<std::uint8_t>((command << 4) | (command == data_first ? like.byte & 15 : like.byte & 3))).number(like.id, like.id_size);
    return out;
}

class DynamicFilter final : public Filter {
    using Open = std::map<std::uint32_t, Channel>::iterator;

public:
    explicit DynamicFilter(FilterTerms terms)
        : terms_(std::move(terms)), budget_(terms_, "drdynvc"), sound_budget_(terms_), display_(terms_, "rdp:display"), sound_(terms_, "rdp:audio") {}

    Result<Passed> pass(Way way, View whole) override {
        In in(whole);
        Head head{.byte = in.u8()};
        head.command = head.byte >> 4;
        if (!in.good()) return untrue("an empty dynamic channel message");
        if (head.command == capabilities) return capabilities_of(way, in, head);
        if (head.command == compressed_first || head.command == compressed) return untrue("compressed dynamic channel data, which was never agreed");
        if (head.command < create || head.command > closing) return Passed{};  // Soft-Sync among them
        head.id_size = TRY(field_size(head.byte & 3));
        head.id = field(in, head.id_size);
        if (!in.good()) return untrue("a dynamic channel message that ends in its head");
        switch (head.command) {
            case create: return way == Way::to_client ? opening(in, head, whole) : answered(in, head, whole);
            case closing: return ended(way, head, whole);
            default: return bytes(way, in, head, whole);
        }
    }

private:
    // 2.2.1: up to four priority charges behind the version, which only the target sends.
    Result<Passed> capabilities_of(Way way, In in, const Head& head) {
        in.skip(1);
        const auto said = in.u16();
        if (!in.good() || said == 0) return untrue("dynamic channel capabilities without a version");
        if (way == Way::to_target && version_ == 0) return untrue("dynamic channel capabilities that nobody asked for");
        const auto version = std::min(said, way == Way::to_client ? highest_version : version_);
        if (way == Way::to_client) version_ = version;
        Out out;
        out.u8(head.byte).u8(0).u16(version);
        if (way == Way::to_client && said > 1) out.bytes(in.bytes(8));
        if (!in.good()) return untrue("dynamic channel capabilities without their charges");
        Passed passed;
        passed.forward.push_back(out.take());
        return passed;
    }

    Result<Passed> opening(In in, const Head& head, View whole) {
        const View rest = in.rest();
        const std::string text = to_string(rest);
        const auto end = text.find('\0');
        const auto at = channels_.find(head.id);
        if (at != channels_.end() && at->second.state != Channel::State::ending) return untrue("a dynamic channel opened under a number in use");
        if (at != channels_.end()) channels_.erase(at);
        Passed out;
        // A name is one text to its end; bytes behind it nobody would judge.
        const bool proper = end != std::string::npos && end + 1 == text.size() && well_named(text.substr(0, end));
        if (!proper || !permitted(text.substr(0, end), out)) {
            out.back.push_back(message(create, head).u32(status_unsuccessful).take());
            return out;
        }
        auto& channel = channels_[head.id] = Channel{.name = text.substr(0, end), .judged = judged(text.substr(0, end))};
        if (channel.judged == Judged::sound) channel.sound.emplace(sound_budget_);
        out.forward.push_back(to_bytes(whole));
        return out;
    }
    bool well_named(std::string_view name) {
        if (name.empty() || name.size() > longest_name) return false;
        for (const char c : name)
            if (c <= 0x20 || c >= 0x7f) return false;
        if (channels_.size() >= most_channels) std::erase_if(channels_, [](const auto& row) { return row.second.state == Channel::State::ending; });
        if (channels_.size() >= most_channels) return false;
        return std::none_of(channels_.begin(), channels_.end(),
                            [&](const auto& row) { return row.second.name == name && row.second.state != Channel::State::ending; });
    }
    bool permitted(const std::string& name, Passed& out) {
        const bool permitted = ask(name);
        if (const char* words = permitted ? nullptr : told(name)) out.refusals.emplace_back(words);
        return permitted;
    }
    bool ask(const std::string& name) {
        switch (judged(name)) {
            case Judged::display: return display_();
            case Judged::sound: return sound_();
            case Judged::never: return false;
            default: break;
        }
        const auto at = asked_.find(name);
        if (at != asked_.end()) return at->second;
        if (asked_.size() >= most_names) return false;
        return asked_[name] = terms_.permits({"rdp:dynamic", name});
    }

    Result<Passed> answered(In in, const Head& head, View whole) {
        const auto status = in.u32();
        const auto at = channels_.find(head.id);
        if (!in.good() || in.left() != 0) return untrue("an answer of another length to a dynamic channel");
        if (at == channels_.end() || at->second.state == Channel::State::open) return untrue("an answer to a dynamic channel that nobody opened");
        Passed out;
        if (at->second.state == Channel::State::ending) return out;
        if (status < 0x80000000u) at->second.state = Channel::State::open;
        else channels_.erase(at);
        out.forward.push_back(to_bytes(whole));
        return out;
    }

    // Each side says once that it closes; what the other sent in the meantime goes nowhere.
    Result<Passed> ended(Way way, const Head& head, View whole) {
        const auto at = channels_.find(head.id);
        Passed out;
        if (at == channels_.end()) return out;
        auto& channel = at->second;
        if (channel.state == Channel::State::ending && channel.ended_by == way) return out;
        if (whole.size() != 1 + head.id_size) return untrue("a dynamic channel's end of another length");
        if (channel.state == Channel::State::ending) {
            channels_.erase(at);
        } else {
            channel.state = Channel::State::ending;
            channel.ended_by = way;
            channel.flows = {};
        }
        out.forward.push_back(to_bytes(whole));
        return out;
    }

    Result<Passed> bytes(Way way, In in, const Head& head, View whole) {
        const auto at = channels_.find(head.id);
        if (at == channels_.end() || at->second.state != Channel::State::open) return Passed{};  // closed just now, or refused
        auto& channel = at->second;
        auto& flow = channel.flows[index(way)];
        const std::uint32_t longest = longest_of(channel.judged, way);
        const bool begins = flow.left == 0;
        if (head.command == data_first) {
            const auto size = TRY(field_size((head.byte >> 2) & 3));
            const auto total = field(in, size);
            if (!in.good() || flow.left != 0) return untrue("a second beginning of a dynamic channel's message");
            if (total == 0 || total > longest || in.left() > total) return untrue("a dynamic channel's message whose total is not true");
            flow.left = total - in.left();
        } else if (flow.left != 0) {
            if (in.left() > flow.left) return untrue("a dynamic channel's message longer than its total");
            flow.left -= in.left();
        }
        const View payload = in.rest();
        if (channel.judged == Judged::sound)
            return way == Way::to_target ? answered_sound(at, flow, payload, head) : sounded(at, flow, payload, begins, head, whole);
        if (channel.judged == Judged::display) return displayed(way, flow, payload, head);
        if (!budget_.take(way, payload.size())) return stopped(at, head, sentence::limit_reached);
        Passed out;
        out.forward.push_back(to_bytes(whole));
        return out;
    }
    static std::uint32_t longest_of(Judged judged, Way way) {
        if (judged == Judged::display) return longest_display_message;
        if (judged == Judged::sound) return way == Way::to_target ? longest_sound_answer : Sound::longest_sound;
        return longest_message;
    }
    // Over a limit: closed on both sides.
    Passed stopped(Open at, const Head& head, const char* why) {
        Passed out;
        out.refusals.emplace_back(why);
        out.forward.push_back(message(closing, head).take());
        out.back.push_back(message(closing, head).take());
        channels_.erase(at);
        return out;
    }

    Result<Passed> answered_sound(Open at, Flow& flow, View payload, const Head& head) {
        if (flow.held.size() + payload.size() > longest_sound_answer) return untrue("an answer to sound too long to be one");
        flow.held.insert(flow.held.end(), payload.begin(), payload.end());
        if (flow.left != 0) return Passed{};
        const auto answer = TRY(at->second.sound->answer(std::exchange(flow.held, {})));
        if (answer.verdict == Sound::Verdict::over) return stopped(at, head, sentence::sound_stopped);
        Passed out;
        if (answer.verdict == Sound::Verdict::passes) out.forward = parts(head, answer.message);
        return out;
    }
    // What is looked at whole goes on in parts of the size that the protocol has.
    static std::vector<Bytes> parts(const Head& head, View whole) {
        if (whole.size() <= longest_payload) return {message(data, head).bytes(whole).take()};
        std::vector<Bytes> out;
        Head first = head;
        first.byte = static_cast<std::uint8_t>((head.byte & 3) | (1 << 2));  // a total of two bytes
        out.push_back(message(data_first, first).u16(static_cast<std::uint16_t>(whole.size())).bytes(whole.first(longest_payload)).take());
        for (auto rest = whole.subspan(longest_payload); !rest.empty(); rest = rest.subspan(std::min(rest.size(), longest_payload)))
            out.push_back(message(data, head).bytes(rest.first(std::min(rest.size(), longest_payload))).take());
        return out;
    }

    Result<Passed> sounded(Open at, Flow& flow, View payload, bool begins, const Head& head, View whole) {
        if (begins) {
            const auto verdict = TRY(at->second.sound->sound(payload, payload.size() + flow.left));
            if (verdict == Sound::Verdict::over) return stopped(at, head, sentence::sound_stopped);
            flow.passes = verdict == Sound::Verdict::passes;
        }
        Passed out;
        if (flow.passes) out.forward.push_back(to_bytes(whole));
        return out;
    }

    static Result<Passed> displayed(Way way, Flow& flow, View payload, const Head& head) {
        if (flow.held.size() + payload.size() > longest_display_message) return untrue("a display control message too long to be one");
        flow.held.insert(flow.held.end(), payload.begin(), payload.end());
        Passed out;
        if (flow.left != 0) return out;
        const Bytes held = std::exchange(flow.held, {});
        const auto layout = TRY(judge_display(way, held));
        if (layout.several) out.refusals.emplace_back("Several monitors were asked for; this session shows one.");
        if (layout.forward) out.forward.push_back(message(data, head).bytes(*layout.forward).take());
        return out;
    }

    FilterTerms terms_;
    Budget budget_;
    SoundBudget sound_budget_;
    Asked display_, sound_;
    std::map<std::string, bool> asked_;
    std::map<std::uint32_t, Channel> channels_;
    std::uint16_t version_ = 0;  // what the target was let offer; 0 before
};

}  // namespace

std::unique_ptr<Filter> make_dynamic_filter(FilterTerms terms) { return std::make_unique<DynamicFilter>(std::move(terms)); }

}  // namespace anteroom::rdp
