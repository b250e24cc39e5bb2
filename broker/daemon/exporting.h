// Exporting: the broker's hand on anteroom-exporter, which writes one recording into a pipe as what leaves the house. It is started when
// the record of the export stands; one that fails or is cut short gets a record of that too.
#pragma once

#include <functional>
#include <map>

#include "broker/console/watches.h"
#include "broker/daemon/child.h"
#include "broker/installation/installation.h"

namespace anteroom::daemon {

class Exporting {
public:
    // `program`: anteroom-exporter's path.
    Exporting(boost::asio::io_context& io, installation::Installation& here, std::string program) : io_(io), here_(here), program_(std::move(program)) {}

    // `sentence`: empty when everything is in the pipe. It is called once, later, unless stop() was before.
    using Done = std::function<void(const std::string& sentence)>;
    // The pipe's end to read from.
    Result<Fd> start(console::Watches::Exported what, Done done);
    // What is not whole never will be: `why` is for the record. Unknown keys are no matter.
    void stop(std::uint64_t key, const std::string& why);

private:
    struct Job {
        SessionId session;
        PersonId person;
        std::string format;
        Fd slot;
        std::unique_ptr<Child> process;
        Done done;
    };
    void ended(std::uint64_t key, const std::string& how);
    void record_failure(const Job& job, const std::string& why);

    boost::asio::io_context& io_;
    installation::Installation& here_;
    std::string program_;
    std::map<std::uint64_t, Job> jobs_;
};

}  // namespace anteroom::daemon
