// Plays the broker to one anteroom-ssh, as its standard input says, and tells on its standard output what the worker said.
//   scripted_broker WORKER TARGET_PORT RECORDING     prints "port N", takes one client, lets in whoever comes (`asked` after a question)
//   talk 0|1 | say TEXT | ask N 0|1 PROMPT | refuse 0|1 TEXT | permit EXPIRES DEADLINE IDLE EXTENDABLE NOTICE (ms from now)
//   tell 0|1 TEXT | change EXPIRES DEADLINE TEXT | terminate TEXT | quit        in a TEXT "\n" is a line's end
// At the end: the recording's events, one a line.
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <iostream>
#include <sstream>

#include "broker/control/link.h"
#include "broker/identity/private_key.h"
#include "recorder/create.h"
#include "recorder/reader.h"

using namespace anteroom;

namespace {

void out(const std::string& line) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
}

[[noreturn]] void give_up(const std::string& why) {
    out("failed " + why);
    std::_Exit(1);
}

template <class T>
T must(Result<T> result) {
    if (!result) give_up(result.error().detail);
    return std::move(*result);
}
void must(Status status) {
    if (!status) give_up(status.error().detail);
}

std::string pem(const Secret& pkcs8) { return "-----BEGIN PRIVATE KEY-----\n" + base64(pkcs8.expose()) + "\n-----END PRIVATE KEY-----\n"; }

Fd tcp(std::uint16_t port, bool listen) {
    Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    if (listen ? ::bind(fd.get(), raw, sizeof address) != 0 || ::listen(fd.get(), 1) != 0 : ::connect(fd.get(), raw, sizeof address) != 0)
        give_up("no connection");
    return fd;
}

class Broker {
public:
    Broker(std::string worker, std::uint16_t target, std::string recording)
        : worker_(std::move(worker)), recording_(std::move(recording)), target_(target), key_(must(identity::PrivateKey::generate(ecdsa))) {}

    void run() {
        const Fd listening = tcp(0, true);
        sockaddr_in address{};
        socklen_t size = sizeof address;
        ::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&address), &size);
        out("port " + std::to_string(ntohs(address.sin_port)));
        Fd client(::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC));
        start(std::move(client));
        serve();
        ::waitpid(child_, nullptr, 0);
        if (permitted_) print_recording();
        out("done");
    }

