// Inside policy/: typed reading of the tree. A map is read by a table of rows, one a key; what has no row is an unknown key.
// Each reader either returns a value or notes a fault with line and path; reading goes on, so that one pass finds all.
#pragma once

#include <functional>
#include <initializer_list>

#include "policy/document.h"
#include "policy/tree.h"

namespace anteroom::policy {

// A place in the file. The node lives as long as the tree.
struct At {
    const Node* node;
    std::string path;
    At item(std::size_t index) const { return {&node->items[index], path + "[" + std::to_string(index) + "]"}; }
};

class Reader {
public:
    explicit Reader(std::vector<Fault>& faults) : faults_(faults) {}

    void fault(const At& at, std::string what) { faults_.push_back({at.node->line, at.path, std::move(what)}); }
    void warn(const At& at, std::string what) { warnings_.push_back({at.node->line, at.path, std::move(what)}); }
    const std::vector<Fault>& warnings() const { return warnings_; }

    enum class Need { optional, required };
    struct Row {
        const char* key;
        Need need;
        std::function<void(const At&)> read;
    };
    void map(const At& at, std::initializer_list<Row> rows);
    // A map whose keys are chosen by its author.
    void named(const At& at, const char* expected, const std::function<void(const std::string& key, const At&)>& each);
    void list(const At& at, const char* expected, const std::function<void(const At&)>& each);

    std::optional<std::string> text(const At& at, std::size_t limit = 512);
    std::optional<std::string> name(const At& at);
    std::optional<int> integer(const At& at, int least, int most);
    std::optional<bool> boolean(const At& at);
    std::optional<Duration> duration(const At& at);
    std::optional<Day> day(const At& at);
    std::optional<std::size_t> choice(const At& at, std::initializer_list<const char*> words);  // the index

    std::optional<Subject> subject(const At& at);
    Subjects subjects(const At& at);
    std::vector<std::string> capabilities(const At& at, bool forbidding);
    Selector selector(const At& at);
    std::optional<Schedule> schedule(const At& at);
    std::optional<Otherwise> otherwise(const At& at);
    std::optional<bool> mfa(const At& at);  // {self_enrolled: required|off}

    // What needs the whole document waits until it is there.
    void later(std::function<void(const Document&)> check) { later_.push_back(std::move(check)); }
    void run_later(const Document& document);

private:
    std::optional<std::string> scalar(const At& at, const char* expected);
    std::optional<std::uint8_t> days(const At& at);
    void hours(const At& at, Schedule& out);
    void selected_targets(const At& at, Selector& out);
    void selected_labels(const At& at, Selector& out);
    void check_selector(const At& at, const Selector& selector);

    std::vector<Fault>& faults_;
    std::vector<Fault> warnings_;
    std::vector<std::function<void(const Document&)>> later_;
};

// Stores a value that was read, leaves the default where it could not be.
template <class T, class U>
void set(T& to, std::optional<U>&& value) {
    if (value) to = std::move(*value);
}

// parse_rules.cpp
void read_rules(Reader& reader, const At& at, Document& out);
void read_reviewers(Reader& reader, const At& at, Document& out);
void read_break_glass(Reader& reader, const At& at, Document& out);
// parse_targets.cpp
void read_targets(Reader& reader, const At& at, Document& out);

}  // namespace anteroom::policy
