"""Sound, microphone, printer and smart card: each reaches the target where policy names it, and otherwise is refused, audited, and told to the person."""
import contextlib
import math
import socket
import struct
import time

import pytest
from hospital import rdp
from hospital.display import found
from hospital.rdp_scene import answer, clinic, until  # noqa: F401

TARGETS = ("shadow", "xrdp")


def capabilities(clinic, person, kind):
    """Without channels that a client names by habit and that the target was never offered."""
    all_of = [(one["fields"]["capability"], one["fields"]["detail"]) for one in clinic.audit(kind="capability." + kind, person=person.name)]
    return [one for one in all_of if not one[1].endswith(": nothing of it is allowed")]


@contextlib.contextmanager
def at_the_desk(clinic, where, *more, program="xfreerdp"):
    """(person, what the target's channel server says from here on) at a target behind xrdp."""
    person, before = clinic.staff(), len(clinic.xrdp.channels_said())
    client = clinic.xfreerdp(person, where, *more) if program == "xfreerdp" else clinic.rdesktop(person, where, *more)
    with client as one:
        clinic.signed_in(one, person, target=clinic.xrdp, within=40)
        yield person, lambda: clinic.xrdp.channels_said()[before:]
        assert one.lives()


def told(clinic, person):
    """What stood at the edge of the person's screen, as the recording has it."""
    until(lambda: not clinic.sessions(person), 15)
    return clinic.reviewed("recording", "play", clinic.recording_of(person)["id"], person=clinic.reviewer()).text


# ---- sound: the target and the client measure how long a wave takes, and the target's channel server says so

def test_sound_reaches_the_client_where_it_is_allowed(clinic):
    with at_the_desk(clinic, "sound-1", "/sound:sys:fake") as (person, said):
        until(lambda: "round trip time" in said(), 20)
        assert ("rdp:audio", "") in capabilities(clinic, person, "used")


def tone(size, rate=44100):
    """A moment of stereo with 16 bits: the channel server leaves out silence."""
    return b"".join(struct.pack("<hh", *[int(9000 * math.sin(i * 440 * 2 * math.pi / rate))] * 2) for i in range(size // 4))


@contextlib.contextmanager
def player(xrdp):
    """What a program of the person's session plays through the channel server, as xrdp's module for PulseAudio says it (code, size with its head, samples)."""
    piece = tone(8192)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as one:
        one.settimeout(40)
        one.connect(str(rdp.SOCKETS / f"xrdp_chansrv_audio_out_socket_{xrdp.display.number}"))
        yield lambda: one.sendall(struct.pack("<II", 0, len(piece) + 8) + piece)


def test_what_is_played_in_the_session_is_heard_wave_after_wave(clinic):
    """More waves than there are numbers for them."""
    with clinic.xfreerdp(person := clinic.staff(), "sound-1", "/sound:sys:fake", "/log-filters:com.freerdp.channels.rdpsnd.client:DEBUG") as client:
        before = len(clinic.xrdp.channels_said())
        clinic.signed_in(client, person, target=clinic.xrdp, within=40)
        until(lambda: "round trip time" in clinic.xrdp.channels_said()[before:], 40)
        with player(clinic.xrdp) as play:
            end = time.monotonic() + 150
            while client.said().count("] Wave: cBlockNo") < 300 and time.monotonic() < end:
                play()
                time.sleep(8192 / 176400)  # as fast as it is heard
        assert client.said().count("] Wave: cBlockNo") >= 300
        assert not capabilities(clinic, person, "refused") and client.lives()


def test_a_target_is_not_even_offered_sound_that_is_not_allowed(clinic):
    with at_the_desk(clinic, "print-1", "/sound:sys:fake", "/smartcard") as (person, said):
        until(lambda: capabilities(clinic, person, "refused"), 20)  # of the card: the channels have been through their beginning
        assert "round trip time" not in said()
        assert "rdp:audio" not in dict(capabilities(clinic, person, "used"))


# ---- microphone: freerdp-shadow asks for it, and the client (no machine here has one) tries to open it

def test_a_microphone_is_asked_for_where_it_is_allowed(clinic):
    person = clinic.staff()
    with clinic.xfreerdp(person, "voice-1", "/microphone") as client:
        answer(client, person.fresh_code)
        until(lambda: ("rdp:dynamic", "AUDIO_INPUT") in capabilities(clinic, person, "used"), 30)
        until(lambda: "audin" in client.said() and "open: /dev/" in client.said(), 20)
    assert not capabilities(clinic, person, "refused")


def test_a_microphone_that_is_not_allowed_is_refused_and_the_person_is_told(clinic):
    person = clinic.staff()
    with clinic.session(person, "pacs-1", "/microphone") as client:
        until(lambda: capabilities(clinic, person, "refused") == [("rdp:dynamic", "AUDIO_INPUT")], 20)
        clinic.connected(client)  # the session itself goes on
        assert "open: /dev/" not in client.said() and client.lives()
    assert "Using your microphone in this session is not allowed by the policy." in told(clinic, person)


# ---- printers: rdesktop announces one without a print server

@pytest.fixture
def printing():
    if not found("rdesktop"):
        pytest.skip("not installed: rdesktop")


def test_a_printer_is_seen_by_the_target_where_it_is_allowed(clinic, printing):
    with at_the_desk(clinic, "print-1", "-r", "printer:ward", program="rdesktop") as (person, said):
        until(lambda: "remote printer 'PRN1'" in said(), 20)
        assert capabilities(clinic, person, "used").count(("rdp:printer", "PRN1")) == 1 and not capabilities(clinic, person, "refused")


def test_a_printer_that_is_not_allowed_is_refused_and_the_person_is_told(clinic, printing):
    with at_the_desk(clinic, "read-1", "-r", "printer:ward", program="rdesktop") as (person, said):
        until(lambda: capabilities(clinic, person, "refused") == [("rdp:printer", "PRN1")], 20)
        assert "printer" not in said()
    assert "Printing on your printers from this session is not allowed by the policy." in told(clinic, person)


# ---- smart cards

def test_a_card_reader_is_seen_by_the_target_where_it_is_allowed(clinic):
    with at_the_desk(clinic, "card-1", "/smartcard") as (person, said):
        until(lambda: "remote smartcard 'SCARD'" in said(), 20)
        assert capabilities(clinic, person, "used").count(("rdp:smartcard", "SCARD")) == 1 and not capabilities(clinic, person, "refused")


def test_a_card_reader_that_is_not_allowed_is_refused_and_the_person_is_told(clinic):
    with at_the_desk(clinic, "print-1", "/smartcard") as (person, said):
        until(lambda: capabilities(clinic, person, "refused") == [("rdp:smartcard", "SCARD")], 20)
        assert "smartcard" not in said()
    assert "Using your smart cards in this session is not allowed by the policy." in told(clinic, person)
