"""What clipboards, files, titles, commands and reasons are called is shown beside a replay and does nothing: nothing runs, nothing is set or sent, and nothing turns the order of what stands beside it."""
import contextlib
import json
import os
import re

import pytest

from hospital.anteroom import Person, new_source
from hospital.codes import Codes
from hospital.display import found
from hospital.hostile import CORPUS, TERMINAL, TURNING, TURNS, harmless
from hospital.house import until
from hospital.player import Player
from hospital.rdp import Xrdp
from hospital.rooms import Both
from hospital.visitor import DESK, Visitor, open_browser

NAME = CORPUS[0] + " " + CORPUS[4]
REASON = CORPUS[1] + " " + CORPUS[9]
COMMAND = "sh -i # " + CORPUS[0] + TURNING[0]
WORDS = [one for one in CORPUS + TURNING if len(one) < 190]
NAMES = [one.replace("/", "_") for one in WORDS]
# What the page says to its server from its first moment on.
SENT = """window.__sent = [];
const say = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) { window.__sent.push(['socket', String(data)]); return say.call(this, data); };
const ask = window.fetch;
window.fetch = (what, how) => { if (how?.method && how.method !== 'GET') window.__sent.push(['post', String(what?.url ?? what)]); return ask(what, how); };"""


def fuse():
    return os.access("/dev/fuse", os.R_OK | os.W_OK) and (os.geteuid() == 0 or found("fusermount3") or found("fusermount")) and found("rdesktop")


class Stage:
    """Somebody whose every word is hostile: at a terminal after breaking the glass, at a desktop with clipboard and drive; and an honest reviewer."""

    def __init__(self, house):
        self.house = house
        document = house.document()
        document["targets"]["er-2"] = house.terminal_target(zone="emergency")
        document["break_glass"] = [{"id": "night", "who": ["group:staff"], "to": {"targets": ["er-2"]}, "allow": ["shell", "exec"], "max": "10m", "alert": ["soc"],
                                    "review": {"by": ["role:privacy-office"], "within": "24h"}}]
        next(rule for rule in document["rules"] if rule["id"] == "desk-1")["record_clipboard"] = "text"
        house.apply_policy(document)
        house.put_passwords(document)
        self.mallory = self.hostile_person()
        self.ssh = self.at_a_terminal()
        self.copied = self.copies()
        self.written = self.writes_files() if fuse() else None
        for session in filter(None, (self.ssh, self.copied, self.written)):
            until(lambda session=session: (house.dir / "recordings" / f"{session}.aidx").exists(), 60)
        self.reviewer = house.keyed(house.reviewer())
        self.driver = open_browser(house)

    def hostile_person(self):
        self.house.cli("person", "add", "mallory", "--display-name", NAME, "--group", "staff", "--password-stdin", input="a long password\n")
        return Person("mallory", "a long password", Codes(self.house.json("person", "totp", "mallory")["uri"]), new_source(), groups=("staff",))

    def session(self, target):
        return until(lambda: next((one["id"] for one in self.house.json("session", "list", "--all") if one["person"] == "mallory" and one["target"] == target), None), 30)

    def at_a_terminal(self):
        house, folder = self.house, self.house.home / "names"
        folder.mkdir()
        for name in NAMES:
            (folder / name).touch()
        said = house.home / "said"
        said.write_bytes("\r\n".join(TERMINAL).encode() + b"\033[0m\033[?1000l\r\n")
        titles = [f"printf '\\033]2;{one}\\007'" for one in (CORPUS[1], CORPUS[14].replace("%", ""), TURNING[0], "\u200b")]
        broken = house.keyed(self.mallory).decide("/api/break-glass", {"place": f"er-2+{house.sshd.user}", "reason": REASON})
        assert broken.status == 200, broken
        with house.terminal(self.mallory, "er-2", COMMAND, columns=120, rows=40) as terminal:
            terminal.expect(r"[$#] ")
            terminal.send("PS1='er''2$ '\r")
            terminal.expect(r"er2\$ ")
            for line in [f": '{one}'" for one in WORDS if "'" not in one] + titles + [f"ls -1 -N --show-control-chars {folder}", f"cat {said}"]:
                terminal.send(line + "\r")
                terminal.expect(r"er2\$ ")
            terminal.send("echo the-end-$((1+1)); exit\r")
            terminal.expect("the-end-2")
            terminal.rest()
        return self.session("er-2")

    def copies(self):
        """Both ways, what the other side then has to paste."""
        house, texts = self.house, [" ".join(WORDS[at:at + 3]) for at in range(0, len(WORDS), 3)]
        with house.session(self.mallory, "desk-1", "+clipboard", target=house.xrdp) as client:
            for number, text in enumerate(texts):
                here, there = (client.display, house.xrdp.display) if number % 2 else (house.xrdp.display, client.display)
                here.clipboard(text)
                with contextlib.suppress(AssertionError):  # a client may have no sign for a character: it passes on what it has
                    until(lambda there=there, text=text: there.pasted() == text, 2, 0.1)
        return self.session("desk-1")

    def writes_files(self):
        house, shared = self.house, self.house.home / "shared"
        shared.mkdir()
        with house.rdesktop(self.mallory, "write-1", "-r", f"disk:usb={shared}") as client:
            house.signed_in(client, self.mallory, target=house.xrdp)
            drive = house.xrdp.drives / "usb"
            until(drive.exists, 20)
            for name in NAMES:
                with contextlib.suppress(OSError):
                    (drive / name).write_text("x")
        return self.session("write-1")

    def window(self):
        self.reviewer.passkey.counter += 50
        window = Visitor(self.driver, self.house, DESK).borrow(self.reviewer).authenticator(self.reviewer.passkey)
        window.context.addInitScript({"content": SENT})
        return window

    def close(self):
        self.driver.close()


