// The broker's side of an RDP worker, with a worker that does as the test says: what it may ask, when a password leaves the broker, and
// when it does not.
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "broker/audit/reader.h"
#include "broker/daemon/worker_peer.h"
#include "broker/identity/tls_identity.h"
#include "broker/installation/keystroke_recipient.h"
#include "broker/installation/tickets.h"
#include "tests/unit/installation/scene.h"

namespace anteroom::daemon {
namespace {

using anteroom::testing::must;
using anteroom::testing::start_of_tests;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

class NoGateway final : public GatewayDoor {
public:
    void set_deadline(const WorkerId&, Monotonic, bool, bool) override {}
    void end_worker(const WorkerId&) override { ended = true; }
    void penalize(const std::string&, Duration) override {}
    bool ended = false;
};

// The DER in a PEM certificate.
Bytes der_of(const identity::TlsIdentity& identity) {
    std::string body;
    for (const char c : identity.certificates().substr(identity.certificates().find("-----\n") + 6)) {
        if (c == '-') break;
        if (c != '\n') body += c;
    }
    return must(from_base64(body));
}

class RdpWorker : public installation::testing::WithInstallation {
protected:
    RdpWorker() {
        listen();
        here = opened();
        for (const char* name : {"maya", "dana"}) {
            store::Person person;
            person.name = PersonId(name);
            person.created = clock.now();
            must(here->people.insert(person));
        }
        apply("cart-1", "allow: [rdp:display], access: standing");
        const auto sealed = must(here->ring.seal(vault::purpose::target_password, "cart-1/care", Secret::copy_of("geheim")));
        must(here->target_secrets.put({TargetId("cart-1"), AccountId("care"), "password", sealed, std::nullopt, clock.now()}));
        shared = std::make_unique<Shared>(io, *here, door);
    }
    ~RdpWorker() override {
        if (peer) peer->close();
        peer.reset();
        turn();
        shared->passwords.stop();
        shared->recording_pool.join();
    }

    static const identity::TlsIdentity& target_identity() {
        static const auto made = must(identity::TlsIdentity::make("cart-1", {}, start_of_tests(), 1h));
        return made;
    }
    void listen() {
        target = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof at;
        ASSERT_EQ(::bind(target.get(), reinterpret_cast<sockaddr*>(&at), size), 0);
        ASSERT_EQ(::listen(target.get(), 8), 0);
        ASSERT_EQ(::getsockname(target.get(), reinterpret_cast<sockaddr*>(&at), &size), 0);
        port = ntohs(at.sin_port);
    }
    // The desktop (or another target in its place) with its real pin, and one scanner.
    void apply(const std::string& selected, const std::string& rule, const std::string& account = "{ secret: stored, login: 'HOSP\\care' }") {
        const auto pin = "x509-sha256 " + base64(must(identity::certificate_digest(der_of(target_identity()))));
        must(here->apply_policy("version: 1\ntargets:\n  cart-1:\n    address: 127.0.0.1:" + std::to_string(port) +
                                    "\n    protocol: rdp\n    host_key: " + pin + "\n    labels: { display: lossless }\n    accounts: { care: " + account +
                                    " }\n  mri-3:\n    address: 10.20.3.7:22\n    protocol: ssh\n    host_key: ssh-ed25519 "
                                    "AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS\n    accounts: { care: { secret: none } }\nrules:\n"
                                    "  - { id: see, who: [person:maya], to: { targets: [" +
                                    selected + "] }, " + rule + " }\n",
                                "policy.yaml", "test"));
    }

