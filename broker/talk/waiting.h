// The waiting line: when it has to be appended again. Time comes in; nothing is shown here.
#pragma once

#include "broker/access/access.h"

namespace anteroom::talk {

class WaitingLine {
public:
    static constexpr Duration again = std::chrono::seconds(60);

    // The line when it says something new or a minute has passed since the last one; none otherwise.
    std::optional<std::string> due(const access::Card& card, Time now, Monotonic at);
    // The line, whatever was shown before.
    std::string shown(const access::Card& card, Time now, Monotonic at);
    // Whether a minute has passed: worth looking at the database.
    bool old(Monotonic at) const { return !last_ || at - *last_ >= again; }

private:
    std::string said_;  // without how long ago
    std::optional<Monotonic> last_;
};

}  // namespace anteroom::talk