@pytest.fixture(scope="module")
def stage():
    if lacks := Xrdp.lacking():
        pytest.skip("not installed: " + ", ".join(lacks))
    house = Both(("xrdp",))
    try:
        here = Stage(house.open())
        try:
            yield here
        finally:
            here.close()
    finally:
        house.close()


def moments(window):
    return window.page.evaluate("[...document.querySelectorAll('[data-item] .text')].map((one) => one.textContent)")


def turned(window):
    """Characters that turn or hide, anywhere in the page but on the terminal's own screen."""
    return window.js("""(turns) => {
        const found = [];
        const all = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
        for (let it = all.nextNode(); it; it = all.nextNode()) {
            if ((it.nodeType === 3 ? it.parentElement : it).closest('.xterm')) continue;
            for (const text of it.nodeType === 3 ? [it.data] : [...it.attributes].map((one) => one.value)) if (new RegExp(turns, 'u').test(text)) found.push(text.slice(0, 80));
        }
        return found;
    }""", TURNS)


def disordered(window):
    """Rows whose time does not stand before their words, as it is written."""
    return window.page.evaluate("""[...document.querySelectorAll('[data-item]')].filter((one) => {
        const [time, words] = [one.querySelector('.nums'), one.querySelector('.text')].map((part) => part?.getBoundingClientRect());
        return words && time.right > words.left + 1;
    }).map((one) => one.textContent)""")


def turned_around(window):
    """Notes whose writer does not stand behind them."""
    return window.page.evaluate("""[...document.querySelectorAll('li .words')].filter((words) => {
        const own = [...words.getClientRects()].at(-1), by = words.nextElementSibling.getClientRects()[0];
        return by.top <= own.top + 4 && by.left < own.right - 1;
    }).map((words) => words.parentElement.textContent)""")


def hover_over_lanes(window):
    """Every tip that the timeline's lanes have: the pointer passes no moment by."""
    window.until_laid_out()
    window.page.evaluate("""(() => {
        const tip = document.querySelector('.tip'), seen = window.__tips = new Set();
        new MutationObserver(() => seen.add(tip.textContent)).observe(tip, { subtree: true, childList: true, characterData: true });
    })()""")
    for lane in range(window.page.locator(".track.lane").count()):
        here = window.page.locator(".track.lane").nth(lane)
        here.scrollIntoViewIfNeeded()
        box = here.boundingBox()
        middle = box["y"] + box["height"] / 2
        window.page.mouse.move(box["x"] + 1, middle)
        window.page.mouse.move(box["x"] + box["width"] - 1, middle, steps=int(box["width"] / 4))
    return window.page.evaluate("[...window.__tips]")


def search(window, text):
    find = window.page.getByLabel("Search in what was shown")
    find.fill(text)
    find.press("Enter")
    window.until("/found|place/i.test(document.querySelector('form[role=search] ~ [role=status]').textContent)")
    return moments(window)


