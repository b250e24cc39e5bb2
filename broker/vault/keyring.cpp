// The ring: its file on disk, and sealing.
#include "broker/vault/keyring.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "base/fd.h"
#include "base/ids.h"
#include "broker/vault/keyfile.h"

namespace anteroom::vault {

namespace {

constexpr std::size_t key_size = 32, point_size = 65, keys_size = 4 * key_size + point_size, nonce_size = 12;
constexpr std::string_view seal_version = "v1.";
constexpr std::string_view escrow_name = "private: ";

std::string folder_of(const std::string& directory) { return directory + "/keys"; }
std::string file_of(const std::string& directory) { return folder_of(directory) + "/keyring"; }

// A key that others could read or swap must not be used: refusing loudly gets it mended.
Status check_private(const std::string& path, bool folder) {
    struct stat found{};
    if (::lstat(path.c_str(), &found) != 0) {
        if (errno == ENOENT) return fail(ErrorKind::not_found, path + " does not exist; run: anteroom init");
        return fail(ErrorKind::io, path + ": " + std::strerror(errno));
    }
    if (folder ? !S_ISDIR(found.st_mode) : !S_ISREG(found.st_mode))
        return fail(ErrorKind::refused, path + (folder ? " is not a directory" : " is not a regular file"));
    if (found.st_uid != ::geteuid())
        return fail(ErrorKind::refused, fmt::format("{} belongs to user {}, but this program runs as user {}; mend it with: chown {} {}", path, found.st_uid,
                                                    ::geteuid(), ::geteuid(), path));
    if ((found.st_mode & 077) != 0)
        return fail(ErrorKind::refused,
                    fmt::format("{} can be read or changed by other users (mode {:04o}); mend it with: chmod {} {}, and think about who may have copied it",
                                path, found.st_mode & 07777, folder ? "700" : "600", path));
    return ok();
}

Status make_folder(const std::string& path) {
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return fail(ErrorKind::io, path + ": " + std::strerror(errno));
    TRY(check_private(path, true));
    return sync_directory_of(path);
}

// Never over an existing one: that would lose every secret and recording sealed under it.
Status write_new(const std::string& path, View content) {
    const std::string beside = path + "." + random_id();
    TRY(replace_file(beside, content, 0600));
    const int linked = ::link(beside.c_str(), path.c_str());
    const int code = errno;
    ::unlink(beside.c_str());
    if (linked != 0 && code == EEXIST) return fail(ErrorKind::conflict, path + " exists already; a key ring is never overwritten");
    if (linked != 0) return fail(ErrorKind::io, path + ": " + std::strerror(code));
    return sync_directory_of(path);
}

Secret escrow_text(const crypto::P256Pair& pair) {
    Bytes out;
    out.reserve(2048);
    const auto add = [&](std::string_view text) { out.insert(out.end(), text.begin(), text.end()); };
    add("Anteroom escrow key (P-256)\n"
        "Opens every recording of this installation when its key ring is lost. It is stored nowhere else:\n"
        "print it or put it on a medium that is kept offline, under two people's control, and delete this file.\n");
    add("public: " + base64(pair.public_key) + "\n");
    std::string secret = base64(pair.private_key.expose());
    add(escrow_name);
    add(secret);
    add("\n");
    wipe(secret.data(), secret.size());
    return Secret(std::move(out));
}

// Length before content, so that no two pairs of purpose and id look alike.
Bytes bound_to(std::string_view purpose, std::string_view id) {
    Bytes out;
    for (const auto text : {purpose, id}) {
        for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(text.size() >> shift));
        out.insert(out.end(), text.begin(), text.end());
    }
    return out;
}

Secret key_of_purpose(View vault_key, std::string_view purpose) {
    return crypto::hkdf_sha256(vault_key, {}, view("anteroom-vault-v1 " + std::string(purpose)), key_size);
}

}  // namespace

Result<KeyRing> KeyRing::from_keys(View keys) {
    if (keys.size() != keys_size) return fail(ErrorKind::damaged, "is damaged (its keys have a wrong length)");
    const auto key = [&](std::size_t index) { return Secret::copy_of(keys.subspan(index * key_size, key_size)); };
    KeyRing ring;
    ring.audit_signing_ = key(0);
    ring.recording_signing_ = key(1);
    ring.recording_identity_ = key(2);
    ring.vault_ = key(3);
    ring.escrow_public_ = to_bytes(keys.subspan(4 * key_size));
    ring.audit_public_ = TRY(crypto::ed25519_public_of(ring.audit_signing_.expose()));
    ring.recording_signing_public_ = TRY(crypto::ed25519_public_of(ring.recording_signing_.expose()));
    ring.recording_identity_public_ = TRY(crypto::p256_public_of(ring.recording_identity_.expose()));
    return ring;
}

