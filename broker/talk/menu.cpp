// The menu: what a person may reach, their requests, and the doors to approvals and My security. One line typed is one command.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "broker/talk/menu_list.h"
#include "broker/talk/prompted.h"
#include "broker/talk/request_form.h"

namespace anteroom::talk {
namespace {

using access::Request;
using Words = std::vector<std::string>;

constexpr const char* help_text =
    "  3, mri-3, mri-3+service   connects; asks for an approval first where one is needed\n"
    "  request 1,3               asks for several at once\n"
    "  withdraw 42               takes a request back\n"
    "  list                      shows what you may reach\n"
    "  approvals                 what waits for your decision\n"
    "  security                  your password, codes and keys\n"
    "  quit";

class Menu final : public Prompted {
public:
    Menu(Party party, Stage& stage) : Prompted(std::move(party), stage) {}

    void begin(const control::Audience& audience) override;
    void left() override;
    void changed(const Request& request) override;

private:
    bool take(const std::string& line);  // false: that was no word of the menu
    void prompt();
    void line_typed(const Secret& line);
    void show();
    void go(const Words& words);
    void begin_request(const std::string& places);
    void request_answered(const Secret& line);
    void withdraw(const Words& words);
    void done(bool well, const std::string& sentence);
    std::string user_name(const policy::Ask& ask) const { return party_.person.str() + "+" + ask.target.str() + "+" + ask.account.str(); }

