"""Signing in as no honest client would: steps left out, mixed up, in parallel, too long, before their time."""
import threading
import time

import paramiko
import pytest
from hospital import wire
from hospital.anteroom import new_source

SERVICE_ACCEPT, CHANNEL_OPEN, GLOBAL_REQUEST, CHANNEL_REQUEST, USERAUTH_REQUEST, USERAUTH_SUCCESS, USERAUTH_PK_OK = 6, 90, 80, 98, 50, 52, 60


@pytest.fixture(scope="module")
def limits():
    return {"login": "4s", "unauthenticated": 200}


def refusals(hospital, person):
    return {one["fields"]["why"].replace("-", "_") for one in hospital.audit(kind="login.refused", person=person.name)}


def accepted(hospital, person):
    return hospital.audit(kind="login.accepted", person=person.name)


def message(number, *parts):
    out = paramiko.Message()
    out.add_byte(bytes([number]))
    for one in parts:
        {bool: out.add_boolean, int: out.add_int}.get(type(one), out.add_string)(one)
    return out


def wait_closed(one, seconds=10):
    deadline = time.monotonic() + seconds
    while one.is_active() and time.monotonic() < deadline:
        time.sleep(0.02)
    return not one.is_active()


def test_the_code_prompt_echoes_and_the_password_prompt_does_not(hospital):
    person = hospital.staff()
    with wire.transport(hospital) as one:
        asked = wire.sign_in(one, person, "mri-3")
    assert asked.rounds == [("", [("Password: ", False)]), ("", [("Code: ", True)])]


def test_the_person_is_fixed_at_the_first_step(hospital):
    first, second = hospital.staff(key=True), hospital.staff(key=True)
    with wire.transport(hospital) as one:
        assert one.auth_publickey(f"{first.name}+mri-3", wire.key_of(first)) == ["keyboard-interactive"]
        with pytest.raises(Exception):
            one.auth_interactive(f"{second.name}+mri-3", wire.Asked(second.fresh_code))
        assert wait_closed(one) and not one.is_authenticated()
    with wire.transport(hospital) as one:
        assert one.auth_password(f"{first.name}+mri-3", first.password, fallback=False) == ["keyboard-interactive"]
        with pytest.raises(Exception):
            one.auth_interactive(f"{first.name}+ct-1", wire.Asked(first.fresh_code))
        assert wait_closed(one) and not one.is_authenticated()
    assert "user_changed" in refusals(hospital, first)
    assert not accepted(hospital, first) and not accepted(hospital, second)


def test_a_key_offered_but_not_proven_counts_for_nothing(hospital):
    person = hospital.staff(key=True)
    with wire.transport(hospital) as one:
        key, user = wire.key_of(person), f"{person.name}+mri-3"
        handler = paramiko.auth_handler.AuthHandler
        # The server's "I would take this key" is kept; then a code is tried as if the key had been proven.
        asked = wire.Asked("", person.fresh_code(), person.fresh_code())
        seen = threading.Event()

        def pk_ok(*_):
            seen.set()

        one.auth_handler = handler(one)
        one.auth_handler._client_handler_table = {SERVICE_ACCEPT: lambda *_: None, USERAUTH_PK_OK: pk_ok}
        one._send_message(message(wire.SERVICE_REQUEST, "ssh-userauth"))
        one._send_message(message(USERAUTH_REQUEST, user, "ssh-connection", "publickey", False, "ssh-ed25519", key.asbytes()))
        assert seen.wait(5), "the server would take this key"
        one.auth_handler = None
        with pytest.raises(paramiko.SSHException):
            one.auth_interactive(user, asked)
    assert asked.rounds[0] == ("", [("Password: ", False)]), "asks for the first factor"
    assert not accepted(hospital, person)


@pytest.mark.parametrize("enrolled", [True, False])
def test_a_wrong_signature_is_answered_at_once(hospital, enrolled):
    person, other = hospital.staff(key=True), hospital.staff(key=True)
    wrong = wire.WrongSignature.from_private_key_file(str(person.key if enrolled else other.key))
    began = time.monotonic()
    with wire.transport(hospital) as one:
        with pytest.raises(paramiko.AuthenticationException):
            one.auth_publickey(f"{person.name}+mri-3", wrong)
        assert time.monotonic() - began < 5, "answered, not left hanging"
        # The same connection may still try the right way.
        if one.is_active():
            wire.sign_in(one, person, "mri-3", "key")
    assert "key_refused" in refusals(hospital, person)


def test_a_signature_of_another_connection_proves_nothing(hospital):
    person = hospital.staff(key=True)

    class Replayed(paramiko.Ed25519Key):
        kept = None

        def sign_ssh_data(self, data, algorithm=None):
            if Replayed.kept is None:
                Replayed.kept = super().sign_ssh_data(data).asbytes()
            return paramiko.Message(Replayed.kept)

    key = Replayed.from_private_key_file(str(person.key))
    with wire.transport(hospital) as one:
        assert one.auth_publickey(f"{person.name}+mri-3", key) == ["keyboard-interactive"]
    with wire.transport(hospital) as one:
        with pytest.raises(paramiko.AuthenticationException):
            one.auth_publickey(f"{person.name}+mri-3", key)
    assert "key_refused" in refusals(hospital, person)


