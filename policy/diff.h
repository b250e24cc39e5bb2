// What changes from one policy to the next, as lines for the person who applies it.
#pragma once

#include "policy/document.h"

namespace anteroom::policy {

// "+ rule mri-service", "- target mri-3", "~ rule mri-service: allow: added sftp:read". Empty: nothing changes.
std::vector<std::string> diff(const Document& before, const Document& after);

}  // namespace anteroom::policy
