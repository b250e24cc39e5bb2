// The values that several sections of a policy share: subjects, selectors, capabilities, opening hours.
#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "policy/capability.h"
#include "policy/reading.h"

namespace anteroom::policy {
namespace {

constexpr std::array<std::string_view, 7> day_names{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

std::optional<std::size_t> day_index(std::string_view name) {
    const auto at = std::find(day_names.begin(), day_names.end(), name);
    if (at == day_names.end()) return std::nullopt;
    return static_cast<std::size_t>(at - day_names.begin());
}

// "HH:MM" as minutes; 24:00 is 1440.
std::optional<int> minute_of(std::string_view text) {
    if (text.size() != 5 || text[2] != ':') return std::nullopt;
    for (std::size_t i : {0u, 1u, 3u, 4u})
        if (text[i] < '0' || text[i] > '9') return std::nullopt;
    const int hour = (text[0] - '0') * 10 + text[1] - '0', minute = (text[3] - '0') * 10 + text[4] - '0';
    if (minute > 59 || hour * 60 + minute > 1440) return std::nullopt;
    return hour * 60 + minute;
}

std::string quoted(std::string_view text) { return "\"" + printable(text, 80) + "\""; }

}  // namespace

std::optional<Subject> Reader::subject(const At& at) {
    const auto value = scalar(at, "person:NAME, group:NAME, vendor:NAME, role:NAME or any");
    if (!value) return std::nullopt;
    if (*value == "any") return Subject{};
    constexpr std::array<std::pair<std::string_view, Subject::Kind>, 4> prefixes{
        {{"person:", Subject::Kind::person}, {"group:", Subject::Kind::group}, {"vendor:", Subject::Kind::vendor}, {"role:", Subject::Kind::role}}};
    for (const auto& [prefix, kind] : prefixes) {
        if (!value->starts_with(prefix)) continue;
        const auto name = value->substr(prefix.size());
        if (!is_name(name)) break;
        later([this, at, wanted = kind, name](const Document& document) {
            if (wanted == Subject::Kind::role && !document.roles.contains(name)) fault(at, "no role \"" + name + "\" stands under roles");
            if (wanted == Subject::Kind::vendor && !document.vendors.contains(VendorId(name))) fault(at, "no vendor \"" + name + "\" stands under vendors");
        });
        return Subject{kind, name};
    }
    fault(at, quoted(*value) + " names nobody, expected person:NAME, group:NAME, vendor:NAME, role:NAME or any");
    return std::nullopt;
}

Subjects Reader::subjects(const At& at) {
    Subjects out;
    list(at, "subjects like role:NAME", [&](const At& item) {
        if (auto one = subject(item)) out.push_back(*one);
    });
    if (at.node->kind == Node::Kind::list && at.node->items.empty())
        fault(at, "an empty list, expected at least one of person:, group:, vendor:, role: or any");
    return out;
}

std::vector<std::string> Reader::capabilities(const At& at, bool forbidding) {
    std::vector<std::string> out;
    list(at, "capabilities", [&](const At& item) {
        auto value = text(item);
        if (!value) return;
        if (auto checked = check_capability(*value, forbidding); !checked) return fault(item, checked.error().detail);
        if (forbidding && value->starts_with("exec:") && *value != "exec:*")
            warn(item, "a forbidden command is easily spelled otherwise: allow by pattern, rather than forbid by pattern");
        out.push_back(*value);
    });
    if (at.node->kind == Node::Kind::list && at.node->items.empty()) fault(at, "an empty list, expected at least one capability");
    return out;
}

void Reader::selected_targets(const At& at, Selector& out) {
    if (at.node->kind == Node::Kind::scalar && at.node->text == "any") return;
    list(at, "target names, or any", [&](const At& item) {
        auto value = name(item);
        if (!value) return;
        later([this, item, value](const Document& document) {
            if (!document.targets.contains(TargetId(*value))) fault(item, "no target \"" + *value + "\" stands under targets");
        });
        out.targets.emplace_back(*value);
    });
    if (at.node->kind == Node::Kind::list && at.node->items.empty()) fault(at, "an empty list, expected target names, or any");
}

void Reader::selected_labels(const At& at, Selector& out) {
    named(at, "labels", [&](const std::string& key, const At& value) {
        auto& wanted = out.labels[key];
        if (value.node->kind != Node::Kind::list)
            return set(wanted, [&]() -> std::optional<std::vector<std::string>> {
                auto one = text(value, 128);
                return one ? std::optional(std::vector{*one}) : std::nullopt;
            }());
        list(value, "label values", [&](const At& item) {
            if (auto one = text(item, 128)) wanted.push_back(*one);
        });
    });
    if (at.node->kind == Node::Kind::map && at.node->entries.empty()) fault(at, "no label, expected at least one, or targets: any");
}

Selector Reader::selector(const At& at) {
    Selector out;
    if (at.node->kind == Node::Kind::scalar && at.node->text == "any") return out;
    map(at, {{"labels", Need::optional, [&](const At& a) { selected_labels(a, out); }},
             {"targets", Need::optional, [&](const At& a) { selected_targets(a, out); }},
             {"accounts", Need::optional, [&](const At& a) {
                  list(a, "account names", [&](const At& item) {
                      auto value = text(item, 64);
                      if (value && !is_account_name(*value)) return fault(item, quoted(*value) + " is no account name");
                      if (value) out.accounts.emplace_back(*value);
                  });
                  if (a.node->kind == Node::Kind::list && a.node->items.empty())
                      fault(a, "an empty list, expected account names; without the key it is every account");
              }}});
    const auto has = [&](const char* key) {
        return std::any_of(at.node->entries.begin(), at.node->entries.end(), [&](const auto& e) { return e.key == key; });
    };
    // Never "everything" by leaving something out.
    if (at.node->kind == Node::Kind::map && !has("labels") && !has("targets"))
        fault(at, "says no target, expected labels: {...} or targets: [...] or targets: any");
    check_selector(at, out);
    return out;
}

void Reader::check_selector(const At& at, const Selector& selector) {
    later([this, at, selector](const Document& document) {
        std::vector<const Target*> selected;
        for (const auto& [id, target] : document.targets)
            if (selects(selector, id, target.labels)) selected.push_back(&target);
        if (selected.empty()) return warn(at, "selects no target");
        for (const auto& account : selector.accounts)
            if (std::none_of(selected.begin(), selected.end(), [&](const Target* t) { return t->accounts.contains(account); }))
                fault({at.node, at.path + ".accounts"}, "no account \"" + account.str() + "\" on any target selected here");
    });
}

std::optional<std::uint8_t> Reader::days(const At& at) {
    unsigned out = 0;
    const auto one = [&](const At& item) {
        const auto value = scalar(item, "days like mon or mon-fri");
        if (!value) return;
        const auto dash = value->find('-');
        const auto first = day_index(std::string_view(*value).substr(0, dash));
        const auto last = dash == std::string::npos ? first : day_index(std::string_view(*value).substr(dash + 1));
        if (!first || !last) return fault(item, quoted(*value) + " is no day, expected mon, tue, wed, thu, fri, sat, sun or a range like mon-fri");
        for (std::size_t d = *first;; d = (d + 1) % 7) {  // sat-mon goes round
            out |= 1u << d;
            if (d == *last) break;
        }
    };
    if (at.node->kind == Node::Kind::scalar) one(at);
    else list(at, "days like mon-fri", one);
    if (out == 0) fault(at, "no day, expected one like [mon-fri]");
    return static_cast<std::uint8_t>(out);
}

void Reader::hours(const At& at, Schedule& out) {
    const auto value = scalar(at, "hours like \"07:00-19:00\"");
    if (!value) return;
    const std::string_view v = *value;
    const auto from = minute_of(v.substr(0, std::min<std::size_t>(5, v.size())));
    const auto until = v.size() == 11 && v[5] == '-' ? minute_of(v.substr(6)) : std::nullopt;
    if (!from || !until || *from == 1440) return fault(at, quoted(v) + ", expected hours like \"07:00-19:00\" or, over midnight, \"22:00-06:00\"");
    if (*from == *until) return fault(at, quoted(v) + " is no time at all, expected \"00:00-24:00\" for the whole day");
    out.from_minute = *from;
    out.until_minute = *until;
}

std::optional<Otherwise> Reader::otherwise(const At& at) {
    const auto index = choice(at, {"refuse", "ask"});
    return index ? std::optional(*index == 1 ? Otherwise::ask : Otherwise::refuse) : std::nullopt;
}

std::optional<Schedule> Reader::schedule(const At& at) {
    Schedule out;
    const auto before = faults_.size();
    map(at, {{"days", Need::optional, [&](const At& a) { set(out.days, days(a)); }},
             {"hours", Need::optional, [&](const At& a) { hours(a, out); }},
             {"zone", Need::required,
              [&](const At& a) {
                  auto value = text(a, 64);
                  if (value && !zone_exists(*value)) return fault(a, "no such time zone " + quoted(*value) + ", expected one like America/Chicago");
                  set(out.zone, std::move(value));
              }},
             {"otherwise", Need::optional, [&](const At& a) { set(out.otherwise, otherwise(a)); }}});
    return faults_.size() == before ? std::optional(out) : std::nullopt;
}

std::optional<bool> Reader::mfa(const At& at) {
    std::optional<bool> out;
    map(at, {{"self_enrolled", Need::required, [&](const At& a) {
                  if (auto index = choice(a, {"off", "required"})) out = *index == 1;
              }}});
    return out;
}

}  // namespace anteroom::policy
