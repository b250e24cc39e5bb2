// What became of one attempt to deliver.
#pragma once

#include <string>

namespace anteroom::courier {

struct Outcome {
    bool arrived = false;
    std::string why;  // why not; beside `arrived`: it is done with, but did not reach everybody
};

inline Outcome failed(std::string why) { return {false, std::move(why)}; }

}  // namespace anteroom::courier