def test_a_handshake_that_never_ends_is_cut(hospital):
    before = set(hospital.workers())
    silent = [hospital.connect() for _ in range(3)]
    silent[1].sendall(b"SSH-2.0-half\r\n")
    silent[2].sendall(b"SSH-2.0-half\r\n" + wire.packet(wire.kexinit()))
    began = time.monotonic()
    for sock in silent:
        sock.settimeout(12)
        while sock.recv(65536):
            pass
        sock.close()
    assert time.monotonic() - began < 8, "limits.login is 4 s"
    deadline = time.monotonic() + 5
    while set(hospital.workers()) - before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not set(hospital.workers()) - before, "the processes are gone as well"


def test_a_login_that_never_ends_is_cut(hospital):
    person = hospital.staff()
    began = time.monotonic()
    with wire.transport(hospital) as one:
        with pytest.raises(Exception):
            one.auth_interactive(f"{person.name}+mri-3", lambda *_: time.sleep(6) or [""])
        assert wait_closed(one) and not one.is_authenticated()
    assert 3 < time.monotonic() - began < 14


@pytest.mark.parametrize("number,parts", [
    (CHANNEL_OPEN, ("session", 0, 65536, 32768)), (GLOBAL_REQUEST, ("tcpip-forward", True, "", 0)), (CHANNEL_REQUEST, (0, "exec", True, "id")),
    (USERAUTH_SUCCESS, ()), (USERAUTH_PK_OK, ("", "", "", 0)), (192, ("x",)), (255, ("x",)), (0, ()), (61, (1, "123456"))])
def test_messages_out_of_their_time_open_nothing(hospital, number, parts):
    person = hospital.staff(key=True)
    before = len(hospital.recordings())
    with wire.transport(hospital) as one:
        try:
            one._send_message(message(number, *parts))
            one._send_message(message(CHANNEL_OPEN, "session", 1, 65536, 32768))
            one._send_message(message(CHANNEL_REQUEST, 0, "exec", False, "touch /tmp/never"))
        except EOFError:
            pass  # hung up on at once
        wait_closed(one, 0.3)
        assert not one.is_authenticated()
        if one.is_active():  # ignored or answered with UNIMPLEMENTED: then the door is no wider than before
            try:
                with pytest.raises(paramiko.SSHException):
                    one.auth_interactive(f"{person.name}+mri-3", wire.Asked(person.password, person.codes.wrong(), person.codes.wrong(), person.codes.wrong()))
            except EOFError:
                pass
        assert not one.is_authenticated()
    assert len(hospital.recordings()) == before
    assert not accepted(hospital, person)
    # And the next person gets in.
    assert hospital.ssh(hospital.staff(), "mri-3", "true").status == 0


def test_strict_key_exchange_is_offered(hospital):
    with hospital.connect() as sock:
        clear = wire.Clear(sock)
        clear.line()
        lists = clear.name_lists(clear.receive())
    assert "kex-strict-s-v00@openssh.com" in lists[0]
    assert not any("sha1" in one for one in lists[0] + lists[1] + lists[4] + lists[5]), "no SHA-1"
    assert not any("cbc" in one or "arcfour" in one or "3des" in one for one in lists[2] + lists[3])


NAMES = ["../../etc/passwd", "..", "a/../../b+mri-3", "'; DROP TABLE people; --", '"$(id)"', "alice\nbob+mri-3", "al\0ice+mri-3", "a+b+c+d", "+mri-3", "", " ",
         "‮ecila+mri-3", "\x1b]0;title\x07", "%n%s%p", "x" * 65536, "alice+" + "t" * 65536, "é" * 3000]


def test_hostile_names_are_refused_like_any_other(hospital):
    def attempt(name):
        with wire.transport(hospital) as one:
            try:
                one.auth_interactive(name, wire.Asked("some password", "123456", "123456", "123456"))
            except (paramiko.SSHException, EOFError, OSError):
                pass
            return one.is_authenticated()

    # At once: names that are none are slowed together, up to the four seconds that a login may take.
    results = wire.in_parallel([lambda name=name: attempt(name) for name in NAMES])
    assert results == [False] * len(NAMES)


def test_after_hostile_names_the_log_is_whole_and_printable(hospital):
    assert hospital.cli("audit", "verify").status == 0
    shown = hospital.cli("audit", "show", "--kind", "login.refused").out
    assert not [byte for byte in shown if byte < 32 and byte not in b"\n\t"], "no control character comes out"
    assert hospital.ssh(hospital.staff(), "mri-3", "echo", "in").text == "in\n"


def test_twenty_failures_refuse_the_source_and_nobody_else(hospital):
    person, source = hospital.staff(key=True), new_source()
    key = wire.WrongSignature.from_private_key_file(str(person.key))

    def fail():
        with wire.transport(hospital, source) as one:
            with pytest.raises(paramiko.SSHException):
                one.auth_publickey(f"{person.name}+mri-3", key)

    wire.in_parallel([fail] * 12)  # each counts twice: the signature, and the connection that ended without a login
    deadline = time.monotonic() + 10
    while True:
        with hospital.connect(source) as sock:
            sock.settimeout(5)
            try:
                greeting = sock.recv(100)
            except ConnectionError:
                greeting = b""
        if greeting == b"":
            break
        assert time.monotonic() < deadline, "no banner for a refused source"
        time.sleep(0.2)
    assert hospital.ssh(person, "mri-3", "echo", "in", way="key").text == "in\n", "its owner comes from elsewhere, with the key"
    while not any(source in one["fields"].values() for one in hospital.audit(kind="connection.refused")):
        assert time.monotonic() < deadline + 10
        time.sleep(0.2)