private:
    static constexpr auto ecdsa = identity::PrivateKey::Kind::ecdsa_p256;

    void start(Fd client) {
        auto pair = must(control::make_pair());
        link_ = control::Link(std::move(pair.first), control::Sender::broker, control::Sender::worker);
        child_ = ::fork();
        if (child_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            const int high_client = ::fcntl(client.get(), F_DUPFD, 20), high_link = ::fcntl(pair.second.get(), F_DUPFD, 20);
            ::dup2(high_client, 3);
            ::dup2(high_link, 4);
            for (int fd = 5; fd < 64; ++fd) ::close(fd);
            char* const arguments[] = {worker_.data(), nullptr};
            char* const environment[] = {nullptr};
            ::execve(worker_.c_str(), arguments, environment);
            ::_exit(127);
        }
        must(set_nonblocking(link_.fd()));
    }

    void serve() {
        while (link_) {
            pollfd fds[] = {{link_.fd(), POLLIN, 0}, {ended_ ? -1 : STDIN_FILENO, POLLIN, 0}};
            ::poll(fds, 2, -1);
            if (fds[0].revents != 0) hear();
            if (fds[1].revents != 0) obey();
        }
    }

    void obey() {
        char buffer[4096];
        const auto size = ::read(STDIN_FILENO, buffer, sizeof buffer);
        if (size <= 0) std::_Exit(0);
        orders_.append(buffer, static_cast<std::size_t>(size));
        for (auto end = orders_.find('\n'); end != std::string::npos; end = orders_.find('\n')) {
            carry_out(orders_.substr(0, end));
            orders_.erase(0, end + 1);
        }
    }

    static std::string rest_of(std::istringstream& words) {
        std::string text;
        std::getline(words >> std::ws, text);
        for (auto at = text.find("\\n"); at != std::string::npos; at = text.find("\\n", at)) text.replace(at, 2, "\n");
        return text;
    }
    static std::int64_t from_now(std::int64_t ms) { return (MonotonicClock::now() + std::chrono::milliseconds(ms)).time_since_epoch().count(); }

    void carry_out(const std::string& order) {
        std::istringstream words(order);
        std::string verb;
        std::int64_t a = 0, b = 0, c = 0;
        int flag = 0;
        words >> verb;
        if (verb == "talk") {
            words >> flag;
            must(link_.send(control::BeginTalk{flag != 0}));
            link_.enter(control::talking);
        } else if (verb == "say") {
            must(link_.send(control::Say{rest_of(words)}));
        } else if (verb == "ask") {
            words >> a >> flag;
            must(link_.send(control::AskLine{static_cast<std::uint32_t>(a), rest_of(words) + (words ? " " : ""), flag != 0}));
        } else if (verb == "refuse") {
            words >> flag;
            must(link_.send(control::SessionRefusal{rest_of(words), flag != 0}));
            link_.enter(control::accepted);
        } else if (verb == "permit") {
            words >> a >> b >> c >> flag;
            permit(a, b, c, flag != 0, rest_of(words));
        } else if (verb == "tell") {
            words >> flag;
            must(link_.send(control::Tell{rest_of(words), flag != 0}));
        } else if (verb == "change") {
            words >> a >> b;
            must(link_.send(control::ChangeEnd{from_now(a), from_now(b), rest_of(words)}));
        } else if (verb == "terminate") {
            must(link_.send(control::Terminate{rest_of(words)}));
        } else {
            std::_Exit(0);
        }
    }

    void permit(std::int64_t expires, std::int64_t deadline, std::int64_t idle, bool extendable, const std::string& notice) {
        ::unlink(recording_.c_str());
        Fd file = must(open_file(recording_, O_RDWR | O_CREAT | O_APPEND));
        const auto first = crypto::p256_generate(), second = crypto::p256_generate();
        signer_ = crypto::ed25519_generate().public_key;
        const std::string id = random_id();
        auto made = must(recorder::create(
            file.get(),
            {id, random_id(), 0, SystemClock().now(), {to_bytes(View(first.public_key)), to_bytes(View(second.public_key))}, to_bytes(View(signer_))}));
        data_key_ = std::move(made.data_key);
        control::SessionPermit permit;
        permit.session = SessionId(random_id());
        permit.person = "alice";
        permit.target = "mri-3";
        permit.account = "service";
        permit.allow = {"shell", "exec", "env"};
        permit.expires = from_now(expires);
        permit.deadline = from_now(deadline);
        permit.extendable = extendable;
        permit.idle = std::chrono::milliseconds(idle);
        permit.started = SystemClock().now();
        permit.recording = id;
        permit.keys = std::move(made.keys);
        permit.bulk_limit = 1u << 20;
        permit.notice = notice;
        permit.help = "Help: call 4711.";
        const Fd target = tcp(target_, false);
        must(set_nonblocking(target.get()));
        const int fds[] = {target.get(), file.get()};
        must(link_.send(permit, fds));
        link_.enter(control::permitted);
        permitted_ = true;
    }

    void hear() {
        while (true) {
            auto packet = link_.receive();
            if (!packet) {
                if (packet.error().kind == ErrorKind::timeout) return;
                out("gone " + packet.error().detail);
                return link_.close();
            }
            take(*packet);
        }
    }

    void take(const control::Packet& packet) {
        if (packet.is<control::WorkerHello>()) {
            control::WorkerWelcome welcome;
            const auto placeholder = must(must(identity::PrivateKey::generate(ecdsa)).to_secret());
            welcome.host_keys.push_back({"ecdsa-sha2-nistp256", key_.public_blob(), to_bytes(pem(placeholder))});
            welcome.max_channels = 8;
            welcome.deadline = from_now(20000);
            must(link_.send(welcome));
            link_.enter(control::open);
        } else if (packet.is<control::SignExchange>()) {
            const auto request = must(packet.as<control::SignExchange>());
            must(link_.send(control::ExchangeSignature{must(key_.sign(request.hash, request.algorithm))}));
            if (link_.state() == control::open) link_.enter(control::exchanged);
        } else if (packet.is<control::LoginStep>()) {
            const auto step = must(packet.as<control::LoginStep>());
            out("login " + step.client_version);
            control::LoginAnswer answer;
            if (step.user == "asked" && step.method != control::LoginMethod::answers) {
                answer.verdict = step.method == control::LoginMethod::interactive ? control::LoginVerdict::prompt : control::LoginVerdict::refused;
                answer.methods = {"keyboard-interactive"};
                answer.prompts = {{"Request 42 sent; press Enter to look again: ", true}};
                answer.deadline = from_now(60000);
                must(link_.send(answer));
                return;
            }
            answer.verdict = control::LoginVerdict::accepted;
            must(link_.send(answer));
            link_.enter(control::accepted);
        } else if (packet.is<control::OpenSession>()) {
            link_.enter(control::opening);
            out("open");
        } else if (packet.is<control::TargetIdentity>()) {
            must(link_.send(control::TargetVerdict{true, {}, ""}));
        } else if (packet.is<control::TargetReady>()) {
            const auto ready = must(packet.as<control::TargetReady>());
            if (ready.ready) link_.enter(control::live);
            out(ready.ready ? "ready" : "target " + ready.why);
        } else if (packet.is<control::CommitRecording>()) {
            must(link_.send(control::Committed{must(packet.as<control::CommitRecording>()).upto.count}));
        } else if (packet.is<control::EndSession>()) {
            ended_ = true;
            out("end " + must(packet.as<control::EndSession>()).reason);
            link_.enter(control::ended);
            must(link_.send(control::SessionSealed{}));
        } else {
            tell_of(packet);
        }
    }

    static void tell_of(const control::Packet& packet) {
        if (packet.is<control::Audience>()) {
            const auto one = must(packet.as<control::Audience>());
            const char* uses[] = {"shell", "exec", "subsystem"};
            out(std::string("audience ") + uses[static_cast<int>(one.use)] + " " + (one.terminal ? "terminal" : "plain") + " " + std::to_string(one.columns) +
                "x" + std::to_string(one.rows) + " " + one.command);
        } else if (packet.is<control::TypedLine>()) {
            const auto one = must(packet.as<control::TypedLine>());
            out("typed " + std::to_string(one.number) + " " + (one.left ? "left" : "'" + std::string(one.text.expose_text()) + "'"));
        } else if (packet.is<control::CapabilityNote>()) {
            const auto one = must(packet.as<control::CapabilityNote>());
            out(std::string("note ") + (one.allowed ? "allowed " : "refused ") + one.kind + " " + one.detail);
        } else {
            out("message " + std::string(packet.name()));
        }
    }

    void print_recording() const {
        auto reader = must(recorder::Reader::open(must(open_file(recording_, O_RDONLY)), data_key_.expose(), signer_, true));
        while (true) {
            const auto piece = must(reader.next());
            if (!piece) return;
            for (const auto& event : piece->events)
                out("event " + std::to_string(static_cast<int>(event.track)) + " " + std::to_string(event.kind) + " " + std::to_string(event.channel) + " " +
                    printable(to_string(event.bytes), 4000));
        }
    }

    std::string worker_, recording_, orders_;
    std::uint16_t target_;
    identity::PrivateKey key_;
    control::Link link_;
    pid_t child_ = -1;
    Secret data_key_;
    decltype(crypto::ed25519_generate().public_key) signer_{};
    bool permitted_ = false, ended_ = false;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    std::signal(SIGPIPE, SIG_IGN);
    std::uint16_t port = 0;
    std::istringstream(argv[2]) >> port;
    Broker(argv[1], port, argv[3]).run();
}
