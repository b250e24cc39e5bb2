// policy.yaml -> Document. Strict: what it does not know is an error, and a document that parses refers to nothing that is not there.
#pragma once

#include <string_view>

#include "policy/document.h"

namespace anteroom::policy {

// `file` is what errors call it. The error (kind `invalid`) has one line per fault, ordered by line, as many as one pass finds:
//   policy.yaml:14: rules[0].when.zone: no such time zone "America/Chicagoo", expected one like America/Chicago
// Warnings (Document::warnings) have the same form.
Result<Document> parse(std::string_view yaml, std::string_view file);

}  // namespace anteroom::policy
