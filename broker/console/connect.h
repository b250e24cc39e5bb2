// How a person reaches a place with the programs they have: a line for ssh, a profile for PuTTY, an address for WinSCP.
#pragma once

#include <boost/json/object.hpp>

#include "broker/installation/config.h"
#include "policy/evaluate.h"

namespace anteroom::console {

struct SshDoor {
    std::string host;
    std::uint16_t port = 22;
};
// As clients reach it: where the broker listens everywhere, by the console's own name.
SshDoor ssh_door(const installation::Config& config);

struct Way {
    SshDoor door;
    PersonId person;
    policy::Ask ask;
    bool only_account = false;  // the account need not be named
    bool files = false;         // files may be read or written
};
std::string user_name(const Way& way);  // "vera+mri-3", "vera+mri-3+root"
std::string ssh_line(const Way& way);
std::string winscp_address(const Way& way);
// A .reg file of one PuTTY session.
std::string putty_profile(const Way& way);

}  // namespace anteroom::console
