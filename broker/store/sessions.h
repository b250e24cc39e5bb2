// Sessions, live and past. A session's recording only grows, and a session ends once.
#pragma once

#include "broker/store/database.h"

namespace anteroom::store {

struct RecordingCommit {
    std::int64_t count = 0;  // pieces
    std::int64_t bytes = 0;
    Bytes root;  // of the Merkle tree over them
};

struct Session {
    SessionId id;
    WorkerId worker;
    PersonId person;
    TargetId target;
    AccountId account;
    std::string rule;
    std::int64_t policy_version = 0;
    std::string source;  // address and port the client came from
    std::string protocol;
    std::string factors;          // how the person proved itself, in order: "publickey+code"
    std::string key_fingerprint;  // of the SSH key that signed; empty where none did
    std::string reason;
    std::string ticket;
    Time started;
    std::optional<Time> ended;
    std::string end_reason;
    std::optional<Time> deadline;
    std::string recording_path;
    RecordingCommit commit;
    std::string recording_state;  // open, complete, recovered, torn, lost
};

class Sessions {
public:
    enum class Which { all, live };
    explicit Sessions(Database& database) : database_(database) {}

    Status insert(const Session& session);  // `conflict`: the id is taken
    Result<std::optional<Session>> find(const SessionId& id);
    Result<std::vector<Session>> find_live(const WorkerId& worker);
    Result<std::vector<Session>> list(Which which, std::size_t limit = 1000);           // newest first
    Result<std::vector<Session>> of_person(const PersonId& person, std::size_t limit);  // newest first
    Status set_commit(const SessionId& id, const RecordingCommit& commit);              // `conflict`: it would shrink
    Status set_deadline(const SessionId& id, std::optional<Time> deadline);             // `not_found`: no live session of that id
    Status set_recording(const SessionId& id, std::string_view path, std::string_view state);
    Status end(const SessionId& id, Time when, std::string_view reason, std::string_view recording_state);  // `conflict`: it has ended

private:
    Database& database_;
};

}  // namespace anteroom::store
