// The sections `rules`, `reviewers` and `break_glass`.
#include <algorithm>
#include <array>
#include <set>

#include "base/bytes.h"
#include "policy/capability.h"
#include "policy/reading.h"

namespace anteroom::policy {
namespace {

using Need = Reader::Need;

bool has(const At& at, std::string_view key) {
    return std::any_of(at.node->entries.begin(), at.node->entries.end(), [&](const auto& e) { return e.key == key; });
}

At child(const At& at, const char* key) {
    for (const auto& entry : at.node->entries)
        if (entry.key == key) return {&entry, at.path + "." + key};
    return {at.node, at.path + "." + key};
}

std::optional<Escalation> read_escalation(Reader& reader, const At& at) {
    Escalation out;
    reader.map(at, {{"after", Need::required, [&](const At& a) { set(out.after, reader.duration(a)); }},
                    {"to", Need::required, [&](const At& a) { out.to = reader.subjects(a); }}});
    return out;
}

std::optional<Approval> read_approval(Reader& reader, const At& at) {
    Approval out;
    reader.map(at, {{"by", Need::required, [&](const At& a) { out.by = reader.subjects(a); }},
                    {"count", Need::optional, [&](const At& a) { set(out.count, reader.integer(a, 1, 5)); }},
                    {"max", Need::required, [&](const At& a) { out.max = reader.duration(a); }},
                    {"ticket", Need::optional,
                     [&](const At& a) {
                         auto value = reader.text(a, 128);
                         if (!value) return;
                         if (auto checked = check_ticket_pattern(*value); !checked)
                             return reader.fault(a, "no regular expression (" + printable(checked.error().detail, 100) + "), expected one like \"CHG-[0-9]+\"");
                         out.ticket = *value;
                     }},
                    {"escalate", Need::optional, [&](const At& a) { out.escalate = read_escalation(reader, a); }},
                    {"confirm", Need::optional, [&](const At& a) { set(out.confirm, reader.text(a, 200)); }},
                    {"clock", Need::optional, [&](const At& a) {
                         if (auto index = reader.choice(a, {"approval", "first-connection"}))
                             out.clock = *index == 0 ? GrantClock::approval : GrantClock::first_connection;
                     }}});
    return out;
}

// A forbid has no terms of access, and a rule that asks somebody says whom.
void check_rule(Reader& reader, const At& at, const Rule& rule) {
    if (at.node->kind != Node::Kind::map) return;
    if (rule.forbid) {
        for (const char* key : {"access", "approval", "max", "idle", "grace", "at_expiry", "mfa", "record", "record_clipboard", "keystrokes"})
            if (has(at, key)) reader.fault(child(at, key), "a forbid has no such key, expected id, forbid, who, to, allow (what it forbids), when");
        if (rule.when && rule.when->otherwise == Otherwise::ask) reader.fault(child(at, "when"), "a forbid has no otherwise: ask");
        return;
    }
    if (!has(at, "access")) reader.fault({at.node, at.path + ".access"}, "missing, expected standing or on-request");
    if (!has(at, "allow")) reader.fault({at.node, at.path + ".allow"}, "missing, expected a list of capabilities");
    const bool asks = rule.access == Access::on_request;
    if (asks && !has(at, "approval"))
        reader.fault({at.node, at.path + ".approval"}, "missing, access: on-request says who approves: approval: {by: [role:NAME], max: 4h}");
    const bool may_ask = rule.when && rule.when->otherwise == Otherwise::ask;
    if (may_ask && !has(at, "approval")) reader.fault(child(at, "when"), "otherwise: ask says who approves: approval: {by: [role:NAME], max: 4h} is missing");
    if (rule.grace && rule.at_expiry == AtExpiry::cut && has(at, "at_expiry")) reader.fault(child(at, "grace"), "has no meaning with at_expiry: cut");
}

// Permits that name no account reach every account: said aloud, where one of those is privileged.
void warn_of_privileged(Reader& reader, const At& at, const Rule& rule) {
    if (rule.forbid || !rule.to.accounts.empty()) return;
    reader.later([&reader, at, to = rule.to](const Document& document) {
        for (const auto& [id, target] : document.targets) {
            if (!selects(to, id, target.labels)) continue;
            for (const auto& [account, terms] : target.accounts)
                if (terms.privileged) return reader.warn(at, "names no account, and so includes the privileged " + account.str() + " on " + id.str());
        }
    });
}

// What a rule is about, by what its targets speak.
struct Spoken {
    bool ssh = false, rdp = false;
};
Spoken spoken_by(const Document& document, const Selector& to) {
    Spoken out;
    for (const auto& [id, target] : document.targets) {
        const bool has_account = std::any_of(target.accounts.begin(), target.accounts.end(), [&](const auto& one) { return selects(to, one.first); });
        if (selects(to, id, target.labels) && has_account) (target.protocol == Protocol::rdp ? out.rdp : out.ssh) = true;
    }
    return out;
}

// What a permit gives has to be of the protocol that its targets speak, or it gives nothing there.
void warn_of_capabilities(Reader& reader, const At& at, const Spoken& spoken, const std::vector<std::string>& allow) {
    const auto is_rdp = [](const std::string& capability) { return capability.starts_with("rdp:"); };
    const auto shows = CapabilitySet::parse(allow, {});
    if (spoken.ssh && !allow.empty() && std::all_of(allow.begin(), allow.end(), is_rdp))
        reader.warn(at, spoken.rdp ? "selects ssh targets too, and allows nothing there: all of `allow` is for rdp"
                                   : "selects ssh targets only, and allows nothing there: all of `allow` is for rdp");
    if (spoken.rdp && shows && !shows->permits({"rdp:display", ""}))
        reader.warn(at, std::any_of(allow.begin(), allow.end(), is_rdp)
                            ? "selects rdp targets without rdp:display: it opens no desktop unless another rule allows that"
                            : "selects rdp targets, and allows nothing there: a desktop takes rdp:display");
}

void warn_of_protocols(Reader& reader, const At& at, const Rule& rule) {
    if (rule.forbid) return;
    reader.later([&reader, at, rule](const Document& document) {
        const auto spoken = spoken_by(document, rule.to);
        warn_of_capabilities(reader, child(at, "allow"), spoken, rule.allow);
        for (const char* key : {"record", "record_clipboard"})
            if (has(at, key) && spoken.ssh && !spoken.rdp)
                reader.warn(child(at, key), "is about desktops, and the rule selects none: ssh is always recorded whole");
    });
}

Rule read_rule(Reader& reader, const At& at) {
    Rule out;
    for (const auto& entry : at.node->entries)
        if (entry.key == "forbid") out.forbid = entry.text == "true";
    reader.map(at, {{"id", Need::required, [&](const At& a) { set(out.id, reader.name(a)); }},
                    {"forbid", Need::optional, [&](const At& a) { set(out.forbid, reader.boolean(a)); }},
                    {"who", Need::required, [&](const At& a) { out.who = reader.subjects(a); }},
                    {"to", Need::required, [&](const At& a) { out.to = reader.selector(a); }},
                    {"allow", Need::optional, [&](const At& a) { out.allow = reader.capabilities(a, out.forbid); }},
                    {"access", Need::optional,
                     [&](const At& a) {
                         if (auto index = reader.choice(a, {"standing", "on-request"})) out.access = *index == 0 ? Access::standing : Access::on_request;
                     }},
                    {"approval", Need::optional, [&](const At& a) { out.approval = read_approval(reader, a); }},
                    {"when", Need::optional, [&](const At& a) { out.when = reader.schedule(a); }},
                    {"max", Need::optional, [&](const At& a) { out.max = reader.duration(a); }},
                    {"idle", Need::optional, [&](const At& a) { out.idle = reader.duration(a); }},
                    {"grace", Need::optional, [&](const At& a) { out.grace = reader.duration(a); }},
                    {"at_expiry", Need::optional,
                     [&](const At& a) {
                         if (auto index = reader.choice(a, {"cut", "grace"})) out.at_expiry = *index == 0 ? AtExpiry::cut : AtExpiry::grace;
                     }},
                    {"mfa", Need::optional, [&](const At& a) { set(out.self_enrolled_mfa, reader.mfa(a)); }},
                    {"record", Need::optional,
                     [&](const At& a) {
                         if (auto index = reader.choice(a, {"full", "facts"})) out.screen = *index == 0 ? Kept::everything : Kept::facts;
                     }},
                    {"record_clipboard", Need::optional,
                     [&](const At& a) {
                         if (auto index = reader.choice(a, {"facts", "text"})) out.clipboard = *index == 0 ? Kept::facts : Kept::everything;
                     }},
                    {"keystrokes", Need::optional, [&](const At& a) {
                         if (auto index = reader.choice(a, {"counted", "sealed"})) out.keystrokes_sealed = *index == 1;
                     }}});
    if (out.grace && !has(at, "at_expiry")) out.at_expiry = AtExpiry::grace;
    check_rule(reader, at, out);
    warn_of_privileged(reader, at, out);
    warn_of_protocols(reader, at, out);
    return out;
}

void check_unique(Reader& reader, const At& at, const std::string& id, std::set<std::string>& seen) {
    if (!id.empty() && !seen.insert(id).second) reader.fault(child(at, "id"), "\"" + id + "\" names another one already, expected an id of its own");
}

}  // namespace

void read_rules(Reader& reader, const At& at, Document& out) {
    std::set<std::string> seen;
    reader.list(at, "rules", [&](const At& item) {
        out.rules.push_back(read_rule(reader, item));
        check_unique(reader, item, out.rules.back().id, seen);
    });
}

void read_reviewers(Reader& reader, const At& at, Document& out) {
    reader.list(at, "reviewers", [&](const At& item) {
        Reviewer one;
        reader.map(item, {{"who", Need::required, [&](const At& a) { one.who = reader.subjects(a); }},
                          {"of", Need::required, [&](const At& a) { one.of = reader.selector(a); }},
                          {"consent", Need::optional, [&](const At& a) { set(one.consent, reader.integer(a, 0, 3)); }}});
        out.reviewers.push_back(std::move(one));
    });
}

void read_break_glass(Reader& reader, const At& at, Document& out) {
    std::set<std::string> seen;
    reader.list(at, "break-glass entries", [&](const At& item) {
        BreakGlass one;
        const auto read_review = [&](const At& a) {
            reader.map(a, {{"by", Need::required, [&](const At& b) { one.review_by = reader.subjects(b); }},
                           {"within", Need::required, [&](const At& b) { set(one.review_within, reader.duration(b)); }}});
        };
        const auto read_alert = [&](const At& a) {
            reader.list(a, "names of alert channels", [&](const At& b) {
                if (auto name = reader.name(b)) one.alert.push_back(*name);
            });
            if (a.node->kind == Node::Kind::list && a.node->items.empty())
                reader.fault(a, "an empty list, expected at least one alert channel: break-glass is never silent");
        };
        reader.map(item, {{"id", Need::required, [&](const At& a) { set(one.id, reader.name(a)); }},
                          {"who", Need::required, [&](const At& a) { one.who = reader.subjects(a); }},
                          {"to", Need::required, [&](const At& a) { one.to = reader.selector(a); }},
                          {"allow", Need::required, [&](const At& a) { one.allow = reader.capabilities(a, false); }},
                          {"max", Need::required, [&](const At& a) { set(one.max, reader.duration(a)); }},
                          {"idle", Need::optional, [&](const At& a) { one.idle = reader.duration(a); }},
                          {"alert", Need::required, read_alert},
                          {"review", Need::required, read_review}});
        check_unique(reader, item, one.id, seen);
        reader.later([&reader, item, to = one.to, allow = one.allow](const Document& document) {
            warn_of_capabilities(reader, child(item, "allow"), spoken_by(document, to), allow);
        });
        out.break_glass.push_back(std::move(one));
    });
}

}  // namespace anteroom::policy
