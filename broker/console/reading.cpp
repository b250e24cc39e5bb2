// Strict reading of paths, queries and bodies.
#include "broker/console/reading.h"

#include <boost/json.hpp>

#include <algorithm>
#include <charconv>

namespace anteroom::console {

namespace json = boost::json;

namespace {

constexpr std::size_t longest_id = 64, deepest = 8;

bool is_id(std::string_view text) {
    constexpr std::string_view fine = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    return !text.empty() && text.size() <= longest_id && text.front() != '.' && text.find_first_not_of(fine) == std::string_view::npos;
}

std::string_view next_part(std::string_view& rest) {
    const auto part = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    return part;
}

// Both begin with a slash.
std::optional<std::vector<std::string>> fits(std::string_view wanted, std::string_view path) {
    if (!path.starts_with('/') || path.ends_with('/')) return std::nullopt;
    wanted.remove_prefix(1), path.remove_prefix(1);
    std::vector<std::string> out;
    while (!wanted.empty() && !path.empty()) {
        const auto expected = next_part(wanted), part = next_part(path);
        if (!expected.starts_with('{')) {
            if (expected != part) return std::nullopt;
        } else if (is_id(part)) {
            out.emplace_back(part);
        } else {
            return std::nullopt;
        }
    }
    return wanted.empty() && path.empty() ? std::optional(std::move(out)) : std::nullopt;
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

Result<std::string> decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1, low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
        if (high < 0 || low < 0) return fail(ErrorKind::invalid, "the query has a % that is followed by no two hexadecimal digits");
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    if (printable(out, longest_query) != out) return fail(ErrorKind::invalid, "the query has characters in it that are no text");
    return out;
}

bool lists(const std::vector<std::string_view>& names, std::string_view name) {
    return std::any_of(names.begin(), names.end(),
                       [&](std::string_view one) { return one == name || (one.ends_with('!') && one.substr(0, one.size() - 1) == name); });
}

std::string shown(std::string_view name) { return "\"" + printable(name, 64) + "\""; }

// Every block is wiped before it goes back: a body may hold a password.
class WipingMemory final : public json::memory_resource {
    void* do_allocate(std::size_t bytes, std::size_t align) override { return ::operator new(bytes, std::align_val_t(align)); }
    void do_deallocate(void* memory, std::size_t bytes, std::size_t align) override {
        wipe(memory, bytes);
        ::operator delete(memory, std::align_val_t(align));
    }
    bool do_is_equal(const json::memory_resource& other) const noexcept override { return this == &other; }
};

// What stands before a member's value: as many colons outside of texts as the document has members.
std::size_t colons(std::string_view text) {
    std::size_t count = 0;
    bool inside = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (inside && text[i] == '\\') ++i;
        else if (text[i] == '"') inside = !inside;
        else if (!inside && text[i] == ':') ++count;
    }
    return count;
}

std::size_t members_in(const json::value& value) {
    std::size_t count = 0;
    if (const auto* object = value.if_object())
        for (const auto& member : *object) count += 1 + members_in(member.value());
    if (const auto* list = value.if_array())
        for (const auto& item : *list) count += members_in(item);
    return count;
}

const json::value* member(const Call& call, std::string_view name) {
    const auto* found = call.body.if_contains(name);
    return found == nullptr || found->is_null() ? nullptr : found;
}

tl::unexpected<Error> wrong(std::string_view name, const std::string& what) { return fail(ErrorKind::invalid, std::string(name) + " " + what); }

}  // namespace

json::storage_ptr wiping_memory() {
    static WipingMemory one;  // without a state
    return &one;
}

Match match(std::string_view method, std::string_view path) {
    Match out;
    if (path.size() > longest_path) return out;
    for (const auto& route : routes()) {
        auto in_path = fits(route.path, path);
        if (!in_path) continue;
        if (route.method == method) return {&route, std::move(*in_path), false};
        out.other_method = true;
    }
    return out;
}

Result<std::map<std::string, std::string>> read_query(const Route& route, std::string_view query) {
    std::map<std::string, std::string> out;
    if (query.size() > longest_query) return fail(ErrorKind::invalid, "the query is too long");
    for (bool more = !query.empty(); more;) {
        const auto pair = query.substr(0, query.find('&'));
        more = pair.size() < query.size();
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
        const auto equals = pair.find('=');
        const auto name = pair.substr(0, equals);
        if (equals == std::string_view::npos || !lists(route.query, name)) return fail(ErrorKind::invalid, "the query may not have " + shown(name));
        auto value = TRY(decoded(pair.substr(equals + 1)));
        if (!out.emplace(name, std::move(value)).second) return fail(ErrorKind::invalid, "the query has " + shown(name) + " twice");
    }
    return out;
}

