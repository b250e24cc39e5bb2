// A directory for one test, gone afterwards, and a database within it.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "broker/store/database.h"

namespace anteroom::testing {

class TemporaryDirectory {
public:
    TemporaryDirectory() {
        std::string pattern = (std::filesystem::temp_directory_path() / "anteroom-test-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) std::abort();
        path_ = pattern;
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    std::string file(const std::string& name) const { return path_ + "/" + name; }
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

inline Time start_of_tests() { return from_micros(1'767'600'000'000'000); }  // 2026-01-05T08:00:00Z

// The value, or the test ends with the error's text.
template <class T>
T must(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().detail);
    return std::move(*result);
}
inline void must(Status status) {
    if (!status) throw std::runtime_error(status.error().detail);
}
template <class T>
ErrorKind kind_of(const Result<T>& result) {
    return result ? throw std::runtime_error("no error") : result.error().kind;
}

class WithDatabase : public ::testing::Test {
protected:
    std::string address() const { return "sqlite:" + directory.file("anteroom.db"); }

    TemporaryDirectory directory;
    ManualClock clock{start_of_tests()};
    store::Database database = must(store::Database::open(address(), clock));
};

}  // namespace anteroom::testing
