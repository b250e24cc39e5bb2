// The conversation with the broker.
#include "broker/cli/client.h"

#include <boost/json.hpp>

#include "broker/cli/prompt.h"
#include "broker/control/link.h"

namespace anteroom::cli {

namespace json = boost::json;

namespace {

constexpr Duration patience = std::chrono::minutes(5);

Result<json::value> parsed(const std::string& text) {
    boost::system::error_code error;
    auto value = json::parse(text, error);
    if (error) return fail(ErrorKind::damaged, "the broker's answer is not JSON: " + error.message());
    return value;
}

Result<control::Link> connect(const Given& given) {
    const auto no_answer = "the broker is not running (no answer at " + given.admin_socket() + "); start it with `anteroom serve --dir " + given.dir + "`";
    auto fd = control::connect_to(given.admin_socket());
    if (!fd && fd.error().kind == ErrorKind::invalid) return fail(fd.error());
    if (!fd && errno == EACCES) return fail(ErrorKind::refused, given.admin_socket() + ": permission denied; administer Anteroom as its own user, or as root");
    if (!fd) return fail(ErrorKind::io, no_answer);
    return control::Link(std::move(*fd), control::Sender::admin, control::Sender::broker);
}

Status take_row(const control::AdminRow& row, Answer& answer, const PageSink& page) {
    auto value = TRY(parsed(row.json));
    if (!value.is_array()) return fail(ErrorKind::damaged, "the broker's rows are not a list");
    if (page) return page(std::move(value.get_array()));
    for (auto& one : value.get_array()) answer.rows.push_back(std::move(one));
    return ok();
}

Status take_done(const control::AdminDone& done, Answer& answer) {
    answer.done = done.done;
    answer.sentence = done.sentence;
    answer.meta = json::object();
    if (done.json.empty()) return ok();
    auto value = TRY(parsed(done.json));
    if (value.is_object()) answer.meta = std::move(value.get_object());
    return ok();
}

Status converse(const Given& given, const control::AdminCall& call, Answer& answer, const PageSink& page, const IndexSink& index) {
    auto link = TRY(connect(given));
    TRY(link.send(call));
    link.enter(control::open);
    while (true) {
        auto packet = link.receive_within(patience);
        if (!packet && packet.error().kind == ErrorKind::not_found)
            return fail(ErrorKind::io, "the broker ended the conversation without an answer; its log says why");
        if (!packet) return fail(packet.error());
        if (packet->is<control::AdminRow>()) {
            const auto row = TRY(packet->as<control::AdminRow>());
            TRY(take_row(row, answer, page));
        } else if (packet->is<control::AdminRecording>()) {
            answer.recording = TRY(packet->as<control::AdminRecording>());
            answer.file = std::move(packet->fds.front());
        } else if (packet->is<control::AdminIndex>() && index) {
            auto one = TRY(packet->as<control::AdminIndex>());
            TRY(index(std::move(one), std::move(packet->fds.front())));
        } else {
            const auto done = TRY(packet->as<control::AdminDone>());
            return take_done(done, answer);
        }
    }
}

}  // namespace

std::string Answer::zone() const {
    const auto zone = text_at(meta, "zone");
    return zone.empty() ? "UTC" : zone;
}

Result<control::AdminCall> call_of(const Verb& verb, const Given& given) {
    control::AdminCall call;
    call.verb = verb.words;
    call.arguments = given.sent;
    call.list = given.list;
    if (verb.names_person) {
        call.actor = given.actor;
        call.code = TRY(read_code(given.actor, given.code_stdin));
    }
    return call;
}

Result<Answer> ask(const Given& given, control::AdminCall call, const PageSink& page, const IndexSink& index) {
    Answer answer;
    TRY(converse(given, call, answer, page, index));
    while (answer.done && answer.meta.contains("next") && answer.meta.at("next").is_object()) {
        for (const auto& [name, value] : answer.meta.at("next").get_object())
            if (value.is_string()) call.arguments[std::string(name)] = std::string(value.get_string());
        TRY(converse(given, call, answer, page, index));
    }
    return answer;
}

bool broker_is_running(const Given& given) { return control::connect_to(given.admin_socket()).has_value(); }

std::string text_at(const json::object& object, const char* key) {
    const auto* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::uint64_t number_at(const json::object& object, const char* key) {
    const auto* value = object.if_contains(key);
    if (value == nullptr) return 0;
    if (value->is_uint64()) return value->get_uint64();
    return value->is_int64() && value->get_int64() > 0 ? static_cast<std::uint64_t>(value->get_int64()) : 0;
}

bool flag_at(const json::object& object, const char* key) {
    const auto* value = object.if_contains(key);
    return value != nullptr && value->is_bool() && value->get_bool();
}

}  // namespace anteroom::cli
