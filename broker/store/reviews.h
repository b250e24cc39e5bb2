// What reviewers leave beside recordings: notes, what they have watched, sign-offs, and the consent that a second person gives. A recording
// itself is never changed. A session that is gone from the table of sessions takes no review.
#pragma once

#include <map>

#include "broker/store/database.h"

namespace anteroom::store {

struct RecordingNote {
    std::int64_t id = 0;
    SessionId session;
    std::int64_t at_ms = 0;  // into the recording
    std::string text;
    PersonId person;
    Time written;
};

// Of one person. `ranges`: [[from, to], ...] in milliseconds, in order, none touching another; written and read by whoever joins them.
struct Watched {
    SessionId session;
    PersonId person;
    Time opened;  // first
    Time updated;
    std::string ranges = "[]";
};

struct SignOff {
    SessionId session;
    PersonId person;
    std::string outcome, note;
    Time at;
};

// `asker` wants to look; `giver` lets them, until then. One of each: asked again, it is asked from then on.
struct ConsentAsked {
    SessionId session;
    PersonId asker;
    std::string reason;
    Time asked;
};
struct ConsentGiven {
    SessionId session;
    PersonId asker, giver;
    Time given, until;
};

class Reviews {
public:
    static constexpr std::size_t most_notes = 1000, most_sign_offs = 100;  // of a recording
    explicit Reviews(Database& database) : database_(database) {}

    Result<std::int64_t> add_note(const RecordingNote& note);            // its id; `conflict`: there are too many
    Result<std::vector<RecordingNote>> notes(const SessionId& session);  // in the recording's order

    Result<std::optional<Watched>> watched(const SessionId& session, const PersonId& person);
    Result<std::vector<Watched>> watchers(const SessionId& session);  // who opened it first comes first
    Status keep_watched(const Watched& watched);                      // `opened` is kept as it was first

    Status sign_off(const SignOff& sign_off);                          // `conflict`: there are too many
    Result<std::vector<SignOff>> sign_offs(const SessionId& session);  // oldest first
    Result<std::map<SessionId, SignOff>> last_sign_offs(const std::vector<SessionId>& sessions);

    Status ask_consent(const ConsentAsked& asked);
    Result<std::optional<ConsentAsked>> asked(const SessionId& session, const PersonId& asker);
    Result<std::vector<ConsentAsked>> asked_since(Time since, std::size_t limit);  // newest first
    Status forget_asked(const SessionId& session, const PersonId& asker);
    Status give_consent(const ConsentGiven& given);
    // That holds at this time.
    Result<std::vector<ConsentGiven>> given(const SessionId& session, const PersonId& asker, Time now);
    Result<std::vector<ConsentGiven>> given_to(const PersonId& asker, Time now);

private:
    Database& database_;
};

}  // namespace anteroom::store
