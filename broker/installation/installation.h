// Installation: everything the broker alone may open (database, keys, policy, audit log), opened together from one
// directory. `create` is what `anteroom init` does. Nobody but the broker holds one.
#pragma once

#include <memory>
#include <optional>

#include "broker/audit/log.h"
#include "broker/identity/totp.h"
#include "broker/installation/config.h"
#include "broker/installation/host_keys.h"
#include "broker/installation/paths.h"
#include "broker/store/attempts.h"
#include "broker/store/people.h"
#include "broker/store/person_keys.h"
#include "broker/store/policy_versions.h"
#include "broker/store/sessions.h"
#include "broker/store/settings.h"
#include "broker/store/target_secrets.h"
#include "broker/store/totp.h"
#include "policy/evaluate.h"

namespace anteroom::installation {

struct CurrentPolicy {
    policy::Document document;
    std::int64_t version = 0;
};

class Installation {
public:
    struct New {
        Secret escrow_text;       // to be kept offline; nowhere else
        std::string fingerprint;  // of the Ed25519 host key
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
    std::optional<audit::Log> log;  // always there once open() has returned
    CurrentPolicy policy;           // the version in force; replaced as a whole by apply_policy

    store::People people{database};
    store::PersonKeys person_keys{database};
    store::Totp totp{database};
    store::Attempts attempts{database};
    store::Sessions sessions{database};
    store::PolicyVersions policy_versions{database};
    store::TargetSecrets target_secrets{database};
    store::Settings settings{database};

    // Validates, keeps the text as the next version and puts it in force, in one transaction with its audit record.
    Result<std::int64_t> apply_policy(std::string_view text, std::string_view file, const std::string& applied_by);

    // What policy needs to know of a person; `not_found` for a stranger.
    Result<policy::Facts> facts_of(const PersonId& person, const std::string& source_ip);
    std::string recordings_dir() const { return config.recordings_dir.empty() ? paths.dir + "/recordings" : config.recordings_dir; }
    std::string recording_path(const SessionId& session) const { return recordings_dir() + "/" + session.str() + ".arec"; }
    std::string checkpoints_path(const SessionId& session) const { return recordings_dir() + "/" + session.str() + ".ckpt"; }
    std::string time_text(Time time) const { return local_time(time, config.zone); }
    // The one door to a person's second factor: a code is good once, whoever asks for it (login, approval, review).
    identity::CodeVerdict check_code(const PersonId& person, const Secret& code);

private:
    Installation(Paths p, Config c, const Clock& k, vault::KeyRing r, HostKeys h, store::Database d)
        : paths(std::move(p)), config(std::move(c)), clock(k), ring(std::move(r)), host_keys(std::move(h)), database(std::move(d)) {}
    Status load_policy();
};

}  // namespace anteroom::installation
