// A request as whoever decides on it reads it: what is unusual first, then who, where, what for and until when.
#pragma once

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace anteroom::cli {

// Lines of printable text, from the row of `request show`; times in this zone.
std::vector<std::string> card_lines(const boost::json::object& card, const std::string& zone);

}  // namespace anteroom::cli