    control::Audience audience_;
    bool one_command_ = false, failed_ = false, busy_ = false;
    std::size_t waiting_ = 0;  // for this approver, as last told
    std::vector<policy::Ask> asks_;
    std::optional<RequestForm> form_;
};

void Menu::begin(const control::Audience& audience) {
    audience_ = audience;
    if (audience.use == control::ChannelUse::subsystem)
        return refuse("This is the menu, which has no " + printable(audience.command, 40) + ": name the target in the user name, as " + party_.person.str() +
                      "+TARGET.");
    if (const auto waiting = access().waiting_for(party_.person)) waiting_ = waiting->size();
    if (audience.use != control::ChannelUse::exec) {
        show();
        if (!over_) prompt();
        return;
    }
    one_command_ = true;
    if (take(audience.command)) return;
    end(1, "There is no \"" + printable(audience.command, 80) + "\" here. Type `help`, or name the target in the user name, as " + party_.person.str() +
               "+TARGET.");
}

void Menu::show() {
    const auto list = MenuList::of(party_);
    if (!list) return refuse(sentence_of(list.error()));
    say(list->text(audience_.terminal ? audience_.columns : 0));
}

void Menu::prompt() {
    ask("> ", true, [this](Secret line) { line_typed(line); });
}

void Menu::line_typed(const Secret& line) {
    const auto typed = typed_line(line);
    if (!typed) return done(false, sentence_of(typed.error()));
    if (!take(*typed)) done(false, "There is no \"" + printable(words_of(*typed)[0], 80) + "\" here. Type help for what there is.");
}

// After a command: the next one, or the end where one was all that was asked for.
void Menu::done(bool well, const std::string& sentence) {
    failed_ = !well;
    if (one_command_ && !well) return end(1, sentence);
    if (!sentence.empty()) say(sentence);
    if (one_command_) return end(0, "");
    prompt();
}

bool Menu::take(const std::string& line) {
    const auto words = words_of(line);
    const std::string word = words.empty() ? "list" : words[0];
    if (word == "approvals") {
        hand_over(approvals(party_, stage_));
    } else if (word == "security" && words.size() == 1) {
        hand_over(my_security(party_, stage_));
    } else if (word == "help" || word == "?") {
        done(true, help_text);
    } else if (word == "quit" || word == "exit" || word == "q") {
        end(0, "");
    } else if (word == "list" || word == "menu") {
        show();
        if (!over_) done(true, "");
    } else if (word == "request") {
        begin_request(line.substr(line.find("request") + 7));
    } else if (word == "withdraw") {
        withdraw(words);
    } else if (const auto list = MenuList::of(party_); list && list->is_entry(word)) {
        go(words);
    } else {
        return false;
    }
    return true;
}

void Menu::go(const Words& words) {
    const auto list = MenuList::of(party_);
    const auto wanted = list ? list->find(words) : Result<policy::Ask>(fail(list.error()));
    if (!wanted) return done(false, sentence_of(wanted.error()));
    // A command's channel would run that command on the target.
    if (audience_.use != control::ChannelUse::shell) return done(false, "Connect with " + user_name(*wanted) + " as the user name.");
    connect(*wanted);
}

// "1,3" or "mri-3+service, ct-1 as service"
void Menu::begin_request(const std::string& places) {
    const auto list = MenuList::of(party_);
    if (!list) return done(false, sentence_of(list.error()));
    asks_.clear();
    constexpr std::size_t most = 20;
    for (std::size_t from = 0; from <= places.size() && asks_.size() < most;) {
        const auto comma = std::min(places.find(',', from), places.size());
        const auto wanted = list->find(words_of(std::string_view(places).substr(from, comma - from)));
        if (!wanted) return done(false, sentence_of(wanted.error()) + " Type it like request 1,3.");
        if (std::find(asks_.begin(), asks_.end(), *wanted) == asks_.end()) asks_.push_back(*wanted);
        from = comma + 1;
    }
    const auto questions = access().questions(party_.person, asks_, party_.source_ip);
    if (!questions) return done(false, sentence_of(questions.error()));
    if (!questions->possible) return done(false, printable(questions->sentence, 400));
    std::vector<std::string> names;
    for (const auto& one : asks_) names.push_back(place_text(one));
    auto text = "Asks " + (questions->approvers.empty() ? std::string("for") : listed(questions->approvers, " and ") + " for") + " " + listed(names) + ".\n" +
                marked(questions->unusual);
    text.pop_back();
    say(text);
    form_.emplace(here(), *questions);
    ask(form_->prompt(), true, [this](Secret line) { request_answered(line); });
}

void Menu::request_answered(const Secret& line) {
    if (const auto taken = form_->take(line); !taken) say(sentence_of(taken.error()));
    if (!form_->done()) return ask(form_->prompt(), true, [this](Secret next) { request_answered(next); });
    busy_ = true;
    const auto made = access().create(form_->filled(party_.person, asks_, party_.source_ip));
    busy_ = false;
    const auto approvers = form_->questions().approvers;
    form_.reset();
    if (!made) return done(false, sentence_of(made.error()));
    done(true, sent_text(made->id, approvers) + "\nYou are told here when it is decided.");
}

void Menu::withdraw(const Words& words) {
    std::int64_t id = 0;
    const auto digits = words.size() == 2 ? std::string_view(words[1]) : std::string_view();
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
    if (digits.empty() || error != std::errc() || stop != digits.data() + digits.size())
        return done(false, "Type the request's number behind it, as withdraw 42.");
    const auto found = access().find(id);
    if (!found) return done(false, sentence_of(found.error()));
    if (!*found || (*found)->person != party_.person) return done(false, fmt::format("You have no request {}.", id));
    busy_ = true;
    const auto withdrawn = access().withdraw(id, party_.person);
    busy_ = false;
    if (!withdrawn) return done(false, sentence_of(withdrawn.error()));
    done(true, state_text(here(), *withdrawn));
}

void Menu::changed(const Request& request) {
    if (over_ || busy_ || one_command_) return;
    if (request.person == party_.person) {
        if (request.state != access::RequestState::requested) say(state_text(here(), request));
        return;
    }
    const auto waiting = access().waiting_for(party_.person);
    if (!waiting) return;
    if (waiting->size() > waiting_) say(fmt::format("approvals: {} waiting", waiting->size()));
    waiting_ = waiting->size();
}

void Menu::left() {
    if (over_) return;
    const bool asking = form_.has_value();
    form_.reset();
    if (asking && audience_.terminal) return done(false, "Nothing was asked for.");
    end(failed_ || asking ? 1 : 0, "");
}

}  // namespace

std::unique_ptr<Conversation> menu(Party party, Stage& stage) { return std::make_unique<Menu>(std::move(party), stage); }

}  // namespace anteroom::talk
