// anteroom doctor: looks at an installation and its machine, changes nothing, and says how to mend what it finds.
#include <boost/json.hpp>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "broker/cli/alert_checks.h"
#include "broker/cli/child.h"
#include "broker/cli/listening.h"
#include "broker/cli/render.h"
#include "broker/installation/installation.h"
#include "policy/parser.h"

namespace anteroom::cli {

namespace json = boost::json;

namespace {

constexpr int landlock_version_flag = 1;  // LANDLOCK_CREATE_RULESET_VERSION
constexpr unsigned least_free_percent = 10;
constexpr Duration self_test_may_take = std::chrono::seconds(20);

class Examination {
public:
    explicit Examination(const Given& given) : given_(given), paths_{given.dir} {}

    json::array run() {
        kernel();
        clock();
        programs();
        if (!folder(given_.dir, "make an installation with: anteroom init --dir " + given_.dir)) return std::move(rows_);
        configuration();
        policy();
        modes();
        if (broker_is_running(given_)) ask_broker();
        else open_it();
        return std::move(rows_);
    }

private:
    void add(const char* check, const char* state, const std::string& what, const std::string& mend = {}) {
        rows_.push_back(json::object{{"check", check}, {"state", state}, {"what", what}, {"mend", mend}});
    }

    void kernel() {
        const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, std::size_t{0}, landlock_version_flag);
        if (version > 0) add("landlock", "ok", "version " + std::to_string(version));
        else add("landlock", "fail", "this kernel has none, so workers could not be shut in", "boot with lsm=landlock,... or use a kernel of 5.13 or later");
        if (::access("/proc/sys/kernel/seccomp/actions_avail", R_OK) == 0) add("seccomp", "ok", "available");
        else add("seccomp", "fail", "this kernel has no seccomp filters", "use a kernel with CONFIG_SECCOMP_FILTER");
    }

    void clock() {
        const auto now = SystemClock().now();
        constexpr auto built_after = std::chrono::sys_days(std::chrono::year{2025} / 1 / 1), far = std::chrono::sys_days(std::chrono::year{2100} / 1 / 1);
        if (now > built_after && now < far) add("clock", "ok", rfc3339(now));
        else add("clock", "fail", "it says " + rfc3339(now), "set the clock: codes and hours depend on it");
    }

    void programs() {
        const auto folder = own_folder();
        for (const char* name : {"anteroom-broker", "anteroom-gateway", "anteroom-ssh", "anteroom-courier"}) {
            const auto path = folder + "/" + name;
            if (::access(path.c_str(), X_OK) != 0) add("programs", "fail", path + " is not there or cannot be run", "install all programs into one folder");
        }
        Child test({folder + "/anteroom-ssh", "--self-test"});
        if (!test.start()) return;
        const auto limit = MonotonicClock::now() + self_test_may_take;
        std::optional<Child::End> end;
        while (!end && MonotonicClock::now() < limit) {
            ::usleep(20000);
            end = test.reap();
        }
        if (end && end->status == 0) add("programs", "ok", "in " + folder + ", and anteroom-ssh passes its self-test");
        else add("programs", "fail", "anteroom-ssh --self-test did not pass", "this build must not serve: build or install again");
    }

    bool folder(const std::string& path, const std::string& mend) {
        struct stat found{};
        if (::stat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode)) return true;
        add("installation", "fail", path + " is not there", mend);
        return false;
    }

    void configuration() {
        const auto text = read_file(paths_.config());
        if (!text) return add("anteroom.yaml", "fail", text.error().detail, "anteroom init makes one");
        auto config = installation::parse_config(to_string(*text), paths_.config());
        if (!config) return add("anteroom.yaml", "fail", config.error().detail, "mend the lines that are named");
        config_ = std::move(*config);
        add("anteroom.yaml", "ok", "listens on " + config_.ssh_listen);
        if (config_.ssh_listen.starts_with("127.")) add("anteroom.yaml", "warn", "only this machine can connect", "listen: {ssh: 0.0.0.0:2222} lets others in");
        if (config_.rdp.on()) rdp();
        if (config_.web.on()) console();
        for (auto& row : alert_checks(config_, given_.dir)) rows_.push_back(std::move(row));
    }

    void rdp() {
        add("rdp", "ok", "listens on " + config_.rdp.listen);
        if (config_.rdp.listen.starts_with("127.")) add("rdp", "warn", "only this machine can connect by RDP", "listen: {rdp: 0.0.0.0:3389} lets others in");
        for (const char* name : {"anteroom-rdp", "anteroom-rdp-front"})
            if (const auto path = own_folder() + "/" + name; ::access(path.c_str(), X_OK) != 0)
                add("rdp", "fail", path + " is not there or cannot be run", "install all programs into one folder, or take `rdp` out of `listen`");
        if (broker_is_running(given_) && !somebody_listens(config_.rdp.listen))
            add("rdp", "fail", "nothing listens on " + config_.rdp.listen, "look into the gateway's log: the port may be another's");
    }

