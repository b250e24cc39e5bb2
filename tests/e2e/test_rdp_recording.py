"""What was on the screen is what is replayed, pixel by pixel; exported as a film; and not kept where policy says so."""
import re
import shutil
import subprocess
import time
from datetime import datetime

import pytest
from hospital.display import read_png
from hospital.rdp_scene import PICTURES, clinic  # noqa: F401


def offset(seconds):
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


@pytest.fixture(scope="module")
def recorded(clinic):
    """(recording, its session.start, [(from when, until when, what was on the screen)], whose session)"""
    person, seen = clinic.staff(), []
    with clinic.session(person, "pacs-1") as client:
        for seed in range(3):
            clinic.shadow.cart.tell(f"picture {seed}")
            clinic.connected(client)
            changed = time.time()
            time.sleep(3)
            seen.append((changed, time.time(), clinic.shadow.display.picture()))
        client.display.type("typed")
        client.display.click(300, 300)
        clinic.shadow.cart.tell("noise 2 20")
        clinic.shadow.cart.tell("picture")
        clinic.connected(client, within=30)  # it shows only what the worker has, and what the worker has is recorded
        time.sleep(1)
    recording = clinic.recording_of(person)
    start = clinic.audit(kind="session.start", person=person.name)[0]
    return recording, start, seen, person


def seconds_of(record):
    return datetime.fromisoformat(record["time"].replace("Z", "+00:00")).timestamp()


def frame(clinic, recording, at, person):
    out = clinic.home / f"frame-{next(clinic.counter)}.png"
    clinic.reviewed("recording", "play", recording["id"], "--frame-at", at, "--out", str(out), person=person)
    return read_png(out)


def test_a_frame_of_the_recording_is_what_was_on_the_screen_pixel_by_pixel(clinic, recorded):
    recording, start, seen, _ = recorded
    for changed, until_then, shown in seen:
        middle = (changed + until_then) / 2 - seconds_of({"time": recording["started"]})
        got = frame(clinic, recording, offset(middle + 0.5), clinic.reviewer())
        if got.differing(shown):
            PICTURES.mkdir(parents=True, exist_ok=True)
            assert not got.differing(shown), (middle, got.save(PICTURES / "replayed.png"), shown.save(PICTURES / "shown.png"))


def test_the_recording_is_whole_and_its_events_can_be_read(clinic, recorded):
    recording, *_ = recorded
    assert recording["state"] == "complete"
    assert clinic.cli("recording", "verify", recording["id"]).status == 0
    text = clinic.reviewed("recording", "play", recording["id"], "--speed", "1000", person=clinic.reviewer()).text
    assert re.search(r"(?i)key|click|screen|frame", text), text[:2000]
    assert "typed" not in text, "keys are counted, not kept"


def boxes(data, at=0, end=None):
    """The boxes of an MP4 file (ISO 14496-12): {path: content}; of several tracks the first, which is the picture: chapters have one, too."""
    end, found = len(data) if end is None else end, {}
    while at + 8 <= end:
        size, kind = int.from_bytes(data[at:at + 4], "big"), data[at + 4:at + 8].decode("latin-1")
        head = 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8:at + 16], "big"), 16
        size = size or end - at
        found.setdefault(kind, data[at + head:at + size])
        if kind in ("moov", "trak", "mdia", "minf", "stbl"):
            for name, content in boxes(data, at + head, at + size).items():
                found.setdefault(f"{kind}/{name}", content)
        at += size
    return found


def test_a_film_of_it_plays_in_anything(clinic, recorded):
    recording, *_ = recorded
    out = clinic.home / "film.mp4"
    clinic.reviewed("recording", "export", recording["id"], "--format", "mp4", "--out", str(out), person=clinic.reviewer(), timeout=120)
    found = boxes(out.read_bytes())
    assert "ftyp" in found and "moov" in found and "mdat" in found
    (samples,) = [content for path, content in found.items() if path.endswith("stsz")]
    assert int.from_bytes(samples[8:12], "big") > 3, "frames"
    (tables,) = [content for path, content in found.items() if path.endswith("stsd")]
    assert int.from_bytes(tables[8 + 32 - 8 + 8:8 + 34 - 8 + 8], "big") in (1024, 768) or b"avc1" in tables or b"mp4v" in tables or b"vp09" in tables
    if shutil.which("ffmpeg"):
        png = clinic.home / "film.png"
        subprocess.run(["ffmpeg", "-v", "error", "-sseof", "-1", "-i", out, "-frames:v", "1", "-update", "1", png], check=True)
        assert read_png(png).error(clinic.shadow.display.picture()) < 400


def test_a_frame_is_shown_to_nobody_but_reviewers(clinic, recorded):
    recording, _, _, person = recorded
    out = clinic.home / "stolen.png"
    done = clinic.reviewed("recording", "play", recording["id"], "--frame-at", "00:00:03", "--out", str(out), person=person, check=False)
    assert done.status == 1 and not out.exists()


def test_a_consultation_that_is_not_filmed_keeps_facts_only(clinic):
    person = clinic.staff()
    with clinic.session(person, "facts-1") as client:
        client.display.click(300, 300)
        clinic.shadow.cart.tell("noise 2 20")
        clinic.shadow.cart.tell("picture")
    recording = clinic.recording_of(person)
    assert recording["state"] == "complete"
    assert clinic.cli("recording", "verify", recording["id"]).status == 0
    assert sum(one.stat().st_size for one in clinic.dir.rglob(f"{recording['id']}.arec")) < 100000
    out = clinic.home / "none.png"
    done = clinic.reviewed("recording", "play", recording["id"], "--frame-at", "00:00:02", "--out", str(out), person=clinic.reviewer(), check=False)
    assert done.status == 1 and not out.exists()


def test_video_like_content_is_bounded(clinic):
    person = clinic.staff()
    with clinic.session(person, "pacs-1") as client:
        clinic.shadow.cart.tell("noise 20 20")
        clinic.shadow.cart.tell("picture")
        clinic.connected(client, within=40)
    recording = clinic.recording_of(person, within=20)
    size = sum(one.stat().st_size for one in clinic.dir.rglob(f"{recording['id']}.arec"))
    # 20 s at 20 frames of 320x240 random pixels are 117 MB; two budgets of 10 s for each region of them, and the whole screen a few times.
    assert size < 60 << 20, size
    last = frame(clinic, recording, "99:00:00", clinic.reviewer())
    assert last.differing(clinic.shadow.display.picture()) == 0, "exact again, once it rests"
