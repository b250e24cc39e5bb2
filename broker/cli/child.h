// One program that is kept running: started, started again when it dies (after 200 ms, doubling to 5 s), and ended in order.
// It ends with this process, whatever happens to it.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace anteroom::cli {

std::string own_folder();  // where this program's file is: the others are beside it

class Child {
public:
    explicit Child(std::vector<std::string> command) : command_(std::move(command)) {}
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child();

    bool running() const { return pid_ > 0; }
    Status start();
    Status start_when_due();
    struct End {
        int status = -1;  // -1: by a signal
        std::string text;
    };
    std::optional<End> reap();                          // does not wait
    void end(Duration patience, int signal = SIGTERM);  // and SIGKILL when it has not gone by then

private:
    std::vector<std::string> command_;
    pid_t pid_ = -1;
    Monotonic started_{}, due_{};
    Duration backoff_{};
};

}  // namespace anteroom::cli
