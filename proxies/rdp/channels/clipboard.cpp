// The clipboard (MS-RDPECLIP): who holds it announces formats, the other side asks, data comes. Each direction is named by the way
// its data goes. Text passes by direction; files, with rdp:clipboard:files, both ways; nothing else is ever announced to anybody.
#include <algorithm>
#include <deque>

#include "proxies/rdp/channels/clipboard_files.h"
#include "proxies/rdp/channels/clipboard_formats.h"
#include "proxies/rdp/channels/texts.h"

namespace anteroom::rdp {
namespace {

// 2.2.1
enum Type : std::uint16_t {
    monitor_ready = 1,
    format_list,
    format_list_response,
    format_data_request,
    format_data_response,
    temporary_directory,
    clip_caps,
    file_contents_request,
    file_contents_response,
    lock_data,
    unlock_data
};
constexpr std::uint16_t flag_ok = 1, flag_fail = 2, flag_ascii_names = 4;
constexpr std::uint16_t general_capability = 1;
constexpr std::uint32_t caps_long_names = 2, caps_stream_files = 4, caps_no_file_paths = 8, caps_huge_files = 0x20;
constexpr std::size_t most_padding = 8;  // some clients write up to that much behind the length they name
constexpr std::size_t most_requests = 16, longest_text = 64u << 10, longest_locale = 4;
constexpr unsigned most_unanswered = 16;

struct Message {
    std::uint16_t type = 0, flags = 0;
    View body;
};
Bytes encode(std::uint16_t type, std::uint16_t flags, View body = {}) {
    return Out().u16(type).u16(flags).u32(static_cast<std::uint32_t>(body.size())).bytes(body).take();
}
const char* format_name(std::uint32_t id) { return id == cf_text ? "CF_TEXT" : id == cf_oemtext ? "CF_OEMTEXT" : "CF_UNICODETEXT"; }

// One direction: what its holder announced and was let announce, and what the other side has asked of it.
struct Direction {
    struct Request {
        std::uint32_t format = 0;
        bool refused = false;  // answered by us, in its turn
    };
    explicit Direction(Way way) : files(way) {}
    bool listed = false;
    std::vector<ClipboardFormat> formats;
    unsigned unanswered_lists = 0;
    std::deque<Request> requests;
    ClipboardFiles files;
};

class ClipboardFilter final : public Filter {
public:
    explicit ClipboardFilter(FilterTerms terms)
        : terms_(std::move(terms)),
          budget_(terms_, "cliprdr"),
          text_in_(terms_, "rdp:clipboard:in"),
          text_out_(terms_, "rdp:clipboard:out"),
          files_(terms_, "rdp:clipboard:files") {}

    Result<Passed> pass(Way way, View whole) override {
        In in(whole);
        Message message{.type = in.u16(), .flags = in.u16()};
        const auto size = in.u32();
        message.body = in.bytes(size);
        if (!in.good() || in.left() > most_padding) return untrue("a clipboard message whose length is not its own");
        Passed out;
        TRY(judge(way, message, out));
        return out;
    }
    Passed close() override {
        Passed out;
        for (auto& direction : directions_) direction.files.forget(out);
        return out;
    }

private:
    Status judge(Way way, const Message& message, Passed& out) {
        switch (message.type) {
            case monitor_ready:
                if (way == Way::to_target) return untrue("a clipboard made ready by the client");
                out.forward.push_back(encode(monitor_ready, 0));
                return ok();
            case clip_caps: return capabilities(way, message, out);
            case format_list: return announced(way, message, out);
            case format_list_response: return list_answered(way, message, out);
            case format_data_request: return asked(way, message, out);
            case format_data_response: return answered(way, message, out);
            case file_contents_request: return contents_asked(way, message, out);
            case file_contents_response: return contents_answered(way, message, out);
            // The directory is for files copied by a path, the locks for lists that are no longer the clipboard's: neither is agreed.
            default: return ok();
        }
    }

    Direction& from(Way way) { return directions_[index(way)]; }
    Asked& text(Way way) { return way == Way::to_target ? text_in_ : text_out_; }

