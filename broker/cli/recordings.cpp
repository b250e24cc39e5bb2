// Recordings on this side: verified, played and exported from a descriptor that the broker handed over.
#include <boost/json.hpp>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <thread>

#include "broker/cli/bundle.h"
#include "broker/cli/files.h"
#include "broker/cli/picture.h"
#include "broker/cli/player.h"
#include "broker/cli/render.h"
#include "broker/installation/export_slot.h"
#include "recorder/film/movie.h"
#include "recorder/screen_seek.h"
#include "recorder/verify.h"

namespace anteroom::cli {

namespace json = boost::json;

namespace {

struct Checked {
    Fd file;
    recorder::VerifyInput input;
    std::string what;
};

// The broker has a sidecar's first part sent along; the others are asked for.
Result<Bytes> all_checkpoints(const Given& given, Answer& answer) {
    Bytes all = answer.recording->checkpoints;
    const auto whole = number_at(answer.meta, "checkpoints_bytes");
    while (all.size() < whole) {
        control::AdminCall call;
        call.verb = "recording verify";
        call.arguments = {{"id", answer.recording->id}, {"checkpoints_from", std::to_string(all.size())}};
        const auto part = TRY(ask(given, std::move(call)));
        if (!part.done || part.rows.empty()) return fail(ErrorKind::io, "the broker did not send all checkpoints: " + part.sentence);
        const auto bytes = TRY(from_base64(text_at(part.rows.front().as_object(), "checkpoints")));
        if (bytes.empty()) return fail(ErrorKind::io, "the checkpoints ended early");
        all.insert(all.end(), bytes.begin(), bytes.end());
    }
    return all;
}

Result<Checked> from_broker(const Given& given, const std::string& id) {
    control::AdminCall call;
    call.verb = "recording verify";
    call.arguments = {{"id", id}};
    auto answer = TRY(ask(given, std::move(call)));
    if (!answer.done) return fail(ErrorKind::refused, answer.sentence);
    if (!answer.recording) return fail(ErrorKind::damaged, "the broker sent no recording");
    Checked checked{std::move(answer.file), {}, id};
    auto& input = checked.input;
    input.signer_public_key = given.has("public_key") ? TRY(read_signer(given.value("public_key"))) : answer.recording->signer;
    if (auto checkpoints = TRY(all_checkpoints(given, answer)); !checkpoints.empty()) input.checkpoints = std::move(checkpoints);
    for (const auto& known : answer.recording->audited) input.known_roots.push_back({known.count, known.root});
    input.live = flag_at(answer.meta, "live");
    return checked;
}

Result<Checked> from_file(const Given& given, const std::string& path) {
    Checked checked{TRY(open_file(path, O_RDONLY)), {}, path};
    checked.input.signer_public_key = TRY(read_signer(given.value("public_key", given.signer_file())));
    const auto beside = (path.ends_with(".arec") ? path.substr(0, path.size() - 5) : path) + ".ckpt";
    auto checkpoints = read_file(beside);
    if (!checkpoints && checkpoints.error().kind != ErrorKind::not_found) return fail(checkpoints.error());
    if (checkpoints) checked.input.checkpoints = std::move(*checkpoints);
    return checked;
}

json::object report_row(const Checked& checked, const recorder::VerifyReport& report) {
    json::array problems;
    for (const auto& problem : report.problems) problems.emplace_back(printable(recorder::sentence(problem), 2000));
    json::object row{{"recording", checked.what},
                     {"intact", report.intact()},
                     {"state", recorder::name(report.state)},
                     {"pieces", report.count},
                     {"bytes", report.bytes},
                     {"root", hex(report.root)},
                     {"checkpoints", report.checkpoints},
                     {"checkpoints_looked_at", checked.input.checkpoints.has_value()},
                     {"audited_roots", report.known_roots},
                     {"problems", std::move(problems)}};
    if (report.header) {
        row["session"] = report.header->session_id;
        row["started"] = rfc3339(report.header->start);
    }
    if (report.final) row["ended"] = rfc3339(report.final->ended);
    return row;
}

// One authorised view: the broker has audited it by the time it answers.
Result<Answer> authorised(const Verb& verb, const Given& given) {
    auto call = TRY(call_of(verb, given));
    auto answer = TRY(ask(given, std::move(call)));
    if (!answer.done) return fail(ErrorKind::refused, answer.sentence);
    if (!answer.recording) return fail(ErrorKind::damaged, "the broker sent no recording");
    return answer;
}

Result<recorder::Reader> reader_of(Answer& answer) {
    return recorder::Reader::open(std::move(answer.file), answer.recording->data_key.expose(), answer.recording->signer, flag_at(answer.meta, "live"));
}

void warn_of_state(const recorder::Reader& reader) {
    const auto state = reader.state();
    if (state != recorder::State::complete && state != recorder::State::live)
        print_problem("this recording is " + std::string(recorder::name(state)) + "; anteroom recording verify says more");
}

Result<Duration> length_of(const std::string& text, const char* option) {
    double seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error == std::errc() && end == text.data() + text.size() && seconds >= 0 && seconds < 1e7) return Duration(static_cast<std::int64_t>(seconds * 1e6));
    if (const auto duration = parse_duration(text)) return *duration;
    return fail(ErrorKind::invalid, std::string(option) + " takes a number of seconds, or a length of time like 5m");
}

Result<recorder::PlayOptions> play_options(const Given& given) {
    recorder::PlayOptions options;
    if (given.has("speed")) {
        const auto text = given.value("speed");
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), options.speed);
        if (error != std::errc() || end != text.data() + text.size() || !(options.speed > 0.001) || options.speed > 1e6)
            return fail(ErrorKind::invalid, "--speed takes a number, as 2 or 0.5");
    }
    if (given.has("idle")) options.idle_cap = TRY(length_of(given.value("idle"), "--idle"));
    if (given.has("from")) options.from = TRY(moment_of(given.value("from"), "--from"));
    return options;
}

}  // namespace

