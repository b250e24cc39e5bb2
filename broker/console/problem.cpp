// Problems and their titles.
#include "broker/console/problem.h"

#include <boost/json.hpp>

#include "broker/talk/words.h"

namespace anteroom::console {

namespace json = boost::json;

std::string_view title_of(std::uint16_t status) {
    switch (status) {
        case 400: return "Bad request";
        case 401: return "Not signed in";
        case 403: return "Not permitted";
        case 404: return "Not found";
        case 405: return "Method not allowed";
        case 409: return "Too late";
        case 412: return "It has changed";
        case 422: return "Not as expected";
        case 429: return "Too many attempts";
        case 503: return "Busy";
        default: return status < 500 ? "Refused" : "It failed";
    }
}

std::uint16_t status_of(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::refused: return 403;
        case ErrorKind::not_found: return 404;
        case ErrorKind::conflict: return 409;
        case ErrorKind::invalid: return 422;
        default: return 500;
    }
}

json::object problem(const installation::Installation& here, std::uint16_t status, const std::string& sentence, std::uint32_t retry_seconds) {
    json::object out{{"type", "about:blank"}, {"title", title_of(status)}, {"status", status}, {"detail", sentence}};
    if (!here.config.help.empty()) out["help"] = here.config.help;
    if (retry_seconds != 0) out["retry_seconds"] = retry_seconds;
    return out;
}

Answer problem_answer(const installation::Installation& here, std::uint16_t status, const std::string& sentence, std::uint32_t retry_seconds) {
    Answer out;
    out.status = status;
    out.body = problem(here, status, sentence, retry_seconds);
    out.retry_after = retry_seconds;
    return out;
}

control::WebAnswer problem_of(const installation::Installation& here, std::uint64_t number, std::uint16_t status, const std::string& sentence,
                              std::uint32_t retry_seconds) {
    control::WebAnswer out;
    out.number = number;
    out.status = status;
    out.json = json::serialize(problem(here, status, sentence, retry_seconds));
    out.retry_after = retry_seconds;
    return out;
}

control::WebAnswer problem_of(const installation::Installation& here, std::uint64_t number, const Error& error) {
    const auto status = error.kind == ErrorKind::not_found  ? std::uint16_t{401}
                        : error.kind == ErrorKind::conflict ? std::uint16_t{503}
                                                            : status_of(error.kind);
    return problem_of(here, number, status, talk::sentence_of(error));
}

}  // namespace anteroom::console
