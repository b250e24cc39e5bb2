// An authenticator in software, as honest or dishonest as a test wants it: it makes credentials and assertions as WebAuthn level 2 says,
// with OpenSSL alone, so that nothing of what is tested tests itself.
#pragma once

#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include "base/base64url.h"
#include "base/crypto.h"
#include "broker/identity/openssl_handles.h"
#include "broker/identity/webauthn.h"

namespace anteroom::testing {

inline constexpr std::int64_t es256 = -7, eddsa = -8, rs256 = -257;

// Just the CBOR (RFC 8949) that attestation objects and COSE keys are made of.
class CborWriter {
public:
    CborWriter& head(unsigned major, std::uint64_t value) {
        if (value < 24) return byte(static_cast<std::uint8_t>(major << 5 | value));
        if (value < 256) return byte(static_cast<std::uint8_t>(major << 5 | 24)).byte(static_cast<std::uint8_t>(value));
        return byte(static_cast<std::uint8_t>(major << 5 | 25)).byte(static_cast<std::uint8_t>(value >> 8)).byte(static_cast<std::uint8_t>(value));
    }
    CborWriter& map(std::size_t members) { return head(5, members); }
    CborWriter& text(std::string_view value) { return head(3, value.size()).raw(view(value)); }
    CborWriter& bytes(View value) { return head(2, value.size()).raw(value); }
    CborWriter& number(std::int64_t value) { return value < 0 ? head(1, static_cast<std::uint64_t>(-1 - value)) : head(0, static_cast<std::uint64_t>(value)); }
    CborWriter& raw(View value) {
        out_.insert(out_.end(), value.begin(), value.end());
        return *this;
    }
    CborWriter& byte(std::uint8_t value) {
        out_.push_back(value);
        return *this;
    }
    const Bytes& done() const { return out_; }

private:
    Bytes out_;
};

// What it says. Left alone it says what is expected of it.
struct Way {
    std::string type{}, origin{}, relying_party{};  // "": the right one
    Bytes challenge{};                              // empty: the right one
    std::string crossing = ",\"crossOrigin\":false";
    std::string client_data{};  // the whole text, where it is to be another
    std::uint8_t flags = 0x05;  // present and verified; making adds "attested"
    std::uint32_t count = 0;
    std::string format = "none";
    Bytes statement = {0xa0};
    Bytes behind{};      // bytes behind the attestation object
    Bytes key{};         // in place of the COSE key
    Bytes extensions{};  // behind the authenticator data
    bool without_credential = false;
};

class Authenticator {
public:
    explicit Authenticator(std::int64_t algorithm = es256, std::size_t id_size = 32)
        : algorithm_(algorithm), key_(made(algorithm)), id_(crypto::random_bytes(id_size)) {}

    const Bytes& id() const { return id_; }

    identity::Attestation make(const identity::Expected& expected, const Way& way = {}) const {
        auto data = authenticator_data(expected, way, way.without_credential ? std::uint8_t{0} : std::uint8_t{0x40});
        if (!way.without_credential) {
            data.insert(data.end(), aaguid.begin(), aaguid.end());
            data.push_back(static_cast<std::uint8_t>(id_.size() >> 8));
            data.push_back(static_cast<std::uint8_t>(id_.size()));
            data.insert(data.end(), id_.begin(), id_.end());
            const auto cose = way.key.empty() ? cose_key() : way.key;
            data.insert(data.end(), cose.begin(), cose.end());
        }
        data.insert(data.end(), way.extensions.begin(), way.extensions.end());
        identity::Attestation attestation;
        attestation.client_data = client_data("webauthn.create", expected, way);
        auto statement = way.statement;
        if (way.format == "packed" && statement.size() == 1) statement = self_signed(data, attestation.client_data);
        CborWriter object;
        object.map(3).text("fmt").text(way.format).text("attStmt").raw(statement).text("authData").bytes(data).raw(way.behind);
        attestation.attestation_object = object.done();
        return attestation;
    }

