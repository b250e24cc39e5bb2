// OpenAPI 3.1, made from the table of routes and the schemas beside it: what is not in the table is not in the document either.
#include <boost/json.hpp>

#include <algorithm>
#include <map>

#include "broker/console/handlers.h"
#include "broker/console/schemas.h"

namespace anteroom::console {

namespace json = boost::json;

namespace {

json::object reference(std::string_view schema) { return {{"$ref", "#/components/schemas/" + std::string(schema)}}; }

// "/api/requests/{id}/approve" -> "post_requests_id_approve"
std::string operation_id(const Route& route) {
    std::string out(route.method == "GET" ? "get" : "post");
    for (const char c : route.path.substr(std::string_view("/api").size())) {
        if (c == '{' || c == '}') continue;
        out += c == '/' || c == '-' || c == '.' ? '_' : c;
    }
    return out;
}

json::array parameters_of(const Route& route) {
    json::array out;
    const auto add = [&](std::string_view name, const char* in, bool required) {
        out.push_back({{"name", name}, {"in", in}, {"required", required}, {"schema", {{"type", "string"}}}});
    };
    for (auto rest = route.path; rest.find('{') != std::string_view::npos;) {
        rest.remove_prefix(rest.find('{') + 1);
        add(rest.substr(0, rest.find('}')), "path", true);
    }
    for (const auto name : route.query) add(name, "query", false);
    if (route.method == "POST" && route.needs != Needs::nobody) add("X-Anteroom-CSRF", "header", true);
    if (route.summary.ends_with("with If-Match")) add("If-Match", "header", true);
    return out;
}

json::object body_of(const Route& route) {
    json::object members;
    json::array required;
    for (auto name : route.fields) {
        if (name.ends_with('!')) {
            name.remove_suffix(1);
            required.emplace_back(name);
        }
        members[name] = field_schema(route.path.substr(route.path.rfind('/') + 1), name);
    }
    if (route.proof == Proof::fresh_factor) {
        members["factor"] = reference("Factor");
        required.emplace_back("factor");
    }
    json::object schema{{"type", "object"}, {"additionalProperties", false}, {"properties", std::move(members)}};
    if (!required.empty()) schema["required"] = std::move(required);
    return {{"required", !route.fields.empty() || route.proof == Proof::fresh_factor}, {"content", {{"application/json", {{"schema", std::move(schema)}}}}}};
}

json::object answers_of(const Route& route) {
    const auto refused = [](const char* why) {
        return json::object{{"description", why}, {"content", {{"application/problem+json", {{"schema", reference("Problem")}}}}}};
    };
    json::object out{{"200", {{"description", "done"}, {"content", {{"application/json", {{"schema", reference(route.gives)}}}}}}}};
    out["401"] = refused("nobody is signed in, or the sign-in was refused");
    out["403"] = refused("not permitted");
    if (route.path.find('{') != std::string_view::npos) out["404"] = refused("there is none, or none that the caller may see");
    if (route.method == "POST") out["409"] = refused("too late; `settled` says who was first");
    if (route.summary.ends_with("with If-Match")) out["412"] = refused("it has changed since");
    out["422"] = refused("not as expected");
    return out;
}

json::object operation_of(const Route& route) {
    json::object out{{"operationId", operation_id(route)}, {"summary", route.summary}, {"parameters", parameters_of(route)}};
    if (route.method == "POST") out["requestBody"] = body_of(route);
    out["responses"] = answers_of(route);
    if (route.needs == Needs::nobody) out["security"] = json::array();
    return out;
}

json::value document() {
    json::object paths;
    for (const auto& route : routes()) {
        auto& path = paths[route.path];
        if (!path.is_object()) path = json::object();
        path.as_object()[route.method == "GET" ? "get" : "post"] = operation_of(route);
    }
    return json::object{
        {"openapi", "3.1.0"},
        {"info",
         {{"title", "Anteroom console"},
          {"version", "1"},
          {"description", "Times are RFC 3339 in UTC, lengths whole seconds. Decisions carry a fresh factor in `factor`."}}},
        {"security", json::array{json::object{{"session", json::array()}}}},
        {"paths", std::move(paths)},
        {"components", {{"securitySchemes", {{"session", {{"type", "apiKey"}, {"in", "cookie"}, {"name", "__Host-anteroom"}}}}}, {"schemas", schemas()}}}};
}

}  // namespace

Result<Answer> openapi(Call&) {
    Answer out;
    out.body = document();
    return out;
}

}  // namespace anteroom::console
