"""The console's web server as `anteroom serve` runs it: found, watched, started again, and shut in; and a session that is watched through it."""
import hashlib
import os
import pathlib
import signal
import socket
import ssl
import time

import pytest

from hospital.anteroom import as_yaml
from hospital.console import ConsoleHospital


@pytest.fixture(scope="module")
def hospital(limits):
    here = ConsoleHospital()
    try:
        yield here.open(limits)
    finally:
        here.close()


def status_of(hospital):
    try:
        with hospital.api() as nobody:
            return nobody.get("/api/site").status
    except OSError:
        return None


def until(what, within=20):
    deadline = time.monotonic() + within
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def server(hospital):
    """The process that listens."""
    found = hospital.programs("anteroom-web")
    return found[0] if len(found) == 1 else None


def test_serve_says_where_the_console_is(hospital):
    assert f"console: {hospital.origin}" in hospital.log.read_text()


def test_a_killed_web_server_is_started_again(hospital):
    before = server(hospital)
    os.kill(before, signal.SIGKILL)
    until(lambda: server(hospital) not in (None, before) and status_of(hospital) == 200)
    assert "web server ended" in hospital.log.read_text()


def test_a_killed_broker_is_missed_and_found_again_by_the_same_process(hospital):
    before = server(hospital)
    broker = hospital.broker()
    os.kill(broker, signal.SIGSTOP)
    os.kill(broker, signal.SIGKILL)
    seen = set()
    until(lambda: seen.add(status_of(hospital)) or (hospital.programs("anteroom-broker") not in ([], [broker]) and status_of(hospital) == 200))
    assert seen <= {200, 503}, "the page's server answered all the time"
    assert server(hospital) == before


def test_the_real_process_is_shut_in(hospital):
    status = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{server(hospital)}/status").read_text().splitlines() if ":\t" in line)
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"


def test_doctor_and_key_list_know_it(hospital):
    rows = [(row["check"], row["state"]) for row in hospital.json("doctor")]
    assert ("console", "ok") in rows and ("console", "fail") not in rows
    assert [state for check, state in rows if check == "console certificate"] in (["ok"], ["warn"]), "it lasts a month, of which some seconds are over"
    (shown,) = [row["id"] for row in hospital.json("key", "list") if row["use"] == "console certificate"]
    with ssl._create_unverified_context().wrap_socket(socket.create_connection(("127.0.0.1", hospital.web_port))) as line:
        digest = hashlib.sha256(line.getpeercert(True)).hexdigest().upper()
    assert shown.replace(":", "") == digest


def test_a_certificate_of_its_own_is_for_localhost(tmp_path):
    here = ConsoleHospital()
    try:
        here.cli("init", "--escrow", here.home / "escrow-key.txt")
        (here.dir / "anteroom.yaml").write_text(as_yaml({"listen": {"ssh": f"127.0.0.1:{here.port}", "web": f"127.0.0.1:{here.web_port}"}, "console": {"origin": f"https://localhost:{here.web_port}"}}))
        here.note_host_keys()
        here.authority.ca = here.dir / "web-certificate.pem"
        here.serve()
        trusting = ssl.create_default_context(cafile=str(here.dir / "web-certificate.pem"))
        for name in ("localhost", "127.0.0.1", "::1"):
            with trusting.wrap_socket(socket.create_connection(("127.0.0.1", here.web_port)), server_hostname=name) as line:
                assert line.version() == "TLSv1.3"
        with pytest.raises(ssl.SSLCertVerificationError):
            trusting.wrap_socket(socket.create_connection(("127.0.0.1", here.web_port)), server_hostname="evil.example")
    finally:
        here.close()
