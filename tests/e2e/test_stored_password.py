"""Targets that know passwords only: the stored one is used where the pinned key is proven, and is sent to nobody else."""
import contextlib
import secrets

import paramiko
import pytest
from hospital import wire
from hospital.password_server import PasswordServer, WrongHostKey
from hospital.sshd import make_key

KINDS = {"ed25519": (["-t", "ed25519"], paramiko.Ed25519Key), "ecdsa-256": (["-t", "ecdsa", "-b", "256"], paramiko.ECDSAKey), "ecdsa-384": (["-t", "ecdsa", "-b", "384"], paramiko.ECDSAKey),
         "ecdsa-521": (["-t", "ecdsa", "-b", "521"], paramiko.ECDSAKey), "rsa": (["-t", "rsa", "-b", "3072"], paramiko.RSAKey)}


@pytest.fixture(scope="module")
def host_key(hospital):
    """Keys by kind and name, made once."""
    import subprocess

    def make(kind="ed25519", name="true"):
        words, reader = KINDS[kind]
        path = hospital.home / f"device-{kind}-{name}"
        if not path.exists():
            subprocess.run(["ssh-keygen", "-q", *words, "-N", "", "-f", str(path)], check=True)
        return reader.from_private_key_file(str(path))
    return make


@pytest.fixture
def device(hospital, host_key):
    """A target `device-1` with a stored password; `pinned` and `stored` are what the hospital believes."""
    with contextlib.ExitStack() as all_of:
        def make(key=None, pinned=None, stored=None, **more):
            server = PasswordServer(key or host_key(), password=secrets.token_urlsafe(12), **more)
            all_of.callback(server.close)
            document = hospital.document()
            document["targets"]["device-1"] = {"address": f"127.0.0.1:{server.port}", "protocol": "ssh", "host_key": pinned or server.public_host_key(), "labels": {"zone": "imaging"},
                                               "accounts": {"service": {"secret": "stored"}}}
            document["rules"].append({"id": "devices", "who": ["group:staff"], "to": {"targets": ["device-1"]}, "allow": ["exec"], "access": "standing"})
            hospital.apply_policy(document)
            hospital.cli("secret", "put", "device-1/service", "--password-stdin", input=(stored or server.password) + "\n")
            return server
        yield make


def let_in(hospital, person, **more):
    return hospital.ssh(person, "device-1", "hello", way="key", **more)


def test_a_stored_password_opens_the_session(hospital, device):
    server, person = device(), hospital.staff(key=True)
    done = let_in(hospital, person)
    assert (done.status, done.text) == (0, "the device heard: hello\n"), done.errors
    assert server.attempts == [("password", "service", server.password)], "sent once, to this account"
    used = hospital.audit(kind="secret.used", person=person.name)
    assert [(one["fields"]["account"], one["fields"]["kind"]) for one in used] == [("service", "password")]
    assert server.password not in done.all and server.password not in str(hospital.audit(person=person.name)) + hospital.log.read_text()


@pytest.mark.parametrize("kind", KINDS)
def test_a_device_proves_itself_with_a_host_key_of_each_kind(hospital, device, host_key, kind):
    device(key=host_key(kind))
    done = let_in(hospital, hospital.staff(key=True))
    assert (done.status, done.text) == (0, "the device heard: hello\n"), done.errors


@pytest.mark.parametrize("prompts", [(("Password: ", False),), (("Your name: ", True), ("Password: ", False))])
def test_a_device_that_only_asks_gets_the_password_at_its_hidden_prompt(hospital, device, prompts):
    server = device(methods=("keyboard-interactive",), prompts=prompts)
    done = let_in(hospital, hospital.staff(key=True))
    assert (done.status, done.text) == (0, "the device heard: hello\n"), done.errors
    assert server.attempts == [("keyboard-interactive", "service", *[""] * (len(prompts) - 1), server.password)], "nothing where the device would show it"


@pytest.mark.parametrize("methods", [("password",), ("keyboard-interactive",)])
def test_a_wrong_stored_password_says_so(hospital, device, methods):
    server, person = device(stored="not the one", methods=methods), hospital.staff(key=True)
    done = let_in(hospital, person)
    assert done.status != 0 and "The target refused the stored credential of this account." in done.errors and "4711" in done.errors
    assert server.attempts == [(methods[0], "service", "not the one")], "tried once: devices lock accounts"
    assert hospital.audit(kind="target.unreachable", person=person.name)[-1]["fields"]["why"] == "login"


def test_a_device_that_asks_for_more_than_a_password_is_told_nothing(hospital, device):
    server = device(methods=("keyboard-interactive",), prompts=tuple((f"Question {i}: ", False) for i in range(5)))
    done = let_in(hospital, hospital.staff(key=True))
    assert done.status != 0 and "asks for more than a password" in done.errors
    assert not server.attempts


@pytest.mark.parametrize("methods", [("password",), ("keyboard-interactive",)])
def test_another_host_key_is_never_sent_the_password(hospital, device, host_key, methods):
    pinned = host_key(name="pinned")
    server, person = device(pinned=f"{pinned.get_name()} {pinned.get_base64()}", methods=methods), hospital.staff(key=True)
    done = let_in(hospital, person)
    assert done.status != 0 and "is not the one that is pinned" in done.errors and "No credential was used" in done.errors
    assert server.connections == 1 and not server.attempts
    assert hospital.audit(kind="target.key-changed", person=person.name)
    assert not hospital.audit(kind="secret.used", person=person.name)


@pytest.mark.parametrize("kind", KINDS)
def test_a_pinned_key_that_is_shown_but_does_not_sign_is_never_sent_the_password(hospital, device, host_key, kind):
    server, person = device(key=WrongHostKey(host_key(kind), host_key(kind, "impostor"))), hospital.staff(key=True)
    done = let_in(hospital, person)
    assert done.status != 0 and "could not prove that it holds it" in done.errors
    assert server.connections == 1 and not server.attempts
    assert not hospital.audit(kind="secret.used", person=person.name)


def test_a_password_changed_in_the_vault_is_the_one_that_is_sent(hospital, device):
    server = device()
    old, server.password = server.password, secrets.token_urlsafe(12)
    assert let_in(hospital, hospital.staff(key=True)).status != 0
    hospital.cli("secret", "put", "device-1/service", "--password-stdin", input=server.password + "\n")
    assert let_in(hospital, hospital.staff(key=True)).status == 0
    assert [given for *_, given in server.attempts] == [old, server.password]
