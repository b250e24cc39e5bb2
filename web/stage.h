// What a recording's events become for a browser: a terminal's text (terminal.h) or a desktop's picture (desktop.h).
#pragma once

#include "recorder/index.h"
#include "web/messages.h"

namespace anteroom::web {

class Stage {
public:
    virtual ~Stage() = default;
    // One event, in the recording's order.
    virtual Status event(const recorder::Event& event) = 0;
    // Makes messages of what has gathered. False: there is more of it, for another turn, and no event may come before.
    virtual bool flush(Outbox& out) = 0;
    // Everything before is void: the recording is read from somewhere else on.
    virtual void restart() = 0;
    // While it is silent it only follows what stands there; afterwards it tells all of that at once.
    virtual void silent(bool on, Duration at) = 0;
    // The recording is over.
    virtual Status finish() = 0;
};

}  // namespace anteroom::web
