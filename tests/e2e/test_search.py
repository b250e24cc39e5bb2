"""What was shown is found again, by those who review it and by nobody else: indexes beside recordings, made, damaged, lost and made anew."""
import json
import os
import pathlib
import signal
import time

import pytest

WORD = "canary-shown-7c2d"
INSIDE = "canary-inside-41fe"


def until(what, within=60):
    deadline = time.monotonic() + within
    while True:
        found = what()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {within} s"
        time.sleep(0.2)


class Shown:
    """A session that shows one word on the screen and one inside a full-screen program."""

    def __init__(self, hospital):
        self.person = hospital.staff(key=True)
        script = hospital.home / "shows"
        script.write_text(f"sleep 1; printf 'see %s\\n' {WORD}; sleep 1\n"
                          f"printf '\\033[?1049h\\033[H\\033[2Jpage with %s' {INSIDE}; sleep 1; printf '\\033[?1049l'\n")
        with hospital.terminal(self.person, "mri-3", way="key", columns=90, rows=20) as terminal:
            terminal.send("PS1='mri''$ '; clear\n")
            terminal.expect("mri\\$ ")
            terminal.send(f"sh {script}\n")
            terminal.expect(INSIDE)
            terminal.expect("mri\\$ ")
            terminal.send("exit 0\n")
            terminal.wait()
        self.id = hospital.recording_of(self.person)["id"]
        self.index = hospital.dir / "recordings" / f"{self.id}.aidx"


@pytest.fixture(scope="module")
def shown(hospital):
    return Shown(hospital)


def found(hospital, word, person=None):
    """The rows of a search, and how many recordings had no index. A code is good once, so somebody else searches each time."""
    done = hospital.reviewed("recording", "search", word, "--json", person=person or hospital.reviewer())
    document = json.loads(done.text)
    return document["hits"], document["without_index"]


def hits(hospital, word, session):
    rows, _ = found(hospital, word)
    return [row for row in rows if row["session"] == session]


def whole(index):
    return index.exists() and not index.with_name(index.name + ".new").exists()


def test_an_index_appears_and_a_reviewer_finds_the_word_with_its_time(hospital, shown):
    until(lambda: whole(shown.index))
    rows = hits(hospital, WORD.upper(), shown.id)
    assert [row for row in rows if row["what"] == "shown" and WORD in row["line"]], rows
    row = rows[0]
    assert row["person"] == shown.person.name and row["target"] == "mri-3" and 0 < row["seconds"] < 60 and row["at"].startswith("00:00:")
    text = hospital.reviewed("recording", "search", WORD, person=hospital.reviewer())
    assert f"{shown.person.name} > mri-3" in text.text and shown.id in text.text


def test_a_word_inside_a_full_screen_program_is_found(hospital, shown):
    until(lambda: whole(shown.index))
    assert hits(hospital, INSIDE, shown.id)


def test_the_command_is_found_as_a_guess(hospital, shown):
    until(lambda: whole(shown.index))
    rows = [row for row in hits(hospital, "shows", shown.id) if row["what"] == "command"]
    assert rows and rows[0]["guess"]


def test_each_search_is_recorded_with_what_was_looked_into(hospital, shown):
    until(lambda: whole(shown.index))
    ruth = hospital.reviewer()
    found(hospital, "a text that nobody showed", ruth)
    records = [one for one in hospital.audit(kind="recording.search") if one["fields"].get("text") == "a text that nobody showed"]
    assert [one for one in records if not one["session"]][0]["person"] == ruth.name
    assert [one for one in records if one["session"] == shown.id][0]["fields"]["of"] == shown.person.name
    assert [one for one in hospital.audit(kind="recording.indexed", session=shown.id)], "the key that was unwrapped for it is recorded"


def test_who_is_no_reviewer_finds_nothing_and_it_is_recorded(hospital, shown):
    other = hospital.staff(key=True)
    done = hospital.reviewed("recording", "search", WORD, person=other, check=False)
    assert done.status == 1 and WORD not in done.text and "no reviewer" in done.all
    records = [one for one in hospital.audit(kind="recording.search") if one["person"] == other.name]
    assert [one["fields"].get("outcome") for one in records] == ["refused"]


