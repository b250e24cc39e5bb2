// Break-glass after the fact: what was used and has not been reviewed, the next due first, and the review by somebody else.
#include <boost/json.hpp>

#include <algorithm>

#include "broker/admin/commands.h"
#include "broker/admin/requests.h"

namespace anteroom::admin {

namespace json = boost::json;

namespace {

constexpr std::string_view outcomes[] = {"justified", "partly", "unjustified"};

json::object emergency_row(const access::Request& request, Time now) {
    auto row = request_row(request);
    const bool reviewed = !request.outcome.empty();
    row["drill"] = request.drill;
    row["review_due"] = time_or_null(request.review_due);
    row["review"] = reviewed ? request.outcome : request.review_due && *request.review_due <= now ? "overdue" : "due";
    row["overdue"] = !reviewed && request.review_due && *request.review_due <= now;
    row["reminders"] = request.reminders;
    row["outcome"] = request.outcome;
    row["review_note"] = request.review_note;
    row["follow_up"] = request.follow_up;
    row["reviewed_by"] = request.reviewed_by.str();
    row["reviewed"] = time_or_null(request.reviewed);
    return row;
}

}  // namespace

Outcome break_glass_list(Call& call) {
    const auto list = TRY(call.live.access().emergencies(call.given("all")));
    for (const bool reviewed : {false, true})  // what is owed comes first
        for (const auto& request : list)
            if (request.outcome.empty() != reviewed) TRY(call.rows.add(emergency_row(request, call.now())));
    return done(call);
}

Outcome break_glass_review(Call& call) {
    const auto request = TRY(known_request(call));
    const auto& outcome = call.argument("outcome");
    if (!request.emergency) return fail(ErrorKind::invalid, request_text(request) + " was no break-glass");
    if (std::find(std::begin(outcomes), std::end(outcomes), outcome) == std::end(outcomes))
        return fail(ErrorKind::invalid, quoted(outcome) + " is no outcome; justified, partly and unjustified are");
    const auto after = TRY(decide(call, request.id, [&](access::SecondFactor by) {
        return call.live.access().review(request.id, std::move(by), outcome, call.argument("note"), call.argument("follow_up"),
                                         {{"way", "command line"}, {"unwatched", "not asked: the command line shows no recording"}});
    }));
    TRY(call.rows.add(emergency_row(after, call.now())));
    return done(call, "the break-glass " + std::to_string(after.id) + " of " + after.person.str() + " is reviewed: " + after.outcome);
}

}  // namespace anteroom::admin
