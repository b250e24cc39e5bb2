// When a waiting line is said again.
#include "broker/talk/waiting.h"

#include "broker/talk/words.h"

namespace anteroom::talk {

std::optional<std::string> WaitingLine::due(const access::Card& card, Time now, Monotonic at) {
    if (!old(at) && waiting_for_text(card) == said_) return std::nullopt;
    return shown(card, now, at);
}

std::string WaitingLine::shown(const access::Card& card, Time now, Monotonic at) {
    said_ = waiting_for_text(card);
    last_ = at;
    return waiting_text(card, now);
}

}  // namespace anteroom::talk
