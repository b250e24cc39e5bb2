// Expected failures as values: Result<T> is a nodiscard class over tl::expected, Error is what went wrong.
// Exceptions stay for bugs and memory. TRY(expression) unwraps a Result or returns its error from this function.
#pragma once

#include <tl/expected.hpp>

#include <string>
#include <utility>

namespace anteroom {

enum class ErrorKind { invalid, not_found, refused, conflict, io, timeout, crypto, damaged, internal };

// `detail` is for the log and the administrator; what a person at a login prompt reads is chosen from a fixed catalogue.
struct Error {
    ErrorKind kind = ErrorKind::internal;
    std::string detail;
};

template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
public:
    using tl::expected<T, Error>::expected;
};

using Status = Result<void>;

inline tl::unexpected<Error> fail(ErrorKind kind, std::string detail) { return tl::unexpected<Error>(Error{kind, std::move(detail)}); }
inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }
// An error of the operating system: `what` names the call and its object, errno is read at once.
tl::unexpected<Error> fail_errno(const char* what);
inline Status ok() { return Status{}; }

}  // namespace anteroom

#define TRY(...)                                                                           \
    __extension__({                                                                        \
        auto try_result_ = (__VA_ARGS__);                                                  \
        if (!try_result_) return ::tl::unexpected<::anteroom::Error>(try_result_.error()); \
        ::anteroom::detail_try::take(try_result_);                                         \
    })

namespace anteroom::detail_try {
template <class R>
auto take(R& result) {
    if constexpr (!std::is_void_v<typename R::value_type>) return std::move(*result);
}
}  // namespace anteroom::detail_try
