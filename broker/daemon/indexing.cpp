// Terms, jobs, renaming. A failure is recorded once and harms nothing: there is no index.
#include "broker/daemon/indexing.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/log.h"
#include "base/wire.h"
#include "broker/admin/looking.h"
#include "recorder/indexer/terms.h"

namespace anteroom::daemon {

namespace {

bool same_file(const std::string& one, const std::string& other) {
    struct stat a{}, b{};
    return ::stat(one.c_str(), &a) == 0 && ::stat(other.c_str(), &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

std::string unfinished(const std::string& path) { return path + ".new"; }

}  // namespace

Status Indexing::record(const SessionId& session, audit::Fields fields) {
    const auto known = TRY(shared_.here.sessions.find(session));
    const std::string target = known ? known->target.str() : "";
    TRY(shared_.here.log->append({audit::Kind::recording_indexed, "", target, session.str(), std::move(fields)}));
    return ok();
}

bool Indexing::is_there(const SessionId& session) const {
    const auto path = shared_.here.index_path(session);
    return ::access(path.c_str(), F_OK) == 0 && !same_file(path, unfinished(path));
}

void Indexing::remove(const SessionId& session) const {
    const auto path = shared_.here.index_path(session);
    ::unlink(path.c_str());
    ::unlink(unfinished(path).c_str());
}

std::size_t Indexing::running(bool live) const {
    return static_cast<std::size_t>(std::count_if(jobs_.begin(), jobs_.end(), [&](const auto& entry) { return entry.second->live == live; }));
}

void Indexing::want(const SessionId& session, bool damaged) {
    if (jobs_.contains(session) || (!damaged && is_there(session))) return;
    if (const auto tried = tries_.find(session); tried != tries_.end() && tried->second >= most_tries) return;
    const auto known = shared_.here.sessions.find(session);
    if (!known || !*known) return;
    auto& waiting = (*known)->ended ? waiting_ : waiting_live_;
    if (std::find(waiting.begin(), waiting.end(), session) != waiting.end() || waiting.size() >= most_waiting) return;
    if (damaged) {
        remove(session);
        ++tries_[session];  // one that is damaged again and again is left alone
    }
    waiting.push_back(session);
    next();
}

void Indexing::sealed(const SessionId& session) { want(session, false); }

// Those of live sessions do not wait for one that is over.
void Indexing::next() {
    while (!waiting_live_.empty() && running(true) < most_live) {
        const SessionId session = waiting_live_.front();
        waiting_live_.pop_front();
        const auto known = shared_.here.sessions.find(session);
        if (known && *known && (*known)->ended) waiting_.push_back(session);
        else begin(session);
    }
    while (!waiting_.empty() && running(false) == 0) {
        const SessionId session = waiting_.front();
        waiting_.pop_front();
        begin(session);
    }
}

void Indexing::begin(const SessionId& session) {
    const auto known = shared_.here.sessions.find(session);
    if (!known || !*known || jobs_.contains(session) || is_there(session)) return;
    if (auto started = start(**known); !started) {
        ++tries_[session];
        remove(session);
        log::error("index.not-begun", {{"session", session.str()}, {"error", started.error().detail}});
    }
}

Status Indexing::start(const store::Session& session) {
    const auto path = shared_.here.index_path(session.id);
    remove(session.id);
    auto job = std::make_shared<Job>(Job{session.id, !session.ended, false, Fd(), nullptr, {}});
    auto look = TRY(admin::open_for_look(shared_.here, session, [&] { return record(session.id, {{"outcome", "begun"}}); }));
    const auto index = TRY(open_file(unfinished(path), O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
    if (job->live && ::link(unfinished(path).c_str(), path.c_str()) != 0) return fail_errno("link");
    int pair[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return fail_errno("socketpair");
    job->terms = Fd(pair[0]);
    const Fd theirs(pair[1]);
    Bytes terms = wire::encode(indexer::IndexTerms{std::move(look.data_key), std::move(look.signer), job->live});
    const bool sent = ::send(job->terms.get(), terms.data(), terms.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(terms.size());
    wipe(terms.data(), terms.size());
    if (!sent) return fail_errno("send");
    job->process =
        TRY(Child::start(shared_.io, program_, {look.file.get(), index.get(), theirs.get()}, [this, weak = std::weak_ptr(job)](const std::string& how) {
            if (const auto ended_job = weak.lock()) ended(ended_job, how);
        }));
    if (!job->live) job->until = shared_.monotonic() + time_limit;
    jobs_.emplace(session.id, job);
    return ok();
}

void Indexing::ended(const std::shared_ptr<Job>& job, const std::string& how) {
    const bool done = how.empty();
    jobs_.erase(job->session);
    settle(*job, done);
    if (!done) {
        ++tries_[job->session];
        const auto why = job->overdue ? std::string("took too long") : how;
        log::error("index.failed", {{"session", job->session.str()}, {"how", why}});
        if (auto recorded = record(job->session, {{"outcome", "failed"}, {"how", why}}); !recorded)
            log::error("index.unrecorded", {{"error", recorded.error().detail}});
    }
    next();
}

void Indexing::settle(const Job& job, bool done) {
    const auto path = shared_.here.index_path(job.session);
    if (!done) return remove(job.session);
    if (job.live) ::unlink(unfinished(path).c_str());
    else if (::rename(unfinished(path).c_str(), path.c_str()) != 0) log::error("index.not-kept", {{"session", job.session.str()}});
}

void Indexing::tick() {
    for (const auto& [session, job] : jobs_) {
        // It has a while for the rest of what it followed.
        if (job->live && !job->until)
            if (const auto known = shared_.here.sessions.find(session); known && *known && (*known)->ended) job->until = shared_.monotonic() + time_limit;
        if (job->overdue || !job->until || shared_.monotonic() < *job->until) continue;
        job->overdue = true;
        job->process->kill();
    }
}

}  // namespace anteroom::daemon
