"""Targets that fail: another certificate, a password that is wrong, nothing there, silence, garbage. The person is told, and nothing is sent that should not be."""
import socket
import ssl
import threading
import time

import pytest
from hospital.rdp_scene import answer, clinic, leave, until  # noqa: F401


@pytest.fixture(scope="module")
def limits():
    return {"target_connect": "4s"}


def unreachable(clinic, person):
    return [one["fields"].get("why") for one in clinic.audit(kind="target.unreachable", person=person.name)]


def try_it(clinic, where, within=15):
    """Somebody who went for a target, got no desktop, and closed what the lobby told."""
    person = clinic.staff()
    with clinic.xfreerdp(person, where) as client:
        answer(client, person.fresh_code)
        until(lambda: any(one["kind"] in ("target.unreachable", "target.key-changed") for one in clinic.audit(person=person.name)), within)
        leave(client)
    until(lambda: not clinic.sessions(person), 10)
    return person


def test_another_certificate_is_sent_nothing(clinic):
    before = clinic.shadow.log.read_text()
    person = try_it(clinic, "false-1")
    assert clinic.audit(kind="target.key-changed", person=person.name)
    assert not clinic.audit(kind="secret.used", person=person.name)
    assert "Negotiate" not in clinic.shadow.log.read_text()[len(before):] and "SEC_I_CONTINUE_NEEDED" not in clinic.shadow.log.read_text()[len(before):]


def test_a_wrong_stored_password_is_one_failed_logon_and_no_more(clinic):
    before = clinic.shadow.failed_logons()
    person = try_it(clinic, "wrong-1")
    until(lambda: clinic.shadow.failed_logons() > before, 15)
    time.sleep(1)
    assert clinic.shadow.failed_logons() - before == 1, "devices lock accounts"
    assert unreachable(clinic, person)[-1] == "login"


def test_nobody_there(clinic):
    assert unreachable(clinic, try_it(clinic, "gone-1"))


def test_a_target_that_never_answers_is_given_up(clinic):
    began = time.monotonic()
    assert unreachable(clinic, try_it(clinic, "mute-1", 30))[-1] == "timeout"
    assert time.monotonic() - began < 35


class Stub:
    """A target that begins as one, with the pinned certificate, and goes on with `then`."""

    def __init__(self, clinic, then):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(clinic.shadow.certificate, clinic.shadow.key)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port, self.then, self.taken = self.socket.getsockname()[1], then, 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                one, _ = self.socket.accept()
            except OSError:
                return
            self.taken += 1
            threading.Thread(target=self.one, args=(one,), daemon=True).start()

    def one(self, sock):
        try:
            sock.settimeout(10)
            asked = sock.recv(1024)
            wanted = 1 if asked[-4:] else 0
            sock.sendall(bytes.fromhex("030000130ed000001234000200080000000000"[:30]) + wanted.to_bytes(4, "little"))
            with self.context.wrap_socket(sock, server_side=True) as tls:
                self.then(tls)
        except (OSError, ssl.SSLError):
            pass

    def close(self):
        self.socket.close()


def garbage(tls):
    tls.recv(4096)
    tls.sendall(bytes(range(256)) * 64)
    time.sleep(1)


def lies_about_length(tls):
    tls.recv(4096)
    tls.sendall(b"\x03\x00\xff\xff\x02\xf0\x80" + b"\x7f\x66" + b"\x84\xff\xff\xff\xff" * 50)
    time.sleep(3)


def drips(tls):
    tls.recv(4096)
    for _ in range(100):
        tls.sendall(b"\x03")
        time.sleep(0.1)


@pytest.mark.parametrize("then", [garbage, lies_about_length, drips])
def test_a_target_that_talks_nonsense_ends_its_own_session_only(clinic, then):
    stub = Stub(clinic, then)
    try:
        document = clinic.document()
        document["targets"]["stub-1"] = clinic.target(clinic.shadow, address=f"127.0.0.1:{stub.port}")
        document["rules"].append({"id": "stub-1", "who": ["group:staff"], "to": {"targets": ["stub-1"]}, "allow": ["rdp:display"], "access": "standing"})
        clinic.apply_policy(document)
        clinic.cli("secret", "put", "stub-1/service", "--password-stdin", input="for the stub\n")
        other = clinic.staff()
        with clinic.session(other, "pacs-1") as bystander:
            person = clinic.staff()
            with clinic.xfreerdp(person, "stub-1") as client:
                answer(client, person.fresh_code)
                until(lambda: stub.taken, 10)
                until(lambda: unreachable(clinic, person), 30)
                leave(client)
            until(lambda: not clinic.sessions(person), 10)
            assert stub.taken == 1, "tried once"
            clinic.shadow.cart.tell("picture 4")
            clinic.connected(bystander)
            clinic.shadow.cart.tell("picture")
    finally:
        stub.close()
