// Codes that are made here, read by a person and typed once: invitations and recovery codes. Groups of four from an alphabet
// without look-alikes. Only a hash is kept: the codes are random and long, so it needs no salt and no work to be safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/secret.h"

namespace anteroom::identity {

enum class TypedCode { invitation, recovery };
constexpr std::size_t groups_of(TypedCode kind) { return kind == TypedCode::invitation ? 5 : 4; }  // 100 and 80 bits

Secret new_typed_code(TypedCode kind);  // "k3mf-9wq2-x7ht-p4sa"
// Of whatever was typed: capitals, spaces, hyphens and o, i, l for 0, 1, 1 are forgiven. Nothing when it cannot be such a code.
// The same code of another person or another kind has another hash.
std::optional<std::string> hash_of_typed(TypedCode kind, const PersonId& person, std::string_view typed);
bool same_hash(std::string_view a, std::string_view b);  // in constant time

}  // namespace anteroom::identity
