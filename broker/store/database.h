// The one connection to the database, and the only place where SOCI is seen. Every value is a bound parameter; every
// failure is an Error value whose text never contains a parameter. What transaction() ran is kept whole or not at all.
// One thread uses a Database; other connections to the same file are welcome.
#pragma once

#include <functional>
#include <memory>

#include "broker/store/row.h"

namespace anteroom::store {

struct Assignment {
    std::string_view column;
    Value value;
};

class Database {
public:
    // `sqlite:PATH`; the file is made (mode 0600) where there is none, and its schema brought up to date.
    // A schema newer than this program's is refused, and left alone.
    static Result<Database> open(std::string_view address, const Clock& clock);
    Database(Database&&) noexcept;
    Database& operator=(Database&&) noexcept;
    ~Database();

    // Runs the body within a transaction, durable when this returns ok. An error value or an exception rolls it back.
    // Within another transaction it is a savepoint: what it did can be undone alone, and lasts only if the outer one does.
    // After a failed statement the rest of the transaction is refused, as PostgreSQL does.
    Status transaction(const std::function<Status()>& body);
    bool in_transaction() const;

    // `?` stands for the next value, and may stand for nothing else.
    Result<std::int64_t> execute(std::string_view sql, const Values& values = {});  // rows touched
    // SELECT columns + tail, as in select({"name"}, "FROM people WHERE vendor = ?", {vendor}).
    Result<std::vector<Row>> select(const std::vector<std::string_view>& columns, std::string_view tail, const Values& values = {});
    Result<std::optional<Row>> select_one(const std::vector<std::string_view>& columns, std::string_view tail, const Values& values = {});
    // `conflict` as in "ON CONFLICT (name) DO NOTHING"; false when that left the row out.
    Result<bool> insert(std::string_view table, const std::vector<Assignment>& row, std::string_view conflict = "");
    // UPDATE table SET changes + where; the number of rows touched.
    Result<std::int64_t> update(std::string_view table, const std::vector<Assignment>& changes, std::string_view where, const Values& values);

private:
    struct Connection;
    explicit Database(std::unique_ptr<Connection> connection);
    Status begin(int depth);
    Status undo(int depth);
    Status keep(int depth);

    std::unique_ptr<Connection> connection_;
};

// Reads every row with `read(Row&)`, the shape every repository's list() has.
template <class T>
Result<std::vector<T>> read_all(Result<std::vector<Row>> rows, Result<T> (*read)(Row&)) {
    if (!rows) return fail(rows.error());
    std::vector<T> out;
    for (Row& row : *rows) out.push_back(TRY(read(row)));
    return out;
}

template <class T>
Result<std::optional<T>> read_one(Result<std::optional<Row>> row, Result<T> (*read)(Row&)) {
    if (!row) return fail(row.error());
    if (!*row) return std::optional<T>();
    return std::optional<T>(TRY(read(**row)));
}

}  // namespace anteroom::store
