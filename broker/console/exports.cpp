// A recording that is to leave the house: what it can leave as, and the ticket for that. What leaves is written down when it begins to.
#include <boost/json.hpp>

#include "broker/console/handlers.h"
#include "broker/console/reading.h"
#include "broker/console/recorded.h"
#include "broker/installation/export_slot.h"

namespace anteroom::console {

namespace json = boost::json;

namespace {

constexpr std::size_t longest_format = 16;

// `record: facts` keeps who, when and what passed, and no picture.
bool is_filmed(installation::Installation& here, const store::Session& session) {
    const auto begun = store::Recordings(here.database).moments(here.log->chain(), session.id, {audit::name_of(audit::Kind::session_start)}, 1);
    const auto entry = begun && !begun->empty() ? audit::parse_body(begun->front().body) : Result<audit::Entry>(fail(ErrorKind::not_found, ""));
    return !entry || !entry->fields.contains("record") || entry->fields.at("record") != "facts";
}

Status check_format(const Call& call, const store::Session& session, std::string_view format) {
    if (!Watches::export_as(format)) return fail(ErrorKind::invalid, "A recording is exported as cast (terminals), mp4 (desktops) or bundle (evidence).");
    const auto state = state_of(call.here, session);
    if (state == "live") return fail(ErrorKind::conflict, "The session is live: what is recorded of it is exported when it has ended.");
    if (state == "gone") return fail(ErrorKind::conflict, "The recording is gone: its file is not there any more.");
    const auto possible = exports_of(call.here, session, true);
    if (std::find(possible.begin(), possible.end(), format) != possible.end()) return ok();
    if (session.protocol == "rdp" && !is_filmed(call.here, session))
        return fail(ErrorKind::conflict, "The policy keeps no picture of such sessions: there is nothing to make a film of.");
    if (format == "bundle") return fail(ErrorKind::conflict, "The recording was never sealed: there is no proof that a bundle could hold.");
    return fail(ErrorKind::conflict, session.protocol == "rdp" ? "This is a desktop's recording: it is exported as mp4."
                                                               : "This is a terminal's recording: it is exported as cast.");
}

// Whether another film may be begun; asked again when it is.
Status check_slot(const Call& call, std::string_view format) {
    if (format != "mp4") return ok();
    const auto slot = TRY(installation::try_export_slot(call.here.paths.run(), call.here.config.limits.exports));
    return slot ? ok() : fail(ErrorKind::conflict, Watches::films_run);
}

}  // namespace

std::vector<std::string_view> exports_of(installation::Installation& here, const store::Session& session, bool may_open) {
    const auto state = state_of(here, session);
    if (!may_open || state == "live" || state == "gone") return {};
    std::vector<std::string_view> out;
    if (session.protocol != "rdp") out.emplace_back("cast");
    else if (is_filmed(here, session)) out.emplace_back("mp4");
    if (state != "torn") out.emplace_back("bundle");
    return out;
}

Result<Answer> recording_export(Call& call) {
    auto looker = TRY(Looker::of(call));
    const auto recorded = TRY(recording_in_path(call, looker));
    const auto& session = recorded.session;
    auto by = TRY(factor_to_look(call, session, audit::Kind::recording_export));
    const auto format = TRY(line_of(call, "format", longest_format));
    TRY(check_format(call, session, format));
    TRY(check_slot(call, format));
    const auto purpose = *Watches::export_as(format);
    const auto ticket = TRY(call.watches.issue(*call.session, session.id, std::move(by), purpose));
    Answer out;
    out.body = json::object{{"ticket", ticket.expose_text()},
                            {"seconds", std::chrono::floor<std::chrono::seconds>(Watches::ticket_lasts).count()},
                            {"name", Watches::file_name(session, purpose)}};
    return out;
}

}  // namespace anteroom::console
