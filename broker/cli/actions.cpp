// Verbs that read something on this side before the broker is asked: passwords, keys, policies.
#include <boost/json.hpp>

#include <cstdio>

#include "broker/cli/prompt.h"
#include "broker/cli/render.h"
#include "broker/identity/qr.h"
#include "policy/parser.h"

namespace anteroom::cli {

namespace json = boost::json;

namespace {

constexpr std::size_t max_key_file = 64 * 1024, max_policy = 150 * 1024;

Result<int> ask_and_print(const Verb& verb, const Given& given, control::AdminCall call) {
    const auto answer = TRY(ask(given, std::move(call)));
    return print_answer(verb.words, given, answer);
}

// The path as typed: errors name it so.
std::string policy_file(const Given& given) { return given.value("file", given.dir + "/policy.yaml"); }

int wrong_usage(const char* sentence) {
    print_problem(sentence);
    return 2;
}

}  // namespace

Result<int> run_remote(const Verb& verb, Given& given) {
    auto call = TRY(call_of(verb, given));
    return ask_and_print(verb, given, std::move(call));
}

Result<int> run_person_add(const Verb& verb, Given& given) {
    auto call = TRY(call_of(verb, given));
    if (given.has("password_stdin")) call.secret = TRY(read_secret_line());
    return ask_and_print(verb, given, std::move(call));
}

Result<int> run_person_totp(const Verb& verb, Given& given) {
    auto call = TRY(call_of(verb, given));
    const auto answer = TRY(ask(given, std::move(call)));
    if (given.json || !answer.done || answer.rows.empty()) return print_answer(verb.words, given, answer);
    const std::string uri = text_at(answer.rows.front().as_object(), "uri");
    for (const auto& line : TRY(identity::qr_lines(uri))) print_line(line);
    print_line(printable(uri, 1000));
    print_line(printable(answer.sentence, 1000));
    return 0;
}

Result<int> run_key_add(const Verb& verb, Given& given) {
    auto call = TRY(call_of(verb, given));
    const auto key = given.has("key_file") ? TRY(read_file(given.value("key_file"), max_key_file)) : TRY(read_standard_input(max_key_file));
    call.text = to_string(key);
    return ask_and_print(verb, given, std::move(call));
}

Result<int> run_secret_put(const Verb& verb, Given& given) {
    const bool password = given.has("password_stdin"), key = given.has("key_file");
    if (password == key) return wrong_usage("give the secret by --password-stdin or by --key FILE");
    given.sent["kind"] = key ? "key" : "password";
    auto call = TRY(call_of(verb, given));
    call.secret = key ? Secret(TRY(read_file(given.value("key_file"), max_key_file))) : TRY(read_secret_line());
    return ask_and_print(verb, given, std::move(call));
}

// Needs no broker: whoever writes a policy can check it anywhere.
Result<int> run_policy_check(const Verb&, Given& given) {
    const auto file = policy_file(given);
    const auto content = TRY(read_file(file));
    const auto document = policy::parse(to_string(content), file);
    json::array faults, warnings;
    if (!document)
        for (const auto& line : lines_of(document.error().detail)) faults.emplace_back(printable(line, 4000));
    else
        for (const auto& line : document->warnings) warnings.emplace_back(printable(line, 4000));
    if (given.json) {
        print_json(json::object{{"file", file}, {"good", document.has_value()}, {"errors", faults}, {"warnings", warnings}});
        return document ? 0 : 1;
    }
    for (const auto& fault : faults) std::fprintf(stderr, "%s\n", fault.get_string().c_str());
    for (const auto& warning : warnings) print_line("warning: " + std::string(warning.get_string()));
    if (document)
        print_line(file + " is good: " + std::to_string(document->targets.size()) + " targets, " + std::to_string(document->rules.size()) + " rules, " +
                   std::to_string(document->vendors.size()) + " vendors");
    return document ? 0 : 1;
}

Result<int> run_policy_file(const Verb& verb, Given& given) {
    const auto file = policy_file(given);
    given.sent["file"] = printable(file, 1000);
    auto call = TRY(call_of(verb, given));
    call.text = to_string(TRY(read_file(file)));
    if (call.text.size() > max_policy) return fail(ErrorKind::invalid, file + " is larger than 150 KiB, which is more than this version takes");
    auto answer = TRY(ask(given, std::move(call)));
    if (!answer.done && answer.sentence.starts_with(given.sent["file"])) answer.sentence += "\n";  // faults are shown as they are
    return print_answer(verb.words, given, answer);
}

}  // namespace anteroom::cli
