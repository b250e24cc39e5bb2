// What a browser may say while it watches, behind its ticket (web/console/src/api/types.ts, WatchCommand). Hostile: read strictly, and
// bounded. Pure.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "base/clock.h"
#include "base/result.h"

namespace anteroom::web {

inline constexpr std::size_t longest_command = 1024, longest_search = 200;  // bytes
inline constexpr Duration latest_moment = std::chrono::hours(24 * 366);     // later ones are this one

struct Seek {
    std::uint64_t number = 0;
    Duration to{};
};
struct Want {
    Duration upto{};
};
struct Search {
    std::uint64_t number = 0;
    std::string text;  // not empty
};
struct Choose {
    std::uint32_t channel = 0;
};
using WatchCommand = std::variant<Seek, Want, Search, Choose>;

// `invalid` says what is wrong with it.
Result<WatchCommand> parse_command(std::string_view text);

// What has been said and not yet been done: of each kind the last, for whoever drags along the timeline says much.
class Commands {
public:
    void add(WatchCommand command);
    bool empty() const { return !seek_ && !want_ && !search_ && !choose_; }
    // In the order in which they are to be done: channel, seek, want, search.
    std::optional<WatchCommand> take();

private:
    std::optional<Seek> seek_;
    std::optional<Want> want_;
    std::optional<Search> search_;
    std::optional<Choose> choose_;
};

}  // namespace anteroom::web
