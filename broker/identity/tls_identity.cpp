// Reading, making and using X.509 identities with OpenSSL.
#include "broker/identity/tls_identity.h"

#include <arpa/inet.h>
#include <openssl/cms.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/crypto.h"
#include "broker/identity/openssl_handles.h"

namespace anteroom::identity {
namespace {

constexpr std::size_t largest_file = 256 * 1024, longest_chain = 10;
constexpr std::size_t serial_bytes = 16;
constexpr int least_rsa_bits = 2048;

using Certificate = CHandle<X509, X509_free>;
using Extension = CHandle<X509_EXTENSION, X509_EXTENSION_free>;
using CmsMessage = CHandle<CMS_ContentInfo, CMS_ContentInfo_free>;
struct FreeStack {
    void operator()(STACK_OF(X509) * stack) const { sk_X509_pop_free(stack, X509_free); }
};
using Chain = std::unique_ptr<STACK_OF(X509), FreeStack>;

int no_passphrase(char*, int, int, void*) { return -1; }

Bio bio_of(View bytes) { return Bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size()))); }

Secret content_of(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return Secret::copy_of(View(reinterpret_cast<const std::uint8_t*>(data), static_cast<std::size_t>(std::max(size, 0L))));
}

Bytes der_of(X509* certificate) {
    unsigned char* der = nullptr;
    const int size = i2d_X509(certificate, &der);
    Bytes out(der, der + std::max(size, 0));
    OPENSSL_free(der);
    return out;
}

Result<std::vector<Certificate>> read_chain(View pem) {
    if (pem.size() > largest_file) return fail(ErrorKind::invalid, "is too long for a certificate and its chain");
    auto source = bio_of(pem);
    std::vector<Certificate> chain;
    while (source && chain.size() <= longest_chain) {
        X509* raw = PEM_read_bio_X509(source.get(), nullptr, no_passphrase, nullptr);
        if (!raw) break;
        chain.emplace_back(raw);
    }
    const auto why = ERR_peek_last_error();
    ERR_clear_error();
    if (chain.size() > longest_chain) return fail(ErrorKind::invalid, "has more than 10 certificates");
    if (ERR_GET_REASON(why) != PEM_R_NO_START_LINE) return fail(ErrorKind::invalid, "has a certificate that cannot be read");
    if (chain.empty()) return fail(ErrorKind::invalid, "has no certificate, expected -----BEGIN CERTIFICATE----- (PEM)");
    return chain;
}

Result<Pkey> read_key(const Secret& pem) {
    if (pem.size() > largest_file) return fail(ErrorKind::refused, "is too long for a private key");
    if (pem.expose_text().find("ENCRYPTED") != std::string_view::npos)
        return fail(ErrorKind::refused, "is locked with a passphrase: please take it off (openssl pkey -in FILE -out NEW)");
    auto source = bio_of(pem.expose());
    Pkey key(source ? PEM_read_bio_PrivateKey(source.get(), nullptr, no_passphrase, nullptr) : nullptr);
    ERR_clear_error();
    if (!key) return fail(ErrorKind::refused, "has no private key, expected -----BEGIN PRIVATE KEY----- (PEM)");
    if (!EVP_PKEY_is_a(key.get(), "RSA") && !EVP_PKEY_is_a(key.get(), "EC"))
        return fail(ErrorKind::refused, "is of a type that RDP clients and browsers do not take: please use RSA or ECDSA");
    if (EVP_PKEY_is_a(key.get(), "RSA") && EVP_PKEY_get_bits(key.get()) < least_rsa_bits)
        return fail(ErrorKind::refused, "is an RSA key of less than 2048 bits");
    return key;
}

Time time_of(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return Time();
    return Time(std::chrono::seconds(::timegm(&parts)));
}

std::string subject_of(X509* certificate) {
    const X509_NAME* name = X509_get_subject_name(certificate);
    const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    unsigned char* text = nullptr;
    const int size = at < 0 ? -1 : ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    std::string out = size <= 0 ? "(no name)" : printable(std::string_view(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)), 128);
    if (size >= 0) OPENSSL_free(text);
    return out;
}

CertificateFacts facts_of(X509* certificate, std::size_t chain) {
    return {subject_of(certificate),
            colon_hex(crypto::sha256(der_of(certificate))),
            time_of(X509_get0_notBefore(certificate)),
            time_of(X509_get0_notAfter(certificate)),
            X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0,
            chain};
}

