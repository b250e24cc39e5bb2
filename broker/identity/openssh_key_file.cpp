// OpenSSH's own format of private keys (its PROTOCOL.key), without a passphrase: "openssh-key-v1", one key in one file.
#include <openssl/core_names.h>

#include "broker/identity/openssl_handles.h"
#include "broker/identity/private_key.h"
#include "broker/identity/ssh_wire.h"

namespace anteroom::identity {
namespace {

constexpr std::string_view begin_line = "-----BEGIN OPENSSH PRIVATE KEY-----";
constexpr std::string_view end_line = "-----END OPENSSH PRIVATE KEY-----";

Result<Secret> unarmoured(std::string_view text) {
    text.remove_prefix(text.find(begin_line) + begin_line.size());
    auto end = text.find(end_line);
    if (end == std::string_view::npos) return fail(ErrorKind::invalid, "This private key ends early.");
    std::string joined;
    joined.reserve(end);
    for (char c : text.substr(0, end))
        if (c != '\n' && c != '\r' && c != ' ' && c != '\t') joined.push_back(c);
    auto bytes = from_base64(joined);
    wipe(joined.data(), joined.size());
    if (!bytes) return fail(ErrorKind::invalid, "This private key is not written in base64 as it should be.");
    return Secret(std::move(*bytes));
}

struct Parts {
    View public_blob, private_part;
};

Result<Parts> outer(View file) {
    SshReader reader(file);
    auto magic = TRY(reader.take(15));
    if (to_string(magic) != std::string_view("openssh-key-v1\0", 15)) return fail(ErrorKind::invalid, "This is no OpenSSH private key.");
    auto cipher = TRY(reader.text());
    auto derivation = TRY(reader.text());
    TRY(reader.string());
    if (cipher != "none" || derivation != "none")
        return fail(ErrorKind::refused, "This private key is locked with a passphrase: please take it off first (ssh-keygen -p); the vault will encrypt it.");
    if (TRY(reader.u32()) != 1) return fail(ErrorKind::invalid, "This file holds more than one private key.");
    Parts parts;
    parts.public_blob = TRY(reader.string());
    parts.private_part = TRY(reader.string());
    TRY(reader.finished());
    return parts;
}

Result<Pkey> read_ed25519(SshReader& reader) {
    TRY(reader.string());
    auto both = TRY(reader.string());
    if (both.size() != 64) return fail(ErrorKind::invalid, "This Ed25519 private key does not have 64 bytes.");
    Pkey made(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, both.data(), 32));
    if (!made) return fail_openssl("This Ed25519 private key cannot be used.");
    return made;
}

Result<Pkey> read_ecdsa(SshReader& reader, const KeyTypeFacts& facts) {
    TRY(reader.string());
    auto point = TRY(reader.string());
    auto scalar = number_of(TRY(reader.mpint(facts.field)));
    ParamBuilder builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, facts.group, 0);
    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar.get());
    return pkey_from("EC", EVP_PKEY_KEYPAIR, builder.get());
}

// d mod (prime - 1), which the file leaves out.
Number exponent_for(const Number& d, const Number& prime, BN_CTX* context) {
    Number less(BN_dup(prime.get())), out(BN_new());
    BN_set_flags(d.get(), BN_FLG_CONSTTIME);
    if (!less || !out || BN_sub_word(less.get(), 1) != 1 || BN_is_zero(less.get()) || BN_mod(out.get(), d.get(), less.get(), context) != 1) return nullptr;
    return out;
}

Result<Pkey> read_rsa(SshReader& reader) {
    constexpr std::size_t limit = max_rsa_bits / 8;
    Number n = number_of(TRY(reader.mpint(limit))), e = number_of(TRY(reader.mpint(limit))), d = number_of(TRY(reader.mpint(limit)));
    Number iqmp = number_of(TRY(reader.mpint(limit))), p = number_of(TRY(reader.mpint(limit))), q = number_of(TRY(reader.mpint(limit)));
    NumberContext context(BN_CTX_new());
    Number dmp1 = exponent_for(d, p, context.get()), dmq1 = exponent_for(d, q, context.get());
    if (!dmp1 || !dmq1) return fail_openssl("This RSA private key's numbers cannot be right.");
    ParamBuilder builder(OSSL_PARAM_BLD_new());
    const std::pair<const char*, BIGNUM*> numbers[] = {{OSSL_PKEY_PARAM_RSA_N, n.get()},
                                                       {OSSL_PKEY_PARAM_RSA_E, e.get()},
                                                       {OSSL_PKEY_PARAM_RSA_D, d.get()},
                                                       {OSSL_PKEY_PARAM_RSA_FACTOR1, p.get()},
                                                       {OSSL_PKEY_PARAM_RSA_FACTOR2, q.get()},
                                                       {OSSL_PKEY_PARAM_RSA_EXPONENT1, dmp1.get()},
                                                       {OSSL_PKEY_PARAM_RSA_EXPONENT2, dmq1.get()},
                                                       {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, iqmp.get()}};
    for (const auto& [name, number] : numbers) OSSL_PARAM_BLD_push_BN(builder.get(), name, number);
    return pkey_from("RSA", EVP_PKEY_KEYPAIR, builder.get());
}

Result<Pkey> inner(View private_part, KeyType type) {
    SshReader reader(private_part);
    if (TRY(reader.u32()) != TRY(reader.u32())) return fail(ErrorKind::damaged, "This private key is damaged.");
    if (TRY(reader.text(64)) != facts_of(type).name) return fail(ErrorKind::damaged, "This private key's two halves are of different types.");
    Pkey key;
    if (type == KeyType::rsa) key = TRY(read_rsa(reader));
    else if (type == KeyType::ed25519) key = TRY(read_ed25519(reader));
    else key = TRY(read_ecdsa(reader, facts_of(type)));
    TRY(reader.string());  // the comment
    std::uint8_t expected = 0;
    for (auto padding : reader.rest())
        if (padding != ++expected) return fail(ErrorKind::damaged, "This private key is damaged.");
    return key;
}

}  // namespace

Result<PrivateKey> PrivateKey::parse_openssh(std::string_view text) {
    auto file = TRY(unarmoured(text));
    auto parts = TRY(outer(file.expose()));
    auto public_key = TRY(PublicKey::parse_blob(parts.public_blob));
    if (public_key.security_key())
        return fail(ErrorKind::refused, "This file belongs to a security key: its private key is in the device and cannot be kept here.");
    auto key = TRY(inner(parts.private_part, public_key.type()));
    auto made = TRY(own(Handle(key.release())));
    if (!(made.public_key() == public_key)) return fail(ErrorKind::damaged, "This private key's two halves do not fit each other.");
    return made;
}

}  // namespace anteroom::identity
