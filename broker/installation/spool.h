// Spool: where an emergency is recorded when recordings cannot be written where they belong. Its space is kept free beforehand by a
// file that is given back when the first emergency needs it, and taken again when there is room.
#pragma once

#include "base/ids.h"
#include "base/result.h"

namespace anteroom::installation {

class Spool {
public:
    static constexpr std::uint64_t reserve_bytes = std::uint64_t{64} << 20;

    explicit Spool(std::string dir) : dir_(std::move(dir)) {}

    // Takes the space, where the disk has at least twice as much left.
    Status keep_reserve();
    // Gives the space back to whoever needs it now: the database and the recording of an emergency.
    Status open();
    std::string path(const SessionId& session, const char* ending) const { return dir_ + "/" + session.str() + ending; }
    bool holds(const SessionId& session) const;

private:
    std::string reserve() const { return dir_ + "/reserve"; }
    std::string dir_;
};

}  // namespace anteroom::installation
