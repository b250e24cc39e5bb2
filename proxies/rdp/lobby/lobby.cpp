// What the lobby does with texts, keys and clicks. How it looks is in lobby_draw.cpp.
#include "proxies/rdp/lobby/lobby.h"

#include <algorithm>

#include "proxies/rdp/lobby/utf8.h"

namespace anteroom::rdp {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_answers = 4;
constexpr Duration blink = 500ms;
// A caret that blinks for ever draws the picture for ever; whoever looks away finds it standing still.
constexpr Duration blinks_for = 10s;

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> out;
    for (std::size_t from = 0; from <= text.size();) {
        const auto end = std::min(text.find('\n', from), text.size());
        out.emplace_back(text.substr(from, end - from));
        from = end + 1;
    }
    return out;
}

// A prompt without what ends it on a terminal: "Reason: " -> "Reason", "(withdraw, or Enter to look again) > " -> what stands in the brackets.
std::string label_of(std::string_view prompt) {
    while (!prompt.empty() && std::string_view(" :>\r").find(prompt.back()) != std::string_view::npos) prompt.remove_suffix(1);
    while (prompt.starts_with(' ')) prompt.remove_prefix(1);
    if (prompt.size() > 2 && prompt.front() == '(' && prompt.find(')') == prompt.size() - 1) prompt = prompt.substr(1, prompt.size() - 2);
    return std::string(prompt);
}

}  // namespace

Lobby::Lobby(std::string place, std::string help) : place_(std::move(place)), help_(std::move(help)) {}

void Lobby::changed() { changed_ = true; }

void Lobby::say(std::string_view text) {
    if (text.empty()) return;
    const auto before = transcript_.list();
    transcript_.say(text);
    if (transcript_.list() != before) {
        list_label_.reset();
        chosen_.reset();
        last_chosen_ = 0;
        if (question_) list_label_ = question_->label;
    }
    changed();
}

void Lobby::ask(Question question) {
    busy_.clear();
    typed_.set(question.preset);
    wipe(question.preset.data(), question.preset.size());
    question.preset.clear();
    preface_ = lines_of(question.label);
    shown_label_ = label_of(preface_.back());
    preface_.pop_back();
    if (!list_label_ && transcript_.choices() > 0) list_label_ = question.label;
    question_ = std::move(question);
    chosen_.reset();
    field_offset_ = 0;
    transcript_.to_end();
    touched_ = true;
    changed();
}

void Lobby::close_question() {
    typed_.clear();
    question_.reset();
    preface_.clear();
    shown_label_.clear();
    field_stops_.clear();
    chosen_.reset();
    changed();
}

void Lobby::call_back() {
    if (question_) close_question();
}

void Lobby::busy(std::string text) {
    busy_ = std::move(text);
    changed();
}

void Lobby::farewell(std::string sentence) {
    close_question();
    busy_.clear();
    transcript_.clear();
    farewell_ = sentence.empty() ? "Goodbye." : std::move(sentence);
    parted_at_.reset();
    changed();
}

bool Lobby::over(Monotonic now) const { return !farewell_.empty() && (closed_ || (parted_at_ && now - *parted_at_ >= farewell_time)); }

void Lobby::keyboard(std::string layout, bool caps_lock) {
    if (layout == layout_ && caps_lock == caps_lock_) return;
    layout_ = std::move(layout);
    caps_lock_ = caps_lock;
    if (question_ && !question_->echo) changed();
}

Lobby::Room Lobby::room(int width, int height) {
    const auto metrics = Metrics::of(width, height);
    // A QR code is drawn as large as fits, whatever a line of text takes: 40 rows hold any of ours.
    return {std::max(20, (metrics.column_width - metrics.em / 2) / metrics.cell), std::max(40, height / metrics.line)};
}

// A list is answered to the question it was said for, and no other: a number is not a reason.
bool Lobby::offers() const { return question_ && question_->echo && transcript_.choices() > 0 && list_label_ == question_->label; }

// `shown`: what stays to be read of it.
void Lobby::answer(Secret text, std::string_view shown) {
    for (const auto& line : preface_) transcript_.say(line);
    if (!shown.empty()) transcript_.answered(shown_label_.empty() ? ">" : shown_label_ + ":", shown);
    if (answers_.size() < most_answers) answers_.push_back({question_->number, std::move(text), false});
    close_question();
    transcript_.to_end();
    busy_ = "One moment ...";
}

void Lobby::answer_choice(std::size_t choice) {
    const auto number = std::to_string(transcript_.number_of(choice));
    answer(Secret::copy_of(number), number);
}

void Lobby::answer_typed() {
    std::string shown;
    if (question_->echo)
        for (const auto character : typed_.characters()) append_utf8(shown, character);
    // As many dots whatever was typed: not even its length is told.
    else if (typed_.size() > 0)
        for (int i = 0; i < 8; ++i) append_utf8(shown, 0x2022);
    answer(typed_.utf8(), shown);
}

