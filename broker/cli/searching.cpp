// `recording search`: the broker hands out indexes, and this side looks into them, one after another. What is damaged is made anew.
#include <boost/json.hpp>
#include <fmt/format.h>

#include "broker/cli/render.h"
#include "broker/installation/config.h"
#include "recorder/event_lines.h"
#include "recorder/index.h"

namespace anteroom::cli {

namespace json = boost::json;

namespace {

constexpr std::size_t hits_each = 1000;

struct Searched {
    json::array rows;
    std::vector<std::string> damaged;
    std::size_t recordings = 0;
};

std::string lane_name(recorder::Lane lane) {
    std::string name;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<recorder::Lane>>([&](auto one) {
        if (one.value == lane) name = one.name;
    });
    return name;
}

// "00:12:03"
std::string clock_text(Duration at) { return recorder::moment_text(at).substr(0, 8); }

json::object row_of(const control::AdminIndex& index, const recorder::Moment& hit) {
    return {{"session", index.id},
            {"started", rfc3339(from_micros(index.started))},
            {"person", index.person},
            {"target", index.target},
            {"account", index.account},
            {"at", clock_text(hit.at)},
            {"seconds", static_cast<double>(hit.at.count()) / 1e6},
            {"what", lane_name(hit.lane)},
            {"guess", hit.guess},
            {"line", printable(hit.text, 4096)}};
}

Status look_into(const control::AdminIndex& sent, Fd file, const std::string& text, Searched& all) {
    const auto hits = [&]() -> Result<std::vector<recorder::Moment>> {
        const auto index = TRY(recorder::Index::open(std::move(file), sent.keys));
        return index.search(text, hits_each);
    }();
    if (!hits && hits.error().kind != ErrorKind::damaged) return fail(hits.error());
    if (!hits) {
        all.damaged.push_back(sent.id);
        return ok();
    }
    ++all.recordings;
    for (const auto& hit : *hits) all.rows.push_back(row_of(sent, hit));
    return ok();
}

void print_hits(const Searched& all, const std::string& zone) {
    for (const auto& value : all.rows) {
        const auto& row = value.as_object();
        const auto at = [&](const char* key) { return text_at(row, key); };
        const std::string what = at("what") == "shown" ? "" : at("what") + (flag_at(row, "guess") ? " (a guess): " : ": ");
        print_line(at("session") + "  " + cell_text(row.at("started"), 't', zone) + "  " + at("person") + " > " + at("target") + "  " + at("at") + "  " + what +
                   at("line"));
    }
}

std::string counted(std::uint64_t number, const char* one, const char* several) { return std::to_string(number) + " " + (number == 1 ? one : several); }

std::string summary(const Searched& all, const Answer& answer) {
    const auto without = number_at(answer.meta, "without_index") + all.damaged.size();
    std::string text = counted(all.rows.size(), "hit", "hits") + " in " + counted(all.recordings, "recording", "recordings");
    if (without > 0)
        text +=
            "; " + counted(without, "recording has", "recordings have") + " no index yet, " + (without == 1 ? "it is" : "they are") + " made now: search again";
    if (flag_at(answer.meta, "older")) text += "; older recordings than the newest thousand were not gone through";
    return text;
}

}  // namespace

Result<int> run_recording_search(const Verb& verb, Given& given) {
    const auto text = given.sent["text"];
    auto call = TRY(call_of(verb, given));
    Searched all;
    const auto answer = TRY(ask(given, std::move(call), {}, [&](control::AdminIndex index, Fd file) { return look_into(index, std::move(file), text, all); }));
    if (!answer.done) return fail(ErrorKind::refused, answer.sentence);
    for (const auto& id : all.damaged) {
        control::AdminCall again;
        again.verb = "recording index";
        again.arguments = {{"id", id}};
        (void)TRY(ask(given, std::move(again)));
    }
    if (given.json) {
        print_json(json::object{{"hits", all.rows},
                                {"recordings", all.recordings},
                                {"without_index", number_at(answer.meta, "without_index") + all.damaged.size()},
                                {"older", flag_at(answer.meta, "older")}});
        return 0;
    }
    print_hits(all, answer.zone());
    print_problem(summary(all, answer));
    return 0;
}

}  // namespace anteroom::cli
