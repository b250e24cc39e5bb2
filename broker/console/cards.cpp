// Cards: what access knows of a request, with what it is to the person who looks.
#include "broker/console/cards.h"

#include <boost/json.hpp>

#include <charconv>

#include "base/crypto.h"
#include "broker/access/request_json.h"
#include "broker/admin/requests.h"
#include "broker/console/sight.h"
#include "broker/talk/words.h"

namespace anteroom::console {

namespace json = boost::json;
using access::RequestState;

Result<access::Request> request_in_path(Call& call) {
    const auto& text = call.in_path.front();
    const auto none = fail(ErrorKind::not_found, "There is no request " + text + ".");
    std::int64_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc() || end != text.data() + text.size() || id <= 0 || std::to_string(id) != text) return none;
    auto found = TRY(call.live.access().find(id));
    if (!found || !TRY(sees(call.live.access(), call.person(), *found))) return none;
    return std::move(*found);
}

std::string etag_of(const access::Request& request) {
    constexpr std::size_t shown = 16;
    return "\"" + hex(crypto::sha256(view(access::body_of(request)))).substr(0, shown) + "\"";
}

json::array words_of(const std::vector<std::string>& capabilities) {
    json::array out;
    for (const auto& capability : capabilities) out.emplace_back(talk::capability_words(capability));
    return out;
}

namespace {

Result<json::object> row_of(const Call& call, const access::Access::Shown& shown) {
    const auto& request = shown.card.request;
    auto out = admin::card_row(shown.card);
    const auto& may = shown.may_decide;
    if (!may && may.error().kind != ErrorKind::refused) return fail(may.error());
    const bool waits = request.state == RequestState::requested || request.extension.has_value();
    const bool asked = shown.audience.asked.contains(call.person());
    const bool granted = request.state == RequestState::approved || request.state == RequestState::active;
    out["etag"] = etag_of(request);
    out["mine"] = request.person == call.person();
    out["may_decide"] = asked;
    out["why_not"] = !waits || asked ? "" : !may ? talk::sentence_of(may.error()) : "Your yes counts already; it waits for somebody else's.";
    out["may_revoke"] = granted && !request.emergency && may.has_value();
    return out;
}

}  // namespace

Result<json::array> cards_of(Call& call, const std::vector<access::Request>& requests) {
    json::array out;
    for (const auto& shown : TRY(call.live.access().shown(call.person(), requests))) out.push_back(TRY(row_of(call, shown)));
    return out;
}

Result<json::object> card_of(Call& call, const access::Request& request) {
    const auto shown = TRY(call.live.access().shown(call.person(), {request}));
    return row_of(call, shown.front());
}

Result<Answer> card_answer(Call& call, const access::Request& request) {
    Answer out;
    out.body = TRY(card_of(call, request));
    out.etag = etag_of(request);
    return out;
}

Result<policy::Ask> place_of(Call& call, const std::string& text) {
    const auto facts = TRY(call.here.facts_of(call.person(), call.asked.source));
    return admin::ask_of(call.here, facts, text);
}

}  // namespace anteroom::console
