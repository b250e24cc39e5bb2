// SQL of broker/store/windows.h.
#include "broker/store/windows.h"

namespace anteroom::store {

namespace {

const std::vector<std::string_view> columns = {"id", "target", "vendor", "ticket", "opened_by", "opened", "ends"};

Result<Window> read(Row& row) {
    Window window;
    window.id = row.integer();
    window.target = TargetId(row.text());
    window.vendor = VendorId(row.text());
    window.ticket = row.text();
    window.opened_by = row.text();
    window.opened = row.time();
    window.ends = row.time();
    TRY(row.finished());
    return window;
}

}  // namespace

Result<Window> Windows::insert(Window window) {
    TRY(database_.transaction([&]() -> Status {
        auto row = TRY(database_.select_one({"COALESCE(MAX(id), 0)"}, "FROM windows"));
        window.id = row->integer() + 1;
        TRY(row->finished());
        TRY(database_.insert("windows", {{"id", window.id},
                                         {"target", window.target},
                                         {"vendor", window.vendor},
                                         {"ticket", window.ticket},
                                         {"opened_by", window.opened_by},
                                         {"opened", window.opened},
                                         {"ends", window.ends}}));
        return ok();
    }));
    return window;
}

Result<std::vector<Window>> Windows::open(Time now) {
    return read_all(database_.select(columns, "FROM windows WHERE ends > ? AND opened <= ? ORDER BY ends, id", {now, now}), read);
}

Status Windows::move(std::int64_t id, Time opened, Time ends) {
    if (TRY(database_.update("windows", {{"opened", opened}, {"ends", ends}}, "WHERE id = ?", {id})) == 0)
        return fail(ErrorKind::not_found, "there is no window " + std::to_string(id));
    return ok();
}

Result<std::vector<Window>> Windows::list(std::size_t limit) {
    return read_all(database_.select(columns, "FROM windows ORDER BY id DESC LIMIT ?", {static_cast<std::int64_t>(limit)}), read);
}

}  // namespace anteroom::store
