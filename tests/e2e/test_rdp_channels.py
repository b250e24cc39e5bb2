"""What passes beside the screen: the clipboard in each direction, drives read and written, resizing; refused unless policy names it, and audited either way."""
import contextlib
import os
import pathlib
import time

import pytest
from hospital.display import found, resize_window
from hospital.rdp_scene import answer, clinic, until  # noqa: F401

TARGETS = ("xrdp",)


@contextlib.contextmanager
def desk(clinic, where, *more, **rest):
    """(client, person) at a target behind xrdp."""
    person = clinic.staff()
    with clinic.session(person, where, "+clipboard", *more, target=clinic.xrdp, **rest) as client:
        yield client, person


def refused(clinic, person):
    return [one["fields"] for one in clinic.audit(kind="capability.refused", person=person.name)]


def used(clinic, person):
    return [one["fields"]["capability"] for one in clinic.audit(kind="capability.used", person=person.name)]


def arrives(display, text, within=40):
    until(lambda: display.pasted() == text, within, 0.2)


def stays_away(display, text, seconds=2.5):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert text not in display.pasted()
        time.sleep(0.3)


IN, OUT = "typed at the client: é, 日本", "copied at the target: é, 日本"


def test_text_passes_both_ways_where_both_are_allowed(clinic):
    with desk(clinic, "desk-1") as (client, person):
        client.display.clipboard(IN)
        arrives(clinic.xrdp.display, IN)
        clinic.xrdp.display.clipboard(OUT)
        arrives(client.display, OUT)
        client.display.clipboard(IN * 300)
        arrives(clinic.xrdp.display, IN * 300)
        assert not refused(clinic, person)
    assert {"rdp:clipboard:in", "rdp:clipboard:out"} <= set(used(clinic, person))


def test_text_goes_in_only_where_only_in_is_allowed(clinic):
    with desk(clinic, "in-1") as (client, person):
        client.display.clipboard(IN)
        arrives(clinic.xrdp.display, IN)
        clinic.xrdp.display.clipboard("secret of the target")
        stays_away(client.display, "secret of the target")
        until(lambda: [one["capability"] for one in refused(clinic, person)] == ["rdp:clipboard:out"], 20)


def test_text_comes_out_only_where_only_out_is_allowed(clinic):
    with desk(clinic, "out-1") as (client, person):
        clinic.xrdp.display.clipboard(OUT)
        arrives(client.display, OUT)
        client.display.clipboard("not for the target")
        stays_away(clinic.xrdp.display, "not for the target")
        until(lambda: "rdp:clipboard:in" in [one["capability"] for one in refused(clinic, person)], 20)


def test_nothing_passes_where_neither_is_allowed(clinic):
    with desk(clinic, "bare-1") as (client, person):
        client.display.clipboard("not for the target")
        clinic.xrdp.display.clipboard("secret of the target")
        stays_away(client.display, "secret of the target")
        stays_away(clinic.xrdp.display, "not for the target", 1)
        assert not used(clinic, person)
        (withheld,) = refused(clinic, person)
        assert withheld["capability"] == "rdp:channel" and "cliprdr" in withheld["detail"], withheld
    recording = clinic.recording_of(person)
    played = clinic.reviewed("recording", "play", recording["id"], "--speed", "1000", person=clinic.reviewer())
    assert played.text.count("withheld: cliprdr") == 1, played.text


# ---- drives: rdesktop, since xfreerdp 2.11 announces none to xrdp 0.9

def fuse():
    return os.access("/dev/fuse", os.R_OK | os.W_OK) and (os.geteuid() == 0 or found("fusermount3") or found("fusermount"))


@pytest.fixture
def shared(clinic):
    folder = clinic.home / f"shared-{next(clinic.counter)}"
    folder.mkdir()
    (folder / "plan.txt").write_text("what the technician brought\n")
    return folder


