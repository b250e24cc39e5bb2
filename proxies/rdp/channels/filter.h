// What may pass beside the screen: one filter for each static virtual channel that is known (MS-RDPBCGR 3.1.5.2), asked for each
// whole message. What a filter does not know does not pass. Filters know no RDP library; they never see parts of a message.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "policy/capability.h"
#include "recorder/tracks.h"

namespace anteroom::rdp {

enum class Way : std::uint8_t { to_target, to_client };
inline Way other(Way way) { return way == Way::to_target ? Way::to_client : Way::to_target; }

// Whether policy permits it; asked each time, audited by whoever stands behind it (worker::Gate).
using Permits = std::function<bool(const policy::Use& use)>;

// What became of one message.
struct Passed {
    std::vector<Bytes> forward;                      // to where it was going: nothing, itself, or in another shape
    std::vector<Bytes> back;                         // to where it came from, in the other side's place
    std::vector<recorder::ClipboardFact> clipboard;  // to be recorded
    std::vector<recorder::FileOperation> files;      // to be recorded
    std::vector<std::string> refusals;               // sentences for the person, each told once a session by the caller
};

struct FilterTerms {
    Permits permits;
    bool clipboard_text = false;   // its text is put into ClipboardFact::text
    std::uint64_t byte_limit = 0;  // for each direction of the channel; what would go beyond does not pass; 0 is none
    Permits foresees = {};         // the same without an audit record, for what clients name by habit before anybody uses it; empty: `permits`
    std::function<Monotonic()> now = MonotonicClock::now;
};

class Filter {
public:
    virtual ~Filter() = default;
    // An error (`refused`) ends the channel, not the session: what it said cannot be true (lengths, counts, orders).
    // The target's messages are to be given only while what went to the client before is taken: a client that asks and does not read is
    // answered only so often between two of them.
    virtual Result<Passed> pass(Way way, View message) = 0;
    // Once, when the channel or the session ends: what was under way and is to be recorded (files half copied, files still open).
    virtual Passed close() { return {}; }
};

// Which static channels the target is offered: of those that the client asked for, the ones that this permit could use at all.
std::vector<std::string> offered(const std::vector<std::string>& asked_for, const Permits& permits);
// nullptr for a channel that is not known: it is not offered, and nothing of it passes.
std::unique_ptr<Filter> make_filter(std::string_view channel, FilterTerms terms);

// Chunks of one static channel in one direction put together (MS-RDPBCGR 2.2.6.1): flags 1 first, 2 last.
class Reassembly {
public:
    explicit Reassembly(std::size_t limit) : limit_(limit) {}
    // The whole message when this chunk was its last. An error (`refused`) when chunks and total do not fit each other.
    Result<const Bytes*> add(std::uint32_t flags, std::uint32_t total, View chunk);

private:
    std::size_t limit_;
    std::uint32_t total_ = 0;
    bool open_ = false;
    Bytes message_;
};

}  // namespace anteroom::rdp