def look_at_everything(stage, window, session):
    """Everything that the page can show of a recording, with its words somewhere in it."""
    path = f"/replay/{session}"
    Player(window, session).open()
    window.until("document.querySelectorAll('[data-item]').length > 5 && document.querySelector('.xterm-rows, .desktop canvas:not([width=\"0\"])')")  # and nothing moves any more
    title = window.page.title()
    assert title.startswith(NAME) and "Replay" in title
    said = moments(window)
    tips = hover_over_lanes(window)
    assert any(CORPUS[0] in one for one in said) and any("<" in one for one in tips)
    hits = [one for word in ("onerror", "script", "evorppa", "gnp.exe") for one in search(window, word)]
    slider = window.page.getByRole("slider", name="Position")
    slider.press("End")
    window.page.locator("summary").filter(hasText="Audit records").click()
    window.button("Copy link to this moment").click()
    window.until("document.querySelector('[role=slider]').getAttribute('aria-valuenow') === document.querySelector('[role=slider]').getAttribute('aria-valuemax')")
    harmless(window, path)
    assert window.page.title() == title and turned(window) == [] and disordered(window) == []
    assert window.js("async () => await navigator.clipboard.readText()").startswith(stage.house.origin + path + "#t=")
    return said, hits


def only_said(window, session):
    """All that has left the page: where to, how far, what to search for; what was watched, and what its person decided."""
    for kind, text in json.loads(window.page.evaluate("JSON.stringify(window.__sent)")):
        if kind == "socket":
            assert set(json.loads(text)) in ({"ticket"}, {"seek", "to"}, {"want"}, {"search", "text"}, {"channel"}), text
        else:
            assert re.fullmatch(rf"(.*)?/api/(active|factor/options|recordings/{session}/(open|watched|notes|sign-off))", text), text


def test_a_terminals_titles_commands_and_names_do_nothing(stage):
    with stage.window() as window:
        said, hits = look_at_everything(stage, window, stage.ssh)
        assert any(one.startswith("title: ") and CORPUS[1] in one for one in said) and any("__proto__" in one for one in said)
        assert any("onerror" in one for one in hits)
        window.until_drawn("the-end-2")
        for words in (NAME, REASON):
            window.see(words)
        window.page.getByText("To be watched").waitFor()
        assert CORPUS[0] in window.page.locator(".required").innerText()
        only_said(window, stage.ssh)


def test_what_a_desktops_clipboard_carries_does_nothing(stage):
    with stage.window() as window:
        said, hits = look_at_everything(stage, window, stage.copied)
        for way in ("in", "out"):
            assert [one for one in said if one.startswith(f"clipboard: {way}") and "__ran" in one], said
        assert any("onerror" in one for one in hits)
        only_said(window, stage.copied)


def test_what_files_are_called_on_a_drive_does_nothing(stage):
    if not stage.written:
        pytest.skip("no FUSE, or no rdesktop")
    with stage.window() as window:
        said, hits = look_at_everything(stage, window, stage.written)
        assert any(one.startswith("file: write ") and "onerror" in one for one in said) and any(r"\xe2\x80\xae" in one for one in said), said
        assert any("onerror" in one for one in hits)
        only_said(window, stage.written)


def test_notes_and_sign_offs_are_words_and_nothing_else(stage):
    words = "\n".join(CORPUS[:8])
    with stage.window() as window:
        Player(window, stage.copied).open()
        # What turns around what stands beside it is no text.
        for one in TURNING:
            assert stage.reviewer.post(f"/api/recordings/{stage.copied}/notes", {"at": 1000, "text": one}).status == 422
        window.button("Note at this moment").click()
        window.page.getByRole("textbox", name=re.compile("^At ")).fill(words)
        window.button("Keep the note").click()
        note = window.page.locator("li .words").filter(hasText="onerror").first()
        note.waitFor()
        assert all(one in note.innerText() for one in CORPUS[:8])
        window.button(re.compile("^Sign off")).first().click()
        window.page.getByRole("radio").first().check()
        window.page.getByRole("textbox", name=re.compile("^Note")).fill(" ".join(CORPUS[:6]))
        window.button("Sign off…").click()
        window.button("Sign off with passkey").click()
        window.see("Signed off")
        window.see(CORPUS[0])
        hover_over_lanes(window)
        harmless(window, f"/replay/{stage.copied}")
        assert turned_around(window) == []
        window.go("/recordings")
        window.see(NAME)
        harmless(window, "/recordings")
