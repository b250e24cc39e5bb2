// Access: requests, windows and break-glass over database, policy and people. Every change is one transaction: the row, the audit
// record and what goes to the outbox. It decides nothing by itself: request.h moves the states, policy/ says who may and how long.
#pragma once

#include <functional>
#include <map>
#include <set>

#include "broker/access/notices.h"
#include "broker/access/request.h"
#include "broker/access/second_factor.h"
#include "broker/store/requests.h"
#include "broker/store/windows.h"

namespace anteroom::access {

class Circle;

struct NewRequest {
    PersonId person;
    std::vector<policy::Ask> asks;
    std::string reason, ticket;
    Duration length{};  // 0: as long as policy allows
    std::optional<Time> not_before;
    std::string source_ip;  // "" from the command line
    std::string made_by;    // "ssh", "unix:root"
};

// What a person has to be asked before a request for these targets can be made.
struct Questions {
    bool possible = false;
    std::string sentence;  // why not
    bool ticket = false;   // a ticket is wanted
    std::string ticket_pattern;
    Duration max{};
    std::vector<std::string> approvers;  // in people's words: "imaging-admins"
    std::vector<std::string> unusual;
};

// A request with everything an approver is shown, in people's words.
struct Card {
    Request request;
    std::string person_name, vendor, agreement;  // "Acme Imaging", "until 2028-01-15"
    struct Place {
        std::string target, description, account;
        bool privileged = false;
        std::vector<std::string> capabilities;
        std::string rule;
        std::optional<Duration> grace;  // what happens at the end is part of what is approved
        std::vector<std::string> confirm;
    };
    std::vector<Place> places;
    struct Visit {
        Time started;
        std::optional<Time> ended;
        std::string target, account, ticket;
    };
    std::vector<Visit> visits;             // the last five
    std::vector<std::string> waiting_for;  // "1 of imaging-admins"
    std::optional<Time> notified;          // when its alert was queued
    std::vector<std::string> confirm;      // sentences the approver has to confirm
    Duration max{};                        // the longest that can be approved
};

class Access {
public:
    explicit Access(installation::Installation& here);

    // ---- asking
    Result<Questions> questions(const PersonId& person, const std::vector<policy::Ask>& asks, const std::string& source_ip);
    Result<Request> create(const NewRequest& asked);
    Result<Request> withdraw(std::int64_t id, const PersonId& by);
    Result<Request> ask_extension(std::int64_t id, Duration by);
    // The open request of this person for this target and account, newest first; none when there is none.
    Result<std::optional<Request>> open_request(const PersonId& person, const policy::Ask& ask);

    // ---- deciding: with a fresh second factor each
    Result<Request> approve(std::int64_t id, SecondFactor by, std::optional<Duration> length, bool confirmed);
    Result<Request> deny(std::int64_t id, SecondFactor by, const std::string& reason);
    Result<Request> extend(std::int64_t id, SecondFactor by, bool yes, bool confirmed);
    Result<Request> revoke(std::int64_t id, SecondFactor by, const std::string& reason);
    // Whether this person may decide on it now; an error is the sentence why not.
    Status may_decide(const PersonId& person, const Request& request);

    // ---- looking
    Result<std::optional<Request>> find(std::int64_t id);
    Result<std::vector<Request>> list(bool all);
    Result<std::vector<Request>> waiting_for(const PersonId& approver);                // requests and extensions that this person may decide
    Result<std::vector<Request>> of_person(const PersonId& person, std::size_t most);  // newest first
    // What was settled since then and this person decides on, or has decided; newest first.
    Result<std::vector<Request>> settled_for(const PersonId& approver, Time since, std::size_t most);
    // Who decides on it, or did while it waited (an emergency: who reviews it), and whom it waits for now.
    struct Audience {
        std::set<PersonId> deciders, asked;
    };
    Result<Audience> audience(const Request& request);
    // How many requests and extensions wait for each of these people.
    Result<std::map<PersonId, std::int64_t>> waiting_counts(const std::set<PersonId>& approvers);
    Result<Card> card(const Request& request);
    // A request as it is shown to somebody: everybody is looked up once for the whole list.
    struct Shown {
        Card card;
        Status may_decide;
        Audience audience;
    };
    Result<std::vector<Shown>> shown(const PersonId& to, const std::vector<Request>& requests);

