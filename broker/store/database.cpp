// SOCI behind broker/store/database.h. SOCI's own error texts repeat parameters (what()); only get_error_message() is used.
#include "broker/store/database.h"

#include <fcntl.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "base/fd.h"
#include "broker/store/migrations.h"

namespace anteroom::store {

struct Database::Connection {
    soci::session session;
    int depth = 0;        // open transactions, savepoints included
    bool failed = false;  // a statement failed inside the innermost transaction that is still open
};

namespace {

constexpr std::string_view sqlite_prefix = "sqlite:";

// Prepared by SQLite first and SOCI's own prefix taken off: an administrator need not know which function it was.
tl::unexpected<Error> database_fail(std::string text) {
    if (const auto at = text.find("backend::"); at != std::string::npos)
        if (const auto colon = text.find(": ", at); colon != std::string::npos) text.erase(0, colon + 2);
    return fail(ErrorKind::io, "database: " + text);
}

// `?` becomes :p1, :p2 ... (what SOCI understands); their number is returned.
std::size_t named(std::string_view sql, std::string& out) {
    std::size_t count = 0;
    for (char c : sql) {
        if (c != '?') out.push_back(c);
        else out += ":p" + std::to_string(++count);
    }
    return count;
}

// Parameters as SOCI wants them: buffers that outlive the statement.
struct Bound {
    long long number = 0;
    std::string text;
    soci::indicator state = soci::i_null;
};

Result<std::vector<Bound>> bind(const Values& values) {
    std::vector<Bound> bound(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (const auto* number = values[i].number()) bound[i].number = *number;
        if (const auto* text = values[i].text()) {
            // Both databases would cut it there without a word.
            if (text->find('\0') != std::string::npos) return fail(ErrorKind::invalid, "database: a text contains a NUL byte");
            bound[i].text = *text;
        }
        if (values[i].number() || values[i].text()) bound[i].state = soci::i_ok;
    }
    return bound;
}

struct Outcome {
    std::vector<Row> rows;
    std::int64_t touched = 0;
};

Outcome run(soci::session& session, const std::string& sql, const Values& values, std::vector<Bound>& bound, std::size_t columns) {
    soci::statement statement(session);
    for (std::size_t i = 0; i < bound.size(); ++i) {
        if (values[i].number()) statement.exchange(soci::use(bound[i].number, bound[i].state));
        else statement.exchange(soci::use(bound[i].text, bound[i].state));
    }
    std::vector<std::string> cells(columns);
    std::vector<soci::indicator> states(columns, soci::i_ok);
    for (std::size_t i = 0; i < columns; ++i) statement.exchange(soci::into(cells[i], states[i]));
    statement.alloc();
    statement.prepare(sql);
    statement.define_and_bind();
    Outcome outcome;
    bool more = statement.execute(true);
    if (columns == 0) outcome.touched = statement.get_affected_rows();
    for (; more && columns != 0; more = statement.fetch()) {
        std::vector<std::optional<std::string>> row(columns);
        for (std::size_t i = 0; i < columns; ++i)
            if (states[i] != soci::i_null) row[i] = cells[i];
        outcome.rows.emplace_back(std::move(row));
    }
    return outcome;
}

Result<Outcome> run_checked(soci::session& session, std::string_view sql, const Values& values, std::size_t columns) {
    std::string text;
    if (named(sql, text) != values.size()) return fail(ErrorKind::internal, "database: a statement has another number of values than of places for them");
    auto bound = TRY(bind(values));
    try {
        return run(session, text, values, bound, columns);
    } catch (const soci::soci_error& error) { return database_fail(error.get_error_message()); }
}

std::string joined(const std::vector<std::string_view>& words) {
    std::string out;
    for (auto word : words) (out += out.empty() ? "" : ", ") += word;
    return out;
}

// Made before SQLite sees it, so that it and its -wal and -shm (which take its mode) are never readable by others.
// An existing file is not opened here: closing it would drop the locks of another connection of this process.
Status prepare_file(const std::string& path) {
    struct stat found{};
    if (::lstat(path.c_str(), &found) != 0) {
        if (errno != ENOENT) return fail(ErrorKind::io, "database " + path + ": " + std::strerror(errno));
        auto made = open_file(path, O_RDWR | O_CREAT | O_EXCL, 0600);
        if (!made) return fail(made.error().kind, "database " + made.error().detail);
        return sync_directory_of(path);
    }
    if (S_ISDIR(found.st_mode)) return fail(ErrorKind::invalid, "database " + path + " is a directory; name a file");
    if (!S_ISREG(found.st_mode)) return fail(ErrorKind::invalid, "database " + path + " is not a regular file");
    if ((found.st_mode & 077) != 0 && ::chmod(path.c_str(), 0600) != 0)
        return fail(ErrorKind::refused, "database " + path + " can be read by others; mend it with: chmod 600 " + path);
    return ok();
}

void configure_sqlite(soci::session& session) {
    std::string mode;
    session.once << "PRAGMA busy_timeout = 5000";
    session.once << "PRAGMA journal_mode = WAL", soci::into(mode);
    if (mode != "wal") throw soci::soci_error("write-ahead logging is not possible here (it is " + mode + ")");
    session.once << "PRAGMA synchronous = FULL";
    session.once << "PRAGMA foreign_keys = ON";
    session.once << "PRAGMA trusted_schema = OFF";
    session.once << "PRAGMA secure_delete = ON";  // what was a secret is overwritten, not only forgotten
}

}  // namespace

Database::Database(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Result<Database> Database::open(std::string_view address, const Clock& clock) {
    if (!address.starts_with(sqlite_prefix)) return fail(ErrorKind::invalid, "store: only sqlite:PATH is supported by this build");
    const std::string path(address.substr(sqlite_prefix.size()));
    // The connection string of SOCI has no escape for these; ':memory:' would be a log that nobody can ever check.
    if (path.empty() || path.find_first_of(std::string_view("\"\0\n", 3)) != std::string::npos || path == ":memory:")
        return fail(ErrorKind::invalid, "store: sqlite:PATH needs the path of a file");
    TRY(prepare_file(path));
    auto connection = std::make_unique<Connection>();
    try {
        connection->session.open(soci::sqlite3, "dbname=\"" + path + "\" timeout=5");
        configure_sqlite(connection->session);
    } catch (const soci::soci_error& error) {
        auto failed = database_fail(error.get_error_message());
        failed.value().detail += " (" + path + ")";
        return failed;
    }
    Database database(std::move(connection));
    TRY(migrate(database, migrations(), clock));
    return database;
}

bool Database::in_transaction() const { return connection_->depth > 0; }

Status Database::begin(int depth) {
    // IMMEDIATE takes SQLite's write lock at once: a reader that turns writer later can fail, and there is no waiting it out.
    TRY(execute(depth == 0 ? std::string("BEGIN IMMEDIATE") : "SAVEPOINT level_" + std::to_string(depth)));
    return ok();
}

Status Database::undo(int depth) {
    const bool had_failed = std::exchange(connection_->failed, false);
    auto undone = execute(depth == 0 ? std::string("ROLLBACK") : "ROLLBACK TO SAVEPOINT level_" + std::to_string(depth));
    // SQLite rolls a whole transaction back by itself when the disk is full or fails: then there is nothing to undo at the
    // outermost level, and at an inner one the outer transaction must not go on.
    if (depth == 0) connection_->failed = false;
    else if (!undone) connection_->failed = true;
    if (!undone && !(depth == 0 && had_failed)) return fail(undone.error());
    return ok();
}

Status Database::keep(int depth) {
    if (connection_->failed) return fail(ErrorKind::io, "database: a statement in this transaction failed, so none of it is kept");
    TRY(execute(depth == 0 ? std::string("COMMIT") : "RELEASE SAVEPOINT level_" + std::to_string(depth)));
    return ok();
}

Status Database::transaction(const std::function<Status()>& body) {
    const int depth = connection_->depth;
    TRY(begin(depth));
    ++connection_->depth;
    Status outcome;
    try {
        outcome = body();
        if (outcome) outcome = keep(depth);
    } catch (...) {
        (void)undo(depth);
        connection_->depth = depth;
        throw;
    }
    if (!outcome) (void)undo(depth);
    connection_->depth = depth;
    return outcome;
}

Result<std::int64_t> Database::execute(std::string_view sql, const Values& values) {
    if (connection_->failed) return fail(ErrorKind::io, "database: an earlier statement of this transaction failed");
    auto outcome = run_checked(connection_->session, sql, values, 0);
    if (outcome) return outcome->touched;
    connection_->failed = in_transaction();
    return fail(outcome.error());
}

Result<std::vector<Row>> Database::select(const std::vector<std::string_view>& columns, std::string_view tail, const Values& values) {
    if (connection_->failed) return fail(ErrorKind::io, "database: an earlier statement of this transaction failed");
    auto outcome = run_checked(connection_->session, "SELECT " + joined(columns) + " " + std::string(tail), values, columns.size());
    if (outcome) return std::move(outcome->rows);
    connection_->failed = in_transaction();
    return fail(outcome.error());
}

Result<std::optional<Row>> Database::select_one(const std::vector<std::string_view>& columns, std::string_view tail, const Values& values) {
    auto rows = TRY(select(columns, tail, values));
    if (rows.size() > 1) return fail(ErrorKind::internal, "database: more than one row where at most one can be");
    if (rows.empty()) return std::optional<Row>();
    return std::optional<Row>(std::move(rows.front()));
}

Result<bool> Database::insert(std::string_view table, const std::vector<Assignment>& row, std::string_view conflict) {
    std::vector<std::string_view> columns, places(row.size(), "?");
    Values values;
    for (const auto& [column, value] : row) {
        columns.push_back(column);
        values.push_back(value);
    }
    const auto touched =
        TRY(execute("INSERT INTO " + std::string(table) + " (" + joined(columns) + ") VALUES (" + joined(places) + ") " + std::string(conflict), values));
    return touched == 1;
}

Result<std::int64_t> Database::update(std::string_view table, const std::vector<Assignment>& changes, std::string_view where, const Values& values) {
    std::string sets;
    Values all;
    for (const auto& [column, value] : changes) {
        ((sets += sets.empty() ? "" : ", ") += column) += " = ?";
        all.push_back(value);
    }
    all.insert(all.end(), values.begin(), values.end());
    return execute("UPDATE " + std::string(table) + " SET " + sets + " " + std::string(where), all);
}

}  // namespace anteroom::store
