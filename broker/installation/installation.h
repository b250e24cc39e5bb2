// Installation: everything the broker alone may open (database, keys, policy, audit log), opened together from one
// directory. `create` is what `anteroom init` does. Nobody but the broker holds one.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "broker/audit/log.h"
#include "broker/identity/totp.h"
#include "broker/installation/config.h"
#include "broker/installation/host_keys.h"
#include "broker/installation/paths.h"
#include "broker/installation/rdp_identity.h"
#include "broker/installation/spool.h"
#include "broker/installation/web_identity.h"
#include "broker/store/attempts.h"
#include "broker/store/console_sessions.h"
#include "broker/store/invitations.h"
#include "broker/store/outbox.h"
#include "broker/store/passkeys.h"
#include "broker/store/people.h"
#include "broker/store/person_keys.h"
#include "broker/store/policy_versions.h"
#include "broker/store/recovery_codes.h"
#include "broker/store/requests.h"
#include "broker/store/sessions.h"
#include "broker/store/settings.h"
#include "broker/store/target_secrets.h"
#include "broker/store/tickets.h"
#include "broker/store/totp.h"
#include "broker/store/windows.h"
#include "policy/evaluate.h"

namespace anteroom::installation {

struct CurrentPolicy {
    policy::Document document;
    std::int64_t version = 0;
};

class Installation {
public:
    struct New {
        Secret escrow_text;           // to be kept offline; nowhere else
        std::string fingerprint;      // of the Ed25519 host key
        std::string rdp_certificate;  // SHA-256, "AB:CD:..."; "" without RDP
        std::string web_certificate;  // the same of the console
    };
    // Directory, key ring, host keys, database, anteroom.yaml, policy.yaml. `conflict` when there is one already.
    static Result<New> create(const std::string& dir, const Clock& clock);
    // Errors name the file and say how to mend it.
    static Result<std::unique_ptr<Installation>> open(const std::string& dir, const Clock& clock);

    const Paths paths;
    const Config config;
    const Clock& clock;
    vault::KeyRing ring;
    HostKeys host_keys;
    store::Database database;
    std::optional<audit::Log> log;                      // always there once open() has returned
    std::optional<identity::TlsIdentity> rdp_identity;  // where RDP is served
    std::optional<identity::TlsIdentity> web_identity;  // where there is a console
    std::optional<identity::TlsIdentity> rdp_signer;    // of .rdp files, where one is configured
    CurrentPolicy policy;                               // the version in force; replaced as a whole by apply_policy

    store::People people{database};
    store::PersonKeys person_keys{database};
    store::Totp totp{database};
    store::Attempts attempts{database};
    store::Sessions sessions{database};
    store::PolicyVersions policy_versions{database};
    store::TargetSecrets target_secrets{database};
    store::Settings settings{database};
    store::Requests requests{database};
    store::Windows windows{database};
    store::Outbox outbox{database};
    store::Invitations invitations{database};
    store::RecoveryCodes recovery_codes{database};
    store::Tickets tickets{database};
    store::Passkeys passkeys{database};
    store::ConsoleSessions console_sessions{database};
    Spool spool{paths.dir + "/spool"};

    // Validates, keeps the text as the next version and puts it in force, in one transaction with its audit record.
    Result<std::int64_t> apply_policy(std::string_view text, std::string_view file, const std::string& applied_by);

    // What policy needs to know of a person; `not_found` for a stranger.
    Result<policy::Facts> facts_of(const PersonId& person, const std::string& source_ip);
    std::string recordings_dir() const { return config.recordings_dir.empty() ? paths.dir + "/recordings" : config.recordings_dir; }
    // In the spool where an emergency had to be recorded there.
    std::string recording_path(const SessionId& session) const { return recorded_at(session, ".arec"); }
    std::string checkpoints_path(const SessionId& session) const { return recorded_at(session, ".ckpt"); }
    std::string index_path(const SessionId& session) const { return recorded_at(session, ".aidx"); }
    std::string time_text(Time time) const { return local_time(time, config.zone); }
    // The one door to a person's second factor: a code is good once, whoever asks for it (login, approval, review). A recovery
    // code is as good as one of the generator: used up and audited before the answer.
    identity::CodeVerdict check_code(const PersonId& person, const Secret& code);
    // Called within the transaction in which a recovery code is used up: its person is told. Set once, by whoever runs the broker.
    std::function<Status(const PersonId& person, std::int64_t left)> on_recovery_code;
    // Whether this is the code of the person's open invitation. Attempts are counted before the code is looked at.
    bool check_invitation(const PersonId& person, const Secret& code);
    // A code of a secret that is not yet enrolled; its step counts as used like any other.
    identity::CodeVerdict check_new_code(const PersonId& person, const Secret& totp_secret, const Secret& code);
    // Renews the mark "set up by an administrator" from who issued the factors that the person now has.
    Status renew_mark(const PersonId& person);

private:
    Installation(Paths p, Config c, const Clock& k, vault::KeyRing r, HostKeys h, store::Database d)
        : paths(std::move(p)), config(std::move(c)), clock(k), ring(std::move(r)), host_keys(std::move(h)), database(std::move(d)) {}
    Status load_policy();
    bool use_recovery_code(const PersonId& person, const Secret& code);
    std::string recorded_at(const SessionId& session, const char* ending) const {
        return spool.holds(session) ? spool.path(session, ending) : recordings_dir() + "/" + session.str() + ending;
    }
};

}  // namespace anteroom::installation
