// Every kind of audit record, in one table: a row here is all a new kind needs. Names are for ever: old logs keep them.
#pragma once

#include <optional>
#include <string_view>

// row(enumerator, name)
#define ANTEROOM_AUDIT_KINDS(row)                                                                                                                              \
    row(login_accepted, "login.accepted") row(login_refused, "login.refused") row(factor_used, "factor.used") row(connection_refused, "connection.refused")    \
        row(access_decided, "access.decided") row(access_requested, "access.requested") row(access_approved, "access.approved") row(                           \
            access_denied, "access.denied") row(access_extended, "access.extended") row(access_withdrawn, "access.withdrawn")                                  \
            row(access_revoked, "access.revoked") row(access_expired, "access.expired") row(break_glass_used, "break-glass.used") row(                         \
                break_glass_reviewed, "break-glass.reviewed") row(break_glass_overdue, "break-glass.overdue") row(incident_opened, "incident.opened")          \
                row(window_opened, "window.opened") row(access_activated, "access.activated") row(access_ended, "access.ended") row(                           \
                    access_escalated, "access.escalated") row(extension_asked, "access.extension-asked") row(extension_denied, "access.extension-denied")      \
                    row(session_extended, "session.extended") row(session_grace, "session.grace") row(recovery_used, "recovery-code.used")                     \
                        row(session_start, "session.start") row(session_end, "session.end") row(session_warned, "session.warned") row(                         \
                            session_terminated, "session.terminated") row(session_watched, "session.watched") row(capability_used, "capability.used")          \
                            row(capability_refused, "capability.refused") row(recording_opened, "recording.opened") row(recording_root, "recording.root") row( \
                                recording_sealed, "recording.sealed") row(recording_failed, "recording.failed") row(recording_view, "recording.view")          \
                                row(recording_search, "recording.search") row(recording_export, "recording.export") row(                                       \
                                    recording_deleted, "recording.deleted") row(policy_applied, "policy.applied")                                              \
                                    row(policy_refused, "policy.refused") row(person_added, "person.added") row(person_invited, "person.invited") row(         \
                                        person_enrolled, "person.enrolled")                                                                                    \
                                        row(person_changed, "person.changed") row(person_disabled, "person.disabled") row(person_enabled, "person.enabled")    \
                                            row(person_reset, "person.reset") row(key_added, "key.added") row(key_removed, "key.removed") row(                 \
                                                totp_enrolled, "totp.enrolled") row(totp_removed, "totp.removed")                                              \
                                                row(password_set, "password.set") row(secret_put, "secret.put") row(secret_used, "secret.used")                \
                                                    row(secret_removed, "secret.removed") row(admin_command, "admin.command") row(alarm, "alarm")              \
                                                        row(alert_sent, "alert.sent") row(alert_failed, "alert.failed")                                        \
                                                            row(target_key_changed, "target.key-changed") row(target_unreachable, "target.unreachable") row(   \
                                                                worker_failed, "worker.failed") row(clock_jumped, "clock.jumped")                              \
                                                                row(broker_started, "broker.started") row(broker_stopped, "broker.stopped")                    \
                                                                    row(checkpoint, "checkpoint") row(ticket_issued, "ticket.issued")                          \
                                                                        row(ticket_used, "ticket.used")                                                        \
                                                                            row(ticket_refused, "ticket.refused") row(console_started, "console.started") row( \
                                                                                console_ended, "console.ended") row(passkey_added, "passkey.added")            \
                                                                                row(passkey_removed, "passkey.removed")                                        \
                                                                                    row(access_reviewed, "access.reviewed")                                    \
                                                                                        row(console_looked, "console.looked")                                  \
                                                                                            row(console_refused, "console.refused")                            \
                                                                                                row(recording_indexed, "recording.indexed")                    \
                                                                                                    row(recording_noted, "recording.noted")                    \
                                                                                                        row(recording_reviewed, "recording.reviewed")          \
                                                                                                            row(recording_consented, "recording.consented")

namespace anteroom::audit {

enum class Kind {
#define ANTEROOM_ROW(enumerator, name) enumerator,
    ANTEROOM_AUDIT_KINDS(ANTEROOM_ROW)
#undef ANTEROOM_ROW
};

constexpr std::string_view name_of(Kind kind) {
    switch (kind) {
#define ANTEROOM_ROW(enumerator, name) \
    case Kind::enumerator: return name;
        ANTEROOM_AUDIT_KINDS(ANTEROOM_ROW)
#undef ANTEROOM_ROW
    }
    return "";
}

constexpr std::optional<Kind> kind_named(std::string_view wanted) {
#define ANTEROOM_ROW(enumerator, name) \
    if (wanted == name) return Kind::enumerator;
    ANTEROOM_AUDIT_KINDS(ANTEROOM_ROW)
#undef ANTEROOM_ROW
    return std::nullopt;
}

}  // namespace anteroom::audit
