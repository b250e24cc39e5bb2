// Requests for access as rows: what is looked up by stands in columns, the whole request in `body` (JSON, written and read by
// broker/access). Numbers are given once and never again.
#pragma once

#include "broker/store/database.h"

namespace anteroom::store {

struct RequestRow {
    std::int64_t id = 0;
    PersonId person;
    std::string state;
    bool emergency = false;
    bool open = true;  // something may still happen to it by itself: waits, runs, or has to be reviewed
    Time created;
    std::string body;
};

class Requests {
public:
    explicit Requests(Database& database) : database_(database) {}
    Result<std::int64_t> next_id();  // inside the transaction of the insert
    Status insert(const RequestRow& row);
    Status update(const RequestRow& row);  // state, open and body; `not_found`
    Result<std::optional<RequestRow>> find(std::int64_t id);
    Result<std::vector<RequestRow>> open();                                                 // oldest first
    Result<std::vector<RequestRow>> open_of(const PersonId& person);                        // newest first
    Result<std::vector<RequestRow>> of(const PersonId& person, std::size_t limit);          // newest first
    Result<std::vector<RequestRow>> list(bool emergencies_only, std::size_t limit = 1000);  // newest first

private:
    Database& database_;
};

}  // namespace anteroom::store
