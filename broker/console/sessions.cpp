// Tokens and the ends of sessions.
#include "broker/console/sessions.h"

#include <algorithm>

#include "base/base64url.h"
#include "broker/access/console_sessions.h"
#include "broker/identity/webauthn.h"

namespace anteroom::console {

namespace {

constexpr std::size_t token_bytes = 32, longest_agent = 200;

std::string hash_of(const Secret& token) {
    crypto::Sha256 hash;
    hash.update(view("anteroom console token v1\n"));
    hash.update(token.expose());
    return hex(hash.finish());
}

// Sent back by the page with every call that changes something; another origin's page has no way to read it.
std::string csrf_of(const Secret& token) {
    const auto mac = crypto::hmac_sha256(token.expose(), view("anteroom console csrf v1"));
    return base64url({mac.begin(), mac.end()});
}

}  // namespace

Session Sessions::session_of(store::ConsoleSession row) const {
    const auto& web = here_.config.web;
    Session session;
    session.id = access::console_session_id(row.token_hash);
    session.token_hash = std::move(row.token_hash);
    session.person = std::move(row.person);
    session.enrolling = row.enrolling;
    session.factors = std::move(row.factors);
    session.source = std::move(row.source);
    session.agent = std::move(row.agent);
    session.started = row.started;
    session.last_input = row.last_input;
    session.ends = row.started + (row.enrolling ? std::min(web.longest, enrolling_longest) : web.longest);
    session.idle_ends = std::min(row.last_input + web.idle, session.ends);
    return session;
}

// An invitation opens enrolment once; what came after it (another one, factors) closes it.
Result<bool> Sessions::still_good(const Session& session) {
    const auto now = here_.clock.now();
    if (session.idle_ends <= now) return false;
    const auto person = TRY(here_.people.find(session.person));
    if (!person || person->disabled || person->expired(now)) return false;
    if (!session.enrolling) return true;
    const auto invitation = TRY(here_.invitations.find(session.person));
    return invitation && invitation->open(now) && invitation->made <= session.started;
}

Result<Sessions::Minted> Sessions::mint(const PersonId& person, bool enrolling, const std::string& factors, const std::string& source,
                                        const std::string& agent) {
    const auto now = here_.clock.now();
    const Secret random = crypto::random_secret(token_bytes);
    Minted minted{Secret::copy_of(base64url(to_bytes(random.expose()))), {}};
    store::ConsoleSession row{hash_of(minted.token), person, enrolling, factors, source, printable(agent, longest_agent), now, now};
    TRY(here_.database.transaction([&]() -> Status {
        const auto others = TRY(here_.console_sessions.of(person));
        for (std::size_t i = most_of_a_person - 1; i < others.size(); ++i) TRY(access::end_console_session(here_, others[i], "too many"));
        TRY(here_.console_sessions.insert(row));
        TRY(here_.log->append({audit::Kind::console_started,
                               person.str(),
                               "",
                               "",
                               {{"console", access::console_session_id(row.token_hash)}, {"factors", factors}, {"source", source}, {"agent", row.agent}}}));
        return ok();
    }));
    minted.session = session_of(std::move(row));
    minted.session.csrf = csrf_of(minted.token);
    return minted;
}

Result<std::optional<Session>> Sessions::find(const Secret& token) {
    if (token.empty()) return std::optional<Session>();
    auto row = TRY(here_.console_sessions.find(hash_of(token)));
    if (!row) return std::optional<Session>();
    auto session = session_of(std::move(*row));
    if (!TRY(still_good(session))) return std::optional<Session>();
    session.csrf = csrf_of(token);
    return std::optional<Session>(std::move(session));
}

Status Sessions::touch(const Session& session) {
    const auto now = here_.clock.now();
    // A row is not written for every key; where silence is measured in seconds, nearly.
    if (now - session.last_input < std::min<Duration>(touched_every, here_.config.web.idle / 60)) return ok();
    return here_.console_sessions.touch(session.token_hash, now);
}

Status Sessions::end(const Session& session, const std::string& why) {
    const auto row = TRY(here_.console_sessions.find(session.token_hash));
    return row ? access::end_console_session(here_, *row, why) : ok();
}

Result<std::vector<Session>> Sessions::of(const PersonId& person) {
    std::vector<Session> list;
    for (auto& row : TRY(here_.console_sessions.of(person))) {
        auto session = session_of(std::move(row));
        if (TRY(still_good(session))) list.push_back(std::move(session));
    }
    return list;
}

Status Sessions::end_all_of(const PersonId& person, const std::string& why) { return access::end_console_sessions(here_, person, why); }

Status Sessions::forget_ended() {
    const auto now = here_.clock.now();
    const auto& web = here_.config.web;
    for (const auto& row : TRY(here_.console_sessions.over(now - web.idle, now - web.longest)))
        TRY(access::end_console_session(here_, row, row.started <= now - web.longest ? "age" : "silence"));
    return ok();
}

}  // namespace anteroom::console