Result<int> run_recording_verify(const Verb& verb, Given& given) {
    const auto what = given.value("what");
    const auto checked = is_random_id(what) ? TRY(from_broker(given, what)) : TRY(from_file(given, what));
    const auto report = TRY(recorder::verify(checked.file.get(), checked.input));
    Answer answer;
    answer.done = report.intact();
    answer.sentence = report.intact() ? "intact: what the broker signed is what stands there"
                                      : checked.what + " is not intact: " + recorder::sentence(report.problems.front());
    answer.rows.push_back(report_row(checked, report));
    return print_answer(verb.words, given, answer);
}

namespace {

std::string whose(const Answer& answer) {
    return text_at(answer.meta, "person") + " on " + text_at(answer.meta, "target") + " as " + text_at(answer.meta, "account") + ", " +
           text_at(answer.meta, "started");
}

int written(const Verb& verb, const Given& given, const std::string& more = {}) {
    Answer told;
    told.done = true;
    told.sentence = "written to " + given.value("out") + more;
    return print_answer(verb.words, given, told);
}

// One picture, as it stood on the screen at that moment.
Result<int> save_frame(const Verb& verb, Given& given) {
    const auto at = TRY(moment_of(given.value("frame_at"), "--frame-at"));
    if (!given.has("out")) return fail(ErrorKind::invalid, "--frame-at needs --out, the file to write");
    auto file = TRY(NewFile::create(given.value("out"), given.has("force")));
    auto answer = TRY(authorised(verb, given));
    auto reader = TRY(reader_of(answer));
    if (TRY(recorder::shows(reader)) == recorder::Shows::terminal)
        return fail(ErrorKind::invalid, "this is a terminal's recording: it has no pictures; play it without --frame-at");
    recorder::ScreenDecoder decoder;
    const auto since = TRY(recorder::go_to_picture(reader, at, decoder));
    const auto png = TRY(png_of(decoder.picture()));
    TRY(file.write(png));
    TRY(file.finish());
    const bool exact = decoder.exact();
    return written(verb, given, " (on the screen since " + recorder::moment_text(since) + (exact ? ")" : "; parts of it were recorded coarsely)"));
}

Status export_cast(recorder::Reader& reader, NewFile& file, const std::string& title) {
    recorder::CastOptions options;
    options.title = title;
    return recorder::export_cast(reader, options, [&](std::string_view line) { return file.write(view(line)); });
}

Status export_movie(const Given& given, const Answer& answer, recorder::Reader& reader, const NewFile& file) {
    const int at_once = static_cast<int>(std::clamp<std::uint64_t>(number_at(answer.meta, "exports"), 1, 64));
    const auto slot = TRY(installation::take_export_slot(
        given.dir + "/run", at_once,
        [&] { print_problem("waiting: " + std::to_string(at_once) + (at_once == 1 ? " export to video runs already" : " exports to video run already")); },
        [] {
            std::this_thread::sleep_for(std::chrono::milliseconds(500));
            return ok();
        }));
    const bool shown = ::isatty(STDERR_FILENO) == 1;
    const auto progress = [&](int percent) {
        if (shown || percent % 10 == 0) {
            const std::string text = (shown ? "\r" : "") + std::to_string(percent) + " %" + (shown && percent < 100 ? "" : "\n");
            return write_all(STDERR_FILENO, view(text));
        }
        return ok();
    };
    return film::write_movie(reader, file.descriptor(), {whose(answer), progress});
}

}  // namespace

