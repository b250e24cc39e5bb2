// `report.json`: what a session's audit records say, put in order for people and programs. Made of the records alone, so that whoever has
// the records can make it again and compare. Pure.
#pragma once

#include <boost/json/object.hpp>

#include "recorder/evidence/records.h"

namespace anteroom::evidence {

// Records in the log's order. `damaged`: they are no session's (no session.start, or two).
Result<boost::json::object> report_of(const std::vector<audit::Entry>& entries, std::string_view session);
std::string text_of(const boost::json::object& report);  // the member's content

}  // namespace anteroom::evidence
