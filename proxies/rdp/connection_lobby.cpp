// Before there is a target: signing in, and then the broker's conversation, both as questions in the lobby.
#include "base/log.h"
#include "proxies/rdp/connection.h"

namespace anteroom::rdp {

namespace {

constexpr std::string_view ticket_mark = "anteroom:";
constexpr std::size_t longest_user = 128;
constexpr std::uint32_t user_question = 1, prompt_question = 2;
constexpr const char* greeting = "Sign in to reach a system of this hospital. Everything is recorded.";

// Windows clients write DOMAIN\name; the domain is nothing to us.
std::string person_in(const ClientHello& hello) {
    const auto slash = hello.user.rfind('\\');
    return hello.user.substr(slash == std::string::npos ? 0 : slash + 1, longest_user);
}

}  // namespace

void Connection::begin_login() {
    user_ = person_in(hello_);
    password_ = std::move(hello_.password);
    if (hello_.shell.starts_with(ticket_mark)) {
        control::LoginStep step;
        step.method = control::LoginMethod::ticket;
        step.user = user_;
        step.password = Secret::copy_of(std::string_view(hello_.shell).substr(ticket_mark.size()));
        explicit_bzero(hello_.shell.data(), hello_.shell.size());
        lobby_->busy("Signing in with your ticket ...");
        if (auto sent = log_in(std::move(step)); !sent) end("protocol", "");
        return;
    }
    lobby_->say(greeting);
    // A name without a password may be the client's own idea (the local user's, the one before): it is asked for, and stands there already.
    if (user_.find_first_of("+:") == std::string::npos && password_.empty()) return ask_name();
    sign_in();
}

void Connection::ask_name() {
    asking_ = Asking::user;
    lobby_->ask({user_question, "Your name at Anteroom, or NAME+TARGET", true, user_});
}

void Connection::sign_in() {
    control::LoginStep step;
    step.method = control::LoginMethod::interactive;
    step.user = user_;
    if (auto sent = log_in(std::move(step)); !sent) end("protocol", "");
}

Status Connection::log_in(control::LoginStep step) {
    step.client_version = "RDP " + hello_.name + " build " + std::to_string(hello_.build);
    asking_ = Asking::nothing;
    return link_.send(step);
}

Status Connection::answered_login(control::LoginAnswer answer) {
    if (answer.deadline != 0) deadline_ = Monotonic(Duration(answer.deadline));
    lobby_->busy("");
    switch (answer.verdict) {
        case control::LoginVerdict::prompt:
            if (!answer.instruction.empty()) lobby_->say(answer.instruction);
            prompts_.assign(answer.prompts.begin(), answer.prompts.end());
            given_.clear();
            asking_ = Asking::prompts;
            next_prompt();
            return ok();
        case control::LoginVerdict::accepted: {
            password_ = Secret();
            link_.enter(control::accepted);
            TRY(link_.send(control::OpenSession{"RDP " + hello_.name + " build " + std::to_string(hello_.build)}));
            link_.enter(control::opening);
            lobby_->busy("One moment ...");
            return ok();
        }
        case control::LoginVerdict::disconnect: end("login-refused", answer.sentence); return ok();
        default: break;
    }
    // Refused: once more, with the same name. A ticket that did not do leads here too, with its reason.
    ++failed_logins_;
    password_ = Secret();
    lobby_->say(answer.sentence.empty() ? "That was not right. Please try again." : answer.sentence);
    if (user_.empty()) ask_name();
    else sign_in();
    return ok();
}

// One question at a time; a password that came with the connection answers the first that would not be shown.
void Connection::next_prompt() {
    while (!prompts_.empty()) {
        const auto& prompt = prompts_.front();
        if (prompt.echo || password_.empty()) {
            lobby_->ask({prompt_question, prompt.text, prompt.echo, ""});
            return;
        }
        given_.push_back(std::move(password_));
        password_ = Secret();
        prompts_.pop_front();
    }
    control::LoginStep step;
    step.method = control::LoginMethod::answers;
    step.user = user_;
    step.answers = std::move(given_);
    given_.clear();
    lobby_->busy("Checking ...");
    if (auto sent = log_in(std::move(step)); !sent) end("protocol", "");
}

void Connection::take_answers() {
    while (auto answer = lobby_->take_answer()) {
        if (refused_) continue;
        if (asking_ == Asking::broker) {
            if (link_.state() != control::talking) continue;
            if (auto sent = link_.send(control::TypedLine{answer->number, std::move(answer->text), answer->left}); !sent) return end("protocol", "");
            continue;
        }
        take_login_answer(std::move(*answer));
    }
}

void Connection::take_login_answer(Lobby::Answer answer) {
    if (answer.left) return end("client-left", "Goodbye.");
    if (asking_ == Asking::user) {
        user_ = std::string(answer.text.expose_text().substr(0, longest_user));
        return user_.empty() ? ask_name() : sign_in();
    }
    if (asking_ != Asking::prompts || prompts_.empty()) return;
    given_.push_back(std::move(answer.text));
    prompts_.pop_front();
    next_prompt();
}

// The last screen: the sentence and whom to call, until somebody leaves or a while has passed.
void Connection::refused(const std::string& sentence) {
    if (!target_) link_.enter(control::accepted);
    refused_ = true;
    lobby_->call_back();
    lobby_->busy("");
    lobby_->farewell(sentence);
}

}  // namespace anteroom::rdp
