// The transitions. Each begins with what time alone has done, so that nothing is decided on what is over.
#include "broker/access/request.h"

#include <algorithm>

namespace anteroom::access {

namespace {

bool granted(RequestState state) { return state == RequestState::approved || state == RequestState::active; }

// Whether this decider, or the one they stand in for, is in this yes already, on either side.
bool same_human(const Yes& yes, const Decider& by) {
    return yes.human == by.human || yes.human == by.stands_for_human || yes.giver == by.human || yes.giver == by.stands_for_human;
}

std::vector<int> missing_of(const std::vector<Yes>& yeses, const Terms& terms) {
    std::vector<int> out;
    for (std::size_t i = 0; i < terms.of.size(); ++i) {
        const auto given =
            std::count_if(yeses.begin(), yeses.end(), [&](const Yes& y) { return std::find(y.covers.begin(), y.covers.end(), i) != y.covers.end(); });
        out.push_back(std::max(0, terms.of[i].count - static_cast<int>(given)));
    }
    return out;
}

void pass(Request& r, Time now) {
    const bool unanswered = r.state == RequestState::requested && now >= r.waits_until;
    const bool unused = r.state == RequestState::approved && !r.ends && now >= r.waits_until;
    if (unanswered || unused) {
        r.state = RequestState::expired;
        r.decided = now;
    }
    if (granted(r.state) && r.ends && now >= *r.ends) r.state = RequestState::ended;
    if (!granted(r.state)) r.extension.reset();  // an extension falls with its grant
}

// A grant that stops before its time.
void stop(Request& r, RequestState state, Time now) {
    r.state = state;
    r.decided = now;
    r.extension.reset();
    if (r.starts) r.ends = r.ends ? std::min(*r.ends, now) : now;
}

std::string utc(Time time) { return rfc3339(time).substr(0, 19) + "Z"; }

class Transition {
public:
    Transition(Request request, const Terms& terms, Time now) : r_(std::move(request)), terms_(terms), now_(now) { pass(r_, now_); }

    Status operator()(const command::Approve& approve) {
        TRY(undecided());
        TRY(check_decider(r_, approve.by));
        TRY(permitted(approve.confirmed));
        const auto most = std::min(r_.asked, terms_.max);
        if (approve.length && *approve.length < std::chrono::seconds(1)) return refuse("That is no time at all.");
        if (approve.length && *approve.length > most) return refuse("At most " + duration_text(most) + " can be approved.");
        TRY(add(r_.yeses, approve.by, approve.length));
        if (lacks(r_.yeses)) return ok();
        grant(most, approve.by.person);
        return ok();
    }

    Status operator()(const command::Deny& deny) {
        TRY(undecided());
        TRY(check_decider(r_, deny.by));
        if (deny.reason.empty()) return refuse("A denial says why: the person reads it.");
        stop(r_, RequestState::denied, now_);
        r_.decided_by = deny.by.person;
        r_.decision = deny.reason;
        return ok();
    }

    Status operator()(const command::Withdraw&) {
        if (!is_open(r_.state)) return conflict(settled(r_, utc));
        stop(r_, RequestState::withdrawn, now_);
        return ok();
    }

    Status operator()(const command::Connect&) {
        if (!r_.grants(now_)) return refuse("Nothing is granted now by request " + std::to_string(r_.id) + ".");
        if (r_.state == RequestState::active) return ok();
        r_.state = RequestState::active;
        if (r_.ends) return ok();
        // The clock starts here, with what policy gives by now.
        r_.length = terms_.of.empty() ? r_.length : std::min(r_.length, terms_.max);
        r_.starts = now_;
        r_.ends = now_ + r_.length;
        return ok();
    }

    Status operator()(const command::Revoke& revoke) {
        if (r_.state == RequestState::requested) return fail(ErrorKind::conflict, "It is not approved yet: deny it.");
        if (!granted(r_.state)) return conflict(settled(r_, utc));
        if (revoke.reason.empty()) return refuse("A revocation says why: the person reads it.");
        stop(r_, RequestState::revoked, now_);
        r_.decided_by = revoke.by;
        r_.decision = revoke.reason;
        return ok();
    }