@contextlib.contextmanager
def with_drive(clinic, where, shared):
    """(the drive as the target sees it, client, person)"""
    if not fuse() or not found("rdesktop"):
        pytest.skip("no FUSE, or no rdesktop")
    person = clinic.staff()
    with clinic.rdesktop(person, where, "-r", f"disk:usb={shared}", depth=32) as client:
        clinic.signed_in(client, person, target=clinic.xrdp)
        yield clinic.xrdp.drives / "usb", client, person


def test_a_drive_is_read_and_written_where_both_are_allowed(clinic, shared):
    with with_drive(clinic, "desk-1", shared) as (drive, _, person):
        until(lambda: (drive / "plan.txt").exists(), 10)
        assert (drive / "plan.txt").read_text() == "what the technician brought\n"
        big = os.urandom(300000)
        (drive / "log.bin").write_bytes(big)
        until(lambda: (shared / "log.bin").exists() and (shared / "log.bin").read_bytes() == big, 10)
        assert not refused(clinic, person)
    assert {"rdp:drive:read", "rdp:drive:write"} <= set(used(clinic, person))


def test_a_drive_that_may_be_read_is_not_written(clinic, shared):
    with with_drive(clinic, "read-1", shared) as (drive, client, person):
        until(lambda: (drive / "plan.txt").exists(), 10)
        assert (drive / "plan.txt").read_text() == "what the technician brought\n"
        for attempt in (lambda: (drive / "log.txt").write_text("out\n"), (drive / "plan.txt").unlink, lambda: (drive / "plan.txt").rename(drive / "other.txt"), (drive / "folder").mkdir):
            with contextlib.suppress(OSError):
                attempt()
        time.sleep(1)
        assert [one.name for one in shared.iterdir()] == ["plan.txt"] and (shared / "plan.txt").read_text() == "what the technician brought\n"
        assert "rdp:drive:write" in [one["capability"] for one in refused(clinic, person)] and client.lives()


def test_a_drive_that_may_be_written_is_not_read(clinic, shared):
    with with_drive(clinic, "write-1", shared) as (drive, client, person):
        until(drive.exists, 10)
        with contextlib.suppress(OSError):
            assert "technician" not in (drive / "plan.txt").read_text()
        assert "rdp:drive:read" in [one["capability"] for one in refused(clinic, person)] and client.lives()


def test_a_drive_is_not_even_seen_where_none_is_allowed(clinic, shared):
    with with_drive(clinic, "bare-1", shared) as (drive, client, person):
        time.sleep(3)
        assert not drive.exists() and client.lives()
        assert not [name for name in used(clinic, person) if "drive" in name]


# ---- sizes

def test_the_client_is_made_larger_and_the_target_follows(clinic):
    person = clinic.staff()
    with clinic.xfreerdp(person, "size-1", "/dynamic-resolution", screen=(1400, 1000)) as client:
        answer(client, person.fresh_code)
        screen = clinic.xrdp.display
        until(lambda: client.display.picture(0, 0, screen.width, screen.height).differing(screen.picture()) == 0, 20, 0.3)
        try:
            for width, height in ((1200, 900), (800, 600), (1024, 768)):
                time.sleep(1)  # xfreerdp lets a size pass that comes close upon another
                resize_window(client.display, width, height)
                until(lambda: size_of(screen) == (width, height), 40)
                screen.width, screen.height = width, height
                until(lambda: client.display.picture(0, 0, width, height).differing(screen.picture()) == 0, 40, 0.3)
        finally:
            screen.width, screen.height = size_of(screen)
    recorded = clinic.recording_of(person)
    assert clinic.cli("recording", "verify", recorded["id"]).status == 0


def size_of(display):
    at = display.x.screen().root.get_geometry()
    return at.width, at.height


def test_a_picture_of_the_shared_folder_is_not_left_at_the_target(clinic):
    """What chansrv mounts for one session is gone with it: the next one sees nothing of it."""
    until(lambda: not list(pathlib.Path(clinic.xrdp.drives).glob("usb")), 10)
