// How often somebody tried, by minute. An attempt is counted before it is verified: a crash must not refund it.
// The caller notes attempts only for people who exist, so that invented names cannot fill the table.
#pragma once

#include "broker/store/database.h"

namespace anteroom::store {

class Attempts {
public:
    static constexpr Duration window = std::chrono::minutes(1);
    explicit Attempts(Database& database) : database_(database) {}

    // Durable when it returns. `kind` is 'password', 'code' ...
    Status note_attempt(const PersonId& person, std::string_view kind, Time now);
    // Attempts not cleared since. Whole windows are counted, and such as lie in the future (the clock was set back): never too few.
    Result<std::int64_t> failures_since(const PersonId& person, std::string_view kind, Time since);
    Status clear(const PersonId& person, std::string_view kind);  // after a success
    Status forget_before(Time time);

private:
    Database& database_;
};

}  // namespace anteroom::store