    void turn() {
        io.restart();
        io.poll();
    }
    void start(const std::string& protocol = "rdp") {
        auto [ours, theirs] = must(control::make_pair());
        worker = control::Link(std::move(theirs), control::Sender::worker, control::Sender::broker);
        must(set_nonblocking(worker.fd()));
        peer = std::make_shared<WorkerPeer>(*shared, control::Link(std::move(ours), control::Sender::broker, control::Sender::worker),
                                            control::WorkerStarted{WorkerId("0123456789abcdef"), protocol, "203.0.113.7", 50000, false});
        peer->start();
        must(worker.send(control::WorkerHello{}));
    }
    template <class Message>
    Message next(std::vector<Fd>* fds = nullptr) {
        for (int i = 0; i < 5000; ++i) {
            turn();
            auto packet = worker.receive();
            if (packet) {
                if (!packet->is<Message>()) throw std::runtime_error("another message: " + std::string(packet->name()));
                if (fds != nullptr) *fds = std::move(packet->fds);
                return must(packet->as<Message>());
            }
            if (packet.error().kind != ErrorKind::timeout) throw std::runtime_error(packet.error().detail);
            std::this_thread::sleep_for(1ms);  // a connection to this machine, or a pool's thread
        }
        throw std::runtime_error("nothing came");
    }
    bool closed() {
        for (int i = 0; i < 100 && peer->is_open(); ++i) turn();
        return !peer->is_open();
    }
    Secret ticket(const char* person = "maya", const char* to = "cart-1") {
        return must(installation::issue_ticket(*here, PersonId(person), TargetId(to), AccountId("care"))).token;
    }
    control::LoginAnswer present(Secret token, const std::string& user = "maya") {
        control::LoginStep step;
        step.method = control::LoginMethod::ticket;
        step.user = user;
        step.password = std::move(token);
        must(worker.send(step));
        return next<control::LoginAnswer>();
    }
    void sign_in(const char* to = "cart-1") {
        start();
        welcome = next<control::WorkerWelcome>();
        worker.enter(control::exchanged);
        ASSERT_EQ(present(ticket("maya", to)).verdict, control::LoginVerdict::accepted);
        worker.enter(control::accepted);
    }
    control::SessionPermit permitted() {
        must(worker.send(control::OpenSession{"xfreerdp"}));
        worker.enter(control::opening);
        std::vector<Fd> fds;
        auto permit = next<control::SessionPermit>(&fds);
        EXPECT_EQ(fds.size(), 2u);
        worker.enter(control::permitted);
        return permit;
    }
    std::string refusal() {
        must(worker.send(control::OpenSession{"xfreerdp"}));
        worker.enter(control::opening);
        return next<control::SessionRefusal>().sentence;
    }
    control::TargetVerdict shown(const std::string& algorithm, Bytes certificate) {
        must(worker.send(control::TargetIdentity{algorithm, std::move(certificate), {}, {}}));
        return next<control::TargetVerdict>();
    }
    int recorded(const std::string& kind) {
        int count = 0;
        audit::Filter filter;
        filter.kind = kind;
        must(here->log->flush());
        must(audit::each_entry(here->database, here->log->chain(), filter, [&](const audit::Entry&) {
            ++count;
            return ok();
        }));
        return count;
    }

