// The broker's part of an evidence bundle (recorder/evidence/BUNDLE.md): whatever is signed, it has made or hashed itself.
#pragma once

#include <map>

#include "broker/admin/call.h"

namespace anteroom::admin {

// The record of a look that this person may take; it is not written yet. A refusal is, with why.
Result<audit::Record> permitted_look(Call& call, const store::Session& session, audit::Kind kind, const access::SecondFactor& by);

// Everything of a bundle but the recording itself.
struct BundleParts {
    std::map<std::string, std::string, std::less<>> content;  // by member
    std::uint64_t size = 0;                                   // of the recording, bytes
};
// `conflict` says why there is no bundle of it now: it is live, or not sealed.
Status check_sealed(const store::Session& session);
// `recording`: its file. The record of this export stands already, and is among those of the bundle.
Result<BundleParts> bundle_parts(installation::Installation& here, const store::Session& session, const PersonId& exporter, int recording);

// Answers with the members in rows and the recording's descriptor, without any key.
Outcome export_bundle(Call& call, const store::Session& session, const access::SecondFactor& by);

}  // namespace anteroom::admin
