// How every change is kept: one transaction for the row, the audit records and the outbox. And what only looks.
#include "broker/access/access.h"

#include <algorithm>

#include "broker/access/telling.h"

namespace anteroom::access {

Access::Access(installation::Installation& here) : here_(here) {}

Result<Request> Access::known(std::int64_t id) {
    auto found = TRY(find(id));
    if (!found) return fail(ErrorKind::not_found, "there is no request " + std::to_string(id));
    return std::move(*found);
}

Status Access::write(const Change& change, bool fresh) {
    const auto row = row_of(change.request);
    TRY(fresh ? here_.requests.insert(row) : here_.requests.update(row));
    for (const auto& record : change.records) TRY(here_.log->append(record));
    for (const auto& notice : change.notices) TRY(announce(here_, notice));
    return ok();
}

void Access::tell(const Request& request) const {
    if (changed_) changed_(request);
}

Result<Request> Access::change(std::int64_t id, const std::function<Result<Change>(Request, Time)>& work) {
    const auto time = TRY(now());
    Request out;
    TRY(here_.database.transaction([&]() -> Status {
        auto before = TRY(known(id));
        const auto change = TRY(work(std::move(before), time));
        TRY(write(change, false));
        out = change.request;
        return ok();
    }));
    tell(out);
    return out;
}

Result<Request> Access::create_with(const std::function<Result<Change>(std::int64_t)>& work) {
    Request out;
    TRY(here_.database.transaction([&]() -> Status {
        const auto id = TRY(here_.requests.next_id());
        const auto change = TRY(work(id));
        TRY(write(change, true));
        out = change.request;
        return ok();
    }));
    tell(out);
    return out;
}

Result<std::optional<Request>> Access::find(std::int64_t id) {
    const auto row = TRY(here_.requests.find(id));
    if (!row) return std::optional<Request>();
    return std::optional(TRY(request_of(*row)));
}

Result<std::vector<Request>> Access::list(bool all) {
    auto rows = all ? TRY(here_.requests.list(false)) : TRY(here_.requests.open());
    if (!all) std::reverse(rows.begin(), rows.end());
    auto out = TRY(requests_of(rows));
    if (!all) std::erase_if(out, [](const Request& r) { return !is_open(r.state); });  // an emergency that is over waits for its review only
    return out;
}

Status Access::may_decide(const PersonId& person, const Request& request) {
    const auto time = TRY(now());
    const auto circle = TRY(Circle::load(here_));
    return check_decider(request, circle.decider(request, person, time));
}

namespace {

// Whether one more yes of this person counts for what waits.
bool waits_for_them(const Circle& circle, const Request& request, const PersonId& person, Time now) {
    if (request.state != RequestState::requested && !request.extension) return false;
    const auto decider = circle.decider(request, person, now);
    const auto& yeses = request.extension ? request.extension->yeses : request.yeses;
    return check_decider(request, decider) && !still_counts(yeses, decider, request.wanted.size()).empty();
}

}  // namespace

Result<std::vector<Request>> Access::waiting_for(const PersonId& approver) {
    const auto time = TRY(now());
    const auto circle = TRY(Circle::load(here_));
    std::vector<Request> out;
    const auto rows = TRY(here_.requests.open());
    for (auto& request : TRY(requests_of(rows))) {
        const auto as_it_is = TRY(apply(request, command::Pass{}, Terms{}, time));
        if (waits_for_them(circle, as_it_is, approver, time)) out.push_back(std::move(request));
    }
    return out;
}

Result<std::vector<Request>> Access::of_person(const PersonId& person, std::size_t most) {
    const auto rows = TRY(here_.requests.of(person, most));
    return requests_of(rows);
}

Result<std::vector<Request>> Access::settled_for(const PersonId& approver, Time since, std::size_t most) {
    constexpr std::size_t looked_at = 300;
    const auto time = TRY(now());
    const auto circle = TRY(Circle::load(here_));
    std::vector<Request> out;
    const auto rows = TRY(here_.requests.list(false, looked_at));
    for (auto& request : TRY(requests_of(rows))) {
        if (request.emergency || !request.decided || *request.decided < since || request.state == RequestState::requested || request.person == approver)
            continue;
        const bool said =
            request.decided_by == approver || std::any_of(request.yeses.begin(), request.yeses.end(), [&](const Yes& yes) { return yes.by == approver; });
        if (said || check_decider(request, circle.decider(request, approver, time))) out.push_back(std::move(request));
    }
    std::sort(out.begin(), out.end(), [](const Request& a, const Request& b) { return *a.decided > *b.decided; });
    if (out.size() > most) out.resize(most);
    return out;
}

Result<std::map<PersonId, std::int64_t>> Access::waiting_counts(const std::set<PersonId>& approvers) {
    std::map<PersonId, std::int64_t> out;
    if (approvers.empty()) return out;
    const auto time = TRY(now());
    const auto circle = TRY(Circle::load(here_));
    const auto rows = TRY(here_.requests.open());
    for (const auto& request : TRY(requests_of(rows))) {
        const auto as_it_is = TRY(apply(request, command::Pass{}, Terms{}, time));
        for (const auto& person : approvers)
            if (waits_for_them(circle, as_it_is, person, time)) ++out[person];
    }
    return out;
}

Result<Access::Audience> Access::audience(const Request& request) {
    const auto time = TRY(now());
    const auto circle = TRY(Circle::load(here_));
    return audience_with(circle, request, time);
}

Result<Access::Audience> Access::audience_with(const Circle& circle, const Request& request, Time time) {
    Audience out;
    if (request.emergency) {
        for (auto& person : reviewers(here_.policy.document, circle, request, time)) out.deciders.insert(std::move(person));
        return out;
    }
    const auto as_it_is = TRY(apply(request, command::Pass{}, Terms{}, time));
    for (auto& person : circle.deciders(request, time)) {
        if (waits_for_them(circle, as_it_is, person, time)) out.asked.insert(person);
        out.deciders.insert(std::move(person));
    }
    return out;
}

Result<std::vector<Access::Shown>> Access::shown(const PersonId& to, const std::vector<Request>& requests) {
    std::vector<Shown> out;
    if (requests.empty()) return out;
    const auto time = TRY(now());
    const auto circle = TRY(Circle::load(here_));
    for (const auto& request : requests) {
        auto card = TRY(card_with(circle, request, time));
        auto audience = TRY(audience_with(circle, request, time));
        out.push_back({std::move(card), check_decider(request, circle.decider(request, to, time)), std::move(audience)});
    }
    return out;
}

}  // namespace anteroom::access
