// The user name of a connection: PERSON, PERSON+TARGET or PERSON+TARGET+ACCOUNT, with ':' as good as '+'.
// What does not fit is refused whole, with a sentence that repeats none of it.
#pragma once

#include <optional>
#include <string_view>

#include "base/ids.h"

namespace anteroom::identity {

struct UserName {
    PersonId person;
    std::optional<TargetId> target;
    std::optional<AccountId> account;
};
Result<UserName> parse_user_name(std::string_view text);

}  // namespace anteroom::identity
