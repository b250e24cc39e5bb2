// SQL of broker/store/attempts.h.
#include "broker/store/attempts.h"

namespace anteroom::store {

namespace {

Time window_of(Time time) { return std::chrono::floor<std::chrono::minutes>(time); }

}  // namespace

Status Attempts::note_attempt(const PersonId& person, std::string_view kind, Time now) {
    TRY(database_.insert("attempts", {{"person", person}, {"kind", kind}, {"window_start", window_of(now)}, {"failures", std::int64_t{1}}},
                         "ON CONFLICT (person, kind, window_start) DO UPDATE SET failures = attempts.failures + 1"));
    return ok();
}

Result<std::int64_t> Attempts::failures_since(const PersonId& person, std::string_view kind, Time since) {
    auto row = TRY(database_.select_one({"COALESCE(SUM(failures), 0)"}, "FROM attempts WHERE person = ? AND kind = ? AND window_start >= ?",
                                        {person, kind, window_of(since)}));
    const auto failures = row->integer();
    TRY(row->finished());
    return failures;
}

Status Attempts::clear(const PersonId& person, std::string_view kind) {
    TRY(database_.execute("DELETE FROM attempts WHERE person = ? AND kind = ?", {person, kind}));
    return ok();
}

Status Attempts::forget_before(Time time) {
    TRY(database_.execute("DELETE FROM attempts WHERE window_start < ?", {window_of(time)}));
    return ok();
}

}  // namespace anteroom::store