void Lobby::leave() {
    if (!farewell_.empty()) closed_ = true;
    const auto number = question_ ? question_->number : 0;
    if (answers_.size() < most_answers) answers_.push_back({number, Secret(), true});
    close_question();
}

std::optional<Lobby::Answer> Lobby::take_answer() {
    if (answers_.empty()) return std::nullopt;
    auto out = std::move(answers_.front());
    answers_.pop_front();
    return out;
}

// ---- keys

void Lobby::step_choice(int by) {
    const auto count = static_cast<int>(transcript_.choices());
    const int at = chosen_ ? static_cast<int>(*chosen_) + by : by > 0 ? 0 : count - 1;
    chosen_ = static_cast<std::size_t>(std::clamp(at, 0, count - 1));
    last_chosen_ = *chosen_;
    show_choice_ = true;
}

void Lobby::press_on_choices(Key key) {
    switch (key) {
        case Key::up: return step_choice(-1);
        case Key::down: return step_choice(1);
        case Key::home: return step_choice(-static_cast<int>(transcript_.choices()));
        case Key::end: return step_choice(static_cast<int>(transcript_.choices()));
        case Key::tab:
        case Key::back_tab:
            chosen_.reset();
            transcript_.to_end();
            return;
        case Key::enter: return answer_choice(*chosen_);
        default: break;
    }
}

void Lobby::press_in_field(Key key) {
    switch (key) {
        case Key::left: return typed_.move(-1);
        case Key::right: return typed_.move(1);
        case Key::home: return typed_.place(0);
        case Key::end: return typed_.place(typed_.size());
        case Key::backspace: return typed_.erase_before();
        case Key::erase: return typed_.erase_behind();
        case Key::tab:
        case Key::back_tab:
            if (!offers()) return;
            chosen_ = std::min(last_chosen_, transcript_.choices() - 1);
            show_choice_ = true;
            return;
        case Key::up:
        case Key::down:
            if (offers()) return step_choice(key == Key::up ? -1 : 1);
            return scroll(key == Key::up ? 1 : -1);
        case Key::enter: return answer_typed();
        default: break;
    }
}

void Lobby::press(Key key) {
    changed();
    touched_ = true;
    const int page = std::max(1, places_.transcript.height - 2 * places_.metrics.line);
    if (key == Key::escape) return leave();
    if (key == Key::page_up) return transcript_.scroll(page);
    if (key == Key::page_down) return transcript_.scroll(-page);
    if (!farewell_.empty() && key == Key::enter) return leave();
    if (!question_) {
        if (key == Key::up || key == Key::down) scroll(key == Key::up ? 1 : -1);
        return;
    }
    if (chosen_ && !offers()) chosen_.reset();
    const bool edits = key == Key::left || key == Key::right || key == Key::backspace || key == Key::erase;
    if (chosen_ && !edits) return press_on_choices(key);
    chosen_.reset();
    press_in_field(key);
}

void Lobby::type(char32_t character) {
    if (character == 3) {
        touched_ = true;
        return leave();
    }
    if (!question_ || !drawable(character)) return;
    chosen_.reset();
    if (typed_.insert(character)) transcript_.to_end();
    touched_ = true;
    changed();
}

void Lobby::click(int x, int y) {
    const auto inside = [&](const Box& box) { return x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.height; };
    if (inside(places_.above)) return press(Key::page_up);
    if (inside(places_.below)) return press(Key::page_down);
    if (!question_) return;
    if (inside(places_.field)) {
        const auto at = std::lower_bound(field_stops_.begin(), field_stops_.end(), x, [](int stop, int value) { return stop < value; });
        auto caret = static_cast<std::size_t>(at - field_stops_.begin());
        if (caret > 0 && caret < field_stops_.size() && x - field_stops_[caret - 1] < field_stops_[caret] - x) --caret;
        typed_.place(caret);
        chosen_.reset();
        touched_ = true;
        return changed();
    }
    if (!offers()) return;
    if (const auto choice = transcript_.choice_at(places_.transcript, x, y)) answer_choice(*choice);
}

void Lobby::scroll(int lines) {
    transcript_.scroll(std::clamp(lines, -1000, 1000) * places_.metrics.line);
    changed();
}

// ---- what moves by itself

std::int64_t Lobby::phase(Monotonic now) const {
    if (!farewell_.empty()) return parted_at_ ? (now - *parted_at_) / 1s : 0;
    if (question_) {
        const auto since = now - touched_at_;
        return chosen_ || touched_ || since >= blinks_for || since < Duration::zero() ? 0 : since / blink % 2;
    }
    return busy_.empty() ? 0 : now.time_since_epoch() / blink % 4;
}

bool Lobby::stale(Monotonic now) const { return changed_ || phase(now) != drawn_phase_; }

}  // namespace anteroom::rdp
