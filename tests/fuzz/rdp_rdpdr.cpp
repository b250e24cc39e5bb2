// The filter of drives, printers and smart cards on arbitrary messages from both sides.
// Links: base policy recorder rdp_channels
#include "tests/fuzz/rdp_channel.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    return anteroom::rdp::fuzz_channel("rdpdr", {"rdp:drive:read", "rdp:drive:write", "rdp:printer", "rdp:smartcard"}, {bytes, size});
}
