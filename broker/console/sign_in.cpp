// Signing in and out of the console.
#include <boost/json.hpp>

#include "base/base64url.h"
#include "base/log.h"
#include "broker/console/factor.h"
#include "broker/console/handlers.h"
#include "broker/console/me.h"
#include "broker/console/problem.h"
#include "broker/console/reading.h"
#include "broker/identity/user_name.h"

namespace anteroom::console {

namespace json = boost::json;
using access::Challenges;

namespace {

constexpr const char* not_this_passkey = "That passkey is not good here. Sign in with your password and code, or ask for help.";
constexpr const char* too_many = "Too many attempts came from your address. Please wait.";
constexpr std::size_t longest_name = 200;

std::uint32_t whole_seconds(Duration length) { return static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::seconds>(length).count()); }

// A new token whatever the browser had: what it had ends.
Result<Answer> begin_session(Call& call, const PersonId& person, bool enrolling, const std::string& factors) {
    if (const auto before = TRY(call.sessions.find(call.asked.session))) TRY(call.sessions.end(*before, "signed in anew"));
    auto minted = TRY(call.sessions.mint(person, enrolling, factors, call.asked.source, call.asked.agent));
    call.events.me(person);
    Answer answer;
    answer.body = TRY(me_of(call.here, minted.session, call.events.last()));
    answer.session = std::move(minted.token);
    return answer;
}

// Whose passkey it is, when everything holds. The nonce is used up.
Result<store::Passkey> judge(Call& call, const Answered& answered) {
    const auto good = [&] { return call.challenges.good(answered.nonce, Challenges::Purpose::sign_in, ""); };
    if (!good()) return fail(ErrorKind::refused, "a challenge that is late, used, or of nobody here");
    // Nobody said a name: the passkey itself has to (section 7.2, step 6).
    if (answered.assertion.user_handle.empty()) return fail(ErrorKind::refused, "a passkey that names nobody");
    const auto expected = access::expected_of(call.here, Challenges::challenge_of(Challenges::Purpose::sign_in, answered.nonce));
    auto passkey = TRY(access::recognise_passkey(call.here, answered.assertion, expected));
    const auto person = TRY(call.here.people.find(passkey.person));
    if (!person || person->disabled) return fail(ErrorKind::refused, passkey.person.str() + " is disabled");
    if (person->expired(call.now())) return fail(ErrorKind::refused, "the time of " + passkey.person.str() + " is over");
    if (!call.challenges.use(answered.nonce, Challenges::Purpose::sign_in, "")) return fail(ErrorKind::refused, "too many challenges at once");
    return passkey;
}

Status audit_refused(const Call& call, const std::string& why) {
    const audit::Record record{audit::Kind::login_refused, "", "", "", {{"why", "passkey"}, {"detail", why}, {"source", call.asked.source}, {"at", "console"}}};
    return call.here.log->append_coalesced(call.asked.source + "|passkey|" + why, record);
}

// The record before the session: both or neither.
Result<Answer> accept(Call& call, const store::Passkey& passkey, const Answered& answered) {
    Result<Answer> answer = Answer();
    TRY(call.here.database.transaction([&]() -> Status {
        audit::Record record{audit::Kind::login_accepted, passkey.person.str(), "", "", access::evidence_of(passkey, answered.assertion)};
        record.fields["factors"] = "passkey";
        record.fields["source"] = call.asked.source;
        record.fields["at"] = "console";
        record.fields["signed_nonce"] = base64url(answered.nonce);
        TRY(call.here.log->append(record));
        answer = begin_session(call, passkey.person, false, "passkey");
        return answer ? ok() : Status(fail(answer.error()));
    }));
    return answer;
}

}  // namespace

Result<Answer> site(Call& call) {
    Answer answer;
    answer.body = json::object{{"name", relying_party_name}, {"help", call.here.config.help}, {"zone", call.here.config.zone}};
    return answer;
}

void sign_in(std::shared_ptr<Call> call, Given give) {
    const auto asked = [&]() -> Result<Gate::Door::SignIn> {
        Gate::Door::SignIn in;
        in.user = TRY(line_of(*call, "user", longest_name));
        in.password = TRY(secret_of(*call, "password"));
        in.code = TRY(secret_of(*call, "code"));
        in.source = call->asked.source;
        in.agent = call->asked.agent;
        const auto name = identity::parse_user_name(in.user);
        if (name && (name->target || name->account)) return fail(ErrorKind::invalid, "Only your own name belongs here, without a target.");
        return in;
    };
    auto in = asked();
    if (!in) return give(fail(in.error()));
    call->door.sign_in(std::move(*in), [call, give = std::move(give)](Gate::Door::SignInAnswer judged) {
        if (!judged.person) return give(problem_answer(call->here, judged.too_many ? 429 : 401, judged.sentence, judged.retry_after));
        give(begin_session(*call, *judged.person, judged.enrolling, judged.factors));
    });
}

Result<Answer> sign_in_options(Call& call) {
    const auto nonce = call.challenges.make(Challenges::Purpose::sign_in, "");
    Answer answer;
    answer.body = TRY(passkey_request(call, nonce, Challenges::challenge_of(Challenges::Purpose::sign_in, nonce), std::nullopt));
    return answer;
}

void sign_in_passkey(std::shared_ptr<Call> call, Given give) {
    auto read = read_assertion(call->body);
    if (!read) return give(fail(read.error()));
    const auto& door = call->door;
    const auto source = call->asked.source;
    if (const auto wait = door.refused_for(source); wait > Duration::zero()) return give(problem_answer(call->here, 429, too_many, whole_seconds(wait)));
    const auto answered = std::make_shared<Answered>(std::move(*read));
    const auto outcome = std::make_shared<Result<Answer>>(problem_answer(call->here, 401, not_this_passkey));
    const auto try_it = [call = std::move(call), answered, outcome] {
        const auto passkey = judge(*call, *answered);
        if (passkey) {
            *outcome = accept(*call, *passkey, *answered);
            return outcome->has_value();
        }
        if (passkey.error().kind != ErrorKind::refused) *outcome = fail(passkey.error());
        if (auto written = audit_refused(*call, passkey.error().detail); !written) log::error("audit.failed", {{"error", written.error().detail}});
        return false;
    };
    door.attempt(source, try_it, [outcome, give = std::move(give)] { give(std::move(*outcome)); });
}

Result<Answer> sign_out(Call& call) {
    TRY(call.sessions.end(*call.session, "signed out"));
    call.events.me(call.person());
    Answer answer;
    answer.body = json::object{};
    answer.forget_session = true;
    return answer;
}

Result<Answer> me(Call& call) {
    Answer answer;
    answer.body = TRY(me_of(call.here, *call.session, call.events.last()));
    return answer;
}

// The gate has noted the input; this says what came of it.
Result<Answer> active(Call& call) {
    const auto session = TRY(call.sessions.find(call.asked.session));
    if (!session) return problem_answer(call.here, 401, "Nobody is signed in here, or not any more. Please sign in.");
    const auto now_me = TRY(me_of(call.here, *session, call.events.last()));
    Answer answer;
    answer.body = json::object{{"idle_seconds", now_me.at("idle_seconds")}, {"seconds", now_me.at("seconds")}};
    return answer;
}

}  // namespace anteroom::console