    // ---- using
    // Grants that hold now for this person and target: of requests and of windows. From outside of the vendor's networks only what was
    // asked for from outside counts: that is what the approver was told. `source_ip` "": wherever they come from.
    Result<std::vector<policy::Grant>> grants(const PersonId& person, const policy::Ask& ask, const std::string& source_ip = "");
    // What is open of somebody, read once for as many places as are asked about.
    struct Own {
        std::optional<store::Person> person;
        std::vector<Request> open;  // newest first
        std::vector<store::Window> windows;
        Time at;
    };
    Result<Own> own(const PersonId& person);
    std::vector<policy::Grant> grants(const Own& own, const policy::Ask& ask, const std::string& source_ip) const;
    static std::optional<Request> open_request(const Own& own, const policy::Ask& ask);
    static std::optional<Request> emergency_of(const Own& own, const policy::Ask& ask);
    // Which request, if any, the rule's grant comes from; and that a connection now uses it (starts a first-connection clock).
    Result<std::optional<Request>> use(const PersonId& person, const policy::Ask& ask, const std::string& rule);

    // ---- break-glass
    Result<bool> may_break_glass(const PersonId& person, const policy::Ask& ask, const std::string& source_ip);
    // The person has proven a second factor at `factor_at` (at most 5 minutes ago). The grant is active when this returns, and the alert
    // stands in the outbox of every channel that the entry names.
    Result<Request> break_glass(const PersonId& person, const policy::Ask& ask, const std::string& reason, const std::string& source_ip, Time factor_at,
                                bool drill, const audit::Fields& evidence = {});
    // `follow_up`: what is to be done about it; "" for nothing. `more`: what the audit record is to say besides.
    Result<Request> review(std::int64_t id, SecondFactor by, const std::string& outcome, const std::string& note, const std::string& follow_up = "",
                           const audit::Fields& more = {});
    // Of each of these emergencies: whether policy names this person as its reviewer (their own among them), and why they may not review it
    // now: a sentence, "" where they may.
    struct Reviewing {
        bool named = false;
        std::string why_not;
    };
    Result<std::vector<Reviewing>> reviewing(const PersonId& person, const std::vector<Request>& emergencies);
    Result<std::vector<Request>> emergencies(bool all);  // those to be reviewed, the next due first
    // The running grant of an emergency for this person and target.
    Result<std::optional<Request>> emergency_of(const PersonId& person, const policy::Ask& ask);

    // ---- windows
    struct NewWindow {
        TargetId target;
        VendorId vendor;
        Duration length{};
        std::string ticket, by;
    };
    Result<store::Window> open_window(const NewWindow& window);
    Result<std::vector<store::Window>> windows(bool all);

    // ---- time. About once a second: expiries, escalations, reminders, overdue reviews. Never throws work away: what fails is done next time.
    Status tick();

    // Called after the commit of every change, on the same thread: waiting people are told, sessions reconsidered.
    using Changed = std::function<void(const Request& request)>;
    void on_change(Changed changed) { changed_ = std::move(changed); }

private:
    Result<bool> somebody_works(const Request& emergency);
    Result<Reviewing> reviewing_of(const Circle& circle, const PersonId& person, const Request& emergency, Time now);
    // A request as it is to be kept, with the records that explain it and who is told.
    struct Change {
        Request request;
        std::vector<audit::Record> records;
        std::vector<Notice> notices;
    };
    // Loads, works and writes in one transaction; afterwards those who listen are told.
    Result<Request> change(std::int64_t id, const std::function<Result<Change>(Request, Time)>& work);
    Result<Request> create_with(const std::function<Result<Change>(std::int64_t id)>& work);
    Status write(const Change& change, bool fresh);
    Result<Request> known(std::int64_t id);
    void tell(const Request& request) const;
    // A decision on a request that waits, prepared: what time has done, and yeses that no longer count, are gone from it.
    Result<Request> waiting(Request request, const Circle& circle, Time now, std::vector<std::string>& dropped);
    Result<std::vector<std::string>> unusual(const policy::Facts& facts, const std::vector<Wanted>& wanted, const std::string& source, Time at);

    // What would be asked for: each target with its rule. An error is the sentence why not.
    struct Plan {
        std::vector<Wanted> wanted;
        Duration max{};
    };
    Result<Plan> plan(const policy::Facts& facts, const std::vector<policy::Ask>& asks, std::optional<Time> later, Time now);
    Result<Card> card_with(const Circle& circle, const Request& request, Time now);
    Result<Audience> audience_with(const Circle& circle, const Request& request, Time now);

    Status tick_one(const Request& request, Time now);
    Status escalate(const Request& request, Time now);
    Status remind_of_review(std::int64_t id);

    // The wall clock, watched: a grant never gets longer because the clock was set back. See clock.cpp.
    Result<Time> now();
    Status jumped(Duration by, Time expected, Time wall);
    struct Seen {
        Time wall;
        Monotonic at;
    };

    installation::Installation& here_;
    Changed changed_;
    std::optional<Seen> seen_;
    std::optional<Monotonic> kept_;  // when the clock was last written down
};

}  // namespace anteroom::access
