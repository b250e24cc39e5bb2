// Splits a user name; the grammar of each part is base/ids.h's.
#include "broker/identity/user_name.h"

namespace anteroom::identity {
namespace {

constexpr std::size_t longest = 3 * 64 + 2;

tl::unexpected<Error> not_a_user_name() {
    return fail(ErrorKind::invalid, "That user name cannot be: please use PERSON, PERSON+TARGET or PERSON+TARGET+ACCOUNT.");
}

std::string_view next_part(std::string_view& rest, bool& more) {
    auto end = rest.find_first_of("+:");
    more = end != std::string_view::npos;
    auto part = rest.substr(0, end);
    rest.remove_prefix(more ? end + 1 : rest.size());
    return part;
}

}  // namespace

Result<UserName> parse_user_name(std::string_view text) {
    if (text.empty() || text.size() > longest) return not_a_user_name();
    bool more = false;
    auto person = PersonId::parse(next_part(text, more));
    if (!person) return not_a_user_name();
    UserName name{.person = std::move(*person), .target = {}, .account = {}};
    if (more) {
        auto target = TargetId::parse(next_part(text, more));
        if (!target) return not_a_user_name();
        name.target = std::move(*target);
    }
    if (more) {
        auto account = AccountId::parse(next_part(text, more));
        if (!account || more) return not_a_user_name();
        name.account = std::move(*account);
    }
    return name;
}

}  // namespace anteroom::identity
