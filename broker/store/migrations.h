// The numbered steps that make the schema. A step that has shipped is never changed: mend it with a later one.
// Portable SQL only: TEXT, BIGINT, no BLOB, no dates, no defaults that differ between SQLite and PostgreSQL.
#pragma once

#include <span>

#include "broker/store/database.h"

namespace anteroom::store {

struct Migration {
    std::int64_t number;
    const char* name;
    std::vector<const char*> statements;
};

std::span<const Migration> migrations();  // ascending, without gaps, from 1
// Each missing step in a transaction of its own. A database that has a step unknown here is refused.
Status migrate(Database& database, std::span<const Migration> steps, const Clock& clock);

}  // namespace anteroom::store
