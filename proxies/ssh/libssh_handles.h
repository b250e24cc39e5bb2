// libssh's objects, owned. libssh's types do not leave this folder.
#pragma once

#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>

#include <memory>

namespace anteroom::ssh {

template <auto free>
struct Free {
    template <class T>
    void operator()(T* object) const {
        free(object);
    }
};

using Session = std::unique_ptr<ssh_session_struct, Free<ssh_free>>;
using Bind = std::unique_ptr<ssh_bind_struct, Free<ssh_bind_free>>;
using Key = std::unique_ptr<ssh_key_struct, Free<ssh_key_free>>;
using Message = std::unique_ptr<ssh_message_struct, Free<ssh_message_free>>;
using Channel = std::unique_ptr<ssh_channel_struct, Free<ssh_channel_free>>;
using Event = std::unique_ptr<ssh_event_struct, Free<ssh_event_free>>;
using String = std::unique_ptr<ssh_string_struct, Free<ssh_string_free>>;
struct FreeText {
    void operator()(char* text) const { ssh_string_free_char(text); }
};
using Text = std::unique_ptr<char, FreeText>;

}  // namespace anteroom::ssh
