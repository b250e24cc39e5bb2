// Sessions as their recordings are looked for: newest first, with what each stood on. What a session stood on is written when it begins.
#pragma once

#include <set>

#include "broker/store/audit_records.h"
#include "broker/store/sessions.h"

namespace anteroom::store {

struct Grounds {
    std::optional<std::int64_t> request;   // whose grant it used
    bool emergency = false;                // that one is a break-glass
    std::optional<std::int64_t> refusals;  // what it tried and was refused; once it has ended
};

struct Recorded {
    Session session;
    Grounds grounds;
};

struct RecordingFilter {
    std::optional<Time> since;   // began at that time or later
    std::optional<Time> until;   // began before
    std::optional<Time> before;  // began before: where the page before ended
    std::string person, target;  // "": any
};

class Recordings {
public:
    explicit Recordings(Database& database) : database_(database) {}

    Status set_grounds(const SessionId& session, const Grounds& grounds);
    Status set_refusals(const SessionId& session, std::int64_t refusals);
    Result<Grounds> grounds(const SessionId& session);

    // Enough to see whether somebody may look at it.
    struct Outline {
        SessionId id;
        TargetId target;
        std::int64_t policy_version = 0;
        Time started;
    };
    Result<std::vector<Outline>> outlines(const RecordingFilter& filter, std::size_t limit);
    Result<std::vector<Recorded>> find(const std::vector<SessionId>& ids);              // newest first
    Result<std::vector<Recorded>> of_request(std::int64_t request, std::size_t limit);  // oldest first

    // Of one session, in order: the records of these kinds; of any kind but the roots of its recording, where none is named.
    // Where there are more, the first ones.
    Result<std::vector<AuditRow>> moments(const std::string& chain, const SessionId& session, const std::vector<std::string_view>& kinds, std::size_t limit);
    // The same, where no end of it may hide behind another: of more than `limit` records each kind has its share, taken evenly from all of its own.
    Result<std::vector<AuditRow>> sampled(const std::string& chain, const SessionId& session, const std::vector<std::string_view>& kinds, std::size_t limit);

private:
    Database& database_;
};

}  // namespace anteroom::store
