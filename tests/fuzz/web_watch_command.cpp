// What a browser says while it watches: read strictly, bounded, and what is read keeps to its bounds. Lines: one message each.
// Links: base web_rules
#include <cstdint>
#include <cstdlib>

#include "web/commands.h"

using namespace anteroom;

namespace {

void check(bool holds) {
    if (!holds) std::abort();
}

struct Bounded {
    void operator()(const web::Seek& seek) const { check(seek.to >= Duration(0) && seek.to <= web::latest_moment && seek.number <= 9007199254740991ull); }
    void operator()(const web::Want& want) const { check(want.upto >= Duration(0) && want.upto <= web::latest_moment); }
    void operator()(const web::Search& search) const { check(!search.text.empty() && search.text.size() <= web::longest_search); }
    void operator()(const web::Choose&) const {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    web::Commands waiting;
    while (!rest.empty()) {
        const auto end = std::min(rest.find('\n'), rest.size());
        auto command = web::parse_command(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (!command) continue;
        check(end <= web::longest_command);
        std::visit(Bounded(), *command);
        waiting.add(std::move(*command));
        check(!waiting.empty());
    }
    int left = 0;
    while (waiting.take()) ++left;
    check(left <= 4 && waiting.empty());
    return 0;
}