    Status operator()(const command::AskExtension& ask) {
        TRY(extendable());
        if (r_.extension) return fail(ErrorKind::conflict, "More time has been asked for already, it is not decided yet.");
        if (ask.by < std::chrono::seconds(1)) return refuse("That is no time at all.");
        TRY(within_max(ask.by));
        r_.extension = Extension{ask.by, now_, {}, false};
        return ok();
    }

    Status operator()(const command::ApproveExtension& approve) {
        TRY(extension_open());
        TRY(check_decider(r_, approve.by));
        TRY(permitted(approve.confirmed));
        TRY(within_max(r_.extension->by));
        TRY(add(r_.extension->yeses, approve.by, std::nullopt));
        if (lacks(r_.extension->yeses)) return ok();
        r_.length += r_.extension->by;
        r_.ends = *r_.ends + r_.extension->by;
        r_.extension.reset();
        return ok();
    }

    Status operator()(const command::DenyExtension& deny) {
        TRY(extension_open());
        TRY(check_decider(r_, deny.by));
        r_.extension.reset();
        return ok();
    }

    Status operator()(const command::Pass&) { return ok(); }  // done at the beginning

    Request take() { return std::move(r_); }

private:
    static Status refuse(std::string sentence) { return fail(ErrorKind::refused, std::move(sentence)); }
    static Status conflict(std::string sentence) { return fail(ErrorKind::conflict, std::move(sentence)); }

    Status undecided() const { return r_.state == RequestState::requested ? ok() : conflict(settled(r_, utc)); }

    Status permitted(bool confirmed) const {
        const bool possible = terms_.of.size() == r_.wanted.size() && std::all_of(terms_.of.begin(), terms_.of.end(), [](const auto& t) { return t.possible; });
        if (!possible) return refuse("The policy no longer permits what this request asks for. It stays open until it expires.");
        if (terms_.confirm.empty() || confirmed) return ok();
        std::string all;
        for (const auto& sentence : terms_.confirm) all += (all.empty() ? "" : "; ") + sentence;
        return refuse("This has to be confirmed first: " + all + ".");
    }

    Status add(std::vector<Yes>& yeses, const Decider& by, std::optional<Duration> length) const {
        auto covers = still_counts(yeses, by, r_.wanted.size());
        if (covers.empty()) return fail(ErrorKind::conflict, "You have said yes to this already, yourself or through somebody who stands in.");
        yeses.push_back({by.person, by.standing_in_for, by.stands_for_human, by.human, now_, length, std::move(covers)});
        return ok();
    }

    bool lacks(const std::vector<Yes>& yeses) const {
        const auto counts = missing_of(yeses, terms_);
        return std::any_of(counts.begin(), counts.end(), [](int n) { return n > 0; });
    }

    // The smallest of what was asked, what policy gives now and what each approver was ready to give.
    void grant(Duration length, const PersonId& last) {
        for (const auto& yes : r_.yeses) length = std::min(length, yes.length.value_or(length));
        r_.state = RequestState::approved;
        r_.length = length;
        r_.clock = terms_.clock;
        r_.starts = std::max(now_, r_.not_before.value_or(now_));
        if (r_.clock == policy::GrantClock::approval) r_.ends = *r_.starts + length;
        else r_.waits_until = *r_.starts + unused_after;
        r_.decided_by = last;
        r_.decided = now_;
    }

    Status extendable() const {
        if (r_.emergency) return refuse("An emergency has a hard limit. Ask for access in the usual way.");
        if (!r_.grants(now_)) return refuse("There is nothing to extend: nothing is granted now by request " + std::to_string(r_.id) + ".");
        if (!r_.ends) return refuse("The time starts with the first connection, there is nothing to extend yet.");
        return ok();
    }

    Status extension_open() const {
        TRY(extendable());
        return r_.extension ? ok() : Status(fail(ErrorKind::conflict, "No more time is asked for, or it has been decided."));
    }

