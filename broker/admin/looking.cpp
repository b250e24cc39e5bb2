// Who may look, and opening what they look at.
#include "broker/admin/looking.h"

#include <fcntl.h>

#include <charconv>

#include "broker/access/circle.h"
#include "broker/audit/reader.h"
#include "policy/explain.h"
#include "policy/parser.h"
#include "recorder/keys.h"
#include "recorder/scan.h"

namespace anteroom::admin {

namespace {

std::optional<std::uint64_t> number_of(const std::string& text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && !text.empty() ? std::optional(value) : std::nullopt;
}

Result<recorder::Commit> root_in(const audit::Entry& entry) {
    const auto field = [&](const char* name) { return entry.fields.contains(name) ? entry.fields.at(name) : std::string(); };
    const auto count = number_of(field("count")), bytes = number_of(field("bytes"));
    const auto root = from_hex(field("root"));
    if (!count || !bytes || !root || root->size() != 32)
        return fail(ErrorKind::damaged, "audit record " + std::to_string(entry.seq) + " names no root of a recording");
    recorder::Commit commit{*count, *bytes, {}};
    std::copy(root->begin(), root->end(), commit.root.begin());
    return commit;
}

}  // namespace

const policy::Document* PastLabels::version(std::int64_t number) {
    if (number == here_.policy.version) return &here_.policy.document;
    auto [at, fresh] = read_.try_emplace(number);
    if (fresh)
        if (const auto kept = here_.policy_versions.get(number); kept && *kept)
            if (auto document = policy::parse((*kept)->text, "policy"); document) at->second = std::move(*document);
    return at->second ? &*at->second : nullptr;
}

policy::Labels PastLabels::of(const store::Session& session) {
    for (const auto* document : {version(session.policy_version), version(here_.policy.version)}) {
        if (document == nullptr) continue;
        if (const auto target = document->targets.find(session.target); target != document->targets.end()) return target->second.labels;
    }
    return {};
}

Status may_look(installation::Installation& here, const PersonId& person, const store::Session& session, bool self_enrolled) {
    if (here.policy.document.self_enrolled_mfa && !self_enrolled)
        return fail(ErrorKind::refused, "the codes of " + person.str() +
                                            " were set up by somebody else; the policy lets only codes look into recordings that "
                                            "their person enrolled");
    const auto facts = TRY(here.facts_of(person, ""));
    const auto consent = policy::review_consent(here.policy.document, facts, session.target, PastLabels(here).of(session), here.clock.now());
    if (!consent) return fail(ErrorKind::refused, person.str() + " is no reviewer of recordings of " + session.target.str());
    if (*consent == 0 || TRY(consent_of(here, person, session, *consent)).enough()) return ok();
    return fail(ErrorKind::refused, "recordings of " + session.target.str() + " take the consent of " +
                                        (*consent == 1 ? "another reviewer" : std::to_string(*consent) + " other reviewers") +
                                        ", for one hour: ask for it in the console, at this recording; nothing was opened");
}

namespace {

// `circle` knows everybody: who is one human with two accounts counts once.
Status check_giver(installation::Installation& here, const access::Circle& circle, const PersonId& giver, const PersonId& asker,
                   const store::Session& session) {
    const auto now = here.clock.now();
    if (circle.human(giver) == circle.human(asker)) return fail(ErrorKind::refused, "Nobody consents to their own looking, with another account either.");
    if (circle.human(giver) == circle.human(session.person)) return fail(ErrorKind::refused, "Whoever is seen in a recording gives no consent to it.");
    const auto* person = circle.find(giver);
    if (person == nullptr || person->disabled || person->expired(now)) return fail(ErrorKind::refused, giver.str() + " cannot consent now.");
    if (!policy::review_consent(here.policy.document, circle.facts_of(giver, ""), session.target, PastLabels(here).of(session), now))
        return fail(ErrorKind::refused, giver.str() + " is no reviewer of recordings of " + session.target.str() + ".");
    return ok();
}

}  // namespace

Result<Consent> consent_of(installation::Installation& here, const PersonId& person, const store::Session& session, int needed) {
    Consent out{needed, {}};
    auto list = TRY(store::Reviews(here.database).given(session.id, person, here.clock.now()));
    if (needed == 0 || list.empty()) return out;
    const auto circle = TRY(access::Circle::load(here));
    std::set<std::string> humans;
    for (auto& one : list) {
        const auto good = check_giver(here, circle, one.giver, person, session);
        if (!good && good.error().kind != ErrorKind::refused) return fail(good.error());
        if (good && humans.insert(circle.human(one.giver)).second) out.given.push_back(std::move(one));
    }
    return out;
}

Status may_consent(installation::Installation& here, const PersonId& giver, const PersonId& asker, const store::Session& session) {
    const auto circle = TRY(access::Circle::load(here));
    return check_giver(here, circle, giver, asker, session);
}

Result<Fd> open_recording(installation::Installation& here, const store::Session& session) {
    const auto path = session.recording_path.empty() ? here.recording_path(session.id) : session.recording_path;
    auto file = open_file(path, O_RDONLY | O_NOFOLLOW);
    if (!file && file.error().kind == ErrorKind::not_found) return fail(ErrorKind::not_found, "session " + session.id.str() + " has no recording at " + path);
    return file;
}

Result<std::vector<recorder::Commit>> audited_roots(installation::Installation& here, const SessionId& session) {
    std::vector<recorder::Commit> roots;
    audit::Filter filter;
    filter.session = session.str();
    TRY(audit::each_entry(here.database, here.log->chain(), filter, [&](const audit::Entry& entry) -> Status {
        if (entry.kind != audit::name_of(audit::Kind::recording_root) && entry.kind != audit::name_of(audit::Kind::recording_sealed)) return ok();
        roots.push_back(TRY(root_in(entry)));
        return ok();
    }));
    return roots;
}

Result<Look> open_for_look(installation::Installation& here, const store::Session& session, const std::function<Status()>& record) {
    Look out;
    out.file = TRY(open_recording(here, session));
    const auto header = TRY(recorder::read_header(out.file.get()));
    TRY(record());
    out.data_key = TRY(recorder::open_for_key(header, here.ring.recording_identity()));
    out.signer = here.ring.recording_signing_public();
    return out;
}

}  // namespace anteroom::admin
