// Asking: the questions before an access inside keyboard-interactive (RFC 4256), for clients that have no shell to ask in. It begins
// after the code was accepted and ends with the login: the person is let in, or reads why not. A request that was made stays.
#pragma once

#include <variant>

#include "broker/talk/conversation.h"
#include "broker/talk/request_emergency.h"
#include "broker/talk/request_form.h"

namespace anteroom::talk {

class Asking {
public:
    struct Question {
        std::string instruction;  // lines above the prompt
        std::string prompt;
        bool echo = true;
    };
    struct Finished {};  // the login goes on; the one gate decides what follows
    struct Refused {
        std::string sentence;  // without whom to call
    };
    using Next = std::variant<Question, Finished, Refused>;

    Asking(Party party, policy::Ask ask, const std::string& client_version);
    // The first question; none when there is nothing to ask: permitted, granted, or not to be had at all.
    std::optional<Question> begin();
    Next answered(Secret line);

private:
    enum class Stage { form, looking, emergency, emergency_only };

    Next form_answered(const Secret& line);
    Next looked(const Secret& line);
    Next emergency_word_typed(bool drill);
    Next emergency_answered(const Secret& line);
    Next made(const access::Request& request);
    Next look();
    Next back(const std::string& sentence);  // to the question before break-glass
    Question question(const std::string& instruction) const;
    bool hurried() const;

    Party party_;
    policy::Ask ask_;
    bool file_tool_;  // has no terminal to go on in
    bool may_break_glass_ = false;
    Stage stage_ = Stage::form;
    std::optional<RequestForm> form_;
    std::optional<Emergency> emergency_;
    std::int64_t id_ = 0;  // of the request that is waited for
    Monotonic began_;
    int answers_ = 0;
};

// Whether a client with this identification string (RFC 4253 4.2) transfers files and has no terminal.
bool is_file_tool(std::string_view client_version);

}  // namespace anteroom::talk
