// The gate's scene with recordings in it: sessions that have ended, with a file beside them, and the way to looking into one.
#pragma once

#include <fcntl.h>

#include "broker/store/recordings.h"
#include "broker/store/reviews.h"
#include "recorder/create.h"
#include "recorder/tracks.h"
#include "recorder/writer.h"
#include "tests/unit/console/gate_scene.h"

namespace anteroom::console::testing {

class RecordingScene : public GateScene {
public:
    SessionId live_one(const std::string& person, const std::string& target = "mri-3", const std::string& rule = "mri-service") {
        const auto id = session_of(person, target, target == "lab-1" ? "tech" : "service", rule);
        Fd file = *open_file(scene.here->recording_path(id), O_RDWR | O_CREAT | O_APPEND);
        auto created = must(recorder::create(file.get(), {.recording_id = id.str(),
                                                          .session_id = id.str(),
                                                          .start = scene.clock.now(),
                                                          .recipients = {scene.here->ring.recording_identity_public(), scene.here->ring.escrow_public()},
                                                          .signer_public_key = scene.here->ring.recording_signing_public()}));
        begun_.emplace(id, Begun{std::move(created), scene.clock.now()});
        note(id, audit::Kind::session_start, {{"account", "service"}});
        return id;
    }
    void end(const SessionId& id, Duration length = 60s, const char* state = "complete") {
        scene.clock.advance(length);
        seal(id);
        must(scene.here->sessions.end(id, scene.clock.now(), "closed", state));
        std::erase_if(live.live, [&](const admin::LiveSession& one) { return one.id == id; });
    }
    SessionId ended(const std::string& person, const std::string& target = "mri-3") {
        const auto id = live_one(person, target, target == "lab-1" ? "lab-staff" : "mri-service");
        end(id);
        return id;
    }
    std::int64_t note(const SessionId& id, audit::Kind kind, audit::Fields fields) {
        const auto session = must(scene.here->sessions.find(id)).value();
        return must(scene.here->log->append({kind, session.person.str(), session.target.str(), id.str(), std::move(fields)}));
    }
    static std::string at(const SessionId& id, const std::string& verb = "") { return "/api/recordings/" + id.str() + (verb.empty() ? "" : "/" + verb); }

    Result<Watches::Opened> show(const Browser& by, const std::string& ticket) {
        control::WebWatch asked;
        asked.session = by.token.duplicate();
        asked.ticket = Secret::copy_of(ticket);
        asked.source = by.source;
        return gate->watch(asked, [this](const std::string& sentence) { over.push_back(sentence); });
    }
    // Opened as the page does it; the browser shows the ticket.
    Reply open(const std::string& who, const Browser& by, const SessionId& id) {
        auto reply = post(by, at(id, "open"), with_code(who));
        if (reply.status == 200) EXPECT_TRUE(show(by, reply.text("ticket")));
        return reply;
    }
    // `ranges` as they are sent: [[from, to], ...]
    Reply watched(const Browser& by, const SessionId& id, const char* ranges, Duration later = 1s) {
        scene.clock.advance(later);
        json::object body;
        body["ranges"] = json::parse(ranges);
        return post(by, at(id, "watched"), std::move(body));
    }
    std::vector<std::string> ids_in(const json::value& list) {
        std::vector<std::string> out;
        for (const auto& one : list.as_array()) out.emplace_back(one.as_object().at("id").as_string());
        return out;
    }
    std::vector<std::string> listed(const Browser& by, const std::string& query = "") {
        return ids_in(get(by, "/api/recordings", query).object().at("recordings"));
    }
    void with_policy(const std::string& was, const std::string& is) { scene.apply(access::testing::with(hospital, was, is)); }

    std::vector<std::string> over;

private:
    struct Begun {
        recorder::Created created;
        Time at;
    };
    // As long as its session, and with a final frame.
    void seal(const SessionId& id) {
        auto& [created, began] = begun_.at(id);
        const Monotonic start(std::chrono::seconds(1));
        const Fd file = must(open_file(scene.here->recording_path(id), O_RDWR | O_APPEND));
        recorder::Writer writer(must(file.duplicate()), must(recorder::session_keys(created.header, created.data_key.expose())), start);
        const auto length = std::chrono::duration_cast<Duration>(scene.clock.now() - began);
        must(writer.append(recorder::Track::marker, recorder::MarkerKind::note, 0, view("the end"), start + length));
        must(writer.flush());
        must(recorder::recover(file.get(), {}, Secret::copy_of(scene.here->ring.recording_signing_seed()), scene.clock.now()));
    }
    std::map<SessionId, Begun> begun_;
};

// Reviewers of imaging are then ruth and gina, and each takes the other's consent.
inline const std::string reviewers_line = "  - { who: [role:privacy], of: { labels: { zone: imaging } } }";
inline const std::string with_consent = "  - { who: [role:privacy, person:gina], of: { labels: { zone: imaging } }, consent: 1 }";

}  // namespace anteroom::console::testing
