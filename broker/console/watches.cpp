// Tickets and what they open.
#include "broker/console/watches.h"

#include <fcntl.h>

#include "base/crypto.h"
#include "broker/admin/bundle.h"
#include "broker/admin/looking.h"
#include "broker/installation/export_slot.h"

namespace anteroom::console {

namespace {

constexpr std::size_t most_tickets = 256, most_watches = 64, token_bytes = 32, most_roots = 2000;
constexpr Duration check_every = std::chrono::seconds(5);

std::string slot_of(const Secret& ticket) { return hex(crypto::sha256(ticket.expose())); }

constexpr const char* no_way = "This way in was used already or is too old; begin anew.";

using Purpose = Watches::Purpose;

struct Format {
    Purpose purpose;
    std::string_view name, suffix;
};
constexpr Format formats[] = {{Purpose::cast, "cast", ".cast"}, {Purpose::mp4, "mp4", ".mp4"}, {Purpose::bundle, "bundle", ".tar"}};

// nullptr: nothing is exported.
const Format* format_of(Purpose purpose) {
    const auto* found = std::find_if(std::begin(formats), std::end(formats), [&](const Format& one) { return one.purpose == purpose; });
    return found == std::end(formats) ? nullptr : found;
}

audit::Kind kind_of(Purpose purpose) {
    if (format_of(purpose) != nullptr) return audit::Kind::recording_export;
    return purpose == Purpose::watch ? audit::Kind::session_watched : audit::Kind::recording_view;
}

audit::Record look_record(const store::Session& session, const access::SecondFactor& by, Purpose purpose, const std::string& source) {
    audit::Record record{kind_of(purpose),
                         by.person().str(),
                         session.target.str(),
                         session.id.str(),
                         {{"of", session.person.str()}, {"account", session.account.str()}, {"way", "console"}, {"source", source}}};
    if (const auto* format = format_of(purpose)) record.fields.emplace("format", format->name);
    for (const auto& [name, value] : by.evidence()) record.fields.emplace(name, value);
    return record;
}

}  // namespace

std::optional<Purpose> Watches::export_as(std::string_view name) {
    for (const auto& format : formats)
        if (format.name == name) return format.purpose;
    return std::nullopt;
}

std::string Watches::file_name(const store::Session& session, Purpose purpose) {
    const auto* format = format_of(purpose);
    const std::string suffix(format == nullptr ? "" : format->suffix);
    return "anteroom-" + session.target.str() + "-" + rfc3339(session.started).substr(0, 10) + "-" + session.id.str().substr(0, 8) + suffix;
}

Result<Secret> Watches::issue(const Session& by, const SessionId& watched, access::SecondFactor factor, Purpose purpose) {
    const auto now = here_.clock.monotonic();
    std::erase_if(tickets_, [&](const auto& one) { return one.second.ends <= now; });
    if (tickets_.size() >= most_tickets) return fail(ErrorKind::conflict, "Too many watches are being begun; try again in a minute.");
    auto ticket = Secret::copy_of(hex(crypto::random_secret(token_bytes).expose()));
    tickets_.emplace(slot_of(ticket), Ticket{by.id, watched, std::move(factor), purpose, now + ticket_lasts});
    return ticket;
}

// Whoever shows it has used it, whatever comes of it.
Result<Watches::Ticket> Watches::take(const Secret& ticket) {
    const auto found = tickets_.find(slot_of(ticket));
    if (ticket.empty() || found == tickets_.end()) return fail(ErrorKind::refused, no_way);
    auto taken = std::move(found->second);
    tickets_.erase(found);
    if (taken.ends <= here_.clock.monotonic()) return fail(ErrorKind::refused, no_way);
    return taken;
}

Result<Watches::Ticket> Watches::take_from(const Session& console, const Shown& shown) {
    auto ticket = TRY(take(shown.ticket));
    if (ticket.console_session != console.id || ticket.factor.person() != console.person) return fail(ErrorKind::refused, no_way);
    if ((format_of(ticket.purpose) != nullptr) != shown.to_export) return fail(ErrorKind::refused, no_way);
    return ticket;
}

// Somebody may try again and again: one record, and then how often.
Status Watches::refuse(const std::string& person, const Shown& shown, const Error& why) {
    const audit::Record record{shown.to_export ? audit::Kind::recording_export : audit::Kind::recording_view,
                               person,
                               "",
                               "",
                               {{"way", "console"}, {"source", shown.source}, {"outcome", "refused"}, {"why", why.detail}}};
    return here_.log->append_coalesced("ticket/" + person + "/" + shown.source, record);
}

Result<Watches::Permitted> Watches::permit(const Shown& shown) {
    const auto console = TRY(sessions_.find(shown.console));
    if (!console || console->enrolling) {
        const Error nobody{ErrorKind::not_found, "Nobody is signed in here, or not any more. Please sign in."};
        TRY(refuse("", shown, nobody));
        return fail(nobody);
    }
    auto ticket = take_from(*console, shown);
    if (!ticket) {
        TRY(refuse(console->person.str(), shown, ticket.error()));
        return fail(ticket.error());
    }
    if (running_.size() >= most_watches) return fail(ErrorKind::conflict, "Too many sessions are being watched.");
    auto session = TRY(here_.sessions.find(ticket->watched));
    if (!session) return fail(ErrorKind::refused, "There is no such session any more.");
    if (session->ended && ticket->purpose == Purpose::watch) return fail(ErrorKind::refused, "The session has ended.");
    auto record = look_record(*session, ticket->factor, ticket->purpose, shown.source);
    const auto may = admin::may_look(here_, ticket->factor.person(), *session, ticket->factor.self_enrolled());
    if (may) return Permitted{std::move(*ticket), std::move(*session), std::move(record)};
    record.fields["outcome"] = "refused";
    record.fields["why"] = may.error().detail;
    TRY(here_.log->append(record));
    return fail(may.error());
}

// The index is beside the recording, sealed by what is handed out anyway. One that cannot be opened is none.
Result<Watches::Opened> Watches::hand_out(const store::Session& session, const audit::Record& record) {
    Opened out;
    out.recording.live = !session.ended.has_value();
    if (!out.recording.live) out.recording.audited = TRY(admin::audited_roots(here_, session.id));
    auto& roots = out.recording.audited;  // of more than a day, the latest: a message has its bounds, and each root covers all before it
    if (roots.size() > most_roots) roots.erase(roots.begin(), roots.end() - most_roots);
    auto look = TRY(admin::open_for_look(here_, session, [&]() -> Status {
        TRY(here_.log->append(record));
        return ok();
    }));
    out.key = next_++;
    out.recording.id = session.id.str();
    out.recording.protocol = session.protocol;
    out.recording.data_key = std::move(look.data_key);
    out.recording.signer = std::move(look.signer);
    out.file = std::move(look.file);
    auto index = open_file(here_.index_path(session.id), O_RDONLY | O_NOFOLLOW);
    if (index) out.index = std::move(*index);
    else live_.index(session.id);  // for the next time
    return out;
}

Result<Watches::Opened> Watches::open(const control::WebWatch& asked, End end) {
    const auto [ticket, session, record] = TRY(permit({asked.session, asked.ticket, asked.source}));
    auto out = TRY(hand_out(session, record));
    const auto& factor = ticket.factor;
    running_.emplace(out.key, Running{asked.session.duplicate(), factor.person(), session.id, factor.self_enrolled(), std::move(end), here_.clock.monotonic()});
    return out;
}

// The recording itself goes as it lies, sealed: no key leaves.
Result<Watches::Exported> Watches::hand_out_bundle(const Permitted& permitted) {
    const auto& session = permitted.session;
    Exported out;
    TRY(admin::check_sealed(session));
    out.file = TRY(admin::open_recording(here_, session));
    TRY(here_.log->append(permitted.record));  // and is among the records of the bundle
    auto parts = TRY(admin::bundle_parts(here_, session, permitted.ticket.factor.person(), out.file.get()));
    for (auto& [name, text] : parts.content) out.terms.members.push_back({name, to_bytes(view(text))});
    out.terms.size = parts.size;
    return out;
}

Result<Watches::Exported> Watches::hand_out_copy(const Permitted& permitted) {
    const auto& session = permitted.session;
    Exported out;
    if (!session.ended) return fail(ErrorKind::conflict, "The session is live: what is recorded of it is exported when it has ended.");
    if (permitted.ticket.purpose == Purpose::mp4) {
        out.slot = TRY(installation::try_export_slot(here_.paths.run(), here_.config.limits.exports));
        if (!out.slot) return fail(ErrorKind::conflict, films_run);
    }
    auto look = TRY(admin::open_for_look(here_, session, [&]() -> Status {
        TRY(here_.log->append(permitted.record));
        return ok();
    }));
    out.file = std::move(look.file);
    out.terms.data_key = std::move(look.data_key);
    out.terms.signer = std::move(look.signer);
    out.terms.title = session.person.str() + " on " + session.target.str() + " as " + session.account.str() + ", " + rfc3339(session.started);
    return out;
}

Result<Watches::Exported> Watches::export_one(const control::WebFetch& asked, End end) {
    const auto permitted = TRY(permit({asked.session, asked.ticket, asked.source, true}));
    const auto& [ticket, session, record] = permitted;
    auto made = ticket.purpose == Purpose::bundle ? hand_out_bundle(permitted) : hand_out_copy(permitted);
    if (!made) {
        auto failed = record;
        failed.fields["outcome"] = made.error().kind == ErrorKind::conflict ? "refused" : "not whole";
        failed.fields["why"] = made.error().detail;
        TRY(here_.log->append(failed));
        return fail(made.error());
    }
    auto out = std::move(*made);
    const auto& format = *format_of(ticket.purpose);
    out.key = next_++;
    out.session = session.id;
    out.person = ticket.factor.person();
    out.terms.format = format.name;
    out.name = file_name(session, ticket.purpose);
    running_.emplace(out.key, Running{Secret(), ticket.factor.person(), session.id, ticket.factor.self_enrolled(), std::move(end), here_.clock.monotonic()});
    return out;
}

// Why it may not go on; "" where it may. What has ended shows its own end.
std::string Watches::over(const Running& running) {
    if (!running.token.empty()) {
        const auto console = sessions_.find(running.token);
        if (!console || !*console) return "You are signed out.";
    }
    const auto session = here_.sessions.find(running.watched);
    if (!session || !*session) return "The session is gone.";
    if (!admin::may_look(here_, running.person, **session, running.self_enrolled)) return "The policy does not let you watch this any more.";
    return "";
}

void Watches::tick() {
    const auto now = here_.clock.monotonic();
    std::vector<std::pair<End, std::string>> ended;
    for (auto at = running_.begin(); at != running_.end();) {
        auto why = now - at->second.checked < check_every ? std::string() : over(at->second);
        if (now - at->second.checked >= check_every) at->second.checked = now;
        if (why.empty()) {
            ++at;
            continue;
        }
        ended.emplace_back(std::move(at->second.end), std::move(why));
        at = running_.erase(at);
    }
    for (const auto& [end, why] : ended) end(why);
}

}  // namespace anteroom::console
