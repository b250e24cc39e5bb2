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

Result<std::optional<Request>> Access::open_request(const PersonId& person, const policy::Ask& ask) {
    const auto rows = TRY(here_.requests.open_of(person));
    for (auto& request : TRY(requests_of(rows))) {
        const bool asked = std::any_of(request.wanted.begin(), request.wanted.end(), [&](const Wanted& w) { return w.ask == ask; });
        if (asked && !request.emergency && is_open(request.state)) return std::optional(std::move(request));
    }
    return std::optional<Request>();
}

Status Access::may_decide(const PersonId& person, const Request& request) {
    const auto time = TRY(now());
    const auto circle = TRY(Circle::load(here_));
    return check_decider(request, circle.decider(request, person, time));
}

Result<std::vector<Request>> Access::waiting_for(const PersonId& approver) {
    const auto time = TRY(now());
    const auto circle = TRY(Circle::load(here_));
    std::vector<Request> out;
    const auto rows = TRY(here_.requests.open());
    for (auto& request : TRY(requests_of(rows))) {
        const auto as_it_is = TRY(apply(request, command::Pass{}, Terms{}, time));
        if (as_it_is.state != RequestState::requested && !as_it_is.extension) continue;
        const auto decider = circle.decider(request, approver, time);
        const auto& yeses = request.extension ? request.extension->yeses : request.yeses;
        if (check_decider(request, decider) && !still_counts(yeses, decider, request.wanted.size()).empty()) out.push_back(std::move(request));
    }
    return out;
}

}  // namespace anteroom::access
