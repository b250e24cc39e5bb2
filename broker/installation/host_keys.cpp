// Host keys on disk: one line a key, "algorithm sealed-key placeholder". The placeholder is no secret; making one takes time.
#include "broker/installation/host_keys.h"

#include "base/fd.h"
#include "broker/identity/ssh_wire.h"

namespace anteroom::installation {

namespace {

using identity::PrivateKey;
constexpr PrivateKey::Kind kinds[] = {PrivateKey::Kind::ed25519, PrivateKey::Kind::ecdsa_p256, PrivateKey::Kind::rsa_3072};

Bytes armoured(View content, const std::string& label) {
    const std::string body = base64(content);
    std::string text = "-----BEGIN " + label + "-----\n";
    for (std::size_t i = 0; i < body.size(); i += 64) text += body.substr(i, 64) + "\n";
    return to_bytes(text + "-----END " + label + "-----\n");
}

// OpenSSH's own container (PROTOCOL.key): libssh 0.10 does not take an Ed25519 key from PKCS#8.
Bytes ed25519_placeholder() {
    const auto pair = crypto::ed25519_generate();
    const Bytes blob = identity::SshWriter().string("ssh-ed25519").string(View(pair.public_key)).take();
    Bytes both = to_bytes(pair.seed.expose());
    both.insert(both.end(), pair.public_key.begin(), pair.public_key.end());
    Bytes section = identity::SshWriter().u32(7).u32(7).string("ssh-ed25519").string(View(pair.public_key)).string(View(both)).string("").take();
    for (std::uint8_t pad = 1; section.size() % 8 != 0; ++pad) section.push_back(pad);
    constexpr std::string_view magic("openssh-key-v1\0", 15);
    const Bytes file = identity::SshWriter().raw(view(magic)).string("none").string("none").string("").u32(1).string(View(blob)).string(View(section)).take();
    return armoured(file, "OPENSSH PRIVATE KEY");
}

Result<Bytes> placeholder_for(PrivateKey::Kind kind) {
    if (kind == PrivateKey::Kind::ed25519) return ed25519_placeholder();
    const auto key = TRY(PrivateKey::generate(kind));
    const auto pkcs8 = TRY(key.to_secret());
    return armoured(pkcs8.expose(), "PRIVATE KEY");
}

// libssh signs with what stands here if a wrap of its calls were not live: it must be of the key's type, and never the key.
Status check_placeholder(const std::string& path, const PrivateKey& key, View placeholder) {
    const auto held = PrivateKey::parse(Secret::copy_of(placeholder));
    if (!held) return fail(ErrorKind::damaged, path + ": a placeholder cannot be read");
    if (held->public_key().type() != key.public_key().type()) return fail(ErrorKind::damaged, path + ": a placeholder is of another type than its key");
    if (held->public_blob() == key.public_blob()) return fail(ErrorKind::damaged, path + ": a placeholder is the host key itself");
    return ok();
}

}  // namespace

Status HostKeys::create(const std::string& path, const std::string& public_path, const vault::KeyRing& ring) {
    std::string sealed, lines;
    for (const auto kind : kinds) {
        const auto key = TRY(PrivateKey::generate(kind));
        const Secret secret = TRY(key.to_secret());
        const std::string algorithm(key.public_key().algorithm());
        const auto placeholder = TRY(placeholder_for(kind));
        sealed += algorithm + " " + TRY(ring.seal(vault::purpose::host_key, algorithm, secret)) + " " + base64(placeholder) + "\n";
        lines += key.public_key().openssh_line() + "\n";
    }
    TRY(replace_file(path, view(sealed)));
    return replace_file(public_path, view(lines), 0644);
}

Result<HostKeys> HostKeys::load(const std::string& path, const vault::KeyRing& ring) {
    const std::string text = to_string(TRY(read_file(path)));
    HostKeys keys;
    std::string_view rest = text;
    while (!rest.empty()) {
        const auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        const auto space = line.find(' '), second = line.find(' ', space + 1);
        if (space == std::string_view::npos || second == std::string_view::npos)
            return fail(ErrorKind::damaged, path + ": a line is not \"algorithm sealed-key placeholder\"");
        const auto algorithm = line.substr(0, space);
        const auto secret = TRY(ring.open(vault::purpose::host_key, algorithm, line.substr(space + 1, second - space - 1)));
        auto key = TRY(PrivateKey::from_secret(secret));
        auto placeholder = TRY(from_base64(line.substr(second + 1)));
        TRY(check_placeholder(path, key, placeholder));
        keys.keys_.push_back({std::move(key), std::move(placeholder)});
    }
    if (keys.keys_.empty()) return fail(ErrorKind::damaged, path + ": no host key");
    return keys;
}

Result<Bytes> HostKeys::sign(std::string_view algorithm, View hash) const {
    for (const auto& one : keys_)
        if (one.key.public_key().signs_with(algorithm)) return one.key.sign(hash, algorithm);
    return fail(ErrorKind::not_found, "no host key for this algorithm");
}

std::vector<control::HostKey> HostKeys::announced() const {
    std::vector<control::HostKey> list;
    for (const auto& one : keys_) list.push_back({std::string(one.key.public_key().algorithm()), one.key.public_blob(), one.placeholder});
    return list;
}

std::vector<std::string> HostKeys::public_lines() const {
    std::vector<std::string> lines;
    for (const auto& one : keys_) lines.push_back(one.key.public_key().openssh_line());
    return lines;
}

}  // namespace anteroom::installation
