// The schemas of the API's documents: web/console/src/api/types.ts as JSON Schema (2020-12), in a shorthand of our own.
#pragma once

#include <boost/json/object.hpp>

#include <string_view>

namespace anteroom::console {

// By name, as routes and other schemas refer to them.
boost::json::object schemas();
// Of a member of a body, by its name: the same name means the same thing everywhere, but where `verb`, the last part of the path, has one
// of its own.
boost::json::object field_schema(std::string_view verb, std::string_view name);

}  // namespace anteroom::console
