// Output of a channel without a terminal, as lines; of one that is no text, nothing.
#pragma once

#include "recorder/indexer/lines.h"

namespace anteroom::indexer {

class PlainLines {
public:
    PlainLines(std::uint32_t channel, const Sink& sink, Room& room) : lines_(channel, sink, room) {}
    Status feed(Duration at, View bytes);
    Status end(Duration at);

private:
    Status line(Duration at);
    Lines lines_;
    std::string held_;
    bool binary_ = false;
};

}  // namespace anteroom::indexer
