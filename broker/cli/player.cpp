// Sleeping with an ear on the keyboard.
#include "broker/cli/player.h"

#include <boost/json.hpp>
#include <poll.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <ctime>

#include "broker/cli/render.h"

namespace anteroom::cli {

namespace {

constexpr const char* ended_by_viewer = "ended by the viewer";

// Keys come at once and unseen while this lives.
class Keyboard {
public:
    Keyboard() : on_(::isatty(STDIN_FILENO) == 1 && ::tcgetattr(STDIN_FILENO, &before_) == 0) {
        if (!on_) return;
        termios quiet = before_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
        ::tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
    }
    Keyboard(const Keyboard&) = delete;
    Keyboard& operator=(const Keyboard&) = delete;
    ~Keyboard() {
        if (on_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    }
    int fd() const { return on_ ? STDIN_FILENO : -1; }

private:
    termios before_{};
    bool on_;
};

// Signals as a descriptor, so that ending is an ordinary way out and everything is restored.
class Stop {
public:
    Stop() {
        sigset_t stops;
        sigemptyset(&stops);
        for (int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&stops, signal);
        ::sigprocmask(SIG_BLOCK, &stops, &before_);
        fd_ = Fd(::signalfd(-1, &stops, SFD_CLOEXEC | SFD_NONBLOCK));
    }
    Stop(const Stop&) = delete;
    Stop& operator=(const Stop&) = delete;
    ~Stop() {
        signalfd_siginfo info{};
        while (::read(fd_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) continue;
        ::sigprocmask(SIG_SETMASK, &before_, nullptr);
    }
    int fd() const { return fd_.get(); }

private:
    sigset_t before_{};
    Fd fd_;
};

enum class Heard { nothing, pause, end };

Heard listen(const Keyboard& keyboard, const Stop& stop, std::optional<Duration> limit) {
    pollfd fds[] = {{stop.fd(), POLLIN, 0}, {keyboard.fd(), POLLIN, 0}};
    timespec wait{};
    if (limit) wait = {limit->count() / 1000000, limit->count() % 1000000 * 1000};
    if (::ppoll(fds, 2, limit ? &wait : nullptr, nullptr) <= 0) return Heard::nothing;
    if (fds[0].revents != 0) return Heard::end;
    char key = 0;
    if (::read(keyboard.fd(), &key, 1) != 1) return Heard::end;
    return key == 'q' || key == 'Q' ? Heard::end : key == ' ' ? Heard::pause : Heard::nothing;
}

Status sleep_listening(const Keyboard& keyboard, const Stop& stop, Duration length) {
    Monotonic end = MonotonicClock::now() + length;
    while (true) {
        const Duration left = end - MonotonicClock::now();
        if (left.count() <= 0) return ok();
        switch (listen(keyboard, stop, left)) {
            case Heard::nothing: break;
            case Heard::end: return fail(ErrorKind::timeout, ended_by_viewer);
            case Heard::pause:
                Heard next = Heard::nothing;
                while (next == Heard::nothing) next = listen(keyboard, stop, std::nullopt);
                if (next == Heard::end) return fail(ErrorKind::timeout, ended_by_viewer);
                end = MonotonicClock::now() + left;
        }
    }
}

Status write_json(const boost::json::object& line) {
    const std::string text = boost::json::serialize(line) + "\n";
    return write_all(STDOUT_FILENO, view(text));
}

recorder::FollowTo as_json() {
    const auto line = [](Duration at, std::uint32_t channel) {
        return boost::json::object{{"at", static_cast<double>(at.count()) / 1e6}, {"channel", channel}};
    };
    return {{},
            [line](Duration at, std::uint32_t channel, std::string_view text) {
                auto object = line(at, channel);
                object["text"] = text;
                return write_json(object);
            },
            [line](Duration at, std::uint32_t channel, std::string_view note) {
                auto object = line(at, channel);
                object["note"] = note;
                return write_json(object);
            }};
}

recorder::FollowTo as_text() {
    return {{},
            [](Duration, std::uint32_t, std::string_view text) { return write_all(STDOUT_FILENO, view(text)); },
            [](Duration, std::uint32_t channel, std::string_view note) {
                print_problem("channel " + std::to_string(channel) + ": " + std::string(note));
                return ok();
            }};
}

}  // namespace

Status print_lines(recorder::Reader& reader, Duration from, bool json) {
    recorder::EventLines lines([&](const recorder::EventLine& line) -> Status {
        // The counts of a minute are told behind it.
        if (line.at < from && !(line.what == "input" && line.at + std::chrono::minutes(1) > from)) return ok();
        if (json) return write_json({{"at", static_cast<double>(line.at.count()) / 1e6}, {"what", line.what}, {"text", line.text}});
        const std::string text = recorder::moment_text(line.at) + "  " + std::string(line.what) + ": " + line.text + "\n";
        return write_all(STDOUT_FILENO, view(text));
    });
    while (true) {
        const auto piece = TRY(reader.next());
        if (!piece) return lines.finish();
        for (const auto& event : piece->events) TRY(lines.event(event));
    }
}

Status watch_on_terminal(recorder::Reader& reader, const WatchOptions& options) {
    const Keyboard keyboard;
    const Stop stop;
    auto to = options.json ? as_json() : as_text();
    to.wait = [&](Duration length) { return sleep_listening(keyboard, stop, length); };
    auto watched = recorder::Follower(to, options.channel).run(reader);
    if (!options.json && ::isatty(STDOUT_FILENO) == 1) TRY(write_all(STDOUT_FILENO, view("\r\n")));
    const bool left = !watched && watched.error().detail == ended_by_viewer;
    if (!watched && !left) return watched;
    const std::string why = left ? "the session goes on, unwatched" : "the session has ended";
    if (options.json) return write_json({{"ended", !left}, {"sentence", why}});
    print_problem(why);
    return ok();
}

Status play_on_terminal(recorder::Reader& reader, const recorder::PlayOptions& options) {
    const Keyboard keyboard;
    const Stop stop;
    const recorder::PlayTo to{
        [&](Duration length) { return sleep_listening(keyboard, stop, length); },
        [](std::string_view text) { return write_all(STDOUT_FILENO, view(text)); },
    };
    auto played = recorder::play(reader, options, to);
    if (::isatty(STDOUT_FILENO) == 1) TRY(write_all(STDOUT_FILENO, view("\r\n")));
    if (!played && played.error().detail == ended_by_viewer) return ok();
    return played;
}

}  // namespace anteroom::cli