    identity::Assertion use(const identity::Expected& expected, const Way& way = {}) const {
        identity::Assertion assertion;
        assertion.credential_id = id_;
        assertion.client_data = client_data("webauthn.get", expected, way);
        assertion.authenticator_data = authenticator_data(expected, way, 0);
        assertion.authenticator_data.insert(assertion.authenticator_data.end(), way.extensions.begin(), way.extensions.end());
        assertion.signature = signed_by_key(over(assertion.authenticator_data, assertion.client_data));
        return assertion;
    }

    Bytes sign(View message) const { return signed_by_key(to_bytes(message)); }

    static constexpr std::array<std::uint8_t, 16> aaguid{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

private:
    static identity::Pkey made(std::int64_t algorithm) {
        if (algorithm == eddsa) return identity::Pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
        if (algorithm == rs256) return identity::Pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048}));
        return identity::Pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
    }

    static Bytes client_data(std::string_view type, const identity::Expected& expected, const Way& way) {
        if (!way.client_data.empty()) return to_bytes(way.client_data);
        const auto challenge = base64url(way.challenge.empty() ? expected.challenge : way.challenge);
        return to_bytes("{\"type\":\"" + (way.type.empty() ? std::string(type) : way.type) + "\",\"challenge\":\"" + challenge + "\",\"origin\":\"" +
                        (way.origin.empty() ? expected.origin : way.origin) + "\"" + way.crossing + "}");
    }

    static Bytes authenticator_data(const identity::Expected& expected, const Way& way, std::uint8_t more) {
        const auto hash = crypto::sha256(view(way.relying_party.empty() ? expected.relying_party : way.relying_party));
        Bytes data(hash.begin(), hash.end());
        data.push_back(way.flags | more);
        for (int shift = 24; shift >= 0; shift -= 8) data.push_back(static_cast<std::uint8_t>(way.count >> shift));
        return data;
    }

    static Bytes over(const Bytes& data, const Bytes& client_data) {
        Bytes message = data;
        const auto hash = crypto::sha256(client_data);
        message.insert(message.end(), hash.begin(), hash.end());
        return message;
    }

    Bytes number(const char* name) const {
        BIGNUM* raw = nullptr;
        EVP_PKEY_get_bn_param(key_.get(), name, &raw);
        return identity::bytes_of(identity::Number(raw).get());
    }

    Bytes cose_key() const {
        CborWriter key;
        if (algorithm_ == rs256)
            return key.map(4)
                .number(1)
                .number(3)
                .number(3)
                .number(rs256)
                .number(-1)
                .bytes(number(OSSL_PKEY_PARAM_RSA_N))
                .number(-2)
                .bytes(number(OSSL_PKEY_PARAM_RSA_E))
                .done();
        if (algorithm_ == eddsa) {
            Bytes raw(32);
            std::size_t size = raw.size();
            EVP_PKEY_get_raw_public_key(key_.get(), raw.data(), &size);
            return key.map(4).number(1).number(1).number(3).number(eddsa).number(-1).number(6).number(-2).bytes(raw).done();
        }
        Bytes point(65);
        std::size_t size = 0;
        EVP_PKEY_get_octet_string_param(key_.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size(), &size);
        const View whole(point);
        return key.map(5)
            .number(1)
            .number(2)
            .number(3)
            .number(es256)
            .number(-1)
            .number(1)
            .number(-2)
            .bytes(whole.subspan(1, 32))
            .number(-3)
            .bytes(whole.subspan(33, 32))
            .done();
    }

    Bytes signed_by_key(const Bytes& message) const {
        const identity::DigestContext context(EVP_MD_CTX_new());
        const EVP_MD* digest = algorithm_ == eddsa ? nullptr : EVP_sha256();
        std::size_t size = 0;
        EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key_.get());
        EVP_DigestSign(context.get(), nullptr, &size, message.data(), message.size());
        Bytes signature(size);
        EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size());
        signature.resize(size);
        return signature;
    }

    Bytes self_signed(const Bytes& data, const Bytes& client_data) const {
        CborWriter statement;
        return statement.map(2).text("alg").number(algorithm_).text("sig").bytes(signed_by_key(over(data, client_data))).done();
    }

    std::int64_t algorithm_;
    identity::Pkey key_;
    Bytes id_;
};

}  // namespace anteroom::testing
