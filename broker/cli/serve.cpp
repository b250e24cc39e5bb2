// anteroom serve: the programs of an installation in one terminal: broker, gateway, the web server where there is a console, and the courier where
// there are alerts to carry. One that dies is started again; at the end the broker goes first, so that it can end and seal the sessions while the gateway still
// keeps their workers.
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "broker/cli/child.h"
#include "broker/cli/client.h"
#include "broker/cli/listening.h"
#include "broker/cli/render.h"
#include "broker/installation/config.h"

namespace anteroom::cli {

namespace {

constexpr int bad_configuration = 2;  // how the broker exits then
constexpr Duration broker_may_take = std::chrono::seconds(5), gateway_may_take = std::chrono::seconds(2), courier_may_take = std::chrono::seconds(1),
                   web_may_take = std::chrono::seconds(1), look_every = std::chrono::milliseconds(50);

Result<Fd> lock(const std::string& dir) {
    const auto path = dir + "/run/serve.lock";
    auto file = open_file(path, O_RDWR | O_CREAT, 0600);
    if (!file && file.error().kind == ErrorKind::not_found)
        return fail(ErrorKind::not_found, dir + " is no installation; `anteroom init --dir " + dir + "` makes one");
    if (!file) return file;
    if (::flock(file->get(), LOCK_EX | LOCK_NB) != 0) return fail(ErrorKind::conflict, "another `anteroom serve` is running for " + dir);
    return file;
}

Result<installation::Config> configuration(const std::string& dir) {
    const auto path = dir + "/anteroom.yaml";
    auto text = read_file(path);
    if (!text && text.error().kind == ErrorKind::not_found)
        return fail(ErrorKind::not_found, path + " is not there; `anteroom init --dir " + dir + "` makes an installation");
    if (!text) return fail(text.error());
    return installation::parse_config(to_string(*text), path);
}

Fd watched_signals() {
    sigset_t watched;
    sigemptyset(&watched);
    for (int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&watched, signal);
    ::sigprocmask(SIG_BLOCK, &watched, nullptr);
    return Fd(::signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
}

class House {
public:
    House(const Given& given, const installation::Config& config, const std::string& programs)
        : given_(given),
          address_(config.ssh_listen),
          console_(config.web.on() ? config.web.reached_at() : ""),
          console_listens_(config.web.listen),
          alerts_(!config.alerts.empty()),
          broker_({programs + "/anteroom-broker", "--dir", given.dir}),
          gateway_({programs + "/anteroom-gateway", "--control", given.dir + "/run/gateway.sock"}),
          courier_({programs + "/anteroom-courier", "--dir", given.dir}),
          web_({programs + "/anteroom-web", "--dir", given.dir}),
          signals_(watched_signals()) {}

    Result<int> run() {
        TRY(broker_.start());
        while (!stopping_) {
            wait();
            if (const auto status = reap(); status == bad_configuration) return give_up();
            TRY(broker_.start_when_due());
            if (!gateway_wanted_ && broker_is_running(given_)) gateway_wanted_ = true;
            if (gateway_wanted_) TRY(gateway_.start_when_due());
            if (gateway_wanted_ && alerts_) TRY(courier_.start_when_due());
            if (gateway_wanted_ && has_console()) TRY(web_.start_when_due());
            say_when_ready();
        }
        print_problem("stopping; sessions are ended first");
        stop();
        return 0;
    }

private:
    // Until a signal comes, or something has to be looked at.
    void wait() {
        pollfd fd{signals_.get(), POLLIN, 0};
        const bool settled =
            ready_ && broker_.running() && gateway_.running() && (!alerts_ || courier_.running()) && (!has_console() || (web_.running() && console_told_));
        ::poll(&fd, 1, settled ? 5000 : static_cast<int>(look_every / std::chrono::milliseconds(1)));
        signalfd_siginfo info{};
        while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info))
            stopping_ = stopping_ || static_cast<int>(info.ssi_signo) != SIGCHLD;
    }

    // The broker's exit status, when it is the one that ended.
    std::optional<int> reap() {
        std::optional<int> broker_status;
        if (const auto end = broker_.reap()) {
            broker_status = end->status;
            if (end->status != bad_configuration && !stopping_) print_problem("the broker ended (" + end->text + "); it is started again");
        }
        if (const auto end = gateway_.reap(); end && !stopping_) print_problem("the gateway ended (" + end->text + "); it is started again");
        if (const auto end = courier_.reap(); end && !stopping_) print_problem("the courier ended (" + end->text + "); it is started again");
        if (const auto end = web_.reap(); end && !stopping_) print_problem("the console's web server ended (" + end->text + "); it is started again");
        return broker_status;
    }

    bool has_console() const { return !console_.empty(); }

    void say_when_ready() {
        if (has_console() && !console_told_ && web_.running() && somebody_listens(console_listens_)) {
            console_told_ = true;
            print_line("console: " + console_);
            std::fflush(stdout);
        }
        if (ready_ || !gateway_.running() || !somebody_listens(address_)) return;
        ready_ = true;
        print_line("serving on " + address_);
        std::fflush(stdout);
    }

    Result<int> give_up() {
        web_.end(web_may_take);
        gateway_.end(gateway_may_take);
        courier_.end(courier_may_take);
        return fail(ErrorKind::invalid, "the broker does not start as things are (it says why above); mend that, and `anteroom doctor` looks for more");
    }

    void stop() {
        web_.end(web_may_take);                // nobody decides anything any more
        broker_.end(broker_may_take, SIGINT);  // it ends the sessions first; SIGTERM would leave them for the next broker
        gateway_.end(gateway_may_take);
        courier_.end(courier_may_take);  // what it had in hand waits in the outbox
    }

    const Given& given_;
    std::string address_;
    const std::string console_, console_listens_;  // empty: none
    const bool alerts_;
    Child broker_, gateway_, courier_, web_;
    Fd signals_;
    bool stopping_ = false, gateway_wanted_ = false, ready_ = false, console_told_ = false;
};

}  // namespace

Result<int> run_serve(const Verb&, Given& given) {
    const auto config = TRY(configuration(given.dir));
    const auto& address = config.ssh_listen;
    const auto held = TRY(lock(given.dir));
    if (broker_is_running(given)) return fail(ErrorKind::conflict, "a broker is running for " + given.dir + " already");
    if (somebody_listens(address))
        return fail(ErrorKind::conflict,
                    "another program listens on " + address + "; end it, or choose another address (`listen: {ssh: ...}` in anteroom.yaml)");
    if (config.web.on() && somebody_listens(config.web.listen))
        return fail(ErrorKind::conflict,
                    "another program listens on " + config.web.listen + "; end it, or choose another address (`listen: {web: ...}` in anteroom.yaml)");
    House house(given, config, own_folder());
    return house.run();
}

}  // namespace anteroom::cli
