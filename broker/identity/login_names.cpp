// The words for methods and facts.
#include "broker/identity/login.h"

namespace anteroom::identity::login {

std::string_view method_name(Method method) {
    switch (method) {
        case Method::public_key: return "publickey";
        case Method::password: return "password";
        case Method::keyboard_interactive: return "keyboard-interactive";
    }
    return "none";
}

std::string_view fact_name(FactKind kind) {
    switch (kind) {
        case FactKind::unknown_person: return "unknown_person";
        case FactKind::not_allowed: return "not_allowed";
        case FactKind::key_refused: return "key_refused";
        case FactKind::key_proven: return "key_proven";
        case FactKind::password_wrong: return "password_wrong";
        case FactKind::no_password: return "no_password";
        case FactKind::invitation_wrong: return "invitation_wrong";
        case FactKind::no_codes: return "no_codes";
        case FactKind::needs_key: return "needs_key";
        case FactKind::code_wrong: return "code_wrong";
        case FactKind::code_used: return "code_used";
        case FactKind::user_changed: return "user_changed";
        case FactKind::out_of_order: return "out_of_order";
        case FactKind::too_many: return "too_many";
        case FactKind::too_slow: return "too_slow";
        case FactKind::ticket_refused: return "ticket_refused";
        case FactKind::accepted: return "accepted";
    }
    return "unknown";
}

}  // namespace anteroom::identity::login