Result<Body> read_body(const Route& route, const Secret& body) {
    const auto storage = wiping_memory();
    Body out{json::object(storage), std::nullopt};
    const auto text = body.expose_text();
    if (text.size() > longest_body) return fail(ErrorKind::invalid, "the body is too long");
    json::value value(json::object(storage), storage);
    if (!text.empty()) {
        if (route.method == "GET") return fail(ErrorKind::invalid, "this call has no body");
        boost::system::error_code error;
        json::parse_options options;
        options.max_depth = deepest;
        value = json::parse(json::string_view(text.data(), text.size()), error, storage, options);
        if (error || !value.is_object()) return fail(ErrorKind::invalid, "the body is no JSON object, or too deep");
        if (members_in(value) != colons(text)) return fail(ErrorKind::invalid, "the body has a member twice");
    }
    auto& object = value.get_object();
    for (const auto& one : object) {
        const auto name = std::string_view(one.key().data(), one.key().size());
        if (name == "factor" ? route.proof == Proof::none : !lists(route.fields, name)) return fail(ErrorKind::invalid, "the body may not have " + shown(name));
    }
    for (const auto name : route.fields)
        if (name.ends_with('!') && !object.contains(name.substr(0, name.size() - 1)))
            return fail(ErrorKind::invalid, "the body needs " + shown(name.substr(0, name.size() - 1)));
    if (const auto factor = object.find("factor"); factor != object.end()) {
        out.factor.emplace(std::move(factor->value()));
        object.erase(factor);
    }
    out.members = std::move(object);
    return out;
}

Result<std::string> line_of(const Call& call, std::string_view name, std::size_t most, bool needed) {
    const auto* value = member(call, name);
    if (value == nullptr && !needed) return std::string();
    if (value == nullptr || !value->is_string()) return wrong(name, "must be a text");
    std::string text(value->get_string());
    const auto characters =
        static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
    if (characters > most) return wrong(name, "must have at most " + std::to_string(most) + " characters");
    if (printable(text, text.size()) != text) return wrong(name, "must be one line without control characters");
    if (text.find_first_not_of(' ') == std::string::npos && needed) return wrong(name, "must not be empty");
    return text;
}

Result<std::string> text_of(const Call& call, std::string_view name, std::size_t most) {
    const auto* value = member(call, name);
    if (value == nullptr || !value->is_string()) return wrong(name, "must be a text");
    if (value->get_string().size() > most) return wrong(name, "must have at most " + std::to_string(most) + " bytes");
    return std::string(value->get_string());
}

Result<bool> truth_of(const Call& call, std::string_view name, bool otherwise) {
    const auto* value = member(call, name);
    if (value == nullptr) return otherwise;
    if (!value->is_bool()) return wrong(name, "must be true or false");
    return value->get_bool();
}

Result<std::optional<Duration>> seconds_of(const Call& call, std::string_view name) {
    constexpr std::int64_t most = std::int64_t{366} * 24 * 3600;
    const auto* value = member(call, name);
    if (value == nullptr) return std::optional<Duration>();
    const auto* number = value->if_int64();
    if (number == nullptr || *number <= 0 || *number > most) return wrong(name, "must be a whole number of seconds, at least 1 and at most 366 days");
    return std::optional<Duration>(std::chrono::seconds(*number));
}

Result<std::optional<Time>> time_of(const Call& call, std::string_view name) {
    const auto* value = member(call, name);
    if (value == nullptr) return std::optional<Time>();
    const auto time = value->is_string() ? parse_rfc3339(std::string_view(value->get_string().data(), value->get_string().size()))
                                         : Result<Time>(fail(ErrorKind::invalid, ""));
    if (!time) return wrong(name, "must be a time like 2026-01-02T03:04:05Z, or null");
    return std::optional(*time);
}

Result<std::vector<std::string>> lines_of(const Call& call, std::string_view name, std::size_t most) {
    const auto* value = member(call, name);
    const auto* list = value == nullptr ? nullptr : value->if_array();
    if (list == nullptr || list->empty() || list->size() > most) return wrong(name, "must be a list of 1 to " + std::to_string(most) + " texts");
    std::vector<std::string> out;
    for (const auto& item : *list) {
        const auto* text = item.if_string();
        if (text == nullptr || text->size() > 200 ||
            printable(std::string_view(text->data(), text->size()), 200) != std::string_view(text->data(), text->size()))
            return wrong(name, "must be a list of short texts");
        out.emplace_back(*text);
    }
    return out;
}

const std::string& queried(const Call& call, std::string_view name) {
    static const std::string none;
    const auto found = call.query.find(std::string(name));
    return found == call.query.end() ? none : found->second;
}

Result<std::optional<Time>> queried_time(const Call& call, std::string_view name) {
    const auto& text = queried(call, name);
    if (text.empty()) return std::optional<Time>();
    const auto time = parse_rfc3339(text);
    if (!time) return fail(ErrorKind::invalid, std::string(name) + " must be a time like 2026-01-02T03:04:05Z");
    return std::optional(*time);
}

Result<std::int64_t> queried_number(const Call& call, std::string_view name, std::int64_t otherwise, std::int64_t most) {
    const auto& text = queried(call, name);
    if (text.empty()) return otherwise;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 1 || value > most)
        return fail(ErrorKind::invalid, std::string(name) + " must be a number from 1 to " + std::to_string(most));
    return value;
}

}  // namespace anteroom::console
