// The outbox: what has to reach somebody outside, written in the transaction of what it tells of, handed to the courier in
// order for each channel until it has arrived. Rows that arrived are kept a while, so that `alert list` can show them.
#pragma once

#include "broker/store/database.h"

namespace anteroom::store {

struct OutboxRow {
    std::int64_t number = 0;  // grows; given by insert()
    std::string channel;      // a name in `alerts:`
    std::string event;        // "request.created", "break-glass.used", "test", ...
    std::string body;         // JSON object, UTF-8
    Time created;
    std::int64_t attempts = 0;
    std::optional<Time> next_try;  // after a failure
    std::optional<Time> arrived;
    std::string why;  // of the last failure
};

class Outbox {
public:
    explicit Outbox(Database& database) : database_(database) {}

    Result<std::int64_t> insert(std::string_view channel, std::string_view event, std::string_view body, Time now);
    // The oldest of each channel that has not arrived, due or not: a channel's order is kept.
    Result<std::vector<OutboxRow>> heads();
    Status arrived(std::int64_t number, Time now);
    Status failed(std::int64_t number, std::string_view why, Time next_try);
    Result<std::vector<OutboxRow>> list(std::size_t limit);  // newest first
    // How many wait, for each channel.
    Result<std::vector<std::pair<std::string, std::int64_t>>> waiting();
    Status forget_arrived(Time before);

private:
    Database& database_;
};

}  // namespace anteroom::store
