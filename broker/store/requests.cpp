// SQL of broker/store/requests.h.
#include "broker/store/requests.h"

namespace anteroom::store {

namespace {

const std::vector<std::string_view> columns = {"id", "person", "state", "emergency", "is_open", "created", "body"};

Result<RequestRow> read(Row& row) {
    RequestRow request;
    request.id = row.integer();
    request.person = PersonId(row.text());
    request.state = row.text();
    request.emergency = row.boolean();
    request.open = row.boolean();
    request.created = row.time();
    request.body = row.text();
    TRY(row.finished());
    return request;
}

}  // namespace

// Rows are never deleted, so the largest number is the last that was given.
Result<std::int64_t> Requests::next_id() {
    auto row = TRY(database_.select_one({"COALESCE(MAX(id), 0)"}, "FROM requests"));
    const auto last = row->integer();
    TRY(row->finished());
    return last + 1;
}

Status Requests::insert(const RequestRow& row) {
    const bool inserted = TRY(database_.insert("requests",
                                               {{"id", row.id},
                                                {"person", row.person},
                                                {"state", row.state},
                                                {"emergency", row.emergency},
                                                {"is_open", row.open},
                                                {"created", row.created},
                                                {"body", row.body}},
                                               "ON CONFLICT (id) DO NOTHING"));
    if (!inserted) return fail(ErrorKind::conflict, "there is already a request " + std::to_string(row.id));
    return ok();
}

Status Requests::update(const RequestRow& row) {
    if (TRY(database_.update("requests", {{"state", row.state}, {"is_open", row.open}, {"body", row.body}}, "WHERE id = ?", {row.id})) == 0)
        return fail(ErrorKind::not_found, "there is no request " + std::to_string(row.id));
    return ok();
}

Result<std::optional<RequestRow>> Requests::find(std::int64_t id) { return read_one(database_.select_one(columns, "FROM requests WHERE id = ?", {id}), read); }

Result<std::vector<RequestRow>> Requests::open() { return read_all(database_.select(columns, "FROM requests WHERE is_open = 1 ORDER BY id"), read); }

Result<std::vector<RequestRow>> Requests::open_of(const PersonId& person) {
    return read_all(database_.select(columns, "FROM requests WHERE person = ? AND is_open = 1 ORDER BY id DESC", {person}), read);
}

Result<std::vector<RequestRow>> Requests::of(const PersonId& person, std::size_t limit) {
    return read_all(database_.select(columns, "FROM requests WHERE person = ? ORDER BY id DESC LIMIT ?", {person, static_cast<std::int64_t>(limit)}), read);
}

Result<std::vector<RequestRow>> Requests::list(bool emergencies_only, std::size_t limit) {
    const std::string where = emergencies_only ? "FROM requests WHERE emergency = 1" : "FROM requests";
    return read_all(database_.select(columns, where + " ORDER BY id DESC LIMIT ?", {static_cast<std::int64_t>(limit)}), read);
}

}  // namespace anteroom::store
