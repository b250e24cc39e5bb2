// The gate over the real table: every row called by nobody, by somebody still enrolling, by a stranger to the object, without the token
// against forged calls, without and with a wrong factor; and paths, queries and bodies that are not quite right.
#include "tests/unit/console/gate_scene.h"

namespace anteroom::console::testing {
namespace {

using ::testing::HasSubstr;

// A path of the row, of objects that there are none of.
std::string path_of(const Route& route) {
    std::string out;
    for (std::string_view rest = route.path; !rest.empty();) {
        if (rest.front() != '{') {
            out += rest.front();
            rest.remove_prefix(1);
            continue;
        }
        const auto name = rest.substr(0, rest.find('}') + 1);
        out += name == "{name}" ? "nobody-known" : "4711";
        rest.remove_prefix(name.size());
    }
    return out;
}

// A body that has what it must have, of the right kind.
json::object body_of(const Route& route) {
    json::object out;
    for (auto name : route.fields) {
        if (!name.ends_with('!')) continue;
        name.remove_suffix(1);
        if (name == "places") out[name] = json::array{"mri-3+service"};
        else if (name == "seconds") out[name] = 60;
        else if (name == "yes") out[name] = true;
        else out[name] = "x";
    }
    return out;
}

std::string row(const Route& route) { return std::string(route.method) + " " + std::string(route.path); }

class Gates : public ::testing::Test {
protected:
    Reply call(const GateScene::Browser* by, const Route& route, const json::object& body) {
        return scene.send(GateScene::call_of(by, std::string(route.method), path_of(route), route.method == "POST" ? json::serialize(body) : ""));
    }
    GateScene scene;
};

TEST_F(Gates, NobodyGetsNowhereButToTheSignIn) {
    for (const auto& route : routes()) {
        if (route.needs == Needs::nobody) continue;
        const auto answer = call(nullptr, route, body_of(route));
        EXPECT_EQ(answer.status, 401) << row(route);
        EXPECT_THAT(answer.detail(), HasSubstr("sign in")) << row(route);
        const GateScene::Browser stale{Secret::copy_of(std::string_view("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")), "x"};
        EXPECT_EQ(call(&stale, route, body_of(route)).status, 401) << row(route);
    }
}

TEST_F(Gates, WhoStillEnrolsMayDoThatOnly) {
    const auto gina = scene.browser("gina", true);
    for (const auto& route : routes()) {
        if (route.needs == Needs::nobody || route.needs == Needs::enrolling) continue;
        const auto answer = call(&gina, route, body_of(route));
        EXPECT_EQ(answer.status, 403) << row(route);
        EXPECT_THAT(answer.detail(), HasSubstr("have to be set up")) << row(route);
    }
}

TEST_F(Gates, APostNeedsTheTokenOfItsSession) {
    const auto dana = scene.browser("dana"), other = scene.browser("erin");
    for (const auto& route : routes()) {
        if (route.method != "POST" || route.needs == Needs::nobody) continue;
        for (const auto& token : {std::string(), other.csrf, dana.csrf + "x", dana.csrf.substr(1)}) {
            auto asked = GateScene::call_of(&dana, "POST", path_of(route), json::serialize(body_of(route)));
            asked.csrf = token;
            const auto answer = scene.send(asked);
            EXPECT_EQ(answer.status, 403) << row(route);
            EXPECT_THAT(answer.detail(), HasSubstr("load it anew")) << row(route);
        }
    }
}

TEST_F(Gates, PagesAreForWhomThePolicyNames) {
    const auto dana = scene.browser("dana"), ruth = scene.browser("ruth");
    int pages = 0;
    for (const auto& route : routes()) {
        if (route.needs != Needs::audit_page && route.needs != Needs::policy_page && route.needs != Needs::people_page) continue;
        ++pages;
        const auto answer = call(&dana, route, body_of(route));
        EXPECT_EQ(answer.status, 403) << row(route);
        EXPECT_THAT(answer.detail(), HasSubstr("does not name you for this page")) << row(route);
        if (route.method == "GET" && route.path.find('{') == std::string_view::npos) EXPECT_EQ(call(&ruth, route, {}).status, 200) << row(route);
    }
    EXPECT_GE(pages, 10);
}

TEST_F(Gates, WhatDecidesTakesAFreshFactor) {
    const auto ruth = scene.browser("ruth");  // named for every page
    int asked = 0;
    for (const auto& route : routes()) {
        if (route.proof != Proof::fresh_factor) continue;
        ++asked;
        EXPECT_EQ(call(&ruth, route, body_of(route)).status, 403) << row(route);
        auto body = body_of(route);
        body["factor"] = json::object{{"code", "000000"}};
        EXPECT_EQ(call(&ruth, route, body).status, 403) << row(route);
        body["factor"] = "000000";
        const auto answer = call(&ruth, route, body);
        EXPECT_TRUE(answer.status == 403 || answer.status == 422) << row(route) << answer.status;
    }
    EXPECT_GE(asked, 14);
    EXPECT_TRUE(scene.live.ended.empty());
}

TEST_F(Gates, AFactorIsRefusedWhereNoneIsAskedFor) {
    const auto dana = scene.browser("dana");
    const auto answer = scene.post(dana, "/api/active", {{"factor", {{"code", "000000"}}}});
    EXPECT_EQ(answer.status, 422);
    EXPECT_THAT(answer.detail(), HasSubstr("factor"));
}

TEST_F(Gates, AnObjectOfSomebodyElseReadsLikeNone) {
    const auto sam = scene.browser("sam"), gina = scene.browser("gina");
    const auto id = scene.ask(sam);
    const auto session = scene.session_of("sam", "mri-3", "service", "mri-service");
    const auto same_words = [&](const std::string& path, const std::string& none, const char* method, const json::object& body, const std::string& what,
                                const std::string& what_none) {
        const auto send = [&](const std::string& to) {
            return std::string_view(method) == "GET" ? scene.get(gina, to)
                                                     : scene.post(gina, to, body.contains("factor") ? scene.with_code("gina", body) : body);
        };
        auto one = send(path), other = send(none);
        EXPECT_EQ(one.status, 404) << path;
        EXPECT_EQ(other.status, 404) << none;
        auto words = other.detail();
        if (const auto at = words.find(what_none); at != std::string::npos) words.replace(at, what_none.size(), what);
        EXPECT_EQ(one.detail(), words);
    };
    const auto number = std::to_string(id);
    const json::object reason{{"reason", "no"}, {"factor", 1}};
    same_words("/api/requests/" + number, "/api/requests/4711", "GET", {}, number, "4711");
    same_words("/api/requests/" + number + "/withdraw", "/api/requests/4711/withdraw", "POST", {}, number, "4711");
    same_words("/api/requests/" + number + "/deny", "/api/requests/4711/deny", "POST", reason, number, "4711");
    same_words("/api/sessions/" + session.str() + "/terminate", "/api/sessions/4711/terminate", "POST", reason, session.str(), "4711");
    same_words("/api/sessions/" + session.str() + "/watch", "/api/sessions/4711/watch", "POST", {{"factor", 1}}, session.str(), "4711");
}

TEST_F(Gates, APathIsWhatItIsAndNothingLikeIt) {
    const auto dana = scene.browser("dana");
    for (const char* path :
         {"/api/me/", "/api//me", "//api/me", "/api/me/..", "/api/./me", "/api/%6De", "/api/ME", "/api/me?", "/api/me#", "/api", "/", "", "api/me",
          "/api/requests/1%2Fapprove", "/api/people/.", "/api/people/..", "/api/people/a/b", "/api/requests/", "/api/requests//approve"})
        EXPECT_EQ(scene.send(GateScene::call_of(&dana, "GET", path)).status, 404) << path;
    EXPECT_EQ(scene.send(GateScene::call_of(&dana, "GET", "/api/requests/" + std::string(65, '1'))).status, 404);
    EXPECT_EQ(scene.send(GateScene::call_of(&dana, "GET", "/api/" + std::string(10000, 'a'))).status, 404);
    EXPECT_EQ(scene.send(GateScene::call_of(&dana, "GET", "/api/me")).status, 200);
    EXPECT_EQ(scene.send(GateScene::call_of(&dana, "POST", "/api/me")).status, 405);
    EXPECT_EQ(scene.send(GateScene::call_of(&dana, "GET", "/api/sign-out")).status, 405);
    EXPECT_EQ(scene.send(GateScene::call_of(&dana, "DELETE", "/api/me")).status, 405);
    for (const char* number : {"0", "-1", "01", "1x", "99999999999999999999", "1_0"})
        EXPECT_EQ(scene.get(dana, std::string("/api/requests/") + number).status, 404) << number;
}

TEST_F(Gates, AQueryHasWhatItsRowListsOnce) {
    const auto dana = scene.browser("dana");
    EXPECT_EQ(scene.get(dana, "/api/requests", "state=all").status, 200);
    for (const char* query :
         {"state=all&state=open", "State=all", "state", "=all", "&", "state=all&", "state=%zz", "state=%4", "state=%00", "state=%0a", "state=%ff", "x=1"})
        EXPECT_GE(scene.get(dana, "/api/requests", query).status, 400) << query;
    EXPECT_EQ(scene.get(dana, "/api/me", "x=1").status, 400);
    EXPECT_EQ(scene.get(dana, "/api/requests", "state=" + std::string(5000, 'a')).status, 400);
}

TEST_F(Gates, ABodyHasWhatItsRowListsOnceAndNothingDeep) {
    const auto sam = scene.browser("sam");
    const auto send = [&](const std::string& body) { return scene.send(GateScene::call_of(&sam, "POST", "/api/requests", body)); };
    EXPECT_THAT(send(R"({"places":["mri-3+service"],"reason":"a","seconds":1,"seconds":2})").detail(), HasSubstr("twice"));
    EXPECT_THAT(send(R"({"places":["mri-3+service"],"reason":"a","admin":true})").detail(), HasSubstr("\"admin\""));
    EXPECT_THAT(send(R"({"places":["mri-3+service"]})").detail(), HasSubstr("\"reason\""));
    EXPECT_THAT(send(R"({"places":["mri-3+service"],"reason":5})").detail(), HasSubstr("reason must be a text"));
    EXPECT_THAT(send(R"({"places":["mri-3+service"],"reason":"a\u000ab"})").detail(), HasSubstr("reason must be one line"));
    EXPECT_THAT(send(R"({"places":["mri-3+service"],"reason":"a","seconds":1.5})").detail(), HasSubstr("seconds must be"));
    EXPECT_THAT(send(R"({"places":["mri-3+service"],"reason":"a","seconds":-5})").detail(), HasSubstr("seconds must be"));
    EXPECT_THAT(send(R"({"places":"mri-3+service","reason":"a"})").detail(), HasSubstr("places must be a list"));
    EXPECT_THAT(send(R"({"places":["mri-3+service"],"reason":"a","at":"tomorrow"})").detail(), HasSubstr("at must be a time"));
    for (const char* body : {"[]", "null", "{", "{}x", "\"x\"", R"({"places":[[[[[[[[[["x"]]]]]]]]]]})", "{\"reason\":\"\xff\"}"})
        EXPECT_EQ(send(body).status, 422) << body;
    EXPECT_EQ(send("{\"reason\":\"" + std::string(70000, 'a') + "\"}").status, 422);
    EXPECT_EQ(scene.send(GateScene::call_of(&sam, "GET", "/api/me", "{}")).status, 422);
    EXPECT_TRUE(scene.records("access.requested").empty());
}

TEST_F(Gates, ColonsInTextsAreNoMembers) {
    const auto sam = scene.browser("sam");
    const auto made = scene.post(
        sam, "/api/requests", {{"places", json::array{"mri-3+service"}}, {"reason", "a: \"b\": \\c:"}, {"ticket", "CHG-1"}, {"seconds", 60}, {"at", nullptr}});
    EXPECT_EQ(made.status, 200) << json::serialize(made.body);
}

TEST_F(Gates, OnlyWhatAPersonDoesKeepsASessionAlive) {
    const auto dana = scene.browser("dana");
    for (int i = 0; i < 3; ++i) {
        scene.scene.clock.advance(4min);
        EXPECT_EQ(scene.get(dana, "/api/me").status, i < 2 ? 200 : 401);
    }
    const auto erin = scene.browser("erin");
    for (int i = 0; i < 5; ++i) {
        scene.scene.clock.advance(8min);
        EXPECT_EQ(scene.post(erin, "/api/active").status, 200);
    }
}

TEST_F(Gates, RefusalsOfTheKnownAreCountedAndThoseOfStrangersWriteNothing) {
    const auto before = scene.records("").size();
    for (int i = 0; i < 200; ++i) scene.send(GateScene::call_of(nullptr, "GET", "/api/audit"));
    EXPECT_EQ(scene.records("").size(), before);
    const auto dana = scene.browser("dana");
    const auto then = scene.records("console.refused").size();
    for (int i = 0; i < 200; ++i) scene.get(dana, "/api/audit");
    const auto refused = scene.records("console.refused");
    ASSERT_EQ(refused.size(), then + 1);
    EXPECT_EQ(refused.back().person, "dana");
    EXPECT_EQ(refused.back().fields.at("call"), "GET /api/audit");
}

TEST_F(Gates, AProblemSaysWhomToCallAndWhatItWasAbout) {
    const auto answer = scene.send(GateScene::call_of(nullptr, "GET", "/api/nothing"));
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(answer.object().at("status").to_number<int>(), 404);
    EXPECT_EQ(answer.text("type"), "about:blank");
    EXPECT_EQ(answer.text("title"), "Not found");
}

}  // namespace
}  // namespace anteroom::console::testing
