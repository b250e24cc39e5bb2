// anteroom-verify BUNDLE.tar [--key FINGERPRINT]... [--json]: says whether a bundle of evidence is as it was exported. It reads that one
// file, writes to its standard output, and needs nothing else: no configuration, no library, no network.
#include <boost/json.hpp>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <unistd.h>

#include <cstdio>

#include "base/fd.h"
#include "recorder/evidence/check.h"

using namespace anteroom;

namespace {

namespace json = boost::json;

constexpr const char* usage =
    "usage: anteroom-verify BUNDLE.tar [--key FINGERPRINT]... [--json]\n"
    "\n"
    "Checks a bundle made by `anteroom recording export ID --format bundle`.\n"
    "  --key FINGERPRINT  the audit signer's public key as the site tells it: its SHA-256 in hexadecimal, or itself in base64\n"
    "                     (`anteroom key list`). Several may be given, when the key was changed.\n"
    "  --json             one JSON object instead of lines\n"
    "Exit status: 0 good, 1 bad, 2 wrong usage or a file that cannot be read.\n";

struct Asked {
    std::string file;
    std::vector<evidence::KnownKey> keys;
    bool json = false, help = false;
};

Result<Asked> read_arguments(const std::vector<std::string>& arguments) {
    Asked asked;
    bool only_files = false;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const auto& one = arguments[i];
        const bool option = !only_files && one.starts_with("-");
        if (option && one == "--") only_files = true;
        else if (option && (one == "--help" || one == "-h")) asked.help = true;
        else if (option && one == "--json") asked.json = true;
        else if (option && one.starts_with("--key=")) asked.keys.push_back(TRY(evidence::KnownKey::parse(one.substr(6))));
        else if (option && one == "--key" && i + 1 < arguments.size()) asked.keys.push_back(TRY(evidence::KnownKey::parse(arguments[++i])));
        else if (option || !asked.file.empty()) return fail(ErrorKind::invalid, "what is \"" + printable(one, 64) + "\"?");
        else asked.file = one;
    }
    if (asked.file.empty() && !asked.help) return fail(ErrorKind::invalid, "which bundle?");
    return asked;
}

std::string verdict(const evidence::CheckReport& report) {
    if (report.good()) return "GOOD";
    std::string out = "BAD: ";
    constexpr std::size_t named_at_most = 5;
    for (std::size_t i = 0; i < std::min(named_at_most, report.findings.size()); ++i) out += (i == 0 ? "" : "; ") + evidence::sentence(report.findings[i]);
    if (report.findings.size() > named_at_most) out += "; and " + std::to_string(report.findings.size() - named_at_most) + " more";
    return out;
}

std::string as_json(const evidence::CheckReport& report) {
    json::array checks, findings;
    for (const auto& check : report.checks) checks.push_back({{"check", check.name}, {"good", check.good}, {"text", printable(check.text, 600)}});
    for (const auto& finding : report.findings) findings.push_back({{"member", printable(finding.member, 64)}, {"what", printable(finding.what, 600)}});
    json::object out{{"good", report.good()}, {"keys_compared", report.keys_compared}, {"checks", std::move(checks)}, {"findings", std::move(findings)}};
    if (report.keys)
        out["keys"] = {{"audit_signer", hex(crypto::sha256(report.keys->audit))}, {"recording_signer", hex(crypto::sha256(report.keys->recording))}};
    if (report.manifest)
        out["bundle"] = {{"session", printable(report.manifest->session, 64)},
                         {"exported", rfc3339(report.manifest->exported)},
                         {"exporter", printable(report.manifest->exporter, 64)},
                         {"chain", printable(report.manifest->chain, 64)}};
    return json::serialize(out) + "\n";
}

std::string as_text(const evidence::CheckReport& report) {
    std::string out;
    if (report.manifest)
        out += printable("session " + report.manifest->session + ", exported " + rfc3339(report.manifest->exported) + " by " + report.manifest->exporter, 300) +
               "\n";
    for (const auto& check : report.checks) out += std::string(check.good ? "ok    " : "BAD   ") + check.name + ": " + printable(check.text, 600) + "\n";
    if (report.keys && !report.keys_compared)
        out +=
            "\nNo --key was given: this was checked against the keys inside the bundle, which whoever made it chose. Compare them with what the site\n"
            "tells you by another way (`anteroom key list`):\n  audit signer      " +
            hex(crypto::sha256(report.keys->audit)) + "\n                    " + base64(report.keys->audit) + "\n  recording signer  " +
            hex(crypto::sha256(report.keys->recording)) + "\n\n";
    return out + verdict(report) + "\n";
}

int wrong(const std::string& why) {
    std::fprintf(stderr, "anteroom-verify: %s\n", why.c_str());
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);  // this machine's configuration of OpenSSL has no say in this
    const auto asked = read_arguments({argv + 1, argv + argc});
    if (!asked) return wrong(asked.error().detail + "\n\n" + usage);
    if (asked->help) return write_all(STDOUT_FILENO, view(usage)) ? 0 : 2;
    const auto file = open_file(asked->file, O_RDONLY);
    if (!file) return wrong(printable(file.error().detail));
    const auto report = evidence::check_bundle(file->get(), asked->keys);
    if (!report) return wrong(printable(report.error().detail));
    if (!write_all(STDOUT_FILENO, view(asked->json ? as_json(*report) : as_text(*report)))) return 2;
    return report->good() ? 0 : 1;
}
