// Host keys on disk: one line a key, "algorithm sealed".
#include "broker/installation/host_keys.h"

#include "base/fd.h"

namespace anteroom::installation {

namespace {

using identity::PrivateKey;
constexpr PrivateKey::Kind kinds[] = {PrivateKey::Kind::ed25519, PrivateKey::Kind::ecdsa_p256, PrivateKey::Kind::rsa_3072};

PrivateKey::Kind kind_of(std::string_view algorithm) {
    if (algorithm == "ssh-ed25519") return kinds[0];
    return algorithm == "ssh-rsa" ? kinds[2] : kinds[1];
}

// PEM, which libssh reads for every type: base64 of PKCS#8 in lines of 64.
Bytes pem_of(const Secret& pkcs8) {
    const std::string body = base64(pkcs8.expose());
    std::string text = "-----BEGIN PRIVATE KEY-----\n";
    for (std::size_t i = 0; i < body.size(); i += 64) text += body.substr(i, 64) + "\n";
    return to_bytes(text + "-----END PRIVATE KEY-----\n");
}

}  // namespace

Status HostKeys::create(const std::string& path, const std::string& public_path, const vault::KeyRing& ring) {
    std::string sealed, lines;
    for (const auto kind : kinds) {
        const auto key = TRY(PrivateKey::generate(kind));
        const Secret secret = TRY(key.to_secret());
        const std::string algorithm(key.public_key().algorithm());
        sealed += algorithm + " " + TRY(ring.seal(vault::purpose::host_key, algorithm, secret)) + "\n";
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
        const auto space = line.find(' ');
        if (space == std::string_view::npos) return fail(ErrorKind::damaged, path + ": a line is not \"algorithm sealed-key\"");
        const auto algorithm = line.substr(0, space);
        const auto secret = TRY(ring.open(vault::purpose::host_key, algorithm, line.substr(space + 1)));
        auto key = TRY(PrivateKey::from_secret(secret));
        const auto placeholder = TRY(PrivateKey::generate(kind_of(algorithm)));
        const auto opens_nothing = TRY(placeholder.to_secret());
        keys.keys_.push_back({std::move(key), pem_of(opens_nothing)});
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