    // Policy's maximum counts from the grant's start, whatever is added.
    Status within_max(Duration by) const {
        const auto left = terms_.max - (*r_.ends - *r_.starts);
        if (by <= left) return ok();
        const auto most = "The policy gives no more than " + duration_text(terms_.max) + " in all";
        return refuse(left < std::chrono::seconds(1) ? most + "." : most + ": at most " + duration_text(left) + " can be added.");
    }

    Request r_;
    const Terms& terms_;
    const Time now_;
};

}  // namespace

std::string_view name(RequestState state) {
    switch (state) {
        case RequestState::requested: return "requested";
        case RequestState::approved: return "approved";
        case RequestState::active: return "active";
        case RequestState::ended: return "ended";
        case RequestState::denied: return "denied";
        case RequestState::withdrawn: return "withdrawn";
        case RequestState::expired: return "expired";
        case RequestState::revoked: return "revoked";
    }
    return "";
}

Result<Request> apply(Request request, const Command& command, const Terms& terms, Time now) {
    Transition transition(std::move(request), terms, now);
    TRY(std::visit(transition, command));
    return transition.take();
}

Status check_decider(const Request& request, const Decider& by) {
    if (by.person == request.person || by.human == by.requester_human)
        return fail(ErrorKind::refused, "Nobody decides on a request of their own, with another account either.");
    if (by.stands_for_human == by.requester_human || by.standing_in_for == std::optional(request.person))
        return fail(ErrorKind::refused, "Nobody decides on a request in the name of the person who made it.");
    if (by.covers.empty()) return fail(ErrorKind::refused, "The policy does not name you for this request.");
    return ok();
}

std::vector<std::size_t> still_counts(const std::vector<Yes>& yeses, const Decider& by, std::size_t wanted) {
    std::vector<std::size_t> out;
    for (const auto index : by.covers) {
        const auto given = [&](const Yes& yes) { return same_human(yes, by) && std::find(yes.covers.begin(), yes.covers.end(), index) != yes.covers.end(); };
        if (index < wanted && std::none_of(yeses.begin(), yeses.end(), given)) out.push_back(index);
    }
    return out;
}

std::vector<int> missing(const Request& request, const Terms& terms) {
    if (request.state != RequestState::requested) return request.extension ? missing_of(request.extension->yeses, terms) : std::vector<int>(terms.of.size(), 0);
    return missing_of(request.yeses, terms);
}

std::vector<Yes> counted_again(const std::vector<Yes>& yeses, const std::function<std::optional<Decider>(const Yes&)>& decider) {
    std::vector<Yes> out;
    for (const auto& yes : yeses) {
        auto by = decider(yes);
        if (!by || by->human == by->requester_human || by->stands_for_human == by->requester_human) continue;
        std::erase_if(by->covers, [&](std::size_t i) { return std::find(yes.covers.begin(), yes.covers.end(), i) == yes.covers.end(); });
        auto covers = still_counts(out, *by, by->covers.empty() ? 0 : *std::max_element(by->covers.begin(), by->covers.end()) + 1);
        if (covers.empty()) continue;
        out.push_back(yes);
        out.back().human = by->stands_for_human;
        out.back().giver = by->human;
        out.back().covers = std::move(covers);
    }
    return out;
}

std::string settled(const Request& request, const std::function<std::string(Time)>& time_text) {
    const auto at = request.decided ? " at " + time_text(*request.decided) : std::string();
    switch (request.state) {
        case RequestState::requested: return "";
        case RequestState::approved:
        case RequestState::active:
            return request.emergency ? "It is an emergency, nobody decides on it." : request.decided_by.str() + " approved it" + at + ".";
        case RequestState::denied: return request.decided_by.str() + " denied it" + at + ".";
        case RequestState::revoked: return request.decided_by.str() + " revoked it" + at + ".";
        case RequestState::withdrawn: return request.person.str() + " withdrew it" + at + ".";
        case RequestState::expired: return "It expired" + at + ".";
        case RequestState::ended: return "It ended" + (request.ends ? " at " + time_text(*request.ends) : std::string()) + ".";
    }
    return "";
}

}  // namespace anteroom::access
