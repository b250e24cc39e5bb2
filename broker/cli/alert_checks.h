// For `anteroom doctor`: what in `alerts:` would keep an alert from arriving, or let others read it.
#pragma once

#include <boost/json/array.hpp>

#include "broker/installation/config.h"

namespace anteroom::cli {

// Rows of the doctor's table: check, state, what, mend.
boost::json::array alert_checks(const installation::Config& config, const std::string& dir);

}  // namespace anteroom::cli
