// anteroom ticket rdp: writes a .rdp file that signs somebody in, once. What makes it worth something stands in the file alone.
#include <boost/json.hpp>

#include "broker/cli/files.h"
#include "broker/cli/render.h"

namespace anteroom::cli {

Result<int> run_ticket_rdp(const Verb& verb, Given& given) {
    // First the place: a ticket that could not be written would be one that nobody has and that counts.
    auto file = TRY(NewFile::create(given.value("out"), given.has("force")));
    auto call = TRY(call_of(verb, given));
    auto answer = TRY(ask(given, std::move(call)));
    if (!answer.done) return print_answer(verb.words, given, answer);
    const auto text = text_at(answer.meta, "file");
    if (text.empty()) return fail(ErrorKind::damaged, "the broker sent no file");
    TRY(file.write(view(text)));
    TRY(file.finish());
    answer.meta.erase("file");
    answer.sentence = "written to " + given.value("out") + "; " + answer.sentence;
    return print_answer(verb.words, given, answer);
}

}  // namespace anteroom::cli
