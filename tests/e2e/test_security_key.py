"""Signing in with a security key (a FIDO token, here in software): its touch, its application, this connection, or nothing."""
import base64
import hashlib

import paramiko
import pytest
from hospital import wire
from hospital.authenticator import TOUCHED, VERIFIED, SecurityKey

KINDS = ("ed25519", "ecdsa")


def enrol(hospital, kind="ed25519", **more):
    person, token = hospital.staff(), SecurityKey(kind, **more)
    hospital.cli("person", "key", "add", person.name, "--key", token.write_public(hospital.home / f"token-{person.name}.pub"))
    return person, token


def sign_in(hospital, one, person, token):
    user = f"{person.name}+mri-3"
    assert one.auth_publickey(user, token) == ["keyboard-interactive"]
    assert one.auth_interactive(user, wire.Asked(person.fresh_code)) == []


def run(one, command):
    channel = one.open_session()
    channel.settimeout(20)
    channel.exec_command(command)
    return channel.makefile().read()


def is_refused(hospital, person, token):
    with wire.transport(hospital, person.source) as one:
        with pytest.raises(paramiko.AuthenticationException):
            one.auth_publickey(f"{person.name}+mri-3", token)
        assert not one.is_authenticated()
    refused = hospital.audit(kind="login.refused", person=person.name)[-1]["fields"]
    assert refused["why"].replace("-", "_") == "key_refused"
    assert not hospital.audit(kind="login.accepted", person=person.name)


@pytest.mark.parametrize("kind", KINDS)
def test_a_touched_security_key_and_a_code_open_the_session(hospital, kind):
    person, token = enrol(hospital, kind)
    with wire.transport(hospital, person.source) as one:
        sign_in(hospital, one, person, token)
        assert run(one, "echo let in") == b"let in\n"
    record = hospital.audit(kind="login.accepted", person=person.name)[-1]["fields"]
    assert record["factors"] == "publickey+code"
    fingerprint = "SHA256:" + base64.b64encode(hashlib.sha256(token.asbytes()).digest()).decode().rstrip("=")
    assert hospital.audit(kind="session.start", person=person.name)[-1]["fields"]["key"] == fingerprint


@pytest.mark.parametrize("kind", KINDS)
def test_a_security_key_without_the_code_opens_nothing(hospital, kind):
    person, token = enrol(hospital, kind)
    with wire.transport(hospital, person.source) as one:
        assert one.auth_publickey(f"{person.name}+mri-3", token) == ["keyboard-interactive"]
        with pytest.raises(paramiko.SSHException):
            one.auth_interactive(f"{person.name}+mri-3", wire.Asked(person.codes.wrong()))
        with pytest.raises(paramiko.SSHException):
            one.open_session(timeout=5)
    assert not hospital.audit(kind="login.accepted", person=person.name)


def test_any_counter_will_do_since_tokens_forget_and_have_twins(hospital):
    person, token = enrol(hospital, counter=4_000_000_000)
    for counter in (4_000_000_000, 7, 0, 0xFFFFFFFF):
        token.counter = counter
        with wire.transport(hospital, person.source) as one:
            assert one.auth_publickey(f"{person.name}+mri-3", token) == ["keyboard-interactive"], counter


def test_a_verified_user_is_as_good_as_a_touch_with_it(hospital):
    person, token = enrol(hospital, flags=TOUCHED | VERIFIED)
    with wire.transport(hospital, person.source) as one:
        sign_in(hospital, one, person, token)
        assert run(one, "echo in") == b"in\n"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("flags", [0, VERIFIED, 0xFE])
def test_a_security_key_that_nobody_touched_is_refused(hospital, kind, flags):
    person, token = enrol(hospital, kind, flags=flags)
    is_refused(hospital, person, token)


@pytest.mark.parametrize("kind", KINDS)
def test_a_touch_that_is_claimed_but_was_not_signed_is_refused(hospital, kind):
    person, token = enrol(hospital, kind, flags=0)
    token.claimed_flags = TOUCHED
    is_refused(hospital, person, token)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("application", ["ssh:elsewhere", "https://shop.example", ""])
def test_a_signature_for_another_application_is_refused(hospital, kind, application):
    """What the same token signed for a web site, or for a key of another name, is of no use here."""
    person, token = enrol(hospital, kind)
    token.signs_for = application
    is_refused(hospital, person, token)


@pytest.mark.parametrize("kind", KINDS)
def test_a_signature_of_another_connection_is_refused(hospital, kind):
    person, token = enrol(hospital, kind)
    with wire.transport(hospital, person.source) as one:
        assert one.auth_publickey(f"{person.name}+mri-3", token) == ["keyboard-interactive"]
    (kept,) = token.signed
    token.signature = lambda data: kept
    is_refused(hospital, person, token)


@pytest.mark.parametrize("kind", KINDS)
def test_another_token_of_the_same_kind_is_refused(hospital, kind):
    person, token = enrol(hospital, kind)
    is_refused(hospital, person, SecurityKey(kind))
    # The enrolled key is shown, the other one signs.
    token.key_signing, token.raw = SecurityKey(kind), lambda data: token.key_signing.raw(data)
    is_refused(hospital, person, token)


def test_a_signature_without_flags_and_counter_is_answered_and_refused(hospital):
    """As an ordinary key signs: over the request itself, and with nothing behind it."""
    person, token = enrol(hospital)
    for made in (lambda data: wire.string(token.get_name()) + wire.string(token.key.sign(data)), lambda data: wire.string("ssh-ed25519") + wire.string(token.key.sign(data)),
                 lambda data: SecurityKey.signature(token, data)[:-1], lambda data: SecurityKey.signature(token, data) + b"\0"):
        token.signature = made
        with wire.transport(hospital, person.source) as one:
            with pytest.raises(paramiko.SSHException) as refusal:
                one.auth_publickey(f"{person.name}+mri-3", token)
            assert "timeout" not in str(refusal.value).lower() and not one.is_authenticated()
    assert not hospital.audit(kind="login.accepted", person=person.name)
