// Support windows: opened by whoever administers, for one vendor at one target and one call; the Unix user is on the record.
#include <boost/json.hpp>

#include "broker/admin/commands.h"
#include "broker/admin/requests.h"

namespace anteroom::admin {

namespace json = boost::json;

namespace {

json::object window_row(const store::Window& window, Time now) {
    const auto left = window.ends - now;
    json::value seconds_left(nullptr);
    if (left > Duration(0)) seconds_left = std::chrono::ceil<std::chrono::seconds>(left).count();
    return {{"id", window.id},
            {"target", window.target.str()},
            {"vendor", window.vendor.str()},
            {"ticket", window.ticket},
            {"opened_by", window.opened_by},
            {"opened", rfc3339(window.opened)},
            {"ends", rfc3339(window.ends)},
            {"seconds_left", std::move(seconds_left)}};
}

}  // namespace

Outcome window_open(Call& call) {
    const auto target = TargetId::parse(call.argument("target"));
    const auto vendor = VendorId::parse(call.argument("vendor"));
    const auto& document = call.here.policy.document;
    if (!target) return fail(ErrorKind::invalid, quoted(call.argument("target")) + " is no name for a target");
    if (!vendor) return fail(ErrorKind::invalid, quoted(call.argument("vendor")) + " is no name for a vendor");
    if (!document.targets.contains(*target)) return fail(ErrorKind::not_found, "the policy in force has no target " + target->str());
    if (!document.vendors.contains(*vendor)) return fail(ErrorKind::not_found, "the policy in force has no vendor " + vendor->str());
    const auto length = TRY(length_argument(call, "for"));
    const auto window = TRY(call.live.access().open_window({*target, *vendor, length, call.argument("ticket"), "unix:" + call.caller.unix_user}));
    call.recorded = true;
    TRY(call.rows.add(window_row(window, call.now())));
    return done(call, "window " + std::to_string(window.id) + " on " + window.target.str() + " is open for " + window.vendor.str() + " until " +
                          call.here.time_text(window.ends));
}

Outcome window_list(Call& call) {
    for (const auto& window : TRY(call.live.access().windows(call.given("all")))) TRY(call.rows.add(window_row(window, call.now())));
    return done(call);
}

}  // namespace anteroom::admin