Secret KeyRing::keys() const {
    Bytes out;
    out.reserve(keys_size);
    for (View part : {audit_signing_.expose(), recording_signing_.expose(), recording_identity_.expose(), vault_.expose(), View(escrow_public_)})
        out.insert(out.end(), part.begin(), part.end());
    return Secret(std::move(out));
}

Result<Secret> KeyRing::file_text(const Secret* passphrase) const { return write_keyfile(keys().expose(), passphrase); }

Result<NewKeyRing> KeyRing::create(const std::string& directory, const Secret* passphrase) {
    TRY(make_folder(folder_of(directory)));
    const auto escrow = crypto::p256_generate();
    KeyRing made;
    made.audit_signing_ = crypto::ed25519_generate().seed;
    made.recording_signing_ = crypto::ed25519_generate().seed;
    made.recording_identity_ = crypto::p256_generate().private_key;
    made.vault_ = crypto::random_secret(key_size);
    made.escrow_public_ = escrow.public_key;
    auto ring = TRY(from_keys(made.keys().expose()));
    const auto text = TRY(ring.file_text(passphrase));
    TRY(write_new(file_of(directory), text.expose()));
    return NewKeyRing{.ring = std::move(ring), .escrow_text = escrow_text(escrow)};
}

Result<KeyRing> KeyRing::load(const std::string& directory, const Secret* passphrase) {
    const auto path = file_of(directory);
    TRY(check_private(folder_of(directory), true));
    TRY(check_private(path, false));
    const Secret text(TRY(read_file(path, 1 << 16)));
    const auto named = [&](const Error& error) {
        return fail(error.kind, path + " " + error.detail + (error.kind == ErrorKind::damaged ? "; restore it from a backup" : ""));
    };
    const auto keys = read_keyfile(text, passphrase);
    if (!keys) return named(keys.error());
    auto ring = from_keys(keys->expose());
    if (!ring) return named(ring.error());
    return ring;
}

Status KeyRing::store_under(const std::string& directory, const Secret* passphrase) const {
    TRY(check_private(folder_of(directory), true));
    const auto text = TRY(file_text(passphrase));
    return replace_file(file_of(directory), text.expose(), 0600);
}

Result<std::string> KeyRing::seal(std::string_view purpose, std::string_view id, const Secret& secret) const {
    if (purpose.empty() || id.empty()) return fail(ErrorKind::internal, "vault: a sealed value needs a purpose and an id");
    const auto key = key_of_purpose(vault_.expose(), purpose);
    Bytes sealed = crypto::random_bytes(nonce_size);
    const auto ciphertext = TRY(crypto::aes_gcm_seal(key.expose(), sealed, bound_to(purpose, id), secret.expose()));
    sealed.insert(sealed.end(), ciphertext.begin(), ciphertext.end());
    return std::string(seal_version) + base64(sealed);
}

Result<Secret> KeyRing::open(std::string_view purpose, std::string_view id, std::string_view sealed) const {
    const auto not_sealed = [] { return fail(ErrorKind::invalid, "vault: not a sealed value"); };
    if (!sealed.starts_with(seal_version)) return not_sealed();
    const auto bytes = from_base64(sealed.substr(seal_version.size()));
    if (!bytes || bytes->size() < nonce_size + crypto::gcm_tag_size) return not_sealed();
    const View whole(*bytes);
    const auto key = key_of_purpose(vault_.expose(), purpose);
    auto opened = crypto::aes_gcm_open(key.expose(), whole.first(nonce_size), bound_to(purpose, id), whole.subspan(nonce_size));
    if (!opened)
        return fail(ErrorKind::refused, "vault: the sealed value does not open here: it was changed, or sealed for something else or under other keys");
    return Secret(std::move(*opened));
}

Result<crypto::P256Pair> parse_escrow(const Secret& text) {
    const auto whole = text.expose_text();
    const auto at = whole.find(escrow_name);
    if (at == std::string_view::npos) return fail(ErrorKind::damaged, "not an escrow text: it has no line \"private: ...\"");
    auto encoded = whole.substr(at + escrow_name.size());
    encoded = encoded.substr(0, encoded.find_first_of("\r\n "));
    auto decoded = from_base64(encoded);
    if (!decoded) return fail(ErrorKind::damaged, "the private key of this escrow text is not base64");
    Secret scalar(std::move(*decoded));
    auto point = TRY(crypto::p256_public_of(scalar.expose()));
    return crypto::P256Pair{std::move(scalar), std::move(point)};
}

}  // namespace anteroom::vault
