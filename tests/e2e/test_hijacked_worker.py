"""A hijacked worker claims to have seen a target's pinned host key: the broker wants what that key signed, and binds the credential to it."""
import contextlib
import re

import paramiko
import pytest
from hospital import anteroom
from hospital.hijacked import Hijack
from hospital.password_server import PasswordServer
from hospital.scene import Hospital
from hospital.sshd import make_key

PASSWORD = "the device's own"


@pytest.fixture(scope="module")
def hijack(tmp_path_factory):
    """The programs with a hijacked worker among them, used by everything in this file."""
    made = Hijack(tmp_path_factory.mktemp("hijacked") / "bin")
    real, anteroom.BIN = anteroom.BIN, made.folder
    yield made
    anteroom.BIN = real


@pytest.fixture(scope="module")
def hospital(hijack):
    here = Hospital()
    try:
        yield here.open(None)
    finally:
        here.close()


@pytest.fixture(autouse=True)
def honest(hijack):
    hijack.tell()


def key(hospital, name):
    return paramiko.Ed25519Key.from_private_key_file(str(make_key(hospital.home / f"device-{name}")))


@pytest.fixture(scope="module")
def devices(hospital):
    """Two that answer at one name's address: the true one, and an impostor at another name that pins the true one's key."""
    with contextlib.ExitStack() as all_of:
        true, impostor = (PasswordServer(key(hospital, name), password=PASSWORD) for name in ("true", "impostor"))
        document = hospital.document()
        for name, server in (("device-1", true), ("device-2", impostor)):
            all_of.callback(server.close)
            document["targets"][name] = {"address": f"127.0.0.1:{server.port}", "protocol": "ssh", "host_key": true.public_host_key(), "labels": {"zone": "imaging"},
                                         "accounts": {"service": {"secret": "stored"}}}
        document["rules"].append({"id": "devices", "who": ["group:staff"], "to": {"targets": ["device-1", "device-2"]}, "allow": ["exec"], "access": "standing"})
        hospital.apply_policy(document)
        for name in ("device-1", "device-2"):
            hospital.cli("secret", "put", f"{name}/service", "--password-stdin", input=PASSWORD + "\n")
        yield true, impostor


def let_in(hospital, person, where="device-1"):
    return hospital.ssh(person, where, "id", way="key")


def alarms(hospital, person):
    return [one["fields"]["problem"] for one in hospital.audit(kind="alarm", person=person.name)]


def is_unproven(hospital, person, where, devices):
    before = [len(one.attempts) for one in devices]
    done = let_in(hospital, person, where)
    assert done.status != 0 and "was not proven. No credential was used" in done.errors, done.all
    assert [len(one.attempts) for one in devices] == before
    assert hospital.audit(kind="target.key-changed", person=person.name)
    assert any("claimed without proof" in text for text in alarms(hospital, person))
    assert not hospital.audit(kind="secret.used", person=person.name)


def test_an_honest_worker_in_between_is_let_through(hospital, hijack, devices):
    """The twin of all that follows: the one in between is no obstacle by himself."""
    done = let_in(hospital, hospital.staff(key=True))
    assert (done.status, done.text) == (0, "the device heard: id\n"), done.errors
    assert hijack.seen()[0] == b"ssh-ed25519" and len(hijack.seen()[2]) == 32
    assert "uid=" in let_in(hospital, hospital.staff(key=True), "mri-3").text


def test_the_pinned_key_claimed_for_an_impostor_gets_no_password(hospital, hijack, devices):
    hijack.tell(host_key=devices[0].key.asbytes())
    is_unproven(hospital, hospital.staff(key=True), "device-2", devices)
    assert hijack.seen()[1] == devices[1].key.asbytes(), "what the impostor had really shown"


@pytest.mark.parametrize("told", [{"signature": b""}, {"exchange_hash": b""}, {"exchange_hash": b"\0" * 32}, {"signature": b"\0\0\0\x0bssh-ed25519\0\0\0\x40" + b"\0" * 64}])
def test_the_pinned_key_without_its_signature_gets_no_password(hospital, hijack, devices, told):
    hijack.tell(**told)
    is_unproven(hospital, hospital.staff(key=True), "device-1", devices)


def test_what_another_key_signed_gets_no_password(hospital, hijack, devices):
    digest = b"\x07" * 32
    hijack.tell(host_key=devices[0].key.asbytes(), exchange_hash=digest, signature=devices[1].key.sign_ssh_data(digest).asbytes())
    is_unproven(hospital, hospital.staff(key=True), "device-2", devices)


def test_a_proof_of_another_session_gets_no_signature_of_the_accounts_key(hospital, hijack, devices):
    """The true target's proof from one session, told in another: the key signs for the session that was proven, where it is of no use."""
    assert "uid=" in let_in(hospital, hospital.staff(key=True), "mri-3").text
    _, host_key, exchange_hash, signature = hijack.seen()
    hijack.tell(host_key=host_key, exchange_hash=exchange_hash, signature=signature)
    for where, server in (("mri-3", hospital.sshd), ("changed-1", hospital.changed)):
        person, before = hospital.staff(key=True), len(server.log.read_text())
        done = let_in(hospital, person, where)
        assert done.status != 0 and "uid=" not in done.text and "refused the stored credential" in done.errors, done.all
        assert "the request belongs to another SSH session" in alarms(hospital, person)
        assert not re.search("Accepted publickey", server.log.read_text()[before:])
