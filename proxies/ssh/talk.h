// Talk: the conversation that the broker holds with a person on their first channel while there is no target. Lines are
// appended, never repainted; what is typed goes to the broker a line at a time and is wiped here. It knows no libssh: the
// connection carries its bytes. Memory stays bounded whatever is typed, said, or not read.
#pragma once

#include <deque>
#include <optional>

#include "broker/control/messages.h"
#include "proxies/ssh/line_editor.h"

namespace anteroom::ssh {

class Talk {
public:
    static constexpr std::size_t most_typed_ahead = 4096, most_unread = 256 * 1024;

    // `reads`: also a command's input belongs to the conversation, as a shell's always does.
    explicit Talk(bool reads) : reads_(reads) {}

    // ---- from the broker. Before somebody is there, what is said is kept for them, up to most_unread.
    void say(std::string_view text);
    void ask(control::AskLine question);

    // ---- from the channel
    void begin(const control::Audience& audience);
    // The channel is gone. Another one may become the audience.
    void leave();
    // Whether the channel's input is to be read now. The rest waits in the client's window.
    bool wants_input() const;
    void type(View bytes);
    void end_of_input();
    // No more is asked. What was typed and not consumed: it belongs to the target.
    Bytes finish();

    // ---- to the channel, and to the broker
    bool has_audience() const { return audience_.has_value(); }
    bool on_error_stream() const { return audience_ && audience_->use != control::ChannelUse::shell; }
    WipedBytes& output() { return output_; }
    std::optional<control::TypedLine> take_answer();

private:
    bool reads_input() const { return audience_ && (reads_ || audience_->use == control::ChannelUse::shell); }
    void write_lines(std::string_view text);
    void write_prompt(bool again);
    void new_line() { output_.append(audience_->terminal ? "\r\n" : "\n"); }
    void open_question();
    std::size_t edit(View bytes);
    void answer(Secret text, bool left);
    void keep(View bytes);
    void tell_left();

    bool reads_;
    std::optional<control::Audience> audience_;
    std::optional<control::AskLine> question_;
    std::deque<std::string> early_;
    std::size_t early_size_ = 0;
    LineEditor editor_;
    WipedBytes ahead_, output_;
    std::deque<control::TypedLine> answers_;
    bool input_ended_ = false, told_left_ = false;
};

}  // namespace anteroom::ssh
