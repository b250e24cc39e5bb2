"""What vim and less themselves showed is found at the moment when it stood there, and what they had in their file and never showed is not."""
import json
import re
import shutil
import time
from datetime import datetime

import pytest

from hospital.house import until

EDITOR, PAGER = shutil.which("vim.tiny") or shutil.which("vi") or "vim", shutil.which("less") or "less"
ROWS = 24
EDITED, TYPED, PAGED, PASSED = "edited-lantern-51", "typed-anchor-62", "paged-harbour-73", "passed-meadow-84"
UNSEEN_IN_EDITOR, UNSEEN_IN_PAGER = "unseen-glacier-95", "unseen-orchard-06"


def text(folder, name, words):
    """A file of 400 lines with a word in some of them."""
    file = folder / name
    file.write_text("".join(f"{number:03d} {words.get(number, 'nothing to see')}\n" for number in range(1, 401)))
    return file


class Session:
    """Somebody who looks into a file with vim, writes a word there, and pages through another with less; when each word stood on the screen is noted."""

    def __init__(self, hospital):
        self.hospital, self.person, self.stood = hospital, hospital.staff(key=True), {}
        edited = text(hospital.home, "edited", {300: EDITED, 150: UNSEEN_IN_EDITOR})
        paged = text(hospital.home, "paged", {30: PASSED, 100: PAGED, 390: UNSEEN_IN_PAGER})
        with hospital.terminal(self.person, "mri-3", way="key", columns=80, rows=ROWS) as terminal:
            terminal.expect("recorded, until")
            terminal.send("PS1='mri''$ '; clear\n")
            terminal.expect(r"mri\$ ")
            terminal.send(f"TERM=xterm {EDITOR} -u NONE {edited}\n")
            terminal.expect("001 nothing")
            with self.standing(EDITED):
                terminal.send("300Gz.")
                terminal.expect(EDITED)
                time.sleep(2)
            with self.standing(TYPED):
                terminal.send(f"1GO{TYPED}\x1b")
                terminal.expect(TYPED[-2:])
                time.sleep(2)
            terminal.send(":q!\r")
            terminal.expect(r"mri\$ ")
            terminal.send(f"TERM=xterm LESS= {PAGER} {paged}\n")
            terminal.expect("001 nothing")
            with self.standing(PASSED):
                terminal.send(" ")
                terminal.expect(PASSED)
                time.sleep(1)
                terminal.send(" ")
                terminal.expect("069 nothing")
            terminal.send(" ")
            with self.standing(PAGED):
                terminal.send(" ")
                terminal.expect(PAGED)
                time.sleep(2)
                terminal.send("q")
                terminal.expect(r"mri\$ ")
            time.sleep(2)
            terminal.send("exit 0\n")
            terminal.wait()
        self.id = hospital.recording_of(self.person)["id"]
        index = hospital.dir / "recordings" / f"{self.id}.aidx"
        until(lambda: index.exists() and not index.with_name(index.name + ".new").exists(), 60)
        row = next(one for one in hospital.json("session", "list", "--all") if one["id"] == self.id)
        self.began = datetime.fromisoformat(row["since"].replace("Z", "+00:00")).timestamp()  # the record of it is written a little later

    def standing(self, word):
        return Standing(self, word)

    def hits(self, word):
        done = self.hospital.reviewed("recording", "search", word, "--json", person=self.hospital.reviewer())
        return [row for row in json.loads(done.text)["hits"] if row["session"] == self.id]


class Standing:
    def __init__(self, session, word):
        self.session, self.word = session, word

    def __enter__(self):
        self.came = time.time()

    def __exit__(self, *_):
        self.session.stood[self.word] = (self.came, time.time())


@pytest.fixture(scope="module")
def session(hospital):
    return Session(hospital)


@pytest.mark.parametrize("word", [EDITED, TYPED, PAGED, PASSED])
def test_a_word_that_stood_on_the_screen_is_found_while_it_stood_there(session, word):
    came, went = (when - session.began for when in session.stood[word])
    rows = [row for row in session.hits(word) if row["what"] == "shown"]
    assert rows and all(word in row["line"] for row in rows), session.hits(word)
    assert all(came - 1 <= row["seconds"] <= went + 1 for row in rows), (came, went, rows)


@pytest.mark.parametrize("word", [UNSEEN_IN_EDITOR, UNSEEN_IN_PAGER])
def test_a_word_that_was_in_the_file_and_never_on_the_screen_is_not_found(session, word):
    assert session.hits(word) == []


def test_the_line_that_is_found_is_the_line_as_it_stood_there(session):
    assert [row["line"].strip() for row in session.hits(PAGED)] == [f"100 {PAGED}"]
    assert any(re.fullmatch(rf"300 {EDITED}", row["line"].strip()) for row in session.hits(EDITED))
