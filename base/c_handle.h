// What a C library made, given back to it: CHandle<ssh_session_struct, ssh_free>.
#pragma once

#include <memory>

namespace anteroom {

template <auto give_back>
struct FreeWith {
    template <class T>
    void operator()(T* object) const {
        give_back(object);
    }
};
template <class T, auto give_back>
using CHandle = std::unique_ptr<T, FreeWith<give_back>>;

}  // namespace anteroom
