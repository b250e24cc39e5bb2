// Answers and files: the same protection on each, nothing of a folder but what the build put there, a fresh nonce in the page.
#include "web/answer.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "web/assets.h"

namespace anteroom::web {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const Origin console = Origin::of("https://console.example:8443");

TEST(Answer, HasItsProtectionWhateverItIs) {
    for (const auto& answer : {problem({404, "No.", 0}), Answer{200, "application/json", {}, "{}", false, ""}, Answer{304, "", {}, "", true, ""},
                               Answer{200, "text/html", {}, "x", false, "bm9uY2U="}}) {
        const auto head = head_of(answer, console, answer.body.size(), true);
        for (const char* field : {"Content-Security-Policy: default-src 'none';", "frame-ancestors 'none'", "Strict-Transport-Security: max-age=31536000\r\n",
                                  "X-Content-Type-Options: nosniff\r\n", "Referrer-Policy: no-referrer\r\n", "Cross-Origin-Opener-Policy: same-origin\r\n",
                                  "Cross-Origin-Resource-Policy: same-origin\r\n", "Permissions-Policy: publickey-credentials-get=(self)"})
            EXPECT_THAT(head, HasSubstr(field));
        EXPECT_THAT(head, HasSubstr(answer.cached ? "Cache-Control: public, max-age=31536000, immutable\r\n" : "Cache-Control: no-store\r\n"));
        EXPECT_TRUE(head.ends_with("\r\n\r\n"));
        EXPECT_EQ(head.find("\r\n\r\n"), head.size() - 4);
    }
}

TEST(Answer, OnlyAPageMayLoadAnything) {
    const auto page = head_of({200, "text/html", {}, "", false, "bm9uY2U="}, console, 0, true);
    EXPECT_THAT(page, HasSubstr("script-src 'self';"));
    EXPECT_THAT(page, HasSubstr("style-src 'self' 'nonce-bm9uY2U=';"));
    EXPECT_THAT(page, HasSubstr("connect-src 'self' wss://console.example:8443;"));
    EXPECT_THAT(page, HasSubstr("require-trusted-types-for 'script'"));
    EXPECT_THAT(page, Not(HasSubstr("unsafe")));
    EXPECT_THAT(head_of({200, "application/json", {}, "", false, ""}, console, 0, true), Not(HasSubstr("script-src")));
}

TEST(Answer, OfAProblemIsAProblem) {
    const auto answer = problem({503, "Away \"now\".", 2});
    EXPECT_EQ(answer.type, "application/problem+json");
    EXPECT_EQ(answer.body, R"({"type":"about:blank","title":"Service Unavailable","status":503,"detail":"Away \"now\".","retry_seconds":2})");
    EXPECT_THAT(head_of(answer, console, answer.body.size(), false), HasSubstr("Retry-After: 2\r\n"));
}

TEST(Encodings, AreTakenAsTheBrowserWeighsThem) {
    EXPECT_TRUE(accepts("gzip, deflate, br", "br"));
    EXPECT_TRUE(accepts("br;q=0.5", "br"));
    EXPECT_FALSE(accepts("br;q=0", "br"));
    EXPECT_FALSE(accepts("br; q=0.000", "br"));
    EXPECT_FALSE(accepts("gzip", "br"));
    EXPECT_FALSE(accepts("brx", "br"));
    EXPECT_FALSE(accepts("", "br"));
    EXPECT_FALSE(accepts("*", "br")) << "nobody who means it says only that";
}

TEST(Nonce, IsPutWhereverItBelongs) {
    EXPECT_EQ(with_nonce("<a n=__CSP_NONCE__><b n=__CSP_NONCE__>", "x"), "<a n=x><b n=x>");
    EXPECT_EQ(with_nonce("__CSP_NONCE__", "__CSP_NONCE__"), "__CSP_NONCE__");
    EXPECT_EQ(with_nonce("none", "x"), "none");
}

TEST(Names, WithAHashAreOnlyThoseOfTheBuild) {
    EXPECT_TRUE(is_hashed_name("/assets/index-DyVh3x_a.js"));
    EXPECT_TRUE(is_hashed_name("/assets/a/index-DyVh3x_a.css"));
    for (const char* path : {"/sw.js", "/assets/sw.js", "/index-DyVh3x_a.js", "/assets/a-b.js", "/assets/noending", "/"})
        EXPECT_FALSE(is_hashed_name(path)) << path;
}

