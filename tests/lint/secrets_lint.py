#!/usr/bin/python3
"""Secret::expose() is called only where the table says, so that reading those places is reading all of them."""
import re

import sources

# Where a secret leaves its wrapper, and what for. Tests may.
ALLOWED = {
    "base/secret.h": "defines it",
    "base/crypto.cpp": "keys go into OpenSSL",
    "base/wire.h": "a secret crosses to another of our processes",
    "base/fd.h": "a key file is written",
    "broker/vault/": "sealing and opening",
    "broker/identity/": "passwords, TOTP secrets and recovery codes are verified",
    "broker/audit/": "heads are signed",
    "broker/installation/": "an installation's keys are made and written, a code is compared",
    "broker/courier/": "a web hook is signed with it, a mail server and PagerDuty are shown it; a secret address is called",
    "broker/access/challenges.cpp": "the broker's own key seals nonces",
    "broker/access/own_factors.cpp": "new recovery codes are hashed",
    "broker/daemon/login_driver.cpp": "a stranger's code is compared with nothing, for as long as a real one",
    "broker/admin/factors.cpp": "the otpauth URI is shown once to the administrator who enrols it",
    "broker/admin/searching.cpp": "the keys of an index are made from a recording's data key",
    "broker/admin/rdp_ticket.cpp": "the token of a ticket is written into the .rdp file, once",
    "broker/console/": "a call's body is read, tokens and tickets are compared by their hashes; new codes and a watch's ticket are shown once",
    "broker/daemon/gateway_peer.cpp": "the TLS identity goes to the gateway, in sealed memory",
    "broker/daemon/web_peer.cpp": "the TLS identity goes to the web server, in sealed memory",
    "broker/admin/invitations.cpp": "an invitation's code is shown once to the administrator who invites",
    "broker/talk/": "a line that was typed is read; new codes are shown once to the person whose they are",
    "broker/cli/": "a password or code goes from the prompt to the broker, an escrow key to its file",
    "recorder/": "data keys encrypt recordings",
    "proxies/rdp/": "a name and a ticket that were typed are read, the target's password is handed to FreeRDP",
    "proxies/ssh/": "the target's password is typed",
    "web/broker.cpp": "sessions and identities are told apart by their hashes",
    "web/connection.cpp": "the session's token goes into the cookie",
    "web/tls.cpp": "the TLS identity goes to OpenSSL",
    "web/watching.cpp": "a data key goes to the reader of a recording",
}
DOOR = re.compile(r"(?:\.|->)\s*expose(?:_text)?\s*\(")


def check(path, text, report):
    """Returns how often the file opens a secret."""
    code = sources.code(text)
    calls = list(DOOR.finditer(code))
    if not path.startswith(tuple(ALLOWED) + ("tests/",)):
        for match in calls:
            report.add(path, sources.line_of(code, match.start()), "expose() outside the table of tests/lint/secrets_lint.py: pass the Secret on, or add a row that says why", text)
    return len(calls)


if __name__ == "__main__":
    report = sources.Report("secrets")
    counts = {path: check(path, sources.read(path), report) for path in sources.cpp_files()}
    ours = {path: count for path, count in counts.items() if count and not path.startswith("tests/")}
    report.finish(f"{sum(ours.values())} calls in {len(ours)} files")
