// The OpenAPI document is the table's, whole; and a small reader of JSON Schema, as far as our own schemas use it.
#include "tests/unit/console/gate_scene.h"

namespace anteroom::console::testing {

namespace {

const json::object& all_schemas() {
    static const json::object kept = schemas();
    return kept;
}

const json::object& resolved(const json::object& schema) {
    const auto* reference = schema.if_contains("$ref");
    if (reference == nullptr) return schema;
    const std::string name(reference->as_string().subview(std::string_view("#/components/schemas/").size()));
    return all_schemas().at(name).as_object();
}

// Members with their schemas; of a row with more members, both.
void members_of(const json::object& schema, json::object& properties, std::vector<std::string>& required) {
    if (const auto* parts = schema.if_contains("allOf"))
        for (const auto& part : parts->as_array()) members_of(resolved(part.as_object()), properties, required);
    if (const auto* list = schema.if_contains("properties"))
        for (const auto& one : list->as_object()) properties[one.key()] = one.value();
    if (const auto* list = schema.if_contains("required"))
        for (const auto& one : list->as_array()) required.emplace_back(one.as_string());
}

std::string check(const json::object& given, const json::value& value, const std::string& path);

std::string check_object(const json::object& schema, const json::value& value, const std::string& path) {
    const auto* object = value.if_object();
    if (object == nullptr) return path + " is no object";
    if (const auto* more = schema.if_contains("additionalProperties")) {
        for (const auto& one : *object)
            if (auto wrong = check(more->as_object(), one.value(), path + "." + std::string(one.key())); !wrong.empty()) return wrong;
        return "";
    }
    json::object properties;
    std::vector<std::string> required;
    members_of(schema, properties, required);
    for (const auto& name : required)
        if (!object->contains(name)) return path + " has no " + name;
    if (properties.empty() && schema.size() == 1 && path == "OpenApi") return "";
    for (const auto& one : *object) {
        const auto* expected = properties.if_contains(one.key());
        if (expected == nullptr) return path + " has a member more: " + std::string(one.key());
        if (auto wrong = check(expected->as_object(), one.value(), path + "." + std::string(one.key())); !wrong.empty()) return wrong;
    }
    return "";
}

std::string check(const json::object& given, const json::value& value, const std::string& path) {
    const auto& schema = resolved(given);
    if (const auto* choices = schema.if_contains("anyOf")) return value.is_null() ? "" : check(choices->as_array().front().as_object(), value, path);
    if (schema.contains("allOf")) return check_object(schema, value, path);
    const auto* type = schema.if_contains("type");
    if (type == nullptr) return "";
    const std::string_view name = type->as_string();
    if (name == "object") return check_object(schema, value, path);
    if (name == "array") {
        if (!value.is_array()) return path + " is no list";
        for (const auto& item : value.as_array())
            if (auto wrong = check(schema.at("items").as_object(), item, path + "[]"); !wrong.empty()) return wrong;
        return "";
    }
    if (name == "integer") return value.is_int64() || value.is_uint64() ? "" : path + " is no number";
    if (name == "boolean") return value.is_bool() ? "" : path + " is neither true nor false";
    if (!value.is_string()) return path + " is no text";
    if (schema.contains("format") && !parse_rfc3339(std::string(value.as_string()))) return path + " is no time";
    const auto* list = schema.if_contains("enum");
    return list == nullptr || std::find(list->as_array().begin(), list->as_array().end(), value) != list->as_array().end() ? "" : path + " is not of the list";
}

}  // namespace

std::string departs_from(const std::string& schema, const json::value& value) { return check(all_schemas().at(schema).as_object(), value, schema); }

namespace {

json::object document() {
    GateScene scene;
    const auto answer = scene.send(GateScene::call_of(nullptr, "GET", "/api/openapi.json"));
    EXPECT_EQ(answer.status, 200);
    return answer.object();
}

void references_in(const json::value& value, std::vector<std::string>& out) {
    if (const auto* object = value.if_object())
        for (const auto& one : *object) {
            if (one.key() == "$ref") out.emplace_back(one.value().as_string());
            else references_in(one.value(), out);
        }
    if (const auto* list = value.if_array())
        for (const auto& item : *list) references_in(item, out);
}

TEST(OpenApi, HasEveryRouteOfTheTableAndNoOther) {
    const auto whole = document();
    std::size_t operations = 0;
    for (const auto& path : whole.at("paths").as_object()) operations += path.value().as_object().size();
    EXPECT_EQ(operations, routes().size());
    for (const auto& route : routes()) {
        const auto& path = whole.at("paths").as_object().at(route.path).as_object();
        const auto& operation = path.at(route.method == "GET" ? "get" : "post").as_object();
        EXPECT_EQ(operation.contains("requestBody"), route.method == "POST") << route.path;
        if (route.proof == Proof::fresh_factor) EXPECT_NE(json::serialize(operation).find("schemas/Factor"), std::string::npos) << route.path;
    }
}

TEST(OpenApi, RefersToNothingThatIsNotThere) {
    const auto whole = document();
    const auto& known = whole.at("components").as_object().at("schemas").as_object();
    std::vector<std::string> references;
    references_in(whole, references);
    EXPECT_GT(references.size(), routes().size());
    for (const auto& one : references) {
        ASSERT_TRUE(one.starts_with("#/components/schemas/")) << one;
        EXPECT_TRUE(known.contains(one.substr(std::string_view("#/components/schemas/").size()))) << one;
    }
}

TEST(OpenApi, NamesEachOperationOnce) {
    std::set<std::string> names;
    const auto whole = document();
    for (const auto& path : whole.at("paths").as_object())
        for (const auto& operation : path.value().as_object()) EXPECT_TRUE(names.insert(std::string(operation.value().at("operationId").as_string())).second);
}

TEST(TheSchemaReader, SeesWhatIsMissingAndWhatIsTooMuch) {
    EXPECT_EQ(departs_from("Sentence", {{"sentence", "x"}}), "");
    EXPECT_EQ(departs_from("Sentence", json::object{}), "Sentence has no sentence");
    EXPECT_EQ(departs_from("Sentence", {{"sentence", "x"}, {"more", 1}}), "Sentence has a member more: more");
    EXPECT_EQ(departs_from("Sentence", {{"sentence", 1}}), "Sentence.sentence is no text");
    EXPECT_EQ(departs_from("Reviewed", {{"at", "yesterday"}, {"by", "x"}}), "Reviewed.at is no time");
}

}  // namespace

}  // namespace anteroom::console::testing
