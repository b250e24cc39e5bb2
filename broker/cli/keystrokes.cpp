// Sealed keystrokes on this side: the key they are sealed to is made here, and here alone they are opened with it. The broker sees neither the
// private key nor a keystroke.
#include <boost/json.hpp>
#include <unistd.h>

#include "broker/cli/files.h"
#include "broker/cli/render.h"
#include "broker/installation/keystroke_recipient.h"
#include "recorder/event_lines.h"
#include "recorder/keystroke_text.h"
#include "recorder/reader.h"

namespace anteroom::cli {

namespace json = boost::json;

namespace {

Result<Answer> tell_broker(const Given& given, const std::string& public_key) {
    control::AdminCall call;
    call.verb = "key keystrokes";
    call.arguments = {{"public_key", public_key}};
    if (given.has("replace")) call.arguments["replace"] = "yes";
    return ask(given, std::move(call));
}

// The file first: a key that the broker knows and nobody holds would lose what is sealed to it.
Result<Answer> make_key(const Given& given) {
    const auto path = given.value("out");
    auto file = TRY(NewFile::create(path, given.has("force")));
    const auto pair = crypto::p256_generate();
    TRY(file.write(installation::keystroke_key_text(pair).expose()));
    TRY(file.finish());
    auto answer = tell_broker(given, base64(pair.public_key));
    if (!answer || !answer->done) ::unlink(path.c_str());
    return answer;
}

struct Shown {
    std::uint64_t blocks = 0, unopened = 0;
    std::optional<Error> why;  // of the last that did not open
};

Result<Shown> show(recorder::Reader& reader, recorder::KeystrokeOpener& opener, recorder::KeystrokeText& lines) {
    Shown out;
    while (const auto piece = TRY(reader.next())) {
        for (const auto& event : piece->events) {
            const bool typed = event.track == recorder::Track::terminal_input || event.track == recorder::Track::keyboard_mouse;
            if (!typed || event.kind != recorder::sealed_keystrokes) continue;
            ++out.blocks;
            auto opened = opener.open(event);
            if (!opened) {
                ++out.unopened;
                out.why = opened.error();
                continue;
            }
            for (const auto& stroke : *opened) TRY(lines.add(event.track, stroke));
        }
    }
    TRY(lines.finish());
    return out;
}

Status judge(const Shown& shown, std::uint64_t missing, bool live) {
    if (shown.blocks == 0) return fail(ErrorKind::not_found, "this recording holds no sealed keystrokes: its policy had them counted, or nothing was typed");
    if (shown.unopened == shown.blocks) return fail(*shown.why);
    if (shown.unopened > 0)
        return fail(shown.why->kind, std::to_string(shown.unopened) + " of " + std::to_string(shown.blocks) + " blocks do not open: " + shown.why->detail);
    if (missing > 0) return fail(ErrorKind::damaged, std::to_string(missing) + " blocks of keystrokes are missing from this recording");
    if (live) print_problem("the session goes on; this is what was typed so far");
    return ok();
}

}  // namespace

Result<int> run_key_keystrokes(const Verb& verb, Given& given) {
    if (given.has("out") == given.has("public_key"))
        return fail(ErrorKind::invalid, "either --out FILE, to make a key, or --public-key KEY, for one that was made elsewhere");
    const auto answer = TRY(given.has("out") ? make_key(given) : tell_broker(given, given.value("public_key")));
    const int status = print_answer(verb.words, given, answer);
    if (answer.done && given.has("out") && !given.json)
        print_line("The key is in " + given.value("out") + ". Move it offline now: whoever may read keystrokes keeps it, and nobody else.");
    return status;
}

Result<int> run_recording_keystrokes(const Verb& verb, Given& given) {
    // Before the code is used up.
    const Secret text(TRY(read_file(given.value("key"), 1u << 16)));
    auto key = TRY(installation::parse_keystroke_key(text));
    auto call = TRY(call_of(verb, given));
    auto answer = TRY(ask(given, std::move(call)));
    if (!answer.done) return fail(ErrorKind::refused, answer.sentence);
    if (!answer.recording) return fail(ErrorKind::damaged, "the broker sent no recording");
    const bool live = flag_at(answer.meta, "live");
    auto reader = TRY(recorder::Reader::open(std::move(answer.file), answer.recording->data_key.expose(), answer.recording->signer, live));
    auto opener = TRY(recorder::KeystrokeOpener::make(std::move(key.private_key), crypto::sha256(recorder::encode(reader.header()))));
    recorder::KeystrokeText lines([&](const recorder::KeystrokeText::Line& line) -> Status {
        if (given.json) print_json(json::object{{"at", static_cast<double>(line.at.count()) / 1e6}, {"channel", line.channel}, {"text", line.text}});
        else print_line(recorder::moment_text(line.at) + "  " + line.text);
        return ok();
    });
    const auto shown = TRY(show(reader, opener, lines));
    TRY(judge(shown, opener.missing(), live));
    return 0;
}

}  // namespace anteroom::cli
