// One open question at most; said lines end it on the screen and it is written again behind them.
#include "proxies/ssh/talk.h"

#include "proxies/ssh/plain_text.h"

namespace anteroom::ssh {

namespace {
constexpr std::uint8_t ctrl_c = 0x03, bell = 0x07;
constexpr std::size_t most_to_read_on = 64 * 1024;  // a client that does not read what is said is not listened to either
}  // namespace

void Talk::say(std::string_view text) {
    told_left_ = false;
    if (!audience_) {
        if (early_size_ + text.size() > most_unread) return;
        early_size_ += text.size();
        early_.emplace_back(text);
        return;
    }
    if (output_.size() + text.size() > most_unread) return;
    if (question_) new_line();
    write_lines(text);
    if (question_) write_prompt(true);
}

void Talk::write_lines(std::string_view text) {
    for (const auto& line : plain_lines(text)) {
        output_.append(line);
        new_line();
    }
}

// `again`: the last line of the prompt is enough, with what was typed so far behind it.
void Talk::write_prompt(bool again) {
    const auto lines = plain_lines(question_->prompt);
    for (std::size_t i = again ? lines.size() - 1 : 0; i < lines.size(); ++i) {
        output_.append(lines[i]);
        if (i + 1 < lines.size()) new_line();
    }
    if (again) output_.append(editor_.visible());
}

void Talk::ask(control::AskLine question) {
    told_left_ = false;
    if (question_ && audience_) new_line();
    question_.reset();
    editor_.begin(false, false);
    if (question.prompt.empty()) return;
    question_ = std::move(question);
    if (audience_) open_question();
}

void Talk::open_question() {
    if (!reads_input()) return answer({}, true);
    editor_.begin(audience_->terminal, question_->echo);
    write_prompt(false);
    ahead_.consume(edit(ahead_.rest()));
    if (question_ && input_ended_) end_of_input();
}

void Talk::begin(const control::Audience& audience) {
    audience_ = audience;
    input_ended_ = false;
    for (const auto& text : early_) write_lines(text);
    early_.clear();
    early_size_ = 0;
    if (question_) open_question();
}

void Talk::leave() {
    if (!audience_) return;
    if (question_) answer({}, true);
    else tell_left();
    audience_.reset();
    ahead_.clear();
    output_.clear();
}

bool Talk::wants_input() const {
    return reads_input() && !input_ended_ && output_.size() < most_to_read_on && (audience_->terminal || ahead_.size() < most_typed_ahead);
}

// Takes what the open question needs of it.
std::size_t Talk::edit(View bytes) {
    if (!question_ || bytes.empty()) return 0;
    const std::size_t taken = editor_.type(bytes, output_);
    switch (editor_.state()) {
        case LineEditor::State::editing: break;
        case LineEditor::State::line:
            new_line();
            answer(editor_.take(), false);
            break;
        case LineEditor::State::left:
            new_line();
            answer({}, true);
            break;
    }
    return taken;
}

void Talk::type(View bytes) {
    if (!reads_input()) return;
    if (ahead_.empty()) bytes = bytes.subspan(edit(bytes));
    if (!bytes.empty()) keep(bytes);
}

// Typed before it was asked for. At a terminal Ctrl-C takes it back, and is heard at once.
void Talk::keep(View bytes) {
    if (audience_->terminal) {
        const auto last = std::find(bytes.rbegin(), bytes.rend(), ctrl_c);
        if (last != bytes.rend()) {
            bytes = bytes.subspan(static_cast<std::size_t>(bytes.rend() - last));
            ahead_.clear();
            tell_left();
        }
        if (ahead_.size() + bytes.size() > most_typed_ahead) {
            if (output_.size() < most_unread) output_.append(View(&bell, 1));
            bytes = bytes.first(most_typed_ahead - ahead_.size());
        }
    }
    ahead_.append(bytes);
}

// A last line without an end counts as one.
void Talk::end_of_input() {
    input_ended_ = true;
    if (!question_ || !reads_input()) return;
    new_line();
    if (editor_.empty()) answer({}, true);
    else answer(editor_.take(), false);
}

void Talk::answer(Secret text, bool left) {
    answers_.push_back({question_->number, std::move(text), left});
    question_.reset();
    editor_.begin(false, false);
}

// Once, until the broker has said something: a key that is held down is no flood.
void Talk::tell_left() {
    if (std::exchange(told_left_, true)) return;
    answers_.push_back({0, {}, true});
}

std::optional<control::TypedLine> Talk::take_answer() {
    if (answers_.empty()) return std::nullopt;
    auto one = std::move(answers_.front());
    answers_.pop_front();
    return one;
}

Bytes Talk::finish() {
    if (question_ && audience_) new_line();
    question_.reset();
    if (editor_.after_return() && !ahead_.empty() && ahead_.rest().front() == '\n') ahead_.consume(1);
    Bytes rest = to_bytes(ahead_.rest());
    ahead_.clear();
    editor_.begin(false, false);
    return rest;
}

}  // namespace anteroom::ssh
