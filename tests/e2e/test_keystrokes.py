"""Keystrokes sealed to a key of their own: what was typed unseen is read with the offline key, and in no other way."""
import json
import os
import stat

import pytest
from hospital.house import until

TYPED = "canary-unseen-7c21"
SCRIPT = """stty -echo; printf 'secret? '; read secret; stty echo
echo; echo got ${#secret} characters
"""


@pytest.fixture(scope="module")
def key(hospital):
    """The file of the private half."""
    out = hospital.home / "keystroke-key.txt"
    done = hospital.cli("key", "keystrokes", "--out", out)
    assert "offline" in done.text
    return out


def sealing(hospital):
    document = hospital.document()
    (staff,) = [rule for rule in document["rules"] if rule["id"] == "staff"]
    staff["keystrokes"] = "sealed"
    return document


def typed_unseen(hospital):
    """(person, what their terminal showed) of a session in which a password was typed with echo off."""
    person = hospital.staff(key=True)
    script = hospital.home / "device"
    script.write_text(SCRIPT)
    with hospital.terminal(person, "mri-3", way="key") as terminal:
        terminal.send("PS1='mri''> '\n")
        shown = terminal.expect("mri> ").string.decode(errors="replace")
        terminal.send(f"sh {script}\n")
        terminal.expect("secret\\? ")
        terminal.send(TYPED + "\n")
        terminal.expect(f"got {len(TYPED)} characters")
        terminal.send("exit 0\n")
        terminal.wait()
    return person, shown


def test_without_a_key_a_session_that_policy_wants_sealed_is_refused(hospital):
    """First of the file: no key was made yet."""
    done = hospital.apply_policy(sealing(hospital))
    assert "no key to seal them to" in done.text
    person = hospital.staff()
    refused = hospital.ssh(person, "mri-3", "echo", "reached")
    assert refused.status != 0 and "reached" not in refused.text and "no key to seal them to" in refused.all, refused.all
    assert hospital.audit(kind="session.start", person=person.name) == []
    assert any(row["check"] == "keystrokes" and row["state"] == "fail" for row in hospital.json("doctor", check=False))
    hospital.apply_policy(hospital.document())


@pytest.fixture(scope="module")
def sealed(hospital, key):
    hospital.apply_policy(sealing(hospital))
    try:
        person, shown = typed_unseen(hospital)
        return person, shown, hospital.recording_of(person)
    finally:
        hospital.apply_policy(hospital.document())


def keystrokes(hospital, recording, file, person, json=False, **more):
    return hospital.reviewed("recording", "keystrokes", recording["id"], "--key", file, *(["--json"] if json else []), person=person, **more)


def test_the_person_is_told_before_the_first_byte(sealed):
    _, shown, _ = sealed
    assert "recorded, keystrokes are kept sealed" in shown


def test_the_offline_key_shows_what_was_typed_and_the_view_is_audited(hospital, sealed, key):
    person, _, recording = sealed
    ruth = hospital.reviewer()
    done = keystrokes(hospital, recording, key, ruth)
    assert TYPED + "<Enter>" in done.text, done.all
    rows = [json.loads(line) for line in keystrokes(hospital, recording, key, ruth, json=True).text.splitlines()]
    assert any(row["text"] == TYPED + "<Enter>" and row["at"] > 0 for row in rows), rows
    views = [one for one in hospital.audit(kind="recording.view", session=recording["id"]) if one["person"] == ruth.name]
    assert len(views) == 2 and all(one["fields"]["keystrokes"] == "yes" for one in views)
    start = hospital.audit(kind="session.start", person=person.name)[0]
    assert start["fields"]["keystrokes"].startswith("sealed to ")


def test_nothing_else_shows_them(hospital, sealed, key):
    _, _, recording = sealed
    ruth = hospital.reviewer()
    played = hospital.reviewed("recording", "play", recording["id"], "--speed", "1000", person=ruth)
    assert f"got {len(TYPED)} characters" in played.text and TYPED not in played.all
    out = hospital.home / "sealed.cast"
    hospital.reviewed("recording", "export", recording["id"], "--format", "cast", "--out", out, person=ruth)
    assert TYPED not in out.read_text()
    assert hospital.cli("recording", "verify", recording["id"]).status == 0
    private = key.read_text().split("private: ")[1].strip()
    for path in [path for path in hospital.dir.rglob("*") if path.is_file()] + [hospital.log]:
        content = path.read_bytes()
        assert TYPED.encode() not in content and private.encode() not in content, path
    assert stat.S_IMODE(os.stat(key).st_mode) & 0o077 == 0
    said = f"got {len(TYPED)} characters"
    until(lambda: recording["id"] in hospital.reviewed("recording", "search", said, person=hospital.reviewer(), check=False).text, 20, every=1)
    # Last: what is searched for stands in the audit log.
    found = hospital.reviewed("recording", "search", TYPED, person=hospital.reviewer(), check=False)
    assert recording["id"] not in found.all, "no index knows it"


def test_another_key_shows_nothing_and_says_so(hospital, sealed, key):
    _, _, recording = sealed
    for other in (hospital.home / "escrow-key.txt", hospital.home / "no-key.txt", hospital.home / "not-there.txt"):
        if other.name == "no-key.txt":
            other.write_text("nothing here\n")
        done = keystrokes(hospital, recording, other, hospital.reviewer(), check=False)
        assert done.status == 1 and TYPED not in done.all and len(done.errors.strip().splitlines()) == 1, done.all
    assert "sealed to another key" in keystrokes(hospital, recording, hospital.home / "escrow-key.txt", hospital.reviewer(), check=False).errors


def test_who_is_no_reviewer_gets_nothing_with_the_key(hospital, sealed, key):
    person, _, recording = sealed
    done = keystrokes(hospital, recording, key, person, check=False)
    assert done.status == 1 and TYPED not in done.all and "no reviewer" in done.errors
    refused = hospital.audit(kind="recording.view", session=recording["id"])[-1]
    assert refused["fields"]["outcome"] == "refused" and refused["fields"]["keystrokes"] == "yes"


def test_the_targets_own_password_is_not_among_them(hospital, key):
    """The proxy logs on with a stored password: nobody typed it."""
    hospital.apply_policy(sealing(hospital))
    try:
        person = hospital.staff()
        with hospital.terminal(person, "mri-3") as terminal:
            terminal.send("exit 0\n")
            terminal.wait()
        recording = hospital.recording_of(person)
        text = keystrokes(hospital, recording, key, hospital.reviewer()).text
        assert "exit 0<Enter>" in text.replace("\n", "") and person.password not in text
    finally:
        hospital.apply_policy(hospital.document())


def test_without_policy_there_is_nothing_to_open(hospital, key):
    person, shown = typed_unseen(hospital)
    assert "keystrokes" not in shown
    done = keystrokes(hospital, hospital.recording_of(person), key, hospital.reviewer(), check=False)
    assert done.status == 1 and "no sealed keystrokes" in done.errors


def test_a_key_is_replaced_on_purpose_only(hospital, sealed, key):
    _, _, recording = sealed
    other = hospital.home / "second-key.txt"
    done = hospital.cli("key", "keystrokes", "--out", other, check=False)
    assert done.status == 1 and "--replace" in done.errors and not other.exists()
    hospital.cli("key", "keystrokes", "--out", other, "--replace")
    assert TYPED in keystrokes(hospital, recording, key, hospital.reviewer()).text, "what was sealed stays with the first"
    assert "sealed to another key" in keystrokes(hospital, recording, other, hospital.reviewer(), check=False).errors