Result<int> run_recording_play(const Verb& verb, Given& given) {
    if (given.has("frame_at")) return save_frame(verb, given);
    if (given.has("out")) return fail(ErrorKind::invalid, "--out goes with --frame-at: the file of one picture; `anteroom recording export` writes the whole");
    const auto options = TRY(play_options(given));  // before the code is used up
    auto answer = TRY(authorised(verb, given));
    auto reader = TRY(reader_of(answer));
    if (TRY(recorder::shows(reader)) == recorder::Shows::desktop) TRY(print_lines(reader, options.from, given.json));
    else TRY(play_on_terminal(reader, options));
    warn_of_state(reader);
    return 0;
}

Result<int> run_session_watch(const Verb& verb, Given& given) {
    WatchOptions options{std::nullopt, given.json};
    if (given.has("channel")) {
        const auto text = given.value("channel");
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), options.channel.emplace());
        if (error != std::errc() || end != text.data() + text.size()) return fail(ErrorKind::invalid, "--channel takes a number");
    }
    auto answer = TRY(authorised(verb, given));
    auto reader = TRY(reader_of(answer));
    if (!given.json)
        print_problem("watching " + text_at(answer.meta, "person") + " on " + text_at(answer.meta, "target") + " as " + text_at(answer.meta, "account") +
                      "; Ctrl-C ends the watching, not the session");
    TRY(watch_on_terminal(reader, options));
    return 0;
}

Result<int> run_recording_export(const Verb& verb, Given& given) {
    if (given.sent["format"] == "bundle") return export_bundle(verb, given);
    const bool movie = given.sent["format"] == "mp4";
    auto file = TRY(NewFile::create(given.value("out"), given.has("force")));
    auto answer = TRY(authorised(verb, given));
    auto reader = TRY(reader_of(answer));
    const bool desktop = TRY(recorder::shows(reader)) == recorder::Shows::desktop;
    if (movie && !desktop) return fail(ErrorKind::invalid, "this is a terminal's recording: export it with --format cast");
    if (!movie && desktop) return fail(ErrorKind::invalid, "this is a desktop's recording: export it with --format mp4");
    TRY(movie ? export_movie(given, answer, reader, file) : export_cast(reader, file, whose(answer)));
    TRY(file.finish());
    warn_of_state(reader);
    return written(verb, given);
}

}  // namespace anteroom::cli
