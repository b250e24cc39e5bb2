// Enrolment: an invited person's first factors. Until everything is right nothing is kept; then the invitation is used up, and the
// session that could do no more than this makes way for one of its own.
#include <boost/json.hpp>

#include "broker/console/enrolment.h"
#include "broker/console/factor.h"
#include "broker/console/handlers.h"
#include "broker/console/me.h"
#include "broker/console/problem.h"
#include "broker/console/reading.h"
#include "broker/identity/password.h"

namespace anteroom::console {

namespace json = boost::json;
using access::Challenges;

namespace {

constexpr std::size_t longest_transport = 32, most_transports = 8;

access::Owner owner_of(Call& call) { return {call.here, call.person(), call.asked.source}; }

Result<std::string> transports_of(const Call& call) {
    std::string out;
    const auto* value = call.body.if_contains("transports");
    if (value == nullptr || value->is_null()) return out;
    const auto* list = value->if_array();
    if (list == nullptr || list->size() > most_transports) return fail(ErrorKind::invalid, "\"transports\" is not as expected");
    for (const auto& item : *list) {
        if (!item.is_string() || item.get_string().size() > longest_transport) return fail(ErrorKind::invalid, "\"transports\" is not as expected");
        out += (out.empty() ? "" : " ") + std::string(item.get_string());
    }
    return out;
}

// The invitation that opened this session (Sessions::find has just seen that it is that one).
Result<std::string> invitation_of(Call& call) {
    if (!call.session->enrolling) return fail(ErrorKind::conflict, "You are enrolled already.");
    const auto invitation = TRY(call.here.invitations.find(call.person()));
    if (!invitation) return fail(ErrorKind::conflict, "Your invitation is not good any more. Please ask for another.");
    return invitation->code_hash;
}

struct Enrolled {
    json::object me;
    Secret token;
};
Result<Enrolled> begin_anew(Call& call, const std::string& factors) {
    const auto person = call.person();
    TRY(call.sessions.end_all_of(person, "enrolled"));
    auto minted = TRY(call.sessions.mint(person, false, factors, call.asked.source, call.asked.agent));
    call.events.me(person);
    return Enrolled{TRY(me_of(call.here, minted.session, call.events.last())), std::move(minted.token)};
}

Result<Answer> enrol_with(Call& call, const std::string& invitation, const std::string& hash) {
    if (!TRY(call.sessions.find(call.asked.session))) return signed_out(call);
    auto fresh = TRY(new_codes(call));
    const auto recovery = access::new_recovery_codes(call.person());
    const auto verdict = TRY(access::enrol(owner_of(call), invitation, {hash, std::move(fresh.secret), recovery.hashes}, fresh.code));
    if (auto refused = refused_code(call, verdict)) return std::move(*refused);
    (void)call.challenges.use(fresh.nonce, Challenges::Purpose::codes, call.person().str());
    auto enrolled = TRY(begin_anew(call, "password+code"));
    json::array codes;
    for (const auto& code : recovery.codes) codes.emplace_back(code.expose_text());
    Answer answer;
    answer.body = json::object{{"me", std::move(enrolled.me)}, {"recovery", std::move(codes)}};
    answer.session = std::move(enrolled.token);
    return answer;
}

}  // namespace

Answer signed_out(const Call& call) { return problem_answer(call.here, 401, "Nobody is signed in here, or not any more. Please sign in."); }

Result<Made> made_passkey(Call& call) {
    Made made;
    made.nonce = TRY(bytes_of(call.body, "nonce", 256));
    made.passkey.name = TRY(line_of(call, "name", access::longest_passkey_name, false));
    made.passkey.transports = TRY(transports_of(call));
    const identity::Attestation attestation{TRY(bytes_of(call.body, "client_data", 8192)), TRY(bytes_of(call.body, "attestation_object", 16384))};
    if (!call.challenges.good(made.nonce, Challenges::Purpose::registration, call.person().str()))
        return fail(ErrorKind::invalid, "That took too long, or was used already. Please try once more.");
    const auto expected = access::expected_of(call.here, Challenges::challenge_of(Challenges::Purpose::registration, made.nonce));
    auto verified = identity::verify_attestation(attestation, expected);
    if (!verified) {
        TRY(audit_refused_factor(call, "new passkey", verified.error().detail));
        return fail(ErrorKind::invalid, "That passkey cannot be added: your device has to check that it is you, by fingerprint, face or PIN.");
    }
    made.passkey.made = std::move(*verified);
    return made;
}

Result<NewCodes> new_codes(Call& call) {
    NewCodes fresh;
    fresh.nonce = TRY(bytes_of(call.body, "nonce", 256));
    fresh.code = TRY(secret_of(call, "code"));
    if (!call.challenges.good(fresh.nonce, Challenges::Purpose::codes, call.person().str()))
        return fail(ErrorKind::invalid, "That took too long, or was used already. Please begin again with a new QR code.");
    fresh.secret = call.challenges.derived(fresh.nonce, totp_secret_size);
    return fresh;
}

std::optional<Answer> refused_code(const Call& call, const identity::CodeVerdict& verdict) {
    using Kind = identity::CodeVerdict::Kind;
    if (verdict.kind == Kind::accepted) return std::nullopt;
    if (verdict.kind == Kind::wrong) return problem_answer(call.here, 422, "That code is not right. If that happens again, look at your phone's clock.");
    const auto wait = verdict.until_next.count();
    const auto next = wait > 0 ? "the next one, in " + std::to_string(wait) + " s." : std::string("the one that is shown now.");
    return problem_answer(call.here, 422, "A code of this time was used already; please take " + next, static_cast<std::uint32_t>(wait));
}

void enrol(std::shared_ptr<Call> call, Given give) {
    const auto asked = [&]() -> Result<std::pair<std::string, Secret>> {
        auto invitation = TRY(invitation_of(*call));
        TRY(new_codes(*call));  // a hash is work: not before the rest is there
        auto password = TRY(secret_of(*call, "password"));
        if (const auto good = identity::check_password_rules(password, call->person().str()); !good) return fail(ErrorKind::invalid, good.error().detail);
        return std::pair(std::move(invitation), std::move(password));
    };
    auto ready = asked();
    if (!ready) return give(fail(ready.error()));
    call->door.hash_password(std::move(ready->second), [call, invitation = ready->first, give = std::move(give)](Result<std::string> hash) {
        if (!hash) return give(fail(hash.error()));
        give(enrol_with(*call, invitation, *hash));
    });
}

Result<Answer> enrol_passkey(Call& call) {
    const auto invitation = TRY(invitation_of(call));
    const auto made = TRY(made_passkey(call));
    TRY(access::enrol_with_passkey(owner_of(call), invitation, made.passkey));
    (void)call.challenges.use(made.nonce, Challenges::Purpose::registration, call.person().str());
    auto enrolled = TRY(begin_anew(call, "passkey"));
    Answer answer;
    answer.body = std::move(enrolled.me);
    answer.session = std::move(enrolled.token);
    return answer;
}

}  // namespace anteroom::console
