// Capabilities of the permit against what the client asks for.
#include "proxies/worker/gate.h"

#include <algorithm>

#include "base/log.h"

namespace anteroom::worker {

namespace {

constexpr std::size_t detail_limit = 1024;  // of a command in a note; the recording has it whole

struct Phrase {
    std::string_view kind, words;
};
constexpr Phrase phrases[] = {
    {"shell", "An interactive shell"}, {"exec", "Running this command"}, {"sftp", "File transfer (sftp)"},   {"env", "Setting this variable"},
    {"agent", "Agent forwarding"},     {"x11", "X11 forwarding"},        {"forward:local", "Forwarding to"}, {"forward:remote", "Remote forwarding of"},
    {"subsystem", "The subsystem"},    {"rdp:channel", "The channel"},
};

}  // namespace

Status Gate::open(const control::SessionPermit& permit) {
    capabilities_ = TRY(policy::CapabilitySet::parse(permit.allow, permit.forbid));
    return ok();
}

// What cannot be told to the broker does not pass.
bool Gate::permits(const policy::Use& use) {
    const bool allowed = capabilities_.permits(use);
    return note(allowed, use) && allowed;
}

void Gate::refuse(const policy::Use& use) { (void)note(false, use); }

bool Gate::note(bool allowed, const policy::Use& use) {
    if (!allowed && tokens_ < 1) {
        ++counted_;
        return true;
    }
    if (!allowed) --tokens_;
    const bool cut = use.detail.size() > detail_limit;
    const control::CapabilityNote note{allowed, use.kind, cut ? use.detail.substr(0, detail_limit) + "..." : use.detail};
    auto sent = link_.send(note);
    if (!sent) log::warn("gate.note-unsent", {{"kind", use.kind}, {"error", sent.error().detail}});
    return sent.has_value();
}

void Gate::tick(Monotonic now) {
    constexpr double a_second = 20, at_once = 200;
    tokens_ = std::min(at_once, tokens_ + std::chrono::duration<double>(now - std::exchange(refilled_, now)).count() * a_second);
    if (counted_ == 0 || tokens_ < a_second) return;
    (void)note(false, {"request", std::to_string(std::exchange(counted_, 0)) + " more"});
}

std::string Gate::sentence(const policy::Use& use) {
    std::string_view words = "This request";
    for (const auto& phrase : phrases)
        if (phrase.kind == use.kind) words = phrase.words;
    const bool name_it = use.kind.starts_with("forward:") || use.kind == "subsystem" || use.kind == "rdp:channel";
    return std::string(words) + (name_it && !use.detail.empty() ? " " + printable(use.detail, 128) : "") + " is not allowed by the policy for this session.";
}

}  // namespace anteroom::worker
