// Display control (MS-RDPEDISP): the client says which monitors it has now. The session shows one.
#pragma once

#include <optional>

#include "proxies/rdp/channels/filter.h"

namespace anteroom::rdp {

struct Layout {
    std::optional<Bytes> forward;  // none: nothing that could be shown, it does not pass
    bool several = false;          // more than one monitor was asked for; `forward` has the primary alone
};
// One whole message of the channel. An error (`refused`) when its lengths and counts do not fit each other.
Result<Layout> judge_display(Way way, View message);

}  // namespace anteroom::rdp
