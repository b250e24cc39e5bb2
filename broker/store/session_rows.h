// Inside broker/store/: a session as a row, for those who find sessions in other ways.
#pragma once

#include "broker/store/sessions.h"

namespace anteroom::store {

// Of the table `sessions`; none of the tables it is joined with has a column of these names.
extern const std::vector<std::string_view> session_columns;
Result<Session> read_session(Row& row);

}  // namespace anteroom::store
