// My requests: asked for, looked at, withdrawn, made longer. What policy says of them is asked in broker/access.
#include "broker/admin/requests.h"

#include <boost/json.hpp>

#include <algorithm>

#include "broker/access/telling.h"
#include "broker/console/cards.h"
#include "broker/console/handlers.h"
#include "broker/console/reading.h"

namespace anteroom::console {

namespace json = boost::json;

namespace {

constexpr std::size_t most_shown = 500, most_places = 64;

// Only who asked may go on with it; for others who see it, it is not a way.
Result<access::Request> mine_in_path(Call& call) {
    auto request = TRY(request_in_path(call));
    if (request.person != call.person()) return fail(ErrorKind::refused, "Only " + request.person.str() + " can do that with this request.");
    return request;
}

}  // namespace

Result<Answer> request_create(Call& call) {
    access::NewRequest wanted;
    wanted.person = call.person();
    for (const auto& text : TRY(lines_of(call, "places", most_places))) {
        auto ask = TRY(place_of(call, text));
        if (std::find(wanted.asks.begin(), wanted.asks.end(), ask) != wanted.asks.end())
            return fail(ErrorKind::invalid, admin::place_text(ask) + " was named twice");
        wanted.asks.push_back(std::move(ask));
    }
    wanted.reason = TRY(line_of(call, "reason", access::longest_reason));
    wanted.ticket = TRY(line_of(call, "ticket", access::longest_ticket, false));
    wanted.length = TRY(seconds_of(call, "seconds")).value_or(Duration(0));
    wanted.not_before = TRY(time_of(call, "at"));
    wanted.source_ip = call.asked.source;
    wanted.made_by = "console";
    const auto made = TRY(call.live.access().create(wanted));
    return card_answer(call, made);
}

Result<Answer> request_list(Call& call) {
    const auto state = call.query.contains("state") ? call.query.at("state") : "open";
    if (state != "open" && state != "all") return fail(ErrorKind::invalid, "state is open or all");
    json::array rows;
    for (const auto& request : TRY(call.live.access().of_person(call.person(), most_shown)))
        if (state == "all" || access::is_open(request.state)) rows.push_back(admin::request_row(request));
    Answer out;
    out.body = json::object{{"requests", std::move(rows)}};
    return out;
}

Result<Answer> request_card(Call& call) {
    const auto request = TRY(request_in_path(call));
    return card_answer(call, request);
}

Result<Answer> request_withdraw(Call& call) {
    const auto request = TRY(mine_in_path(call));
    const auto after = TRY(call.live.access().withdraw(request.id, call.person()));
    return card_answer(call, after);
}

Result<Answer> request_ask_extension(Call& call) {
    const auto request = TRY(mine_in_path(call));
    const auto by = TRY(seconds_of(call, "seconds"));
    if (!by) return fail(ErrorKind::invalid, "seconds must be a whole number of seconds");
    const auto after = TRY(call.live.access().ask_extension(request.id, *by));
    return card_answer(call, after);
}

}  // namespace anteroom::console
