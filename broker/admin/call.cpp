// Rows, records and the ids that most commands begin with.
#include "broker/admin/call.h"

#include <boost/json.hpp>

namespace anteroom::admin {

namespace json = boost::json;

namespace {

constexpr std::size_t flush_at = 64 * 1024, largest_row = 100 * 1024;

void make_printable(json::value& value) {
    if (auto* text = value.if_string()) {
        *text = printable(std::string_view(text->data(), text->size()), largest_row);
    } else if (auto* list = value.if_array()) {
        for (auto& item : *list) make_printable(item);
    } else if (auto* object = value.if_object()) {
        for (auto& member : *object) make_printable(member.value());
    }
}

}  // namespace

Status Rows::add(json::object row) {
    json::value value(std::move(row));
    make_printable(value);
    const std::string text = json::serialize(value);
    if (text.size() > largest_row) return fail(ErrorKind::invalid, "one row of the answer is larger than a message may be");
    if (held_.size() + text.size() > largest_row) TRY(flush());
    held_ += (held_.empty() ? "[" : ",") + text;
    return held_.size() >= flush_at ? flush() : ok();
}

Status Rows::flush() {
    if (held_.empty()) return ok();
    return reply_.row(std::exchange(held_, {}) + "]");
}

const std::string& Call::argument(std::string_view name) const {
    static const std::string none;
    const auto found = asked.arguments.find(std::string(name));
    return found == asked.arguments.end() ? none : found->second;
}

audit::Record Call::record(audit::Kind kind, audit::Fields fields) const {
    fields["verb"] = asked.verb;
    fields["unix_user"] = caller.unix_user;
    fields["uid"] = std::to_string(caller.uid);
    return {kind, actor.str(), "", "", std::move(fields)};
}

Status Call::append(const audit::Record& record) {
    TRY(here.log->append(record));
    recorded = true;
    return ok();
}

Status Call::with_record(const audit::Record& record, const std::function<Status()>& effect) {
    TRY(here.database.transaction([&]() -> Status {
        TRY(effect());
        TRY(here.log->append(record));
        return ok();
    }));
    recorded = true;
    return ok();
}

control::AdminDone done(const Call& call, std::string sentence, json::object more) {
    more["zone"] = call.here.config.zone;
    return {true, std::move(sentence), json::serialize(more)};
}

json::value time_or_null(const std::optional<Time>& time) { return time ? json::value(rfc3339(*time)) : json::value(nullptr); }

json::array texts(const std::vector<std::string>& list) {
    json::array out;
    for (const auto& text : list) out.emplace_back(text);
    return out;
}

std::string quoted(std::string_view text) { return "\"" + printable(text, 64) + "\""; }

Result<access::SecondFactor> take_factor(Call& call) {
    if (!call.factor) return fail(ErrorKind::refused, "this takes a fresh code of the person it is done by");
    auto taken = std::move(*call.factor);
    call.factor.reset();
    return taken;
}

Result<PersonId> person_name(const std::string& text) {
    auto name = PersonId::parse(text);
    if (!name)
        return fail(ErrorKind::invalid,
                    quoted(text) + " is no name for a person: 1 to 64 of a-z 0-9 . _ - are, beginning with a letter, a digit or an underscore");
    return name;
}

Result<store::Person> known_person(Call& call, const std::string& name) {
    const auto id = TRY(person_name(name));
    auto found = TRY(call.here.people.find(id));
    if (!found) return fail(ErrorKind::not_found, "there is no person named " + id.str());
    return std::move(*found);
}

Result<store::Session> known_session(Call& call) {
    const auto id = SessionId::parse(call.argument("id"));
    if (!id)
        return fail(ErrorKind::invalid,
                    quoted(call.argument("id")) + " is no session's id: 16 letters and digits are, as `anteroom session list --all` shows them");
    auto found = TRY(call.here.sessions.find(*id));
    if (!found) return fail(ErrorKind::not_found, "there is no session " + id->str());
    return std::move(*found);
}

Result<std::optional<Time>> moment_argument(Call& call, const char* name) {
    const std::string& text = call.argument(name);
    if (text.empty()) return std::optional<Time>();
    if (const auto time = parse_rfc3339(text)) return std::optional<Time>(*time);
    if (const auto ago = parse_duration(text)) return std::optional<Time>(call.now() - *ago);
    return fail(ErrorKind::invalid, quoted(text) + " is no time; 2026-01-02T03:04:05Z is, and 2h for two hours ago");
}

}  // namespace anteroom::admin
