// What a browser sends of a passkey: client data, an attestation object, authenticator data and a signature, in one input of four parts,
// each behind its length (u16, big-endian). Nothing is taken that an honest authenticator did not sign; nothing takes much memory.
// Links: identity base
#include "broker/identity/webauthn.h"

#include <algorithm>
#include <cstdlib>

#include "base/base64url.h"
#include "base/crypto.h"

namespace {

using namespace anteroom;

Bytes part(View& rest) {
    if (rest.size() < 2) return {};
    const auto size = std::min<std::size_t>(std::size_t{rest[0]} << 8 | rest[1], rest.size() - 2);
    auto out = to_bytes(rest.subspan(2, size));
    rest = rest.subspan(2 + size);
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const identity::Expected expected{Bytes(32, 0x5a), "https://console.example:8443", "console.example"};
    View rest(data, size);
    const auto client_data = part(rest), object = part(rest), authenticator_data = part(rest), signature = part(rest);
    const auto made = identity::verify_attestation({client_data, object}, expected);
    // A key that nobody's private half is known of: no signature is right.
    static const Bytes key = [] {
        Bytes point(64, 0);
        const auto generated = crypto::p256_generate();
        std::copy(generated.public_key.begin() + 1, generated.public_key.end(), point.begin());
        return point;
    }();
    if (identity::verify_assertion({{}, client_data, authenticator_data, signature, {}}, expected, key, -7, 0)) std::abort();
    if (made && (made->credential_id.size() < 16 || made->credential_id.size() > 1023 || made->public_key.empty())) std::abort();
    if (made)
        (void)identity::verify_assertion({{}, client_data, authenticator_data, signature, {}}, expected, made->public_key, made->algorithm, made->sign_count);
    (void)from_base64url(std::string_view(reinterpret_cast<const char*>(data), size));
    return 0;
}