    void console() {
        const auto& web = config_.web;
        add("console", "ok", "listens on " + web.listen + ", reached at " + web.reached_at());
        if (web.listen.starts_with("127.")) add("console", "warn", "only this machine can connect to it", "listen: {web: 0.0.0.0:8443} lets others in");
        if (web.origin.empty() && !web.listen.starts_with("127."))
            add("console", "warn", "its origin is " + web.reached_at() + ", which no other machine can use",
                "console: {origin: \"https://HOST:PORT\"} as browsers reach it");
        if (const auto host = web.relying_party(); host.find_first_not_of("0123456789.") == std::string::npos || host.find(':') != std::string::npos)
            add("console", "warn", "its origin is an address, and passkeys want a name", "console: {origin: \"https://NAME:PORT\"}");
        if (const auto path = own_folder() + "/anteroom-web"; ::access(path.c_str(), X_OK) != 0)
            add("console", "fail", path + " is not there or cannot be run", "install all programs into one folder, or take `web` out of `listen`");
        if (const auto page = own_folder() + "/../share/console/index.html"; ::access(page.c_str(), R_OK) != 0)
            add("console", "fail", page + " is not there", "install the console's pages beside the programs (share/console)");
        if (broker_is_running(given_) && !somebody_listens(web.listen))
            add("console", "fail", "nothing listens on " + web.listen, "look into the log of anteroom-web: the port may be another's");
    }

    void policy() {
        const auto text = read_file(paths_.policy());
        if (!text) return add("policy.yaml", "warn", text.error().detail, "the policy in force is in the database; keep its text here as well");
        const auto document = policy::parse(to_string(*text), paths_.policy());
        if (!document) return add("policy.yaml", "fail", document.error().detail, "mend the lines that are named; what is in force is not touched");
        add("policy.yaml", document->warnings.empty() ? "ok" : "warn",
            std::to_string(document->rules.size()) + " rules, " + std::to_string(document->warnings.size()) + " warnings",
            document->warnings.empty() ? "" : "anteroom policy check shows them");
    }

    void modes() {
        bool good = true;
        for (const auto& path : {given_.dir, given_.dir + "/keys", given_.dir + "/keys/keyring", paths_.host_keys(), paths_.database(), paths_.run(),
                                 given_.dir + "/recordings"}) {
            struct stat found{};
            if (::lstat(path.c_str(), &found) != 0) continue;
            if ((found.st_mode & 077) == 0) continue;
            good = false;
            add("file modes", "fail", path + " can be read or changed by other users",
                std::string("chmod ") + (S_ISDIR(found.st_mode) ? "700 " : "600 ") + path);
        }
        if (good) add("file modes", "ok", "only the owner reads keys, database and recordings");
        struct stat escrow{};
        if (::lstat((given_.dir + "/escrow-key.txt").c_str(), &escrow) == 0)
            add("escrow key", "warn", "it is still in " + given_.dir, "move it offline and delete the file");
    }

    void ask_broker() {
        control::AdminCall call;
        call.verb = "doctor";
        const auto answer = ask(given_, std::move(call));
        if (!answer) return add("broker", "fail", answer.error().detail, "look into its log");
        if (!answer->done) return add("broker", "fail", answer->sentence, "look into its log");
        for (const auto& row : answer->rows) rows_.push_back(row);
    }

    void open_it() {
        add("broker", "warn", "not running", "anteroom serve --dir " + given_.dir);
        const SystemClock now;
        const auto opened = installation::Installation::open(given_.dir, now);
        if (!opened) return add("database and keys", "fail", opened.error().detail, "mend what is named");
        add("database and keys", "ok", "policy version " + std::to_string((*opened)->policy.version));
        if (const auto& identity = (*opened)->rdp_identity) {
            const auto check = installation::check_rdp_identity(*identity, config_.rdp, paths_, now.now());
            add("rdp certificate", check.state, check.what, check.mend);
        }
        if (const auto& identity = (*opened)->web_identity) {
            const auto check = installation::check_web_identity(*identity, config_.web, paths_, now.now());
            add("console certificate", check.state, check.what, check.mend);
        }
        struct statvfs found{};
        const auto recordings = (*opened)->recordings_dir();
        if (::statvfs(recordings.c_str(), &found) != 0 || found.f_blocks == 0)
            return add("recordings", "fail", recordings + " cannot be looked at", "make the folder");
        const auto percent = found.f_bavail * 100 / found.f_blocks;
        add("recordings", percent < least_free_percent ? "fail" : "ok", std::to_string(percent) + " % free at " + recordings,
            percent < least_free_percent ? "free some space: below 10 % new sessions are refused" : "");
    }

    const Given& given_;
    installation::Paths paths_;
    installation::Config config_;
    json::array rows_;
};

}  // namespace

Result<int> run_doctor(const Verb& verb, Given& given) {
    Answer answer;
    answer.rows = Examination(given).run();
    std::size_t failures = 0;
    for (const auto& row : answer.rows) failures += text_at(row.as_object(), "state") == "fail" ? 1 : 0;
    answer.done = failures == 0;
    answer.sentence = failures == 0 ? "nothing is wrong" : std::to_string(failures) + " things are wrong";
    return print_answer(verb.words, given, answer);
}

}  // namespace anteroom::cli
