// What a browser that watches is told, as it goes over its WebSocket (web/console/src/api/types.ts, WatchMessage). Times are milliseconds.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"

namespace anteroom::web {

struct Message {
    std::string bytes;
    bool binary = false;
};

// What has been made for the browser in one turn.
class Outbox {
public:
    void add(std::string text) { add(Message{std::move(text), false}); }
    void add(Message message) {
        bytes_ += message.bytes.size();
        messages_.push_back(std::move(message));
    }
    std::size_t bytes() const { return bytes_; }
    std::vector<Message> take() {
        bytes_ = 0;
        return std::exchange(messages_, {});
    }

private:
    std::vector<Message> messages_;
    std::size_t bytes_ = 0;
};

std::int64_t milliseconds(Duration at);
namespace message {

std::string begin(std::string_view id, std::string_view protocol, bool live, Duration duration);
std::string size(Duration at, std::uint16_t width, std::uint16_t height);
// Text that is not UTF-8 is repaired: a browser would close the line.
std::string show(Duration at, std::uint32_t channel, std::string_view text);
std::string note(Duration at, std::uint32_t channel, std::string_view text);
std::string pointer(Duration at, std::uint16_t x, std::uint16_t y, bool shown);
// `shown`: of several, where it is known before it has said anything.
std::string sought(std::uint64_t seek, Duration at, const std::set<std::uint32_t>& channels, std::optional<std::uint32_t> shown);
// `opened`: this one begins to say something, while another is shown.
std::string terminals(Duration at, const std::set<std::uint32_t>& channels, std::optional<std::uint32_t> opened);
std::string upto(Duration at);
std::string integrity(std::string_view state, std::uint64_t pieces, std::uint64_t checked, std::string_view sentence);
// `length`: of a session that has ended.
std::string end(std::string_view sentence, std::optional<Duration> length = std::nullopt);

}  // namespace message
}  // namespace anteroom::web
