// libssh's objects, owned. libssh's types do not leave this folder.
#pragma once

#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>

#include "base/c_handle.h"

namespace anteroom::ssh {

using Session = CHandle<ssh_session_struct, ssh_free>;
using Bind = CHandle<ssh_bind_struct, ssh_bind_free>;
using Key = CHandle<ssh_key_struct, ssh_key_free>;
using Message = CHandle<ssh_message_struct, ssh_message_free>;
using Channel = CHandle<ssh_channel_struct, ssh_channel_free>;
using Event = CHandle<ssh_event_struct, ssh_event_free>;
using String = CHandle<ssh_string_struct, ssh_string_free>;
using Text = CHandle<char, ssh_string_free_char>;

}  // namespace anteroom::ssh
