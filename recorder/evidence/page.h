// `report.html`: the report for people. One page that loads nothing, runs nothing, and in which every text of anybody is escaped.
#pragma once

#include <functional>

#include "recorder/evidence/manifest.h"
#include "recorder/evidence/report.h"

namespace anteroom::evidence {

struct PageFacts {
    const boost::json::object& report;  // report_of()
    const Manifest& manifest;           // its members need not be known yet
    const Keys& keys;
    std::function<std::string(Time)> time_text;  // in the site's zone, with its offset
};
std::string page_of(const PageFacts& facts);
std::string escaped(std::string_view text);  // for HTML text and quoted attributes

}  // namespace anteroom::evidence
