// Capabilities of the permit against what the client asks for.
#include "proxies/ssh/gate.h"

#include "base/log.h"

namespace anteroom::ssh {

namespace {

constexpr std::size_t detail_limit = 1024;  // of a command in a note; the recording has it whole

struct Phrase {
    std::string_view kind, words;
};
constexpr Phrase phrases[] = {
    {"shell", "An interactive shell"}, {"exec", "Running this command"}, {"sftp", "File transfer (sftp)"},   {"env", "Setting this variable"},
    {"agent", "Agent forwarding"},     {"x11", "X11 forwarding"},        {"forward:local", "Forwarding to"}, {"forward:remote", "Remote forwarding of"},
    {"subsystem", "The subsystem"},
};

}  // namespace

Status Gate::open(const control::SessionPermit& permit) {
    capabilities_ = TRY(policy::CapabilitySet::parse(permit.allow, permit.forbid));
    return ok();
}

bool Gate::permits(const policy::Use& use) {
    const bool allowed = capabilities_.permits(use);
    note(allowed, use);
    return allowed;
}

void Gate::refuse(const policy::Use& use) { note(false, use); }

void Gate::note(bool allowed, const policy::Use& use) {
    const bool cut = use.detail.size() > detail_limit;
    const control::CapabilityNote note{allowed, use.kind, cut ? use.detail.substr(0, detail_limit) + "..." : use.detail};
    if (auto sent = link_.send(note); !sent) log::warn("gate.note-unsent", {{"kind", use.kind}, {"error", sent.error().detail}});
}

std::string Gate::sentence(const policy::Use& use) {
    std::string_view words = "This request";
    for (const auto& phrase : phrases)
        if (phrase.kind == use.kind) words = phrase.words;
    const bool name_it = use.kind.starts_with("forward:") || use.kind == "subsystem";
    return std::string(words) + (name_it && !use.detail.empty() ? " " + printable(use.detail, 128) : "") + " is not allowed by the policy for this session.";
}

}  // namespace anteroom::ssh
