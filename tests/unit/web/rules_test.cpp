// Targets, cookies, and who may ask: the console's own pages, and nobody in their place.
#include "web/rules.h"

#include <gmock/gmock.h>

#include "tests/unit/base/seeds.h"
#include "web/cookie.h"

namespace anteroom::web {
namespace {

const Origin console = Origin::of("https://console.example:8443");
constexpr const char* token = "abcdefghijklmnopqrstuvwxyz0123456789-_ABCDE";

// ---- targets

TEST(Target, IsTakenApartAtTheQuestionMarkAndNotDecoded) {
    const auto target = parse_target("/request/mri-3%2Bservice?x=%2e%2e/..//&y=a?b").value();
    EXPECT_EQ(target.path, "/request/mri-3%2Bservice");
    EXPECT_EQ(target.query, "x=%2e%2e/..//&y=a?b");
    EXPECT_TRUE(parse_target("/api").value().below("/api"));
    EXPECT_TRUE(parse_target("/api/x").value().below("/api"));
    EXPECT_FALSE(parse_target("/apix").value().below("/api"));
}

TEST(Target, ThatCouldBeReadAsAnotherIsRefused) {
    for (const char* text : {"",
                             "x",
                             "*",
                             "https://console.example:8443/",
                             "http://evil/",
                             "//evil",
                             "/a//b",
                             "/..",
                             "/../",
                             "/a/..",
                             "/a/../b",
                             "/.",
                             "/a/./b",
                             "/a/.",
                             "/%2e%2e/",
                             "/%2E",
                             "/a%2fb",
                             "/a%2Fb",
                             "/a%5cb",
                             "/a\\b",
                             "/%00",
                             "/%0a",
                             "/%0d%0a",
                             "/%7f",
                             "/%25",
                             "/%252e",
                             "/%",
                             "/%2",
                             "/%zz",
                             "/a#b",
                             "/a?b#c",
                             "/a b",
                             "/\"",
                             "/<",
                             "/a?%zz",
                             "/a?\\"})
        EXPECT_FALSE(parse_target(text)) << text;
    EXPECT_FALSE(parse_target(std::string("/a\0b", 4)));
    EXPECT_EQ(parse_target("/" + std::string(5000, 'a')).error().status, 414);
    for (const char* text : {"/", "/a", "/a/", "/a.b", "/..a", "/a..", "/...", "/.well-known/x", "/a?", "/a?b=c|d", "/%C3%A4", "/a+b@c:d"})
        EXPECT_TRUE(parse_target(text)) << text;
}

// ---- cookies

std::string session_in(std::string_view cookies) {
    const auto found = session_of(cookies);
    return found ? std::string(found->expose_text()) : "refused";
}

TEST(Cookie, OfTheSessionIsFoundAmongOthers) {
    const std::string ours = "__Host-anteroom=" + std::string(token);
    EXPECT_EQ(session_in(ours), token);
    EXPECT_EQ(session_in("a=b; " + ours + "; c=\"d e\"; f"), token);
    EXPECT_EQ(session_in("a=b;" + ours + ";"), token);
    EXPECT_EQ(session_in(""), "");
    EXPECT_EQ(session_in("a=b; __host-anteroom=" + std::string(token)), "") << "names of cookies have cases";
    EXPECT_EQ(session_in("x__Host-anteroom=" + std::string(token)), "");
    EXPECT_EQ(session_in("x=__Host-anteroom=" + std::string(token)), "");
}

TEST(Cookie, ThatIsThereTwiceOrIsNoneIsRefused) {
    const std::string ours = "__Host-anteroom=" + std::string(token);
    for (const std::string& cookies :
         {ours + "; " + ours, ours + ";" + ours + "x", std::string("__Host-anteroom="), std::string("__Host-anteroom"), std::string("__Host-anteroom=short"),
          "__Host-anteroom=\"" + std::string(token) + "\"", ours + "=", ours + "%41", ours + " x", "__Host-anteroom=" + std::string(129, 'a'),
          "__Host-anteroom =" + std::string(token) + "; " + ours, ours + std::string("\0", 1)})
        EXPECT_EQ(session_in(cookies), "refused") << cookies;
}

TEST(Cookie, IsSetForThisHostOnlyAndCleared) {
    EXPECT_EQ(set_cookie("t"), "__Host-anteroom=t; Path=/; Secure; HttpOnly; SameSite=Strict");
    EXPECT_EQ(set_cookie(""), "__Host-anteroom=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0");
}

TEST(Cookie, OfNoiseIsATokenOrNothing) {
    const std::string ours = "a=b; __Host-anteroom=" + std::string(token) + "; c=d";
    for (std::uint64_t seed = 0; seed < 20000; ++seed) {
        anteroom::testing::Seeded random(seed);
        auto text = ours;
        for (auto i = random.below(5); i > 0; --i) text.insert(random.below(text.size() + 1), random.text_of(";= \t\"_H,\r\n%", 1));
        if (const auto found = session_of(text); found && !found->empty()) ASSERT_TRUE(is_token_text(found->expose_text())) << seed;
    }
}

// ---- who may ask

struct Request {
    std::string method = "POST", target = "/api/sign-in";
    std::vector<Head::Field> fields = {{"host", "console.example:8443"},
                                       {"origin", "https://console.example:8443"},
                                       {"sec-fetch-site", "same-origin"},
                                       {"content-type", "application/json"},
                                       {"content-length", "2"}};
    std::size_t body = 2;