    boost::asio::io_context io;
    NoGateway door;
    std::unique_ptr<installation::Installation> here;
    std::unique_ptr<Shared> shared;
    std::shared_ptr<WorkerPeer> peer;
    control::Link worker;
    control::WorkerWelcome welcome;
    Fd target;
    unsigned port = 0;
};

TEST_F(RdpWorker, IsGreetedWithoutHostKeysAndMaySignInAtOnce) {
    sign_in();
    EXPECT_TRUE(welcome.host_keys.empty());
    EXPECT_EQ(welcome.help, here->config.help);
    EXPECT_EQ(recorded("ticket.used"), 1);
    EXPECT_EQ(recorded("login.accepted"), 1);
}

TEST_F(RdpWorker, OfARefusedTicketHearsTheReasonAndMaySignInOtherwise) {
    start();
    (void)next<control::WorkerWelcome>();
    worker.enter(control::exchanged);
    auto token = ticket();
    clock.advance(6min);
    const auto late = present(std::move(token));
    EXPECT_EQ(late.verdict, control::LoginVerdict::refused);
    EXPECT_THAT(late.sentence, HasSubstr("This .rdp file was good until"));
    EXPECT_EQ(recorded("ticket.refused"), 1);
    control::LoginStep step;
    step.method = control::LoginMethod::interactive;
    step.user = "dana";  // whoever sits there now
    must(worker.send(step));
    EXPECT_EQ(next<control::LoginAnswer>().verdict, control::LoginVerdict::prompt);
}

TEST_F(RdpWorker, HasNoSshLogins) {
    for (const auto method : {control::LoginMethod::key_offer, control::LoginMethod::key_signed, control::LoginMethod::password}) {
        start();
        (void)next<control::WorkerWelcome>();
        worker.enter(control::exchanged);
        control::LoginStep step;
        step.method = method;
        step.user = "maya";
        must(worker.send(step));
        EXPECT_TRUE(closed());
    }
}

TEST_F(RdpWorker, HasNoHostKeysToSignWith) {
    sign_in();
    must(worker.send(control::SignExchange{"ssh-ed25519", Bytes(32, 1)}));
    EXPECT_TRUE(closed());
}

TEST_F(RdpWorker, OfSshTakesNoTicket) {
    start("ssh");
    (void)next<control::WorkerWelcome>();
    worker.enter(control::open);
    must(worker.send(control::SignExchange{"ssh-ed25519", Bytes(32, 1)}));
    (void)next<control::ExchangeSignature>();
    worker.enter(control::exchanged);
    control::LoginStep step;
    step.method = control::LoginMethod::ticket;
    step.user = "maya";
    step.password = ticket();
    must(worker.send(step));
    EXPECT_TRUE(closed());
    EXPECT_EQ(recorded("ticket.used"), 0);
}

TEST_F(RdpWorker, IsPermittedADesktopOnItsTerms) {
    sign_in();
    const auto permit = permitted();
    EXPECT_EQ(permit.target, "cart-1");
    EXPECT_EQ(permit.login, control::TargetLogin::password);
    EXPECT_TRUE(permit.host_key_algorithms.empty());
    EXPECT_EQ(permit.desktop.host, "127.0.0.1");
    EXPECT_EQ(permit.desktop.domain, "HOSP");
    EXPECT_EQ(permit.desktop.user, "care");
    EXPECT_TRUE(permit.desktop.lossless);
    EXPECT_TRUE(permit.desktop.filmed);
    EXPECT_FALSE(permit.desktop.clipboard_text);
    EXPECT_EQ(permit.desktop.byte_limit, 64u << 20);
}

TEST_F(RdpWorker, IsToldNotToFilmWherePolicySaysFacts) {
    apply("cart-1", "allow: [rdp:display], access: standing, record: facts, record_clipboard: text");
    sign_in();
    const auto permit = permitted();
    EXPECT_FALSE(permit.desktop.filmed);
    EXPECT_TRUE(permit.desktop.clipboard_text);
    EXPECT_THAT(permit.notice, HasSubstr("not filmed"));
}

TEST_F(RdpWorker, IsGivenTheKeyThatKeystrokesAreSealedToWherePolicySaysSo) {
    const auto pair = crypto::p256_generate();
    must(installation::set_keystroke_recipient(here->settings, pair.public_key));
    apply("cart-1", "allow: [rdp:display], access: standing, keystrokes: sealed");
    sign_in();
    const auto permit = permitted();
    EXPECT_EQ(permit.keystrokes_to, pair.public_key);
    EXPECT_THAT(permit.notice, HasSubstr("keystrokes are kept sealed")) << "the person is told";
    apply("cart-1", "allow: [rdp:display], access: standing");
    sign_in();
    const auto counted = permitted();
    EXPECT_TRUE(counted.keystrokes_to.empty());
    EXPECT_THAT(counted.notice, ::testing::Not(HasSubstr("keystrokes")));
}

TEST_F(RdpWorker, GetsNoSessionWhereKeystrokesAreToBeSealedAndThereIsNoKey) {
    apply("cart-1", "allow: [rdp:display], access: standing, keystrokes: sealed");
    sign_in();
    EXPECT_THAT(refusal(), HasSubstr("there is no key to seal them to"));
    EXPECT_EQ(recorded("session.start"), 0);
    EXPECT_EQ(recorded("secret.used"), 0);
}

TEST_F(RdpWorker, GetsThePasswordForThePinnedCertificateOnce) {
    sign_in();
    (void)permitted();
    const auto verdict = shown("x509", der_of(target_identity()));
    EXPECT_TRUE(verdict.trusted);
    EXPECT_EQ(verdict.password.expose_text(), "geheim");
    EXPECT_EQ(recorded("secret.used"), 1);
    must(worker.send(control::TargetIdentity{"x509", der_of(target_identity()), {}, {}}));
    EXPECT_TRUE(closed()) << "asked again";
    EXPECT_EQ(recorded("secret.used"), 1);
}

TEST_F(RdpWorker, GetsNoPasswordForAnyOtherCertificate) {
    const auto other = must(identity::TlsIdentity::make("cart-1", {}, start_of_tests(), 1h));
    auto longer = der_of(target_identity());
    longer.push_back(0);
    const std::pair<std::string, Bytes> seen[] = {{"x509", der_of(other)},
                                                  {"x509", longer},
                                                  {"x509", {}},
                                                  {"x509", must(identity::certificate_digest(der_of(target_identity())))},
                                                  {"x509-sha256", der_of(target_identity())},
                                                  {"ssh-ed25519", der_of(target_identity())}};
    int count = 0;
    for (const auto& [algorithm, certificate] : seen) {
        sign_in();
        (void)permitted();
        const auto verdict = shown(algorithm, certificate);
        EXPECT_FALSE(verdict.trusted) << algorithm;
        EXPECT_TRUE(verdict.password.empty());
        EXPECT_THAT(verdict.sentence, HasSubstr("The certificate of cart-1 is not the one that is pinned"));
        EXPECT_EQ(recorded("target.key-changed"), ++count);
        EXPECT_EQ(recorded("alarm"), count);
    }
    EXPECT_EQ(recorded("secret.used"), 0);
}

TEST_F(RdpWorker, SendsNothingWhereThePersonLogsOnThere) {
    apply("cart-1", "allow: [rdp:display], access: standing", "{ secret: ask }");
    sign_in();
    EXPECT_EQ(permitted().login, control::TargetLogin::none);
    const auto verdict = shown("x509", der_of(target_identity()));
    EXPECT_TRUE(verdict.trusted);
    EXPECT_TRUE(verdict.password.empty());
    EXPECT_EQ(recorded("secret.used"), 0);
}

TEST_F(RdpWorker, IsRefusedADesktopWithoutTheDisplay) {
    apply("cart-1", "allow: [rdp:clipboard:in], access: standing");
    sign_in();
    EXPECT_THAT(refusal(), HasSubstr("rdp:display"));
}

TEST_F(RdpWorker, IsToldHowAnSshTargetIsReachedAndNotDialled) {
    apply("mri-3", "allow: [shell], access: on-request, approval: { by: [person:dana], max: 1h }");
    sign_in("mri-3");
    EXPECT_THAT(refusal(), HasSubstr("mri-3 is reached by SSH, not by RDP"));
}

TEST_F(RdpWorker, IsToldNothingOfATargetThatThePersonMayNotReach) {
    sign_in("mri-3");
    EXPECT_THAT(refusal(), HasSubstr("You have no access to a target and account of that name."));
}

TEST_F(RdpWorker, UsesNoSshKeyAtADesktop) {
    const auto key = must(identity::PrivateKey::generate(identity::PrivateKey::Kind::ed25519));
    const auto sealed = must(here->ring.seal(vault::purpose::target_key, "cart-1/care", must(key.to_secret())));
    must(here->target_secrets.put({TargetId("cart-1"), AccountId("care"), "key", sealed, key.public_blob(), clock.now()}));
    sign_in();
    EXPECT_THAT(refusal(), HasSubstr("a desktop takes a password"));
}

}  // namespace
}  // namespace anteroom::daemon
