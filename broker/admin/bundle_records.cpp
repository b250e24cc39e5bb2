// Gathered by what the log is indexed by, then put in order, checked and chained.
#include "broker/admin/bundle_records.h"

#include <boost/json.hpp>

#include <charconv>
#include <set>

#include "broker/audit/reader.h"
#include "recorder/evidence/records.h"

namespace anteroom::admin {

namespace json = boost::json;

namespace {

constexpr std::size_t page_rows = 500, most_records = 100'000, notices_looked_at = 1000;

class Gathering {
public:
    Gathering(installation::Installation& here, const store::Session& session) : here_(here), session_(session), log_(here.database, here.log->chain()) {}

    Result<BundleRecords> run() {
        audit::Filter own;
        own.session = session_.id.str();
        TRY(gather(own, [](const audit::Entry&) { return true; }));
        request_ = request_number();
        TRY(gather_request());
        TRY(gather_policy());
        for (const auto& [seq, row] : out_.rows) TRY(chain(row));
        return std::move(out_);
    }

private:
    Status gather(const audit::Filter& filter, const std::function<bool(const audit::Entry&)>& wanted) {
        std::int64_t after = 0;
        while (true) {
            const auto page = TRY(log_.page(filter, after, page_rows));
            for (const auto& row : page) {
                const auto entry = audit::parse_body(row.body);
                if (!entry) return not_as_written(row.seq);
                if (!wanted(*entry)) continue;
                out_.rows.emplace(row.seq, row);
                if (out_.rows.size() > most_records)
                    return fail(ErrorKind::conflict,
                                "more than " + std::to_string(most_records) + " audit records belong to this session: more than one bundle holds");
            }
            if (page.size() < page_rows) return ok();
            after = page.back().seq;
        }
    }

    static tl::unexpected<Error> not_as_written(std::int64_t seq) {
        return fail(ErrorKind::damaged, "audit record " + std::to_string(seq) + " is not as it was written; anteroom audit verify says more");
    }

    std::string request_number() const {
        for (const auto& [seq, row] : out_.rows)
            if (row.kind == audit::name_of(audit::Kind::session_start))
                if (const auto entry = audit::parse_body(row.body); entry && entry->fields.contains("request")) return entry->fields.at("request");
        return {};
    }

    // Records of a request name its requester as their person, whoever decides; its number stands in a field.
    Status gather_request() {
        std::int64_t id = 0;
        const auto [end, wrong] = std::from_chars(request_.data(), request_.data() + request_.size(), id);
        if (wrong != std::errc() || end != request_.data() + request_.size()) return ok();
        const auto row = TRY(here_.requests.find(id));
        if (!row) return ok();
        const auto names_it = [this](const audit::Entry& entry) {
            const auto field = entry.fields.find("request");
            return entry.session.empty() && field != entry.fields.end() && field->second == request_;
        };
        audit::Filter filter;
        filter.since = row->created;
        filter.person = row->person.str();
        TRY(gather(filter, names_it));
        return gather_notices(row->created, id);
    }

    // What was told to somebody outside: the record of a delivery names the request. Older ones have the outbox's number only, and there stands what
    // it was about, for as long as the outbox keeps it.
    Status gather_notices(Time since, std::int64_t request) {
        std::set<std::string> numbers;
        for (const auto& notice : TRY(here_.outbox.list(notices_looked_at))) {
            boost::system::error_code error;
            const auto body = json::parse(notice.body, error);
            const auto* object = error ? nullptr : body.if_object();
            const auto* about = object != nullptr ? object->if_contains("request") : nullptr;
            if (about != nullptr && about->is_int64() && about->get_int64() == request) numbers.insert(std::to_string(notice.number));
        }
        for (const auto kind : {audit::Kind::alert_sent, audit::Kind::alert_failed}) {
            audit::Filter filter;
            filter.since = since;
            filter.kind = audit::name_of(kind);
            TRY(gather(filter, [&](const audit::Entry& entry) {
                const auto about = entry.fields.find("request"), number = entry.fields.find("number");
                return about != entry.fields.end() ? about->second == request_ : number != entry.fields.end() && numbers.contains(number->second);
            }));
        }
        return ok();
    }

    Status gather_policy() {
        audit::Filter filter;
        filter.kind = audit::name_of(audit::Kind::policy_applied);
        const auto version = std::to_string(session_.policy_version);
        return gather(filter, [&](const audit::Entry& entry) { return entry.fields.contains("version") && entry.fields.at("version") == version; });
    }

    Result<std::string> hash_before(std::int64_t seq) {
        if (seq == 1) return base64(audit::genesis);
        if (const auto known = out_.rows.find(seq - 1); known != out_.rows.end()) return known->second.hash;
        const auto before = TRY(log_.page({}, seq - 2, 1));
        if (before.empty() || before.front().seq != seq - 1) return not_as_written(seq - 1);
        return before.front().hash;
    }

    Status chain(const store::AuditRow& row) {
        const auto line = evidence::line_of(row.body, TRY(hash_before(row.seq)), row.hash);
        auto parsed = evidence::parse_line(line);
        if (!parsed || !evidence::hash_holds(*parsed)) return not_as_written(row.seq);
        out_.lines += line + "\n";
        out_.entries.push_back(std::move(parsed->entry));
        return ok();
    }

    installation::Installation& here_;
    const store::Session& session_;
    store::AuditRecords log_;
    std::string request_;
    BundleRecords out_;
};

}  // namespace

Result<BundleRecords> records_of(installation::Installation& here, const store::Session& session) { return Gathering(here, session).run(); }

}  // namespace anteroom::admin
