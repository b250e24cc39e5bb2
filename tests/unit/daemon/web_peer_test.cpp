// The web server's channel: greeted with the TLS identity, answered by number, in pieces where an answer is long, given up where it takes
// nothing; streams and watches end with it.
#include "broker/daemon/web_peer.h"

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "broker/console/gate.h"
#include "tests/unit/access/scene.h"

namespace anteroom::daemon {
namespace {

using access::testing::must;

struct NoLive final : admin::Live {
    explicit NoLive(access::Access& over) : over_(over) {}
    std::vector<admin::LiveSession> sessions() override { return {}; }
    Status terminate(const SessionId&, const std::string&) override { return fail(ErrorKind::not_found, "none"); }
    void reconsider() override {}
    access::Access& access() override { return over_; }
    access::Access& over_;
};

class WebChannel : public ::testing::Test {
protected:
    WebChannel() {
        scene.here->web_identity.emplace(must(identity::TlsIdentity::make("console.example", {}, scene.clock.now(), std::chrono::hours(24))));
        auto pair = must(control::make_pair());
        web = control::Link(std::move(pair.second), control::Sender::web, control::Sender::broker);
        must(set_nonblocking(web.fd()));
        peer = std::make_shared<WebPeer>(io, control::Link(std::move(pair.first), control::Sender::broker, control::Sender::web), *scene.here, gate, exporting,
                                         [this] { ++gone; });
        peer->start();
    }
    void run() {
        io.restart();
        io.poll();
    }
    // The next message, once the broker has had its turn.
    Result<control::Packet> next() {
        run();
        return web.receive();
    }
    void greet() {
        must(web.send(control::WebHello{}));
        const auto packet = must(next());
        ASSERT_TRUE(packet.is<control::WebWelcome>());
        ASSERT_EQ(packet.fds.size(), 1u);
        web.enter(control::open);
    }
    control::WebCall call(std::uint64_t number, const std::string& path) {
        control::WebCall out;
        out.number = number;
        out.method = "GET";
        out.path = path;
        out.source = "192.0.2.1";
        return out;
    }
    Secret token_of(const std::string& person) { return must(gate.sessions().mint(PersonId(person), false, "password+code", "192.0.2.1", "test")).token; }

    boost::asio::io_context io;
    access::testing::Scene scene;
    NoLive live{*scene.access};
    console::Gate gate{*scene.here, live, {}};
    Exporting exporting{io, *scene.here, "/bin/true"};  // an exporter that writes nothing, well
    control::Link web;
    std::shared_ptr<WebPeer> peer;
    int gone = 0;
};

TEST_F(WebChannel, SpeaksToNobodyWhoHasNotGreeted) {
    web.enter(control::open);  // a web server that holds itself greeted
    must(web.send(call(1, "/api/site")));
    run();
    EXPECT_EQ(gone, 1);
}

TEST_F(WebChannel, RefusesAnotherVersion) {
    must(web.send(control::WebHello{99}));
    run();
    EXPECT_EQ(gone, 1);
}

TEST_F(WebChannel, AnswersByNumber) {
    greet();
    must(web.send(call(7, "/api/nothing")));
    must(web.send(call(8, "/api/me")));
    const auto first = must(must(next()).as<control::WebAnswer>());
    EXPECT_EQ(first.number, 7u);
    EXPECT_EQ(first.status, 404);
    const auto second = must(must(next()).as<control::WebAnswer>());
    EXPECT_EQ(second.number, 8u);
    EXPECT_EQ(second.status, 401);
}

TEST_F(WebChannel, SendsALongAnswerInPieces) {
    scene.apply(access::testing::hospital + "console: { audit: [person:dana] }\n");
    for (int i = 0; i < 100; ++i) must(scene.here->log->append({audit::Kind::alarm, "", "", "", {{"what", std::string(4000, 'x')}}}));
    greet();
    auto asked = call(9, "/api/audit");
    asked.query = "kind=alarm&limit=100";
    asked.session = token_of("dana");
    must(web.send(asked));
    std::string text;
    int pieces = 0;
    for (bool more = true; more; ++pieces) {
        const auto part = must(must(next()).as<control::WebAnswer>());
        EXPECT_EQ(part.number, 9u);
        EXPECT_EQ(part.status, 200);
        EXPECT_LE(part.json.size(), WebPeer::piece);
        text += part.json;
        more = part.more;
    }
    EXPECT_GE(pieces, 5);
    boost::system::error_code error;
    const auto page = boost::json::parse(text, error);
    ASSERT_FALSE(error);
    EXPECT_EQ(page.as_object().at("records").as_array().size(), 100u);
}

TEST_F(WebChannel, KeepsAnswersForAWebServerThatIsSlowAndGivesUpOneThatTakesNothing) {
    greet();
    int sent = 0;
    for (; sent < 2000 && gone == 0; ++sent) {
        auto asked = web.send(call(static_cast<std::uint64_t>(sent) + 1, "/api/openapi.json"));
        if (!asked) break;
        run();
    }
    EXPECT_EQ(gone, 1);
    EXPECT_GT(sent, 100) << "it waits for a while";
}

TEST_F(WebChannel, StreamsEventsUntilTheBrowserLeaves) {
    greet();
    control::WebListen listen;
    listen.number = 3;
    listen.session = token_of("sam");
    must(web.send(listen));
    const auto hello = must(must(next()).as<control::WebEvent>());
    EXPECT_EQ(hello.number, 3u);
    EXPECT_EQ(hello.topic, "hello");
    gate.events().policy();
    EXPECT_EQ(must(must(next()).as<control::WebEvent>()).topic, "policy");
    must(web.send(control::WebOver{3, ""}));
    run();
    EXPECT_EQ(gate.events().streams(), 0u);
}

TEST_F(WebChannel, EndsAStreamWhoseSessionIsOverAndRefusesOneOfNobody) {
    greet();
    control::WebListen listen;
    listen.number = 3;
    listen.session = token_of("sam");
    must(web.send(listen));
    must(next());
    must(scene.here->people.set_disabled(PersonId("sam"), true));
    gate.events().people();
    const auto end = must(must(next()).as<control::WebEnd>());
    EXPECT_EQ(end.number, 3u);
    listen.number = 4;
    must(web.send(listen));
    EXPECT_EQ(must(must(next()).as<control::WebAnswer>()).status, 401);
    control::WebWatch watch;
    watch.number = 5;
    must(web.send(watch));
    EXPECT_EQ(must(must(next()).as<control::WebAnswer>()).status, 401);
}

TEST_F(WebChannel, TwoStreamsOfOneNumberEndTheWebServer) {
    greet();
    for (int i = 0; i < 2; ++i) {
        control::WebListen listen;
        listen.number = 3;
        listen.session = token_of("sam");
        must(web.send(listen));
    }
    run();
    EXPECT_EQ(gone, 1);
    EXPECT_EQ(gate.events().streams(), 0u);
}

TEST_F(WebChannel, ItsStreamsEndWithIt) {
    greet();
    control::WebListen listen;
    listen.number = 3;
    listen.session = token_of("sam");
    must(web.send(listen));
    must(next());
    EXPECT_EQ(gate.events().streams(), 1u);
    web.close();
    run();
    EXPECT_EQ(gone, 1);
    EXPECT_EQ(gate.events().streams(), 0u);
}

}  // namespace
}  // namespace anteroom::daemon
