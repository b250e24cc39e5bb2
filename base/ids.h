// Distinct identifier types: a PersonId is no TargetId, and what does not match the grammar is no id at all.
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace anteroom {

// Names people choose (people, targets, accounts, vendors, roles, groups, rules): 1 to 64 of a-z 0-9 . _ - , beginning with a letter or
// digit or underscore. No capital, no '+', ':', '/', '@' or space: they must survive user names, URLs and file names.
bool is_name(std::string_view text);
// Account names on targets are the target's own and may carry capitals, a trailing '$', and '\' for Windows domains.
bool is_account_name(std::string_view text);
// 16 characters of Crockford base32 in lower case, 80 random bits.
bool is_random_id(std::string_view text);
std::string random_id();

template <class Tag>
class Id {
public:
    Id() = default;
    explicit Id(std::string value) : value_(std::move(value)) {}
    static Result<Id> parse(std::string_view text) {
        if (!Tag::valid(text)) return fail(ErrorKind::invalid, std::string("not a valid ") + Tag::what);
        return Id(std::string(text));
    }
    const std::string& str() const { return value_; }
    bool empty() const { return value_.empty(); }
    auto operator<=>(const Id&) const = default;

private:
    std::string value_;
};

#define ANTEROOM_ID(Name, words, grammar)                                  \
    struct Name##Tag {                                                     \
        static constexpr const char* what = words;                         \
        static bool valid(std::string_view text) { return grammar(text); } \
    };                                                                     \
    using Name = Id<Name##Tag>;

ANTEROOM_ID(PersonId, "person name", is_name)
ANTEROOM_ID(TargetId, "target name", is_name)
ANTEROOM_ID(AccountId, "account name", is_account_name)
ANTEROOM_ID(VendorId, "vendor name", is_name)
ANTEROOM_ID(SessionId, "session id", is_random_id)
ANTEROOM_ID(WorkerId, "worker id", is_random_id)
#undef ANTEROOM_ID

}  // namespace anteroom

template <class Tag>
struct std::hash<anteroom::Id<Tag>> {
    std::size_t operator()(const anteroom::Id<Tag>& id) const { return std::hash<std::string>()(id.str()); }
};