    Status capabilities(Way way, const Message& message, Passed& out) {
        In in(message.body);
        auto sets = in.u16();
        in.skip(2);
        std::optional<Bytes> general;
        for (; sets > 0; --sets) {
            const auto type = in.u16();
            const auto length = in.u16();
            In set(in.bytes(length < 4 ? SIZE_MAX : length - 4u));
            const auto version = set.u32();
            auto flags = set.u32();
            if (!in.good() || (type == general_capability && !set.good())) return untrue("clipboard capabilities that end too early");
            if (type != general_capability) continue;
            flags &= caps_long_names | caps_stream_files | caps_no_file_paths | caps_huge_files;  // without locks
            if ((flags & ~caps_long_names) != 0 && !files_.foreseen()) flags &= caps_long_names;
            long_names_[index(way)] = (flags & caps_long_names) != 0;
            general = Out().u16(1).u16(0).u16(general_capability).u16(12).u32(version).u32(flags).take();
        }
        if (general) out.forward.push_back(encode(clip_caps, 0, *general));
        return ok();
    }

    // Long names where both sides have said so. xrdp writes them also to clients that never said anything (rdesktop, which reads none):
    // a list that cannot be short is then read as long, and stays so.
    FormatNames names(const Message& message) const {
        if (long_names_[0] && long_names_[1]) return FormatNames::long_utf16;
        if ((message.flags & flag_ascii_names) != 0) return FormatNames::short_ascii;
        return message.body.size() % short_format_size == 0 ? FormatNames::short_utf16 : FormatNames::long_utf16;
    }

    Status announced(Way way, const Message& message, Passed& out) {
        const auto kind = names(message);
        const auto said = TRY(read_formats(message.body, kind));
        auto kept = permitted(way, said, out);
        auto& direction = from(way);
        direction.files.forget(out);
        // A list of nothing is worth sending where it takes something back, and as the first one, which the target may wait for. Else
        // the other side keeps the clipboard it has.
        const bool matters = !kept.empty() || !direction.formats.empty() || !direction.listed;
        if (!matters || direction.unanswered_lists >= most_unanswered) {
            out.back.push_back(encode(format_list_response, matters ? flag_fail : flag_ok));
            return ok();
        }
        direction.listed = true;
        ++direction.unanswered_lists;
        const Bytes body = write_formats(kept, kind);
        out.forward.push_back(encode(format_list, kind == FormatNames::short_ascii ? flag_ascii_names : std::uint16_t{0}, body));
        direction.formats = std::move(kept);
        return ok();
    }

    std::vector<ClipboardFormat> permitted(Way way, const std::vector<ClipboardFormat>& said, Passed& out) {
        std::vector<ClipboardFormat> kept;
        const bool has_text = std::any_of(said.begin(), said.end(), [](const auto& format) { return is_text(format.id); });
        bool text_refused = false, files_refused = false, other = false;
        for (const auto& format : said) {
            if (is_text(format.id)) {
                if (text(way)()) kept.push_back({format.id, ""});
                text_refused = text_refused || !text(way)();
            } else if (is_file_list(format) || format.id == cf_hdrop) {
                // Many clients name files beside every text: only a list without text is an attempt to copy some.
                const bool may = has_text ? files_.foreseen() : files_();
                if (may && is_file_list(format)) kept.push_back(format);
                files_refused = files_refused || (!may && !has_text);
            } else {
                other = true;
            }
        }
        if (text_refused) out.refusals.push_back(text_refusal(way));
        if (files_refused) out.refusals.emplace_back("Copying files by the clipboard is not allowed by the policy.");
        if (other && kept.empty() && !text_refused && !files_refused)
            out.refusals.emplace_back(way == Way::to_target ? "Only text can be copied into this session." : "Only text can be copied out of this session.");
        return kept;
    }
    // Names the other direction where that one is allowed: a person who may copy one way will try the other.
    std::string text_refusal(Way way) {
        const bool in = way == Way::to_target;
        const std::string words =
            in ? "Copying text into this session is not allowed by the policy" : "Copying text out of this session is not allowed by the policy";
        if (!text(other(way))()) return words + ".";
        return words + (in ? "; only out of it." : "; only into it.");
    }

    Status list_answered(Way way, const Message& message, Passed& out) {
        auto& direction = from(other(way));
        if (direction.unanswered_lists == 0) return ok();
        --direction.unanswered_lists;
        out.forward.push_back(encode(format_list_response, message.flags == flag_ok ? flag_ok : flag_fail));
        return ok();
    }

