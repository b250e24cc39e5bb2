// The capability gate: the one place that says whether a channel or request of the client may pass. What the permit does
// not name is refused, and every answer is told to the broker for the audit log.
#pragma once

#include "broker/control/link.h"
#include "policy/capability.h"

namespace anteroom::ssh {

class Gate {
public:
    explicit Gate(control::Link& link) : link_(link) {}
    // Until then everything is refused.
    Status open(const control::SessionPermit& permit);

    // Whether it may pass; told to the broker either way.
    bool permits(const policy::Use& use);
    // Refused whatever policy says, because it cannot be inspected or is not known.
    void refuse(const policy::Use& use);
    // What the person reads, without line end.
    static std::string sentence(const policy::Use& use);

private:
    void note(bool allowed, const policy::Use& use);
    control::Link& link_;
    policy::CapabilitySet capabilities_;
};

}  // namespace anteroom::ssh
