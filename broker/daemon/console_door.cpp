// One sign-in is one login conversation, answered by what the page brought at once.
#include "broker/daemon/console_door.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <optional>

#include "base/log.h"
#include "broker/daemon/login_driver.h"
#include "broker/identity/password.h"

namespace anteroom::daemon {

namespace {

using SignIn = console::Gate::Door::SignIn;
using SignInAnswer = console::Gate::Door::SignInAnswer;

constexpr const char* wrong = "Password or code not right.";
constexpr const char* too_many = "Too many attempts came from your address. Please wait.";
constexpr const char* unavailable = "Signing in is not possible right now. Please try again in a moment.";
constexpr Duration try_again = std::chrono::seconds(5);
constexpr const char* no_code = "none";  // judged like any other, so that a missing one costs and tells as much as a wrong one

std::uint32_t whole_seconds(Duration length) { return static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::seconds>(length).count()); }

// One of the sign-ins that are under way.
class Place {
public:
    explicit Place(Shared& shared) : shared_(shared) { ++shared_.console_sign_ins; }
    ~Place() { --shared_.console_sign_ins; }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

private:
    Shared& shared_;
};

class ConsoleSignIn : public std::enable_shared_from_this<ConsoleSignIn> {
public:
    using Give = std::function<void(SignInAnswer)>;
    ConsoleSignIn(Shared& shared, SignIn asked, Give give) : shared_(shared), asked_(std::move(asked)), give_(std::move(give)) {}

    void start() {
        if (const auto wait = shared_.slowing.refuse_for(asked_.source, shared_.monotonic()); wait > Duration(0)) return turn_away(too_many, "too_many", wait);
        if (shared_.console_sign_ins >= Shared::most_console_sign_ins) return turn_away(unavailable, "busy", try_again);
        place_.emplace(shared_);
        // Later on the same thread: the driver answers from within its own steps.
        const auto hear = [self = shared_from_this()](control::LoginAnswer answer) {
            boost::asio::post(self->shared_.io, [self, answer = std::move(answer)] { self->answered(answer); });
        };
        driver_ = std::make_shared<LoginDriver>(shared_, asked_.source, Bytes(), hear, "console");
        control::LoginStep step;
        step.method = control::LoginMethod::interactive;
        step.user = asked_.user;
        take(std::move(step));
    }

private:
    void turn_away(const char* sentence, const char* why, Duration wait) {
        const audit::Record record{
            audit::Kind::login_refused, "", "", "", {{"why", why}, {"source", asked_.source}, {"user", printable(asked_.user, 64)}, {"at", "console"}}};
        if (auto written = shared_.here.log->append_coalesced(asked_.source + "|console|" + why, record); !written)
            log::error("audit.failed", {{"error", written.error().detail}});
        SignInAnswer answer;
        answer.sentence = sentence;
        answer.retry_after = whole_seconds(wait);
        answer.too_many = true;
        give_(std::move(answer));
    }

    void take(control::LoginStep step) {
        if (auto taken = driver_->step(std::move(step)); !taken) refuse(unavailable);
    }

    void answered(const control::LoginAnswer& answer) {
        if (!driver_) return;
        using control::LoginVerdict;
        if (answer.verdict == LoginVerdict::accepted && driver_->signed_in()) return accept();
        if (answer.verdict != LoginVerdict::prompt) return refuse(answer.sentence.empty() ? wrong : answer.sentence);
        // Password, then code; whatever is asked after these is why not.
        if (prompts_ == 2) return refuse_code();
        control::LoginStep step;
        step.method = control::LoginMethod::answers;
        if (prompts_ == 1 && asked_.code.empty()) asked_.code = Secret::copy_of(no_code);
        step.answers.push_back(std::move(prompts_ == 0 ? asked_.password : asked_.code));
        ++prompts_;
        take(std::move(step));
    }

    void accept() {
        SignInAnswer answer;
        answer.person = driver_->signed_in()->person();
        answer.enrolling = driver_->signed_in()->enrolling();
        answer.factors = driver_->factors();
        finish(std::move(answer));
    }

    // Only whoever has the password right is told of a used code.
    void refuse_code() {
        const auto& code = driver_->last_code();
        if (!code || code->kind != identity::CodeVerdict::Kind::used) return refuse(wrong);
        const auto wait = code->until_next.count();
        const auto next = wait > 0 ? "; the next one comes in " + std::to_string(wait) + " s." : std::string("; please type the one that is shown now.");
        refuse("That code was used already" + next, static_cast<std::uint32_t>(wait));
    }

    void refuse(const std::string& sentence, std::uint32_t retry_after = 0) {
        SignInAnswer answer;
        answer.sentence = sentence;
        answer.retry_after = retry_after;
        finish(std::move(answer));
    }

    void finish(SignInAnswer answer) {
        place_.reset();
        driver_->stop();
        boost::asio::post(shared_.io, [driver = std::exchange(driver_, nullptr)] {});  // not while it is on the stack
        give_(std::move(answer));
    }

    Shared& shared_;
    SignIn asked_;
    Give give_;
    std::shared_ptr<LoginDriver> driver_;
    std::optional<Place> place_;
    int prompts_ = 0;
};

void hash(Shared& shared, Secret password, std::function<void(Result<std::string>)> done) {
    const auto secret = std::make_shared<Secret>(std::move(password));
    const auto give = std::make_shared<std::function<void(Result<std::string>)>>(std::move(done));
    const bool taken = shared.passwords.submit(
        "console", [&io = shared.io, secret, give] { boost::asio::post(io, [give, hashed = identity::hash_password(*secret)] { (*give)(hashed); }); });
    if (!taken) (*give)(fail(ErrorKind::refused, "There is too much going on right now. Please try again in a moment."));
}

// Nobody has said a name before the passkey did: what fails counts for the address, as a wrong SSH key does.
void attempt(Shared& shared, const std::string& source, const std::function<bool()>& judge, std::function<void()> then) {
    const identity::Attempt attempt{source, "", false, identity::AttemptKind::key};
    shared.slowing.count(attempt, shared.monotonic());
    if (const auto refuse = shared.slowing.refuse_for(source, shared.monotonic()); refuse > Duration(0)) shared.gateway.penalize(source, refuse);
    if (judge()) {
        shared.slowing.success(attempt, shared.monotonic());
        return then();
    }
    if (shared.console_sign_ins >= Shared::most_console_sign_ins) return then();
    const auto timer = std::make_shared<boost::asio::steady_timer>(shared.io, shared.slowing.delay(attempt, shared.monotonic()));
    timer->async_wait([timer, place = std::make_shared<Place>(shared), then = std::move(then)](const boost::system::error_code&) mutable {
        place.reset();
        then();
    });
}

}  // namespace

console::Gate::Door console_door(Shared& shared) {
    console::Gate::Door door;
    door.sign_in = [&shared](SignIn asked, std::function<void(SignInAnswer)> give) {
        std::make_shared<ConsoleSignIn>(shared, std::move(asked), std::move(give))->start();
    };
    door.hash_password = [&shared](Secret password, std::function<void(Result<std::string>)> done) { hash(shared, std::move(password), std::move(done)); };
    door.attempt = [&shared](const std::string& source, const std::function<bool()>& judge, std::function<void()> then) {
        attempt(shared, source, judge, std::move(then));
    };
    door.refused_for = [&shared](const std::string& source) { return shared.slowing.refuse_for(source, shared.monotonic()); };
    return door;
}

}  // namespace anteroom::daemon
