// One HTTP request on arbitrary bytes: it is refused, or every part of it is what the rules say a request is; and what is taken once is
// taken again from its own parts.
// Links: base web_rules
#include <cstdlib>

#include "web/assets.h"
#include "web/cookie.h"
#include "web/rules.h"

namespace {

using namespace anteroom;
using namespace anteroom::web;

void must(bool holds) {
    if (!holds) std::abort();
}

void visible(std::string_view text) {
    for (const char c : text) must(c > ' ' && c < '\x7f');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view raw(reinterpret_cast<const char*>(data), size);
    if (const auto cookie = session_of(raw); cookie && !cookie->empty()) must(is_token_text(cookie->expose_text()));
    (void)accepts(raw, "br");
    if (const auto target = parse_target(raw)) {
        visible(target->path);
        must(target->path.find("//") == std::string::npos && target->path.find("/../") == std::string::npos);
    }
    const auto end = end_of_head(raw);
    auto head = parse_head(raw.substr(0, end));
    if (!head) {
        must(head.error().status >= 400 && head.error().status < 600);
        return 0;
    }
    must(head->fields.size() <= max_fields && head->body <= max_body && !head->field("transfer-encoding"));
    std::string again = head->method + " " + head->target + " HTTP/1.1\r\n";
    for (const auto& field : head->fields) again += field.name + ": " + field.value + "\r\n";
    const auto second = parse_head(again + "\r\n");
    must(second && second->body == head->body && second->fields.size() == head->fields.size() && second->keep_alive == head->keep_alive);
    const auto asked = judge(std::move(*head), Origin::of("https://h:1"));
    if (!asked) return 0;
    visible(asked->target.path);
    must(asked->kind == Kind::file || asked->target.path.find('%') == std::string::npos);
    must(asked->session.empty() || is_token_text(asked->session.expose_text()));
    if (asked->head.method == "POST") must(asked->kind == Kind::call && *asked->head.field("origin") == "https://h:1");
    return 0;
}
