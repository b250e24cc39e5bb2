// Support windows: a vendor's people may use what they could otherwise ask for at one target, for one call.
#pragma once

#include "broker/store/database.h"

namespace anteroom::store {

struct Window {
    std::int64_t id = 0;
    TargetId target;
    VendorId vendor;
    std::string ticket;
    std::string opened_by;
    Time opened;
    Time ends;
};

class Windows {
public:
    explicit Windows(Database& database) : database_(database) {}
    Result<Window> insert(Window window);  // gives the id
    Result<std::vector<Window>> open(Time now);
    Status move(std::int64_t id, Time opened, Time ends);        // `not_found`
    Result<std::vector<Window>> list(std::size_t limit = 1000);  // newest first

private:
    Database& database_;
};

}  // namespace anteroom::store
