// The one user of yaml-cpp: events in, Node out.
#include "policy/tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "base/bytes.h"

namespace anteroom::policy {
namespace {

constexpr std::size_t largest_text = 1u << 20, most_nodes = 100'000, deepest = 12, most_faults = 100;

struct TooMuch {
    int line;
    std::string what;
};

class Builder final : public YAML::EventHandler {
public:
    explicit Builder(std::vector<Fault>& faults) : faults_(faults) {}
    Node take() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        check(mark, "", anchor);
        add({.kind = Node::Kind::null, .line = mark.line + 1}, mark);
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        fault(mark, "an alias (*), which is not accepted: write the value out");
        add({.kind = Node::Kind::null, .line = mark.line + 1}, mark);
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
        check(mark, tag, anchor);
        add({.kind = Node::Kind::scalar, .line = mark.line + 1, .quoted = tag == "!", .text = value}, mark);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
        check(mark, tag, anchor);
        open(Node::Kind::list, mark);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
        check(mark, tag, anchor);
        open(Node::Kind::map, mark);
    }
    void OnMapEnd() override { close(); }

private:
    struct Frame {
        Node node;
        bool have_key = false;
        std::string key{};
        int key_line = 0;
        std::map<std::string, int> seen{};  // key -> line
    };

    std::string path() const {
        std::string out;
        for (const auto& frame : stack_) {
            if (frame.node.kind == Node::Kind::list) {
                out += "[" + std::to_string(frame.node.items.size()) + "]";
            } else if (frame.have_key) {
                out += (out.empty() ? "" : ".") + frame.key;
            }
        }
        return out;
    }
    void fault(const YAML::Mark& mark, std::string what) {
        faults_.push_back({mark.line + 1, path(), std::move(what)});
        if (faults_.size() > most_faults) throw TooMuch{mark.line + 1, "too many errors, the rest is not looked at"};
    }
    void check(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
        if (++nodes_ > most_nodes) throw TooMuch{mark.line + 1, "more than 100000 values"};
        if (anchor != 0) fault(mark, "an anchor (&), which is not accepted: write the value out where it is needed");
        if (!tag.empty() && tag != "?" && tag != "!") fault(mark, "a tag (" + printable(tag, 60) + "), which is not accepted");
    }
    void open(Node::Kind kind, const YAML::Mark& mark) {
        if (stack_.size() >= deepest) throw TooMuch{mark.line + 1, "nested deeper than 12 levels"};
        stack_.push_back({.node = {.kind = kind, .line = mark.line + 1}});
    }
    void close() {
        Node node = std::move(stack_.back().node);
        stack_.pop_back();
        YAML::Mark mark;
        mark.line = node.line - 1;
        add(std::move(node), mark);
    }
    void add(Node node, const YAML::Mark& mark) {
        if (stack_.empty()) {
            root_ = std::move(node);
            return;
        }
        auto& frame = stack_.back();
        if (frame.node.kind == Node::Kind::list) {
            frame.node.items.push_back(std::move(node));
        } else if (!frame.have_key) {
            start_entry(frame, node, mark);
        } else {
            end_entry(frame, std::move(node), mark);
        }
    }
    void start_entry(Frame& frame, const Node& key, const YAML::Mark& mark) {
        if (key.kind != Node::Kind::scalar) fault(mark, "a key that is no word");
        frame.key = printable(key.text, 80);
        frame.key_line = key.line;
        frame.have_key = true;
    }
    void end_entry(Frame& frame, Node value, const YAML::Mark& mark) {
        const auto [first, fresh] = frame.seen.emplace(frame.key, frame.key_line);
        if (!fresh) {
            YAML::Mark at = mark;
            at.line = frame.key_line - 1;
            fault(at, "stands here a second time, first on line " + std::to_string(first->second));
            frame.have_key = false;
            return;
        }
        value.key = frame.key;
        value.key_line = frame.key_line;
        frame.node.entries.push_back(std::move(value));
        frame.have_key = false;
    }

    std::vector<Fault>& faults_;
    std::vector<Frame> stack_;
    Node root_;
    std::size_t nodes_ = 0;
};

// Where a second document begins: at the first --- that is not the first line that says anything.
int line_of_second(std::string_view yaml) {
    int line = 1;
    bool something = false;
    while (!yaml.empty()) {
        const auto text = yaml.substr(0, yaml.find('\n'));
        if (text.starts_with("---") && something) break;
        something = something || (!text.empty() && !text.starts_with("#"));
        yaml.remove_prefix(std::min(yaml.size(), text.size() + 1));
        ++line;
    }
    return line;
}

}  // namespace

Node parse_tree(std::string_view yaml, std::vector<Fault>& faults) {
    if (yaml.size() > largest_text) {
        faults.push_back({1, "", "larger than 1 MiB"});
        return {};
    }
    int line = 1;
    for (char c : yaml) {
        if (c == '\n') ++line;
        if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t') {
            faults.push_back({line, "", "a control character, expected plain UTF-8 text"});
            return {};
        }
    }
    Builder builder(faults);
    // yaml-cpp reports by throwing.
    try {
        std::istringstream stream{std::string(yaml)};
        YAML::Parser parser(stream);
        if (!parser.HandleNextDocument(builder)) {
            faults.push_back({1, "", "empty, expected a policy that begins with \"version: 1\""});
            return {};
        }
        std::vector<Fault> ignored;
        Builder second(ignored);
        if (parser.HandleNextDocument(second)) faults.push_back({line_of_second(yaml), "", "a second document behind a line of ---, expected only one"});
    } catch (const TooMuch& reason) { faults.push_back({reason.line, "", reason.what}); } catch (const YAML::Exception& error) {
        faults.push_back({error.mark.line < 0 ? 1 : error.mark.line + 1, "", "not YAML: " + printable(error.msg, 160)});
    }
    return builder.take();
}

}  // namespace anteroom::policy
