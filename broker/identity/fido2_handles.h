// libfido2's objects as owners. Its types do not leave broker/identity.
#pragma once

#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>

#include <memory>

namespace anteroom::identity {

template <auto Free>
struct FreeByAddress {
    template <class T>
    void operator()(T* object) const {
        Free(&object);
    }
};
using FidoCredential = std::unique_ptr<fido_cred_t, FreeByAddress<fido_cred_free>>;
using FidoAssertion = std::unique_ptr<fido_assert_t, FreeByAddress<fido_assert_free>>;
using Es256Key = std::unique_ptr<es256_pk_t, FreeByAddress<es256_pk_free>>;
using EddsaKey = std::unique_ptr<eddsa_pk_t, FreeByAddress<eddsa_pk_free>>;
using Rs256Key = std::unique_ptr<rs256_pk_t, FreeByAddress<rs256_pk_free>>;

}  // namespace anteroom::identity
