// One object, with just the members of one kind of command.
#include "web/commands.h"

#include <boost/json.hpp>

#include <cmath>

namespace anteroom::web {

namespace json = boost::json;

namespace {

constexpr double largest_number = 9007199254740991.0;  // that a browser can count to

tl::unexpected<Error> bad(const char* what) { return fail(ErrorKind::invalid, what); }

Result<double> number_of(const json::value& value) {
    double number = -1;
    if (value.is_int64()) number = static_cast<double>(value.get_int64());
    if (value.is_uint64()) number = static_cast<double>(value.get_uint64());
    if (value.is_double()) number = value.get_double();
    if (!(number >= 0) || number > largest_number) return bad("a number that is none, or too large");
    return number;
}

Result<std::uint64_t> whole_number_of(const json::value& value) {
    const double number = TRY(number_of(value));
    if (number != std::floor(number)) return bad("a number that is not whole");
    return static_cast<std::uint64_t>(number);
}

Result<Duration> moment_of(const json::value& value) {
    const double number = TRY(number_of(value));
    const auto latest = std::chrono::duration<double, std::milli>(latest_moment).count();
    return std::chrono::floor<Duration>(std::chrono::duration<double, std::milli>(std::min(number, latest)));
}

Result<std::string> text_of(const json::value& value) {
    if (!value.is_string()) return bad("a text that is none");
    const auto& text = value.get_string();
    if (text.empty() || text.size() > longest_search) return bad("a text that is empty or too long");
    return std::string(text);
}

}  // namespace

Result<WatchCommand> parse_command(std::string_view text) {
    if (text.size() > longest_command) return bad("a message that is too long");
    boost::system::error_code error;
    const auto value = json::parse(text, error);
    if (error || !value.is_object()) return bad("no JSON object");
    const auto& object = value.get_object();
    const auto* seek = object.if_contains("seek");
    const auto* to = object.if_contains("to");
    const auto* want = object.if_contains("want");
    const auto* search = object.if_contains("search");
    const auto* words = object.if_contains("text");
    const auto* channel = object.if_contains("channel");
    if (object.size() == 2 && seek && to) return Seek{TRY(whole_number_of(*seek)), TRY(moment_of(*to))};
    if (object.size() == 2 && search && words) return Search{TRY(whole_number_of(*search)), TRY(text_of(*words))};
    if (object.size() == 1 && want) return Want{TRY(moment_of(*want))};
    if (object.size() != 1 || !channel) return bad("a command that is not known");
    const auto number = TRY(whole_number_of(*channel));
    if (number > 0xffffffff) return bad("a channel that cannot be");
    return Choose{static_cast<std::uint32_t>(number)};
}

void Commands::add(WatchCommand command) {
    if (auto* seek = std::get_if<Seek>(&command)) {
        seek_ = *seek;
        want_.reset();  // it was about what stood before
    }
    if (auto* want = std::get_if<Want>(&command)) want_ = *want;
    if (auto* search = std::get_if<Search>(&command)) search_ = std::move(*search);
    if (auto* choose = std::get_if<Choose>(&command)) choose_ = *choose;
}

std::optional<WatchCommand> Commands::take() {
    if (choose_) return std::exchange(choose_, {});
    if (seek_) return std::exchange(seek_, {});
    if (want_) return std::exchange(want_, {});
    if (search_) return std::exchange(search_, {});
    return std::nullopt;
}

}  // namespace anteroom::web