class Folder : public ::testing::Test {
protected:
    void SetUp() override {
        char path[] = "/tmp/anteroom-web-XXXXXX";
        ASSERT_NE(::mkdtemp(path), nullptr);
        root = path;
        dir = root + "/console";
        std::filesystem::create_directories(dir + "/assets");
        write("console/index.html", "<p nonce=\"__CSP_NONCE__\">page</p>");
        write("console/assets/app-DyVh3x_a.js", "js");
        write("console/assets/app-DyVh3x_a.js.br", "br of js");
        write("console/assets/app-DyVh3x_a.js.gz", "gz of js");
        write("console/assets/app-DyVh3x_a.js.map", "source");
        write("console/offline.html", "<p nonce=\"__CSP_NONCE__\">away</p>");
        write("console/sw.js", "worker");
        write("console/manifest.webmanifest", "{}");
        write("console/lonely.txt.br", "br");
        write("secret", "outside");
        std::filesystem::create_symlink("../secret", dir + "/link.txt");
    }
    void TearDown() override { std::filesystem::remove_all(root); }
    void write(const std::string& name, std::string_view text) const { std::ofstream(root + "/" + name) << text; }
    Answer get(const std::string& path, std::string accept = "", std::string known = "") const {
        const auto assets = Assets::load(dir).value();
        return assets.answer(path, accept.empty() ? nullptr : &accept, known.empty() ? nullptr : &known, "bm9uY2U=");
    }
    std::string root, dir;
};

TEST_F(Folder, IsServedByNameWithItsCompressedForms) {
    const auto plain = get("/assets/app-DyVh3x_a.js");
    EXPECT_EQ(plain.body, "js");
    EXPECT_EQ(plain.type, "text/javascript; charset=utf-8");
    EXPECT_TRUE(plain.cached);
    EXPECT_EQ(get("/assets/app-DyVh3x_a.js", "gzip, br").body, "br of js");
    EXPECT_EQ(get("/assets/app-DyVh3x_a.js", "gzip").body, "gz of js");
    EXPECT_FALSE(get("/sw.js").cached);
    EXPECT_EQ(get("/sw.js", "br, gzip").body, "worker");
    EXPECT_EQ(get("/manifest.webmanifest").type, "application/manifest+json");
}

TEST_F(Folder, IsNotSentTwiceToWhoHasIt) {
    std::string tag;
    for (const auto& [name, value] : get("/sw.js").fields)
        if (name == "ETag") tag = value;
    ASSERT_FALSE(tag.empty());
    EXPECT_EQ(get("/sw.js", "", tag).status, 304);
    EXPECT_EQ(get("/sw.js", "", tag).body, "");
    EXPECT_EQ(get("/sw.js", "", "\"other\"").status, 200);
}

TEST_F(Folder, LeadsEveryOtherPathToThePage) {
    for (const char* path : {"/", "/index.html", "/approvals", "/requests/7", "/lonely.txt", "/link.txt", "/app-DyVh3x_a.js", "/secret", "/console/secret"}) {
        const auto page = get(path);
        EXPECT_EQ(page.status, 200) << path;
        EXPECT_EQ(page.body, "<p nonce=\"bm9uY2U=\">page</p>") << path;
        EXPECT_FALSE(page.cached) << path;
        EXPECT_EQ(page.nonce, "bm9uY2U=") << path;
    }
    EXPECT_EQ(get("/assets/none.js").status, 404) << "a script that is gone is not a page";
    EXPECT_EQ(get("/assets/app-DyVh3x_a.js.map").status, 404);
    EXPECT_EQ(get("/assets/app-DyVh3x_a.js.br").status, 404);
    EXPECT_EQ(get("/assets/").status, 404);
}

TEST_F(Folder, HasOtherPagesWithTheirNonceToo) {
    EXPECT_EQ(get("/offline.html").body, "<p nonce=\"bm9uY2U=\">away</p>");
    EXPECT_EQ(get("/offline.html").nonce, "bm9uY2U=");
}

TEST_F(Folder, LetsAWorkersScriptAskThisServerAlone) {
    const auto head = head_of(get("/sw.js"), console, 0, true);
    EXPECT_THAT(head, HasSubstr("default-src 'none'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'"));
}

TEST_F(Folder, ThatIsNotThereSaysSo) {
    const auto assets = Assets::load(root + "/none").value();
    EXPECT_FALSE(assets.has_page());
    EXPECT_THAT(assets.answer("/", nullptr, nullptr, "n").body, HasSubstr("not installed"));
}

}  // namespace
}  // namespace anteroom::web
