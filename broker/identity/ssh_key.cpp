// Parsing of public keys (RFC 4253 6.6, 5656 3.1, 8709 4, OpenSSH PROTOCOL.u2f): what is not canonical is refused.
#include "broker/identity/ssh_key.h"

#include <algorithm>
#include <array>

#include "base/crypto.h"
#include "broker/identity/openssl_handles.h"
#include "broker/identity/ssh_wire.h"

namespace anteroom::identity {
namespace {

constexpr std::array<KeyTypeFacts, 7> table{{
    {KeyType::ed25519, "ssh-ed25519", "", nullptr, nullptr, 32, false},
    {KeyType::ecdsa_p256, "ecdsa-sha2-nistp256", "nistp256", "P-256", "SHA256", 32, false},
    {KeyType::ecdsa_p384, "ecdsa-sha2-nistp384", "nistp384", "P-384", "SHA384", 48, false},
    {KeyType::ecdsa_p521, "ecdsa-sha2-nistp521", "nistp521", "P-521", "SHA512", 66, false},
    {KeyType::rsa, "ssh-rsa", "", nullptr, nullptr, 0, false},
    {KeyType::sk_ed25519, "sk-ssh-ed25519@openssh.com", "", nullptr, nullptr, 32, true},
    {KeyType::sk_ecdsa_p256, "sk-ecdsa-sha2-nistp256@openssh.com", "nistp256", "P-256", "SHA256", 32, true},
}};

// Points of small order, sign bit aside: for them a signature exists that fits every message.
constexpr std::array<std::string_view, 7> small_order{
    "0000000000000000000000000000000000000000000000000000000000000000", "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"};

Status check_ed25519(View point) {
    if (point.size() != 32) return fail(ErrorKind::invalid, "This Ed25519 key does not have 32 bytes.");
    Bytes unsigned_point = to_bytes(point);
    unsigned_point.back() &= 0x7f;
    if (std::ranges::find(small_order, hex(unsigned_point)) != small_order.end()) return fail(ErrorKind::invalid, "This Ed25519 key is a weak point.");
    return ok();
}

Status check_ec_point(const KeyTypeFacts& facts, View point) {
    if (point.size() != 1 + 2 * facts.field || point[0] != 4) return fail(ErrorKind::invalid, "This ECDSA key is not an uncompressed point of its curve.");
    ParamBuilder builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_utf8_string(builder.get(), "group", facts.group, 0);
    OSSL_PARAM_BLD_push_octet_string(builder.get(), "pub", point.data(), point.size());
    if (!pkey_from("EC", EVP_PKEY_PUBLIC_KEY, builder.get())) return fail(ErrorKind::invalid, "This ECDSA key is no point of its curve.");
    return ok();
}

Status check_rsa(View modulus, View exponent) {
    if (modulus.empty() || exponent.empty()) return fail(ErrorKind::invalid, "This RSA key has a number missing.");
    int bits = BN_num_bits(number_of(modulus).get());
    if (bits < min_rsa_bits) return fail(ErrorKind::refused, "This RSA key has fewer than 2048 bits: please use an Ed25519 key, or RSA with 3072.");
    if (bits > max_rsa_bits) return fail(ErrorKind::refused, "This RSA key has more than 8192 bits.");
    bool odd = (modulus.back() & 1) && (exponent.back() & 1);
    bool one = exponent.size() == 1 && exponent[0] == 1;
    if (!odd || one || exponent.size() > 8) return fail(ErrorKind::invalid, "This RSA key's numbers cannot be right.");
    return ok();
}

const KeyTypeFacts* find_type(std::string_view name) {
    auto row = std::ranges::find(table, name, &KeyTypeFacts::name);
    return row == table.end() ? nullptr : &*row;
}

Result<const KeyTypeFacts*> known_type(std::string_view name) {
    if (const auto* row = find_type(name)) return row;
    if (name.find("-cert-v0") != std::string_view::npos) return fail(ErrorKind::refused, "SSH certificates are not accepted here: please use the plain key.");
    if (name == "ssh-dss") return fail(ErrorKind::refused, "DSA keys are not accepted: please use an Ed25519 key.");
    return fail(ErrorKind::invalid, "This is not a type of SSH key that is accepted here.");
}

std::string_view next_word(std::string_view& text) {
    auto begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return text = {};
    text.remove_prefix(begin);
    auto end = std::min(text.find_first_of(" \t"), text.size());
    auto word = text.substr(0, end);
    text.remove_prefix(end);
    return word;
}

}  // namespace

const KeyTypeFacts& facts_of(KeyType type) { return table[static_cast<std::size_t>(type)]; }

Result<PublicKey> PublicKey::parse_blob(View blob) {
    if (blob.size() > max_key_blob) return fail(ErrorKind::invalid, "This SSH key is too long.");
    SshReader reader(blob);
    auto name = TRY(reader.text(64));
    const auto& facts = *TRY(known_type(name));
    PublicKey key;
    key.type_ = facts.type;
    key.blob_ = to_bytes(blob);
    if (facts.type == KeyType::rsa) {
        key.second_ = to_bytes(TRY(reader.mpint(max_rsa_bits / 8)));
        key.first_ = to_bytes(TRY(reader.mpint(max_key_blob)));
        TRY(check_rsa(key.first_, key.second_));
    } else {
        if (!facts.curve.empty() && TRY(reader.text(16)) != facts.curve) return fail(ErrorKind::invalid, "This ECDSA key names two different curves.");
        key.first_ = to_bytes(TRY(reader.string()));
        TRY(facts.group ? check_ec_point(facts, key.first_) : check_ed25519(key.first_));
    }
    // The application is any text beginning with "ssh:" by custom only; it is hashed, never shown raw.
    if (facts.security_key) key.application_ = TRY(reader.text(256));
    TRY(reader.finished());
    return key;
}

Result<PublicKey> PublicKey::parse_openssh_line(std::string_view line) {
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
    if (line.size() > 2 * max_key_blob) return fail(ErrorKind::invalid, "This SSH key is too long.");
    if (line.find_first_of(std::string_view("\n\r\0", 3)) != std::string_view::npos) return fail(ErrorKind::invalid, "One SSH key on one line, please.");
    auto rest = line;
    auto name = next_word(rest);
    if (auto known = known_type(name); !known) {
        auto second = next_word(rest);
        bool options = find_type(second) || name.find_first_of("=,\"") != std::string_view::npos;
        if (options) return fail(ErrorKind::refused, "Options before an SSH key are not accepted: please give the key alone.");
        return fail(known.error());
    }
    auto blob = from_base64(next_word(rest));
    if (!blob) return fail(ErrorKind::invalid, "This SSH key is not written in base64 as it should be.");
    auto key = TRY(parse_blob(*blob));
    if (key.algorithm() != name) return fail(ErrorKind::invalid, "This SSH key is of another type than its line says.");
    if (auto begin = rest.find_first_not_of(" \t"); begin != std::string_view::npos) key.comment_ = printable(rest.substr(begin), 128);
    return key;
}

std::string PublicKey::fingerprint() const { return "SHA256:" + base64_unpadded(crypto::sha256(blob_)); }

std::string PublicKey::openssh_line() const {
    auto line = std::string(algorithm()) + " " + base64(blob_);
    return comment_.empty() ? line : line + " " + comment_;
}

bool PublicKey::signs_with(std::string_view algorithm_name) const {
    if (type_ == KeyType::rsa) return algorithm_name == "rsa-sha2-256" || algorithm_name == "rsa-sha2-512";
    return algorithm_name == algorithm();
}

}  // namespace anteroom::identity
