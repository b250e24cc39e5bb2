// The capability gate: the one place that says whether a channel or request of the client may pass. What the permit does
// not name is refused, and every answer is told to the broker for the audit log.
#pragma once

#include "broker/control/link.h"
#include "policy/capability.h"

namespace anteroom::worker {

class Gate {
public:
    explicit Gate(control::Link& link) : link_(link) {}
    // Until then everything is refused.
    Status open(const control::SessionPermit& permit);

    // Whether it would pass: nothing is asked for yet, and nothing is told.
    bool allows(const policy::Use& use) const { return capabilities_.permits(use); }
    // Whether it may pass; told to the broker either way.
    bool permits(const policy::Use& use);
    // Refused whatever policy says, because it cannot be inspected or is not known.
    void refuse(const policy::Use& use);
    // Tells the broker how many refusals were only counted.
    void tick(Monotonic now);
    // What the person reads, without line end.
    static std::string sentence(const policy::Use& use);

private:
    bool note(bool allowed, const policy::Use& use);
    control::Link& link_;
    policy::CapabilitySet capabilities_;
    // Refusals that are told one by one; a client that asks without end has the rest counted.
    double tokens_ = 200;
    std::uint64_t counted_ = 0;
    Monotonic refilled_{};
};

}  // namespace anteroom::worker
