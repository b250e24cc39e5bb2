// A YAML text as a tree with line numbers, strictly: one document, no key twice, no anchors, aliases or tags, nothing too deep or
// too large. Built from yaml-cpp's events, since its own tree lets all of those through (research: keys twice, `012` as 10).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace anteroom::policy {

struct Node {
    enum class Kind { null, scalar, list, map };
    Kind kind = Kind::null;
    int line = 0;                 // from 1
    bool quoted = false;          // "07:00" is text, whatever it looks like
    std::string text{};           // of a scalar
    std::vector<Node> items{};    // of a list
    std::vector<Node> entries{};  // of a map, in order, each with its key
    std::string key{};
    int key_line = 0;
};

// What is wrong, where. `path` is like rules[0].when.zone; "" is the whole file.
struct Fault {
    int line = 0;
    std::string path;
    std::string what;
};

// Faults are appended; with none the tree is whole. What was faulty is left out of the tree.
Node parse_tree(std::string_view yaml, std::vector<Fault>& faults);

}  // namespace anteroom::policy
