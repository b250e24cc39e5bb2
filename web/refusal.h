// Why a request is not answered with what it asked for: an HTTP status and a sentence for the person (RFC 9457 as JSON).
#pragma once

#include <tl/expected.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace anteroom::web {

struct Refusal {
    std::uint16_t status = 400;
    std::string sentence;
    std::uint32_t retry_after = 0;  // seconds; 0 says nothing
};

template <class T>
using Or = tl::expected<T, Refusal>;

inline tl::unexpected<Refusal> refuse(std::uint16_t status, std::string sentence, std::uint32_t retry_after = 0) {
    return tl::unexpected<Refusal>(Refusal{status, std::move(sentence), retry_after});
}

}  // namespace anteroom::web
