"""Recordings: listed, verified, played and exported by those who may; nothing of them, or of a secret, is in the clear."""
import json
import os
import pathlib
import re
import shutil
import stat

import pytest

HOSTILE = r"\033]0;owned-title\007\033]52;c;b3duZWQ=\007\033[6n\033[c\033P+q544e\033\\\033]8;;http://evil.example/\007link\033]8;;\007\033[2J\033]4;1;?\007"


@pytest.fixture(scope="module")
def ruth(hospital):
    return hospital.reviewer()


SCRIPT = """printf 'canary-%s\\n' out-5e1f
printf '{hostile}'
stty -echo; printf 'secret? '; read secret; stty echo
echo; echo got ${{#secret}} characters
"""


class Recorded:
    def __init__(self, hospital):
        self.person = hospital.staff(key=True)
        self.marker = "canary-out-5e1f"
        script = hospital.home / "device"
        script.write_text(SCRIPT.format(hostile=HOSTILE))
        with hospital.terminal(self.person, "mri-3", way="key", columns=90, rows=20) as terminal:
            terminal.send("PS1='mri''> '; clear\n")
            terminal.expect("mri> ")
            terminal.resize(100, 25)
            terminal.send(f"sh {script}\n")
            terminal.expect("secret\\? ")
            terminal.send("canary-typed-93ab\n")
            terminal.expect("got 17 characters")
            terminal.send("stty size; exit 0\n")
            terminal.expect("25 100")
            terminal.wait()
        self.row = hospital.recording_of(self.person)
        self.id = self.row["id"]
        self.file = hospital.dir / "recordings" / f"{self.id}.arec"


@pytest.fixture(scope="module")
def recorded(hospital):
    return Recorded(hospital)


def looks(hospital, kind, recorded):
    return [(one["person"], one["fields"].get("outcome", "done")) for one in hospital.audit(kind=kind, session=recorded.id)]


def test_the_list_shows_it_complete(hospital, recorded):
    row = recorded.row
    assert (row["target"], row["account"], row["state"]) == ("mri-3", hospital.account, "complete") and row["bytes"] > 0
    assert recorded.id in hospital.cli("recording", "list").text


def test_verify_needs_no_key_and_finds_it_whole(hospital, recorded):
    done = hospital.cli("recording", "verify", recorded.id)
    assert "complete" in done.text.lower()
    assert hospital.cli("recording", "verify", recorded.file).status == 0, "by its file"


