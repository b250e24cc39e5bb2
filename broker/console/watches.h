// Watches: the way from a fresh factor to the picture of a session, live or recorded, or to a copy that leaves the house. The factor earns a
// ticket for one console session, one session and one purpose, good once and for half a minute; with it the recording, its key and its index
// are handed out, and the record of that stands before. A watch ends when its console session ends, or when policy no longer lets its person
// look; an export, which may take longer than somebody sits there, for the latter alone.
#pragma once

#include <functional>
#include <map>

#include "base/fd.h"
#include "broker/access/second_factor.h"
#include "broker/admin/admin.h"
#include "broker/console/sessions.h"
#include "broker/control/messages.h"
#include "recorder/exporter/terms.h"

namespace anteroom::console {

class Watches {
public:
    Watches(installation::Installation& here, Sessions& sessions, admin::Live& live) : here_(here), sessions_(sessions), live_(live) {}

    static constexpr Duration ticket_lasts = std::chrono::seconds(30);
    static constexpr const char* films_run = "As many exports to video run already as may run at once; try again when one of them is done.";
    // watch: a live session only, and audited as being watched. replay: a recording, or a live session in the same player; audited as
    // the viewing of a recording. The others: what is exported of a recording that is over.
    enum class Purpose : std::uint8_t { watch, replay, cast, mp4, bundle };
    // "cast", "mp4", "bundle".
    static std::optional<Purpose> export_as(std::string_view format);
    // "anteroom-mri-3-2026-11-22-4309wdtt.cast": what says which it is, and nothing that a file system minds.
    static std::string file_name(const store::Session& session, Purpose purpose);
    // The caller has asked whether they may. `conflict`: too many tickets are open.
    Result<Secret> issue(const Session& by, const SessionId& watched, access::SecondFactor factor, Purpose purpose);

    struct Opened {
        std::uint64_t key = 0;
        control::WebRecording recording;  // `number` is to be set by whoever passes it on
        Fd file;
        Fd index;  // where there is one beside it
    };
    using End = std::function<void(const std::string& sentence)>;
    // Errors are sentences for the person, and audited. `end` is called when it may not go on.
    Result<Opened> open(const control::WebWatch& asked, End end);

    struct Exported {
        std::uint64_t key = 0;
        SessionId session;
        PersonId person;
        exporter::ExportTerms terms;
        Fd file;
        Fd slot;  // held while it is made, where those are counted (limits.exports)
        std::string name;
    };
    // As open().
    Result<Exported> export_one(const control::WebFetch& asked, End end);
    void close(std::uint64_t key) { running_.erase(key); }
    // About once a second.
    void tick();

private:
    struct Ticket {
        std::string console_session;
        SessionId watched;
        access::SecondFactor factor;
        Purpose purpose = Purpose::watch;
        Monotonic ends{};
    };
    struct Running {
        Secret token;  // of its console session; empty: it may outlive that
        PersonId person;
        SessionId watched;
        bool self_enrolled = false;
        End end;
        Monotonic checked{};
    };
    struct Shown {  // what a browser brings
        const Secret& console;
        const Secret& ticket;
        const std::string& source;
        bool to_export = false;
    };
    struct Permitted {
        Ticket ticket;
        store::Session session;
        audit::Record record;
    };
    Result<Ticket> take(const Secret& ticket);
    Result<Ticket> take_from(const Session& console, const Shown& shown);
    Result<Permitted> permit(const Shown& shown);
    Result<Opened> hand_out(const store::Session& session, const audit::Record& record);
    Result<Exported> hand_out_bundle(const Permitted& permitted);
    Result<Exported> hand_out_copy(const Permitted& permitted);
    // An attempt that opens nothing. An error is that the log cannot be written.
    Status refuse(const std::string& person, const Shown& shown, const Error& why);
    std::string over(const Running& running);

    installation::Installation& here_;
    Sessions& sessions_;
    admin::Live& live_;
    std::map<std::string, Ticket> tickets_;  // by the SHA-256 of the ticket
    std::map<std::uint64_t, Running> running_;
    std::uint64_t next_ = 1;
};

}  // namespace anteroom::console
