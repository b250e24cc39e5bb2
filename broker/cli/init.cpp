// anteroom init: makes an installation. The escrow key is written before anything else can fail, and nowhere else.
#include <boost/json.hpp>

#include "broker/cli/files.h"
#include "broker/cli/render.h"
#include "broker/installation/installation.h"

namespace anteroom::cli {

namespace json = boost::json;

namespace {

struct Made {
    installation::Installation::New at;
    std::string audit_signer;  // SHA-256 of its public key, as `anteroom-verify --key` takes it
};

void print_made(const Given& given, const std::string& escrow, const Made& made) {
    if (given.json)
        return print_json(json::object{{"dir", given.dir},
                                       {"host_key", made.at.fingerprint},
                                       {"audit_signer", made.audit_signer},
                                       {"rdp_certificate", made.at.rdp_certificate},
                                       {"web_certificate", made.at.web_certificate},
                                       {"escrow_key", escrow},
                                       {"recording_signer", given.signer_file()}});
    print_line("An installation was made in " + given.dir + ":");
    print_line("  anteroom.yaml            how it listens, stores and limits");
    print_line("  policy.yaml              who may reach what: nobody anything, so far");
    print_line("  keys/                    its keys; whoever reads them reads everything");
    print_line("  host-keys.pub            what SSH clients will see of it");
    print_line("  rdp-certificate.pem      what RDP clients will see of it, until a certificate of your own is named");
    print_line("  web-certificate.pem      what browsers will see of it, until a certificate of your own is named");
    print_line("  recording-signer.pub     what recordings are checked with, also without the broker");
    print_line("Host key (Ed25519): " + made.at.fingerprint);
    if (!made.at.rdp_certificate.empty()) print_line("RDP certificate (SHA-256): " + made.at.rdp_certificate);
    if (!made.at.web_certificate.empty()) print_line("Console certificate (SHA-256): " + made.at.web_certificate);
    print_line("Audit signer (SHA-256): " + made.audit_signer);
    print_line("");
    print_line("A bundle of evidence names the key that signed it, and a forged one names its forger's. Keep the audit signer's fingerprint where");
    print_line("whoever could change a bundle cannot change it (on paper, with an auditor), and check with it:");
    print_line("  anteroom-verify BUNDLE.tar --key " + made.audit_signer);
    print_line("");
    print_line("The escrow key is in " + escrow + ". It opens every recording when the keys above are lost.");
    print_line("Move it offline now (print it, or keep it on a stick in a safe), and delete the file.");
    print_line("");
    print_line("Next: anteroom serve --dir " + given.dir);
}

}  // namespace

Result<int> run_init(const Verb&, Given& given) {
    const std::string escrow = given.value("escrow", "escrow-key.txt");
    const SystemClock clock;
    // First the place for the escrow key: an installation whose escrow key could not be written must not come to be.
    auto file = NewFile::create(escrow, false);
    if (!file && file.error().kind == ErrorKind::conflict)
        return fail(ErrorKind::conflict, escrow + " is there already; --escrow FILE chooses another place for the escrow key");
    if (!file) return fail(file.error());
    Made made{TRY(installation::Installation::create(given.dir, clock)), {}};
    TRY(file->write(made.at.escrow_text.expose()));
    TRY(file->finish());
    const auto opened = TRY(installation::Installation::open(given.dir, clock));
    TRY(replace_file(given.signer_file(), view(hex(opened->ring.recording_signing_public()) + "\n"), 0644));
    made.audit_signer = hex(crypto::sha256(opened->ring.audit_public()));
    print_made(given, escrow, made);
    return 0;
}

}  // namespace anteroom::cli