    static Request reading(std::string target) {
        Request one;
        one.method = "GET";
        one.target = std::move(target);
        one.fields = {{"host", "console.example:8443"}};
        one.body = 0;
        return one;
    }
    static Request watching() {
        auto one = reading("/api/watch");
        return one.with("origin", "https://console.example:8443")
            .with("connection", "keep-alive, Upgrade")
            .with("upgrade", "websocket")
            .with("sec-websocket-version", "13")
            .with("sec-websocket-key", "x");
    }
    Request with(std::string name, std::string value) const {
        auto one = without(name);
        one.fields.push_back({std::move(name), std::move(value)});
        return one;
    }
    Request without(std::string_view name) const {
        auto one = *this;
        std::erase_if(one.fields, [&](const auto& field) { return field.name == name; });
        return one;
    }
    Or<Asked> judged() const { return judge(Head{method, target, fields, body, true}, console); }
    int status() const {
        const auto asked = judged();
        return asked ? 200 : asked.error().status;
    }
};

TEST(Rules, LetTheConsolesOwnPagesCall) {
    const auto asked = Request().with("cookie", "__Host-anteroom=" + std::string(token)).judged().value();
    EXPECT_EQ(asked.kind, Kind::call);
    EXPECT_EQ(asked.session.expose_text(), token);
    EXPECT_EQ(Request().without("sec-fetch-site").status(), 200) << "an old browser says only its origin";
    EXPECT_EQ(Request().with("content-type", "application/json; charset=UTF-8").status(), 200);
    EXPECT_EQ(Request::reading("/api/me").judged().value().kind, Kind::call);
    EXPECT_EQ(Request::reading("/api/events").judged().value().kind, Kind::events);
    EXPECT_EQ(Request::watching().judged().value().kind, Kind::watch);
    EXPECT_EQ(Request::reading("/approvals").judged().value().kind, Kind::file);
    EXPECT_EQ(Request::reading("/apix").judged().value().kind, Kind::file);
    EXPECT_EQ(Request::reading("/").with("host", "CONSOLE.example:8443").status(), 200);
}

TEST(Rules, RefuseEveryOtherName) {
    for (const char* host : {"", "console.example", "console.example:443", "console.example:8444", "evil.example:8443", "127.0.0.1:8443",
                             "console.example:8443 ", "console.example:8443.", "console.example:8443,evil", "user@console.example:8443"})
        for (const auto& one : {Request().with("host", host), Request::reading("/").with("host", host), Request::reading("/api/me").with("host", host)})
            EXPECT_EQ(one.status(), 421) << host;
    EXPECT_EQ(Request().without("host").status(), 400);
}

TEST(Rules, RefuseWhatComesFromElsewhere) {
    for (const char* origin : {"", "null", "https://evil.example", "https://console.example", "http://console.example:8443", "https://console.example:8443/",
                               "https://CONSOLE.example:8443", "https://console.example:8443 https://evil.example", "https://console.example:84430"}) {
        EXPECT_EQ(Request().with("origin", origin).status(), 403) << origin;
        EXPECT_EQ(Request::watching().with("origin", origin).status(), 403) << origin;
        EXPECT_EQ(Request::reading("/api/me").with("origin", origin).status(), 403) << origin;
        EXPECT_EQ(Request::reading("/api/events").with("origin", origin).status(), 403) << origin;
    }
    EXPECT_EQ(Request().without("origin").status(), 403);
    EXPECT_EQ(Request::watching().without("origin").status(), 403);
    for (const char* site : {"cross-site", "same-site", "", "Same-Origin", "same-origin, cross-site"}) {
        EXPECT_EQ(Request().with("sec-fetch-site", site).status(), 403) << site;
        EXPECT_EQ(Request::reading("/api/me").with("sec-fetch-site", site).status(), 403) << site;
    }
    EXPECT_EQ(Request().with("sec-fetch-site", "none").status(), 403) << "nobody types a POST into the address line";
    EXPECT_EQ(Request::reading("/api/openapi.json").with("sec-fetch-site", "none").status(), 200);
    EXPECT_EQ(Request::reading("/").with("sec-fetch-site", "cross-site").status(), 200) << "a link to a page is none of its calls";
}

TEST(Rules, RefuseBodiesThatAFormCouldSend) {
    for (const char* type : {"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json; charset=utf-16",
                             "application/jsonx", "text/plain; application/json"})
        EXPECT_EQ(Request().with("content-type", type).status(), 415) << type;
    EXPECT_EQ(Request().without("content-type").status(), 415);
    EXPECT_EQ(Request().without("content-length").status(), 411);
    auto reading = Request::reading("/api/me");
    reading.body = 1;
    EXPECT_EQ(reading.status(), 400);
}

TEST(Rules, KnowThreeMethods) {
    for (const char* method : {"PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "GETX"}) {
        auto one = Request();
        one.method = method;
        EXPECT_EQ(one.status(), 405) << method;
    }
    for (const char* target : {"/", "/index.html", "/api/events", "/api/watch", "/api/exports/0123"}) {
        auto one = Request();
        one.target = target;
        EXPECT_EQ(one.status(), 405) << target;
    }
    auto head = Request::reading("/api/me");
    head.method = "HEAD";
    EXPECT_TRUE(head.judged().value().head_only);
    head.target = "/api/events";
    EXPECT_EQ(head.status(), 405);
}

TEST(Rules, GiveFilesToTheConsolesOwnPageOnly) {
    const auto file = Request::reading("/api/exports/0123");
    EXPECT_EQ(file.judged().value().kind, Kind::fetch);
    EXPECT_EQ(file.with("sec-fetch-site", "same-origin").status(), 200);
    for (const char* site : {"none", "same-site", "cross-site", ""}) EXPECT_EQ(file.with("sec-fetch-site", site).status(), 403) << site;
    EXPECT_EQ(Request::reading("/api/exports0").judged().value().kind, Kind::call);
    auto head = file;
    head.method = "HEAD";
    EXPECT_EQ(head.status(), 405);
}

TEST(Rules, WatchOverAWebSocketOnly) {
    EXPECT_EQ(Request::watching().without("upgrade").status(), 426);
    EXPECT_EQ(Request::watching().with("connection", "close").status(), 426);
    EXPECT_EQ(Request::watching().with("sec-websocket-version", "8").status(), 426);
    EXPECT_EQ(Request::watching().without("sec-websocket-key").status(), 426);
}

TEST(Rules, PassOnNothingThatCannotBeSeen) {
    for (const char* name : {"x-anteroom-csrf", "if-match"}) {
        EXPECT_EQ(Request().with(name, "a b").status(), 400) << name;
        EXPECT_EQ(Request().with(name, "a\x80").status(), 400) << name;
        EXPECT_EQ(Request().with(name, std::string(257, 'a')).status(), 400) << name;
        EXPECT_EQ(Request().with(name, "\"7-x\"").status(), 200) << name;
    }
    EXPECT_EQ(Request::reading("/api/requests/%37").status(), 400) << "an API's path needs no escape";
    EXPECT_EQ(Request::reading("/api/requests/../me").status(), 400);
    EXPECT_EQ(Request().with("cookie", "__Host-anteroom=x").status(), 400);
}

}  // namespace
}  // namespace anteroom::web