    Status asked(Way way, const Message& message, Passed& out) {
        In in(message.body);
        const auto id = in.u32();
        if (!in.good()) return untrue("a clipboard request that names no format");
        auto& direction = from(other(way));
        bool there = false;
        for (const auto& format : direction.formats) there = there || (format.id == id && (is_text(id) || files_()));
        // Clients take a list back a moment after a copy and still answer for its text (xfreerdp does): where text may pass this way
        // at all, its holder decides.
        Asked& passes = text(other(way));
        there = there || (is_text(id) && passes.foreseen() && passes());
        const bool full = direction.requests.size() >= most_requests;
        // Answers carry no name: one that we give must not overtake those that are still to come.
        if (full || (!there && direction.requests.empty())) {
            out.back.push_back(encode(format_data_response, flag_fail));
            return ok();
        }
        direction.requests.push_back({id, !there});
        if (there) out.forward.push_back(encode(format_data_request, 0, Out().u32(id).take()));
        return ok();
    }

    Status answered(Way way, const Message& message, Passed& out) {
        auto& direction = from(way);
        if (direction.requests.empty()) return ok();
        const auto id = direction.requests.front().format;
        direction.requests.pop_front();
        const bool passes = message.flags == flag_ok && TRY(data(way, id, message.body, out));
        out.forward.push_back(passes ? encode(format_data_response, flag_ok, message.body) : encode(format_data_response, flag_fail));
        for (; !direction.requests.empty() && direction.requests.front().refused; direction.requests.pop_front())
            out.forward.push_back(encode(format_data_response, flag_fail));
        return ok();
    }

    // Whether this data may pass; it is recorded if so.
    Result<bool> data(Way way, std::uint32_t id, View body, Passed& out) {
        if (id == cf_locale) return body.size() <= longest_locale;
        if (id == cf_unicodetext && body.size() % 2 != 0) return untrue("clipboard text of half a character");
        auto& direction = from(way);
        if (!is_text(id) && !TRY(direction.files.announced(body, out))) {
            out.refusals.emplace_back("These files cannot be copied: there are too many, or one has an unsafe name.");
            return false;
        }
        if (!budget_.take(way, body.size())) {
            direction.files.forget(out);
            out.refusals.emplace_back(sentence::limit_reached);
            return false;
        }
        recorder::ClipboardFact fact{.direction = way == Way::to_target ? recorder::Direction::to_target : recorder::Direction::to_client,
                                     .format = is_text(id) ? format_name(id) : std::string(file_list_name),
                                     .size = body.size(),
                                     .text = ""};
        if (terms_.clipboard_text) {
            if (!is_text(id)) fact.text = direction.files.names();
            else fact.text = id == cf_unicodetext ? from_utf16(body, longest_text) : from_single_bytes(body, longest_text);
        }
        out.clipboard.push_back(std::move(fact));
        return true;
    }

    Status contents_asked(Way way, const Message& message, Passed& out) {
        if (message.body.size() < 24) return untrue("a request for file contents that ends too early");
        if (from(other(way)).files.asked(message.body))
            out.forward.push_back(encode(file_contents_request, 0, message.body.first(24)));  // without the lock's number
        else out.back.push_back(encode(file_contents_response, flag_fail, message.body.first(4)));
        return ok();
    }
    Status contents_answered(Way way, const Message& message, Passed& out) {
        const bool succeeded = message.flags == flag_ok;
        const auto answer = TRY(from(way).files.answered(message.body, succeeded, budget_, out));
        if (!answer.asked_for) return ok();
        if (!answer.within_budget) out.refusals.emplace_back(sentence::limit_reached);
        out.forward.push_back(encode(file_contents_response, succeeded && answer.within_budget ? flag_ok : flag_fail, answer.body));
        return ok();
    }

    FilterTerms terms_;
    Budget budget_;
    Asked text_in_, text_out_, files_;
    std::array<bool, 2> long_names_{};
    std::array<Direction, 2> directions_{Direction(Way::to_target), Direction(Way::to_client)};
};

}  // namespace

std::unique_ptr<Filter> make_clipboard_filter(FilterTerms terms) { return std::make_unique<ClipboardFilter>(std::move(terms)); }

}  // namespace anteroom::rdp
