// The top of a policy, vendors, roles, and the faults as text.
#include "policy/parser.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "base/bytes.h"
#include "policy/reading.h"

namespace anteroom::policy {
namespace {

using Need = Reader::Need;
constexpr std::size_t most_lines = 100;

Agreement read_agreement(Reader& reader, const At& at) {
    Agreement out;
    const auto before = out;
    reader.map(at, {{"signed", Need::required, [&](const At& a) { set(out.signed_on, reader.day(a)); }},
                    {"expires", Need::required, [&](const At& a) { set(out.expires_on, reader.day(a)); }}});
    const bool both = out.signed_on != before.signed_on && out.expires_on != before.expires_on;
    if (both && out.expires_on < out.signed_on) reader.fault({at.node, at.path + ".expires"}, "before signed, expected a later day");
    return out;
}

void read_networks(Reader& reader, const At& at, Vendor& out) {
    const auto cidrs = [&](const At& list) {
        reader.list(list, "networks like 203.0.113.0/24", [&](const At& item) {
            const auto value = reader.text(item, 64);
            if (!value) return;
            auto network = Network::parse(*value);
            if (!network) return reader.fault(item, network.error().detail);
            out.networks.push_back(*network);
        });
        // Neither "from nowhere" nor "from anywhere" is meant by it for sure.
        if (list.node->kind == Node::Kind::list && list.node->items.empty()) reader.fault(list, "an empty list, expected networks; without the key, any");
    };
    if (at.node->kind != Node::Kind::map) return cidrs(at);
    reader.map(at, {{"from", Need::required, cidrs}, {"otherwise", Need::optional, [&](const At& a) { set(out.outside, reader.otherwise(a)); }}});
}

void read_vendors(Reader& reader, const At& at, Document& out) {
    reader.named(at, "a map of vendors", [&](const std::string& key, const At& value) {
        if (!is_name(key)) return reader.fault(value, "\"" + key + "\" is no vendor name, expected 1 to 64 of a-z 0-9 . _ -");
        auto& vendor = out.vendors[VendorId(key)];
        reader.map(value, {{"name", Need::required, [&](const At& a) { set(vendor.name, reader.text(a, 128)); }},
                           {"agreement", Need::optional, [&](const At& a) { vendor.agreement = read_agreement(reader, a); }},
                           {"networks", Need::optional, [&](const At& a) { read_networks(reader, a, vendor); }}});
        const auto& entries = value.node->entries;
        if (value.node->kind == Node::Kind::map && std::none_of(entries.begin(), entries.end(), [](const auto& e) { return e.key == "agreement"; }))
            reader.warn(value, "has no agreement, its people are refused");
    });
}

// The roles from `role` back to itself, or none.
bool leads_back(const Document& document, const std::string& role, const std::string& wanted, std::set<std::string>& seen, std::string& path) {
    const auto at = document.roles.find(role);
    if (at == document.roles.end() || !seen.insert(role).second) return false;
    for (const auto& member : at->second) {
        if (member.kind != Subject::Kind::role) continue;
        if (member.name == wanted || leads_back(document, member.name, wanted, seen, path)) {
            path = " -> " + member.name + path;
            return true;
        }
    }
    return false;
}

void read_roles(Reader& reader, const At& at, Document& out) {
    reader.named(at, "a map of roles", [&](const std::string& key, const At& value) {
        if (!is_name(key)) return reader.fault(value, "\"" + key + "\" is no role name, expected 1 to 64 of a-z 0-9 . _ -");
        reader.map(value, {{"members", Need::required, [&](const At& a) { out.roles[key] = reader.subjects(a); }}});
        reader.later([&reader, key, value](const Document& document) {
            std::set<std::string> seen;
            std::string path;
            if (leads_back(document, key, key, seen, path)) reader.fault(value, "contains itself: " + key + path);
        });
    });
}

// Who sees a page of the console that shows other people's doings.
Subjects read_page(Reader& reader, const At& at) {
    auto out = reader.subjects(at);
    if (std::any_of(out.begin(), out.end(), [](const Subject& one) { return one.kind == Subject::Kind::any; }))
        reader.warn(at, "any is everybody, people of vendors as well");
    return out;
}

void read_console(Reader& reader, const At& at, Document& out) {
    reader.map(at, {{"audit", Need::optional, [&](const At& a) { out.console.audit = read_page(reader, a); }},
                    {"policy", Need::optional, [&](const At& a) { out.console.policy = read_page(reader, a); }},
                    {"people", Need::optional, [&](const At& a) { out.console.people = read_page(reader, a); }}});
}

std::optional<PersonId> read_person(Reader& reader, const At& at) {
    const auto value = reader.subject(at);
    if (!value) return std::nullopt;
    if (value->kind == Subject::Kind::person) return PersonId(value->name);
    reader.fault(at, "expected one person: person:NAME");
    return std::nullopt;
}

void read_delegations(Reader& reader, const At& at, Document& out) {
    reader.list(at, "delegations like {from: person:A, to: person:B, since: 2026-12-20, until: 2027-01-03}", [&](const At& item) {
        std::optional<PersonId> from, to;
        std::optional<Day> since, until;
        reader.map(item, {{"from", Need::required, [&](const At& a) { from = read_person(reader, a); }},
                          {"to", Need::required, [&](const At& a) { to = read_person(reader, a); }},
                          {"since", Need::required, [&](const At& a) { since = reader.day(a); }},
                          {"until", Need::required, [&](const At& a) { until = reader.day(a); }}});
        if (!from || !to || !since || !until) return;
        if (*from == *to) reader.fault({item.node, item.path + ".to"}, "stands in for themselves, expected somebody else");
        if (*until < *since) reader.fault({item.node, item.path + ".until"}, "before since, expected a later day");
        out.delegations.push_back({*from, *to, *since, *until});
    });
}

Document read_document(Reader& reader, const Node& root) {
    Document out;
    reader.map({&root, ""}, {{"version", Need::required, [&](const At& a) { (void)reader.integer(a, 1, 1); }},
                             {"mfa", Need::optional, [&](const At& a) { set(out.self_enrolled_mfa, reader.mfa(a)); }},
                             {"vendors", Need::optional, [&](const At& a) { read_vendors(reader, a, out); }},
                             {"roles", Need::optional, [&](const At& a) { read_roles(reader, a, out); }},
                             {"targets", Need::optional, [&](const At& a) { read_targets(reader, a, out); }},
                             {"rules", Need::optional, [&](const At& a) { read_rules(reader, a, out); }},
                             {"reviewers", Need::optional, [&](const At& a) { read_reviewers(reader, a, out); }},
                             {"break_glass", Need::optional, [&](const At& a) { read_break_glass(reader, a, out); }},
                             {"delegations", Need::optional, [&](const At& a) { read_delegations(reader, a, out); }},
                             {"console", Need::optional, [&](const At& a) { read_console(reader, a, out); }}});
    reader.run_later(out);
    return out;
}

std::vector<std::string> lines_of(std::vector<Fault> faults, std::string_view file) {
    std::sort(faults.begin(), faults.end(), [](const Fault& a, const Fault& b) { return std::tie(a.line, a.path, a.what) < std::tie(b.line, b.path, b.what); });
    std::vector<std::string> out;
    for (const auto& fault : faults) {
        out.push_back(std::string(file) + ":" + std::to_string(fault.line) + ": " + (fault.path.empty() ? "" : printable(fault.path, 200) + ": ") + fault.what);
        if (out.size() == most_lines) {
            out.push_back(std::string(file) + ": and " + std::to_string(faults.size() - most_lines) + " more");
            break;
        }
    }
    return out;
}

}  // namespace

Result<Document> parse(std::string_view yaml, std::string_view file) {
    std::vector<Fault> faults;
    const auto root = parse_tree(yaml, faults);
    // A tree that broke off would only bring faults of its missing half.
    Document document;
    Reader reader(faults);
    if (faults.empty() || root.kind == Node::Kind::map) document = read_document(reader, root);
    if (!faults.empty()) {
        std::string all;
        for (const auto& line : lines_of(std::move(faults), file)) all += (all.empty() ? "" : "\n") + line;
        return fail(ErrorKind::invalid, all);
    }
    document.warnings = lines_of(reader.warnings(), file);
    return document;
}

}  // namespace anteroom::policy