Result<Secret> pem_of(EVP_PKEY* key) {
    Bio out(BIO_new(BIO_s_secmem()));
    if (!out || PEM_write_bio_PKCS8PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
        return fail_openssl("the private key cannot be written");
    return content_of(out.get());
}

Result<std::string> pem_of(const std::vector<Certificate>& chain) {
    Bio out(BIO_new(BIO_s_mem()));
    for (const auto& one : chain)
        if (!out || PEM_write_bio_X509(out.get(), one.get()) != 1) return fail_openssl("a certificate cannot be written");
    return std::string(content_of(out.get()).expose_text());
}

bool add_extension(X509* certificate, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// Nothing of a name may reach OpenSSL's little language for extensions but a host name's and an address's characters.
std::string alternative_names(const std::string& common_name, const std::vector<std::string>& names) {
    std::string out;
    const auto add = [&](const std::string& name) {
        if (name.empty() || name.size() > 253 ||
            name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:") != std::string::npos)
            return;
        std::array<unsigned char, 16> address{};
        const bool number = ::inet_pton(AF_INET, name.c_str(), address.data()) == 1 || ::inet_pton(AF_INET6, name.c_str(), address.data()) == 1;
        if (!number && name.find(':') != std::string::npos) return;
        const auto one = (number ? "IP:" : "DNS:") + name;
        if (("," + out + ",").find("," + one + ",") == std::string::npos) out += (out.empty() ? "" : ",") + one;
    };
    add(common_name);
    for (const auto& name : names) add(name);
    return out;
}

bool fill(X509* certificate, EVP_PKEY* key, const std::string& common_name, const std::string& names, Time now, Duration length) {
    const auto serial = number_of(crypto::random_bytes(serial_bytes));
    const auto from = std::chrono::system_clock::to_time_t(std::chrono::time_point_cast<std::chrono::system_clock::duration>(now - std::chrono::hours(1)));
    const auto until = std::chrono::system_clock::to_time_t(std::chrono::time_point_cast<std::chrono::system_clock::duration>(now + length));
    X509_NAME* name = X509_get_subject_name(certificate);
    const auto* text = reinterpret_cast<const unsigned char*>(common_name.data());
    return X509_set_version(certificate, X509_VERSION_3) == 1 && BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) &&
           ASN1_TIME_set(X509_getm_notBefore(certificate), from) && ASN1_TIME_set(X509_getm_notAfter(certificate), until) &&
           X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, text, static_cast<int>(common_name.size()), -1, 0) == 1 &&
           X509_set_issuer_name(certificate, name) == 1 && X509_set_pubkey(certificate, key) == 1 &&
           add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(certificate, NID_key_usage, "critical,digitalSignature,keyEncipherment") &&
           add_extension(certificate, NID_ext_key_usage, "serverAuth") && (names.empty() || add_extension(certificate, NID_subject_alt_name, names)) &&
           X509_sign(certificate, key, EVP_sha256()) > 0;
}

}  // namespace

std::string colon_hex(View digest) {
    std::string out;
    for (const auto byte : digest) {
        constexpr const char* digits = "0123456789ABCDEF";
        if (!out.empty()) out += ':';
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    return out;
}

Result<Bytes> certificate_digest(View der) {
    const unsigned char* cursor = der.data();
    const Certificate read(der.empty() ? nullptr : d2i_X509(nullptr, &cursor, static_cast<long>(der.size())));
    ERR_clear_error();
    if (!read || cursor != der.data() + der.size()) return fail(ErrorKind::invalid, "these bytes are no certificate");
    return to_bytes(View(crypto::sha256(der)));
}

Result<TlsIdentity> TlsIdentity::parse(View certificates, const Secret& key) {
    const auto chain = TRY(read_chain(certificates));
    const auto private_key = TRY(read_key(key));
    const bool fits = X509_check_private_key(chain.front().get(), private_key.get()) == 1;
    ERR_clear_error();
    if (!fits) return fail(ErrorKind::conflict, "does not fit the certificate");
    auto key_pem = TRY(pem_of(private_key.get()));
    auto chain_pem = TRY(pem_of(chain));
    return TlsIdentity(std::move(key_pem), std::move(chain_pem), facts_of(chain.front().get(), chain.size()));
}

Result<TlsIdentity> TlsIdentity::make(const std::string& common_name, const std::vector<std::string>& names, Time now, Duration length) {
    const Pkey key(EVP_EC_gen("P-256"));
    std::vector<Certificate> chain;
    chain.emplace_back(X509_new());
    // X.509 gives a common name 64 characters.
    if (!key || !chain.front() || !fill(chain.front().get(), key.get(), common_name.substr(0, 64), alternative_names(common_name, names), now, length))
        return fail_openssl("OpenSSL could not make a certificate");
    auto key_pem = TRY(pem_of(key.get()));
    auto chain_pem = TRY(pem_of(chain));
    return TlsIdentity(std::move(key_pem), std::move(chain_pem), facts_of(chain.front().get(), 1));
}

Secret TlsIdentity::pem() const {
    Bytes both;
    both.reserve(key_.size() + certificates_.size());  // grown once: no copy of the key stays behind
    both.insert(both.end(), key_.expose().begin(), key_.expose().end());
    both.insert(both.end(), certificates_.begin(), certificates_.end());
    return Secret(std::move(both));
}

Result<Bytes> TlsIdentity::sign_detached(View data) const {
    const auto chain = TRY(read_chain(view(certificates_)));
    const auto key = TRY(read_key(key_));
    const Chain others(sk_X509_new_null());
    for (std::size_t i = 1; others && i < chain.size(); ++i)
        if (X509_up_ref(chain[i].get()) == 1) sk_X509_push(others.get(), chain[i].get());
    auto content = bio_of(data);
    const CmsMessage message(
        content ? CMS_sign(chain.front().get(), key.get(), others.get(), content.get(), CMS_BINARY | CMS_DETACHED | CMS_NOATTR | CMS_NOSMIMECAP) : nullptr);
    unsigned char* der = nullptr;
    const int size = message ? i2d_CMS_ContentInfo(message.get(), &der) : 0;
    if (size <= 0) return fail_openssl("OpenSSL could not sign");
    Bytes out(der, der + size);
    OPENSSL_free(der);
    return out;
}

}  // namespace anteroom::identity