def test_no_word_stands_in_the_clear_anywhere_below_the_installation(hospital, shown):
    until(lambda: whole(shown.index))
    for path in pathlib.Path(hospital.dir).rglob("*"):
        if not path.is_file():
            continue
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            continue  # it went meanwhile
        # What was searched for stands in the audit log; the marks below were never typed by a reviewer.
        assert INSIDE.encode() not in content or "anteroom.db" in path.name, path
    assert WORD.encode() not in shown.index.read_bytes()


def test_an_index_that_is_gone_is_made_anew(hospital, shown):
    until(lambda: whole(shown.index))
    shown.index.unlink()
    _, without = found(hospital, WORD)
    assert without >= 1
    until(lambda: whole(shown.index))
    assert hits(hospital, WORD, shown.id)


@pytest.mark.parametrize("harm", ["head", "middle", "foreign"])
def test_a_damaged_index_is_made_anew(hospital, shown, harm):
    until(lambda: whole(shown.index))
    content = shown.index.read_bytes()
    at = {"head": 3, "middle": len(content) // 2, "foreign": 12}[harm]
    shown.index.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1:])
    _, without = found(hospital, WORD)
    assert without >= 1
    # Its id is random, and new.
    until(lambda: whole(shown.index) and shown.index.read_bytes()[40:56] != content[40:56])
    assert hits(hospital, WORD, shown.id)


def test_an_indexer_that_is_killed_harms_nothing(hospital, shown):
    person = hospital.staff(key=True)
    with hospital.terminal(person, "mri-3", way="key") as terminal:
        terminal.send("PS1='live''$ '; clear\n")
        terminal.expect("live\\$ ")
        session = next(row["id"] for row in hospital.json("session", "list") if row["person"] == person.name)
        before = set(hospital.programs("anteroom-indexer"))
        found(hospital, "anything")  # a live session's index is made when somebody looks
        started = until(lambda: set(hospital.programs("anteroom-indexer")) - before)
        for pid in started:
            os.kill(pid, signal.SIGKILL)
        until(lambda: [one for one in hospital.audit(kind="recording.indexed", session=session) if one["fields"].get("outcome") == "failed"])
        terminal.send(f"echo {WORD}-live\n")
        terminal.expect(f"{WORD}-live")
        terminal.send("exit 0\n")
        terminal.wait()
    index = hospital.dir / "recordings" / f"{session}.aidx"
    until(lambda: whole(index))
    assert hits(hospital, f"{WORD}-live", session)
    assert hospital.cli("recording", "verify", session).status == 0


def test_a_live_sessions_index_goes_on_after_the_broker_came_back(hospital, shown):
    person = hospital.staff(key=True)
    with hospital.terminal(person, "mri-3", way="key") as terminal:
        terminal.send("PS1='live''$ '; clear\n")
        terminal.expect("live\\$ ")
        session = next(row["id"] for row in hospital.json("session", "list") if row["person"] == person.name)
        found(hospital, "anything")
        until(lambda: (hospital.dir / "recordings" / f"{session}.aidx").exists())
        broker = hospital.broker()
        os.kill(broker, signal.SIGTERM)
        until(lambda: hospital.programs("anteroom-broker") not in ([], [broker]) and hospital.answers())
        terminal.send(f"echo {WORD}-afterwards\n")
        terminal.expect(f"{WORD}-afterwards")
        until(lambda: hits(hospital, f"{WORD}-afterwards", session))
        terminal.send("exit 0\n")
        terminal.wait()


def test_replay_begins_where_a_hit_says(hospital, shown):
    until(lambda: whole(shown.index))
    row = hits(hospital, INSIDE, shown.id)[0]
    for begin in (row["at"], f"{int(row['seconds'])}s", "0m1s"):
        played = hospital.reviewed("recording", "play", shown.id, "--from", begin, "--idle", "1", "--speed", "100", person=hospital.reviewer())
        assert INSIDE in played.text
    refused = hospital.reviewed("recording", "play", shown.id, "--from", "soon", person=hospital.reviewer(), check=False)
    assert refused.status == 1 and "--from" in refused.all
