// The section `targets`: addresses, pinned host keys, labels, accounts.
#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "policy/reading.h"

namespace anteroom::policy {
namespace {

using Need = Reader::Need;

std::string quoted(std::string_view text) { return "\"" + printable(text, 80) + "\""; }

bool is_host(std::string_view host) {
    return !host.empty() && host.size() <= 253 && host.front() != '-' && host.front() != '.' && std::all_of(host.begin(), host.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
    });
}

void read_address(Reader& reader, const At& at, Target& out) {
    const auto value = reader.text(at, 300);
    if (!value) return;
    std::string_view rest = *value, host = rest, port;
    if (rest.starts_with('[') && rest.find(']') != std::string_view::npos) {
        const auto end = rest.find(']');
        host = rest.substr(1, end - 1);
        port = rest.substr(end + 1);
        const auto inside = Network::parse(host);
        if (!inside || host.find(':') == std::string_view::npos || host.find('/') != std::string_view::npos)
            return reader.fault(at, quoted(rest) + " has no IPv6 address between its brackets");
    } else {
        host = rest.substr(0, rest.find(':'));
        port = rest.substr(host.size());
        if (!is_host(host)) return reader.fault(at, quoted(rest) + " has no proper host, expected HOST:PORT");
    }
    const bool digits = port.size() >= 2 && port.size() <= 6 && port[0] == ':' && port[1] != '0' &&
                        std::all_of(port.begin() + 1, port.end(), [](char c) { return c >= '0' && c <= '9'; });
    const int number = digits ? std::stoi(std::string(port.substr(1))) : 0;
    if (number < 1 || number > 65535) return reader.fault(at, quoted(rest) + " has no port between 1 and 65535, expected HOST:PORT");
    out.host = host;
    out.port = static_cast<std::uint16_t>(number);
}

constexpr std::array<std::string_view, 8> key_types{"ssh-ed25519",
                                                    "ecdsa-sha2-nistp256",
                                                    "ecdsa-sha2-nistp384",
                                                    "ecdsa-sha2-nistp521",
                                                    "ssh-rsa",
                                                    "sk-ssh-ed25519@openssh.com",
                                                    "sk-ecdsa-sha2-nistp256@openssh.com",
                                                    "x509-sha256"};

// "type base64", a comment behind it is dropped. The blob repeats its type as its first string (RFC 4253 6.6); a certificate's
// digest has 32 bytes.
Result<std::string> host_key(std::string_view line, Protocol protocol) {
    const auto wrong = [&](const char* what) {
        return fail(ErrorKind::invalid, std::string(what) + ", expected a line like \"ssh-ed25519 AAAA...\" as ssh-keyscan prints it");
    };
    const auto space = line.find(' ');
    if (space == std::string_view::npos) return wrong("is no public key");
    const auto type = line.substr(0, space);
    auto encoded = line.substr(space + 1);
    encoded = encoded.substr(0, encoded.find(' '));
    if (std::find(key_types.begin(), key_types.end(), type) == key_types.end()) return wrong("has no known key type");
    const bool digest = type == "x509-sha256";
    // `openssl x509 -fingerprint -sha256` prints hex with colons: accepted, and kept as base64.
    std::string bare;
    for (char c : encoded)
        if (c != ':') bare += static_cast<char>(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
    const bool in_hex = digest && bare.size() == 64;
    const auto blob = in_hex ? from_hex(bare) : from_base64(encoded);
    if (!blob) return wrong("is not whole: its base64 part cannot be read");
    if (digest != (protocol == Protocol::rdp))
        return fail(ErrorKind::invalid, digest ? "x509-sha256 pins the certificate of an rdp target, this one speaks ssh"
                                               : "is an SSH key, an rdp target is pinned by \"x509-sha256 BASE64\", the SHA-256 of its certificate (DER)");
    if (digest && blob->size() != 32) return fail(ErrorKind::invalid, "has no SHA-256 of a certificate, expected 32 bytes in base64");
    if (!digest) {
        const auto size = type.size();
        const bool named = blob->size() >= 4 + size + 32 && (*blob)[0] == 0 && (*blob)[1] == 0 && (*blob)[2] == 0 && (*blob)[3] == size &&
                           to_string(View(*blob).subspan(4, size)) == type;
        if (!named) return wrong("is not whole, or of another type than it says");
    }
    return std::string(type) + " " + base64(*blob);
}

void read_host_keys(Reader& reader, const At& at, Target& out) {
    const auto one = [&](const At& item) {
        const auto value = reader.text(item, 4096);
        if (!value) return;
        auto key = host_key(*value, out.protocol);
        if (!key) return reader.fault(item, key.error().detail);
        out.host_keys.push_back(*key);
    };
    if (at.node->kind != Node::Kind::list) return one(at);
    reader.list(at, "host keys", one);
    if (at.node->items.empty()) reader.fault(at, "an empty list, expected at least one key");
}

void read_labels(Reader& reader, const At& at, Target& out) {
    reader.named(at, "labels like {zone: imaging}", [&](const std::string& key, const At& value) { set(out.labels[key], reader.text(value, 128)); });
}

// At most a domain and a name, as Windows writes them; nothing that could be more than a name at the target.
void read_login(Reader& reader, const At& at, const Target& target, Account& out) {
    auto text = reader.text(at, 200);
    if (!text) return;
    if (target.protocol != Protocol::rdp) return reader.fault(at, "is for the accounts of rdp targets; an ssh account is called as it stands here");
    const auto is_part = [](std::string_view part) {
        return !part.empty() && part.find_first_of("\\/@[]:;|=,+*?<>\"") == std::string_view::npos && part == printable(part, 200) && part.front() != ' ' &&
               part.back() != ' ';
    };
    const auto cut = text->find_first_of("\\@");
    const bool good =
        cut == std::string::npos ? is_part(*text) : is_part(std::string_view(*text).substr(0, cut)) && is_part(std::string_view(*text).substr(cut + 1));
    if (!good) return reader.fault(at, quoted(*text) + " is no login, expected DOMAIN\\user, user@domain or user");
    out.login = std::move(*text);
}

void read_accounts(Reader& reader, const At& at, Target& out) {
    reader.named(at, "accounts like {service: {secret: stored}}", [&](const std::string& key, const At& value) {
        if (!is_account_name(key)) return reader.fault(value, quoted(key) + " is no account name");
        auto& account = out.accounts[AccountId(key)];
        reader.map(value, {{"secret", Need::required,
                            [&](const At& a) {
                                constexpr std::array sources{SecretSource::stored, SecretSource::none, SecretSource::ask};
                                if (auto index = reader.choice(a, {"stored", "none", "ask"})) account.secret = sources[*index];
                            }},
                           {"privileged", Need::optional, [&](const At& a) { set(account.privileged, reader.boolean(a)); }},
                           {"login", Need::optional, [&](const At& a) { read_login(reader, a, out, account); }}});
    });
    if (at.node->kind == Node::Kind::map && at.node->entries.empty()) reader.fault(at, "no account, expected at least one like {service: {secret: stored}}");
}

Target read_target(Reader& reader, const At& at) {
    Target out;
    // The pins depend on the protocol, so it is read first, wherever it stands.
    for (const auto& entry : at.node->entries)
        if (entry.key == "protocol" && entry.text == "rdp") out.protocol = Protocol::rdp;
    reader.map(at,
               {{"address", Need::required, [&](const At& a) { read_address(reader, a, out); }},
                {"protocol", Need::required, [&](const At& a) { (void)reader.choice(a, {"ssh", "rdp"}); }},
                {"host_key", Need::required, [&](const At& a) { read_host_keys(reader, a, out); }},
                {"labels", Need::optional, [&](const At& a) { read_labels(reader, a, out); }},
                {"accounts", Need::required, [&](const At& a) { read_accounts(reader, a, out); }},
                {"description", Need::optional, [&](const At& a) { set(out.description, reader.text(a)); }},
                {"criticality", Need::optional, [&](const At& a) { reader.fault(a, "unknown key, criticality is a label: labels: {criticality: high}"); }}});
    return out;
}

}  // namespace

void read_targets(Reader& reader, const At& at, Document& out) {
    reader.named(at, "a map of targets", [&](const std::string& key, const At& value) {
        if (!is_name(key)) return reader.fault(value, quoted(key) + " is no target name, expected 1 to 64 of a-z 0-9 . _ -");
        out.targets[TargetId(key)] = read_target(reader, value);
    });
}

}  // namespace anteroom::policy
