// How a session begins: what is asked for, the decision, the way to the target. What follows: worker_permit.cpp, worker_target.cpp.
#include <algorithm>

#include "base/log.h"
#include "broker/daemon/disk.h"
#include "broker/daemon/worker_peer.h"
#include "broker/talk/words.h"
#include "policy/explain.h"

namespace anteroom::daemon {

namespace {

constexpr const char* no_record = "The session cannot be recorded right now, so it was not opened.";

}  // namespace

void WorkerPeer::refuse(const std::string& sentence, bool menu) {
    target_.reset();
    connecting_ = false;
    if (talk_) talk_->drop();
    if (say(control::SessionRefusal{shared_.with_help(sentence), menu})) link_.enter(control::accepted);
}

Status WorkerPeer::open_session(const control::OpenSession& request) {
    if (session_ || std::exchange(opened_, true)) return fail(ErrorKind::refused, "asks for a second session");
    link_.enter(control::opening);
    client_version_ = printable(request.client_version, 128);
    if (!login_ || !login_->signed_in()) return fail(ErrorKind::refused, "a session for nobody");
    if (login_->signed_in()->enrolling()) {
        talk(talk::enrolment(party(), *talk_host()));
        return ok();
    }
    const auto facts = TRY(shared_.here.facts_of(login_->signed_in()->person(), started_.source));
    const auto& name = login_->signed_in()->name();
    if (!name || !name->target) {
        talk(talk::menu(party(), *talk_host()));
        return ok();
    }
    const auto ask = wanted(facts);
    return ask ? go_for(*ask) : ok();
}

// The one way to a target, from a user name, the menu or a request that was approved.
Status WorkerPeer::go_for(const policy::Ask& ask) {
    const auto facts = TRY(shared_.here.facts_of(login_->signed_in()->person(), started_.source));
    const auto decision = TRY(decide(facts, ask));
    const bool nothing = decision.verdict == policy::Decision::Verdict::deny;
    const auto known = shared_.here.policy.document.targets.find(ask.target);
    if (known != shared_.here.policy.document.targets.end() && known->second.protocol != protocol() &&
        (!nothing || shared_.access.may_break_glass(facts.person, ask, started_.source).value_or(false))) {
        refuse(talk::other_way(shared_.here, facts.person, ask, known->second.protocol));
        return ok();
    }
    auto target = policy::AuthorizedTarget::from(decision, shared_.here.policy.document, ask);
    if (!target) {
        const bool emergency = shared_.access.may_break_glass(facts.person, ask, started_.source).value_or(false);
        // The reserve is given back now: alert and record of an emergency need room in the database, too.
        if (emergency && !disk_has_room(shared_.here.recordings_dir())) (void)shared_.here.spool.open();
        if (decision.verdict == policy::Decision::Verdict::needs_approval || emergency) talk(talk::request_and_wait(party(), *talk_host(), ask));
        else refuse(decision.sentence);
    } else {
        dial(std::move(*target));
    }
    return ok();
}

// The target and account that the user name asks for; none when the person has been answered otherwise.
std::optional<policy::Ask> WorkerPeer::wanted(const policy::Facts& facts) {
    const auto& name = login_->signed_in()->name();
    const auto& document = shared_.here.policy.document;
    if (name->account) return policy::Ask{*name->target, *name->account};
    if (const auto account = policy::default_account(document, facts, *name->target, shared_.now())) return policy::Ask{*name->target, *account};
    const auto accounts = policy::accounts_for(document, facts, *name->target, shared_.now());
    if (accounts.empty()) return policy::Ask{*name->target, AccountId()};  // decided like any other ask: unknown or not allowed
    std::string list;
    for (const auto& account : accounts) list += (list.empty() ? "" : ", ") + account.str();
    refuse("Say which account: " + facts.person.str() + "+" + name->target->str() + "+ACCOUNT, with one of " + list + ".");
    return std::nullopt;
}

// An emergency that runs comes before any other right: what is done under it is marked and reviewed.
Result<policy::Decision> WorkerPeer::judge(const policy::Facts& facts, const policy::Ask& ask) {
    const auto& document = shared_.here.policy.document;
    if (const auto emergency = TRY(shared_.access.emergency_of(facts.person, ask))) {
        auto decision = policy::evaluate_break_glass(document, facts, ask, shared_.now());
        if (decision.verdict == policy::Decision::Verdict::permit) {
            if (emergency->ends && (!decision.ends || *emergency->ends < *decision.ends)) decision.ends = emergency->ends;
            return decision;
        }
    }
    const auto grants = TRY(shared_.access.grants(facts.person, ask, started_.source));
    return policy::evaluate(document, facts, ask, shared_.now(), grants);
}

// Recorded before anything follows from it.
Result<policy::Decision> WorkerPeer::decide(const policy::Facts& facts, const policy::Ask& ask) {
    auto decision = TRY(judge(facts, ask));
    const audit::Record record{audit::Kind::access_decided,
                               facts.person.str(),
                               ask.target.str(),
                               "",
                               {{"verdict", std::string(policy::name(decision.verdict))},
                                {"reason", std::string(policy::name(decision.reason))},
                                {"rule", decision.rule},
                                {"policy_version", std::to_string(shared_.here.policy.version)},
                                {"account", ask.account.str()},
                                {"source", started_.source},
                                {"factors", login_->factors()},
                                {"client", client_version_}}};
    if (decision.verdict == policy::Decision::Verdict::permit) {
        TRY(shared_.here.log->append(record));
    } else {
        TRY(shared_.here.log->append_coalesced(started_.source + "|" + facts.person.str() + "|" + ask.target.str() + "|" + ask.account.str(), record));
    }
    return decision;
}

void WorkerPeer::dial(policy::AuthorizedTarget target) {
    target_.emplace(std::move(target));
    connecting_ = true;
    std::weak_ptr<Peer> weak = weak_from_this();
    dialler_ = TargetDialler::dial(shared_.io, *target_, shared_.here.config.limits.target_connect, [this, weak](Result<Fd> socket) {
        if (const auto self = weak.lock()) connected(std::move(socket));
    });
}

void WorkerPeer::connected(Result<Fd> socket) {
    dialler_.reset();
    if (!socket) {
        const audit::Record unreachable{audit::Kind::target_unreachable,
                                        login_->signed_in()->person().str(),
                                        target_->target().str(),
                                        "",
                                        {{"why", socket.error().detail}, {"source", started_.source}}};
        (void)shared_.here.log->append_coalesced(target_->target().str() + "|" + socket.error().detail, unreachable);
        return refuse(target_->target().str() + (socket.error().kind == ErrorKind::timeout
                                                     ? " did not answer within " + duration_text(shared_.here.config.limits.target_connect) + "."
                                                     : " cannot be reached: its address refuses connections or is unknown."));
    }
    const auto still = still_permitted();
    if (still && !*still) return;
    if (auto permitted = still ? permit(std::move(*socket)) : Status(fail(still.error())); !permitted) {
        log::error("session.not-opened", {{"error", permitted.error().detail}});
        (void)record(audit::Kind::recording_failed, {{"error", permitted.error().detail}});
        if (agent_) agent_->stop();
        target_password_ = Secret();
        if (session_) seal(std::nullopt, "not-opened");
        refuse(permitted.error().kind == ErrorKind::not_found ? permitted.error().detail : no_record);
    }
}

// While it was dialled, the person may have been disabled, the policy replaced, an approval revoked: the session begins under what
// holds now. A grant whose clock waits for the first connection begins to run here.
Result<bool> WorkerPeer::still_permitted() {
    const policy::Ask ask{target_->target(), target_->account()};
    const auto facts = TRY(shared_.here.facts_of(login_->signed_in()->person(), started_.source));
    request_ = TRY(shared_.access.use(facts.person, ask, target_->rule()));
    if (!request_) request_ = TRY(shared_.access.emergency_of(facts.person, ask));
    const auto decision = TRY(judge(facts, ask));
    auto target = policy::AuthorizedTarget::from(decision, shared_.here.policy.document, ask);
    const bool same = target && target->host() == target_->host() && target->port() == target_->port() && target->protocol() == protocol();
    if (same) {
        target_.emplace(std::move(*target));
        decision_ = decision;
        return true;
    }
    (void)record(audit::Kind::access_decided,
                 {{"verdict", "deny"}, {"reason", "changed while the target was dialled"}, {"policy_version", std::to_string(shared_.here.policy.version)}});
    refuse("Your access changed just now. Please try again.");
    return false;
}

}  // namespace anteroom::daemon