@pytest.mark.parametrize("where", ["header", "middle", "end"])
def test_a_changed_byte_is_found_and_named(hospital, recorded, where):
    whole = recorded.file.read_bytes()
    at = {"header": 40, "middle": len(whole) // 2, "end": len(whole) - 3}[where]
    recorded.file.chmod(0o600)
    try:
        recorded.file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
        for what in (recorded.id, recorded.file):
            done = hospital.cli("recording", "verify", what, check=False)
            assert done.status == 1 and re.search(r"piece|header|final|frame|signature|key", done.all), done.all
    finally:
        recorded.file.write_bytes(whole)
    assert hospital.cli("recording", "verify", recorded.id).status == 0


@pytest.mark.parametrize("harm", ["cut", "empty", "swapped"])
def test_a_cut_or_swapped_recording_is_found(hospital, recorded, harm):
    other = hospital.staff()
    hospital.ssh(other, "mri-3", "echo", "another recording")
    another = hospital.dir / "recordings" / f"{hospital.recording_of(other)['id']}.arec"
    whole = recorded.file.read_bytes()
    try:
        recorded.file.write_bytes({"cut": whole[:-200], "empty": b"", "swapped": another.read_bytes()}[harm])
        done = hospital.cli("recording", "verify", recorded.id, check=False)
        assert done.status == 1 and done.all.strip()
    finally:
        recorded.file.write_bytes(whole)


def test_play_shows_the_text_and_does_nothing_to_the_terminal(hospital, recorded, ruth):
    done = hospital.reviewed("recording", "play", recorded.id, "--speed", "1000", person=ruth)
    assert recorded.marker in done.text and "got 17 characters" in done.text and "canary-typed" not in done.text
    for hostile in (b"owned-title", b"b3duZWQ", b"\x1b]", b"\x1b[6n", b"\x1b[c", b"\x1bP", b"evil.example", b"\x07"):
        assert hostile not in done.out, hostile
    assert looks(hospital, "recording.view", recorded)[-1] == (ruth.name, "done")


def test_play_in_a_terminal_asks_for_the_code_and_keeps_the_terminal_as_it_was(hospital, recorded, ruth):
    from hospital import Terminal
    from hospital.anteroom import BIN
    argv = [str(BIN / "anteroom"), "recording", "play", recorded.id, "--speed", "1000", "--as", ruth.name, "--dir", str(hospital.dir)]
    with Terminal(argv, {"PATH": os.defpath, "HOME": str(hospital.home), "TERM": "xterm"}) as terminal:
        terminal.expect("(?i)code.*: ?")
        terminal.send(ruth.fresh_code() + "\n")
        terminal.expect(recorded.marker)
        text = terminal.rest()
        assert terminal.wait() == 0
    assert "owned-title" not in text and "\x1b[6n" not in text


def test_an_export_is_an_asciicast(hospital, recorded, ruth):
    out = hospital.home / "session.cast"
    hospital.reviewed("recording", "export", recorded.id, "--format", "cast", "--out", out, person=ruth)
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert lines[0]["version"] == 2 and (lines[0]["width"], lines[0]["height"]) == (90, 20)
    assert all(len(one) == 3 and isinstance(one[0], (int, float)) and one[1] in "ormi" and isinstance(one[2], str) for one in lines[1:])
    assert [one[0] for one in lines[1:]] == sorted(one[0] for one in lines[1:])
    assert recorded.marker in "".join(one[2] for one in lines[1:] if one[1] == "o")
    assert [one[2] for one in lines[1:] if one[1] == "r"] == ["100x25"]
    assert stat.S_IMODE(out.stat().st_mode) & 0o077 == 0, "not for others to read"
    assert looks(hospital, "recording.export", recorded)[-1] == (ruth.name, "done")


@pytest.mark.parametrize("verb", ["play", "export"])
def test_without_a_code_or_with_a_wrong_or_used_one_nothing_is_shown(hospital, recorded, verb):
    reviewer = hospital.reviewer()
    more = ["--format", "cast", "--out", hospital.home / "never.cast"] if verb == "export" else []
    args = ["recording", verb, recorded.id, *more]
    used = reviewer.fresh_code()
    assert hospital.reviewed("recording", "play", recorded.id, "--speed", "1000", person=reviewer, code=used).status == 0
    for code in ("", reviewer.codes.wrong(), used, "abcdef"):
        done = hospital.reviewed(*args, person=reviewer, code=code or "\n", check=False)
        assert done.status == 1 and recorded.marker not in done.all and len(done.errors.strip().splitlines()) == 1, done.all
    assert hospital.cli(*args, check=False, input="").status in (1, 2), "nobody named"
    done = hospital.cli(*args, "--as", "nobody-there", "--code-stdin", input="123456\n", check=False)
    assert done.status == 1 and recorded.marker not in done.all
    assert not (hospital.home / "never.cast").exists()
    refused = [one for one in hospital.audit(kind="admin.command", person=reviewer.name) if one["fields"].get("outcome") == "refused"]
    assert {"wrong code", "used code"} <= {one["fields"]["why"] for one in refused}


@pytest.mark.parametrize("verb", ["play", "export"])
def test_who_is_no_reviewer_sees_nothing_and_is_audited(hospital, recorded, verb):
    person = recorded.person
    more = ["--format", "cast", "--out", hospital.home / "never.cast"] if verb == "export" else []
    done = hospital.reviewed("recording", verb, recorded.id, *more, person=person, check=False)
    assert done.status == 1 and recorded.marker not in done.all and "no reviewer" in done.errors
    assert not (hospital.home / "never.cast").exists()
    assert (person.name, "refused") in looks(hospital, "recording.view" if verb == "play" else "recording.export", recorded)


def test_a_reviewer_of_other_targets_sees_nothing(hospital):
    person = hospital.staff()
    document = hospital.document()
    document["rules"].append({"id": "alone", "who": ["group:staff"], "to": {"targets": ["lone-1"]}, "allow": ["exec"], "access": "standing"})
    hospital.apply_policy(document)
    assert hospital.ssh(person, "lone-1", "echo", "alone").text == "alone\n"
    identity, reviewer = hospital.recording_of(person)["id"], hospital.reviewer()
    done = hospital.reviewed("recording", "play", identity, person=reviewer, check=False)
    assert done.status == 1 and "no reviewer" in done.errors
    hospital.apply_policy(hospital.document())


def test_unknown_recordings_and_hostile_ids_are_refused(hospital, ruth):
    for identity in ("0123456789abcdef", "../../etc/passwd", "..", "'; --", "x" * 5000):
        done = hospital.cli("recording", "verify", identity, check=False)
        assert done.status in (1, 2) and "root:x:" not in done.all


def test_commands_without_a_terminal_are_recorded_whole(hospital):
    person = hospital.staff()
    hospital.ssh(person, "mri-3", "echo to-out; echo to-err >&2; exit 3")
    identity = hospital.recording_of(person)["id"]
    assert hospital.cli("recording", "verify", identity).status == 0
    assert hospital.reviewed("recording", "export", identity, "--format", "cast", "--out", hospital.home / "exec.cast", person=hospital.reviewer()).status == 0


def test_nothing_typed_shown_or_stored_is_in_the_clear_anywhere(hospital, recorded):
    """The canaries: password, TOTP secret, private key of the target, what was typed unseen, what the target showed."""
    key = next(line for line in (hospital.home / "target-key").read_text().splitlines()[3:])
    person = recorded.person
    secret = re.search(r"secret=([A-Z2-7]+)", person.codes.uri).group(1)
    canaries = {"password": person.password, "totp, base32": secret, "totp": person.codes.secret, "target key": key, "typed": "canary-typed-93ab", "shown": recorded.marker}
    files = [path for path in hospital.dir.rglob("*") if path.is_file()] + [hospital.log]
    assert any(path.suffix == ".arec" for path in files) and any("anteroom.db" in path.name for path in files)
    for path in files:
        content = path.read_bytes()
        for what, canary in canaries.items():
            canary = canary.encode() if isinstance(canary, str) else canary
            assert canary not in content, f"{what} in {path}"
            assert canary.hex().encode() not in content, f"{what} in hex in {path}"


def test_files_of_the_installation_are_for_their_owner_only(hospital, recorded):
    for path in [hospital.dir, *hospital.dir.rglob("*")]:
        mode = stat.S_IMODE(path.lstat().st_mode)
        public = path.name in ("host-keys.pub", "recording-signer.pub", "rdp-certificate.pem", "web-certificate.pem", "anteroom.yaml", "policy.yaml")
        assert mode & (0o022 if public else 0o027) == 0, f"{path} {mode:o}"


def test_a_recording_that_is_gone_is_named(hospital):
    person = hospital.staff()
    hospital.ssh(person, "mri-3", "true")
    identity = hospital.recording_of(person)["id"]
    file = hospital.dir / "recordings" / f"{identity}.arec"
    shutil.move(file, str(file) + ".away")
    try:
        done = hospital.cli("recording", "verify", identity, check=False)
        assert done.status == 1 and identity in done.errors
    finally:
        shutil.move(str(file) + ".away", file)
    assert pathlib.Path(file).exists()
