// What a command printed: one JSON document, or aligned text of which every cell is printable.
#pragma once

#include <boost/json/value.hpp>

#include "broker/cli/client.h"

namespace anteroom::cli {

void print_line(const std::string& line);         // standard output
void print_problem(const std::string& sentence);  // standard error, after "anteroom: "; several lines as they are
std::vector<std::string> lines_of(std::string_view text);
void print_json(const boost::json::value& document);
// A cell: times in the site's zone, sizes and lists for people.
std::string cell_text(const boost::json::value& value, char kind, const std::string& zone);

// Rows and sentence of an answer, as this verb shows them. The exit status.
int print_answer(const std::string& words, const Given& given, const Answer& answer);

}  // namespace anteroom::cli
