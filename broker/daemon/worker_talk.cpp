// Conversations: at the login for clients without a shell, and on the first channel while there is no target.
#include <boost/asio/post.hpp>

#include "base/log.h"
#include "broker/daemon/worker_peer.h"
#include "broker/identity/password.h"
#include "policy/explain.h"

namespace anteroom::daemon {

namespace {

// How long somebody may wait for an approval on one connection. Afterwards the request stays, and the next connection resumes it.
constexpr Duration waiting_limit = std::chrono::hours(24);

}  // namespace

talk::Party WorkerPeer::party() {
    const auto& signed_in = *login_->signed_in();
    talk::Party party{shared_.here, shared_.access, signed_in.person(), started_.source, factor_at_, signed_in.enrolling()};
    party.protocol = protocol();
    std::weak_ptr<Peer> weak = weak_from_this();
    party.hash_password = [this, weak](Secret password, talk::Party::Hashed done) {
        auto secret = std::make_shared<Secret>(std::move(password));
        auto* io = &shared_.io;
        const auto turn = talk_->turn();
        const bool taken = shared_.passwords.submit(identity::source_key(started_.source), [this, secret, done, weak, io, turn] {
            auto hashed = std::make_shared<Result<std::string>>(identity::hash_password(*secret));
            boost::asio::post(*io, [this, done, weak, hashed, turn] {
                if (const auto self = weak.lock()) talk_->come_back(turn, [&] { done(std::move(*hashed)); });
            });
        });
        if (!taken) done(fail(ErrorKind::timeout, "too much is being asked for right now; please try again in a moment"));
    };
    return party;
}

std::optional<PersonId> WorkerPeer::person() const {
    if (session_) return session_->person;
    if (login_ && login_->signed_in()) return login_->signed_in()->person();
    return std::nullopt;
}

void WorkerPeer::end_connection(const std::string& sentence) {
    if (session_ && !session_->ended) return terminate(sentence, "terminated");
    say(control::Terminate{sentence});
    deadline_ = shared_.monotonic() + std::chrono::seconds(3);  // should it not obey
    shared_.gateway.set_deadline(started_.worker, deadline_, true);
}

// True when the login goes on with a question: then `accepted_` waits.
bool WorkerPeer::ask_at_login() {
    const auto& signed_in = login_->signed_in();
    if (rdp()) return false;  // there is a lobby to ask in
    if (!signed_in || signed_in->enrolling() || !signed_in->name() || !signed_in->name()->target) return false;
    const auto facts = shared_.here.facts_of(signed_in->person(), started_.source);
    if (!facts) return false;
    const auto& name = *signed_in->name();
    const auto account = name.account ? name.account : policy::default_account(shared_.here.policy.document, *facts, *name.target, shared_.now());
    if (!account) return false;
    const auto known = shared_.here.policy.document.targets.find(*name.target);
    if (known != shared_.here.policy.document.targets.end() && known->second.protocol != protocol()) return false;  // nothing to ask for by this way
    auto asking = std::make_unique<talk::Asking>(party(), policy::Ask{*name.target, *account}, client_version_);
    const auto first = asking->begin();
    if (!first) return false;
    asking_ = std::move(asking);
    // The person is known: the login may take as long as an approval does.
    shared_.gateway.set_deadline(started_.worker, shared_.monotonic() + waiting_limit, true);
    answer_at_login({*first});
    return true;
}

void WorkerPeer::answer_at_login(const talk::Asking::Next& next) {
    if (const auto* question = std::get_if<talk::Asking::Question>(&next)) {
        control::LoginAnswer answer;
        answer.verdict = control::LoginVerdict::prompt;
        answer.instruction = question->instruction;
        answer.prompts = {{question->prompt, question->echo}};
        answer.deadline = (shared_.monotonic() + waiting_limit).time_since_epoch().count();
        say(answer);
        return;
    }
    asking_.reset();
    if (const auto* refused = std::get_if<talk::Asking::Refused>(&next)) {
        say(control::LoginAnswer{control::LoginVerdict::disconnect, {}, "", {}, shared_.with_help(refused->sentence), 0});
        return;
    }
    if (say(accepted_)) link_.enter(control::accepted);
}

talk::Stage* WorkerPeer::talk_host() {
    if (!talk_)
        talk_ = std::make_unique<TalkHost>(TalkHost::Door{
            [this](const control::Say& text) { say(text); }, [this](const control::AskLine& question) { say(question); },
            [this](const policy::Ask& ask) { connect(ask); }, [this](int status, const std::string& sentence) { refuse(sentence, status == 0); }});
    return talk_.get();
}

void WorkerPeer::talk(std::unique_ptr<talk::Conversation> conversation) {
    if (link_.state() == control::opening) {
        if (!say(control::BeginTalk{conversation->reads()})) return;
        link_.enter(control::talking);
        shared_.gateway.set_deadline(started_.worker, shared_.monotonic() + waiting_limit, true);
    }
    talk_->hold(std::move(conversation));
}

// It may cross a permit or a refusal on its way: then there is nobody to talk with any more.
Status WorkerPeer::audience(control::Audience audience) {
    if (link_.state() != control::talking) return ok();
    audience.command = printable(audience.command, 1024);
    return talk_->audience(std::move(audience));
}

// What a conversation led to. The same gate as for a name typed at the login.
void WorkerPeer::connect(const policy::Ask& ask) {
    if (session_ || connecting_ || link_.state() != control::talking) return;
    if (auto gone_for = go_for(ask); !gone_for) {
        log::error("session.not-opened", {{"error", gone_for.error().detail}});
        refuse("This is not possible right now. Please try again in a moment.");
    }
}

void WorkerPeer::changed(const access::Request& request) {
    if (talk_ && !connecting_ && link_.state() == control::talking) talk_->changed(request);
    if (!session_ || session_->ended || !request_ || request_->id != request.id) return;
    const bool extension_answered = request_->extension && !request.extension;
    const bool longer = request.ends != request_->ends;
    request_ = request;
    if (extension_answered && !longer) say(control::Tell{"More time was not given.", true});
    reconsider();
}

void WorkerPeer::tick() {
    if (talk_ && !connecting_ && link_.state() == control::talking) talk_->tick(shared_.monotonic());
    // Once a second at most, however much it is refused.
    if (std::exchange(refusals_shown_, refusals_) != refusals_) show("changed");
}

}  // namespace anteroom::daemon
