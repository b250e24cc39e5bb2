"""What people and devices write is shown and nothing more: scripts, markup and control codes in every field that reaches a page."""
import pytest

from hospital.anteroom import Refused, new_source
from hospital.console import ConsoleHospital
from hospital.hostile import CORPUS, LONG, TERMINAL, harmless
from hospital.visitor import DESK, Visitor, open_browser


@pytest.fixture(scope="module")
def hospital():
    here = ConsoleHospital()
    try:
        here.open()
        document = here.document()
        document["targets"]["mri-3"]["description"] = CORPUS[0] + CORPUS[2]
        document["vendors"]["acme-imaging"]["name"] = CORPUS[1]
        document["rules"][-2]["approval"]["confirm"] = CORPUS[9]
        here.apply_policy(document)
        yield here
    finally:
        here.close()


class Stage:
    """Somebody whose every word is hostile, and an honest person who looks at all of it."""

    def __init__(self, house):
        self.house = house
        self.vendor = house.vendor(name="alice")
        try:
            house.cli("person", "add", "mallory", "--display-name", CORPUS[0] + CORPUS[4], "--group", "staff", "--password-stdin", input="a long password\n")
        except Refused:  # a name for people may have no such signs: then it cannot hurt either
            house.cli("person", "add", "mallory", "--group", "staff", "--password-stdin", input="a long password\n")
        self.alice = house.keyed(self.vendor, agent="<img src=x onerror=window.__ran=1> Mozilla/5.0")
        self.olga = house.keyed(house.person("imaging", "reviewers", "staff", name="olga"))
        self.requests = []
        for number, reason in enumerate(CORPUS):
            reply = self.alice.post("/api/requests", {"places": [f"lone-1+{house.account}"], "reason": reason, "ticket": CORPUS[(number + 1) % len(CORPUS)][:60], "seconds": 600, "at": None})
            if reply.status == 200:
                self.requests.append(reply.json["id"])
                if number < len(CORPUS) - 1 and len(self.requests) < 4:
                    card = self.olga.get(f"/api/requests/{self.requests[-1]}").json
                    self.olga.decide(f"/api/requests/{self.requests[-1]}/deny", {"reason": CORPUS[number]}, card["etag"])
                else:
                    self.alice.post(f"/api/requests/{self.requests[-1]}/withdraw")
            else:
                assert reply.status == 422, reply
        last = self.alice.post("/api/requests", {"places": [f"lone-1+{house.account}"], "reason": LONG, "ticket": "", "seconds": 600, "at": None})
        assert last.status == 200, last
        self.requests.append(last.json["id"])
        # What the audit log gets to hold, by refusals too.
        for words in CORPUS:
            self.olga.decide("/api/people/mallory/keep", {"note": words})
            self.olga.post("/api/policy/explain", {"person": words, "target": words, "account": words, "capability": words, "at": words})
        self.olga.decide("/api/people/mallory/disable", {"reason": LONG})
        house.api(source=new_source(), agent=CORPUS[0]).post("/api/sign-in", {"user": CORPUS[0], "password": "x", "code": "000000"})
        self.passkey_name()
        self.driver = open_browser(house)

    def passkey_name(self):
        from hospital.passkey import Passkey
        key = Passkey(self.house.origin)
        made = key.create(self.olga.post("/api/me/passkeys/options").json, name=CORPUS[0])
        assert self.olga.decide("/api/me/passkeys", made).status in (200, 422)

    def window(self, api):
        window = Visitor(self.driver, self.house, DESK)
        return window.borrow(api).authenticator(api.passkey)

    def close(self):
        self.driver.close()


@pytest.fixture(scope="module")
def stage(hospital):
    here = Stage(hospital)
    try:
        yield here
    finally:
        here.close()


def pages_of(stage, who):
    mine = ["/", "/me", "/live", f"/request/lone-1+{stage.house.account}"] + [f"/requests/{number}" for number in stage.requests[:4] + stage.requests[-1:]]
    return mine if who == "alice" else mine + ["/approvals", "/audit", "/audit?kind=console.refused", "/policy", "/people", "/people/mallory", "/people/alice"]


@pytest.mark.parametrize("who", ["alice", "olga"])
def test_nothing_runs_and_nothing_is_set_on_any_page(stage, who):
    with stage.window(getattr(stage, who)) as window:
        for path in pages_of(stage, who):
            window.go(path)
            window.until("document.querySelector('main h1') && !document.querySelector('[aria-busy=true]')")
            harmless(window, path)


def test_the_words_are_there_as_they_were_written(stage):
    with stage.window(stage.olga) as window:
        window.go(f"/requests/{stage.requests[-1]}")
        for part in CORPUS[:3]:
            window.see(part)
        window.go("/approvals")
        window.see(CORPUS[1])


def test_nothing_that_a_terminal_prints_runs_or_answers(stage):
    """What a device prints is drawn for who watches: its title, links, clipboard and questions have no effect on the page."""
    house = stage.house
    with house.terminal(stage.vendor, "mri-3") as terminal, stage.window(stage.olga) as window:
        terminal.expect("recorded, until")
        session = next(one["id"] for one in house.json("session", "list") if one["person"] == "alice")
        window.go(f"/live/{session}")
        window.button("Watch", exact=True).click()
        window.button("Watch with passkey").click()
        window.see("Live, about a second behind")
        title = window.until("document.title.startsWith('(') && document.title")  # something waits for olga
        script = house.home / "hostile.txt"
        script.write_bytes("\r\n".join(TERMINAL + CORPUS).encode() + b"\r\nend-of-the-corpus\r\n")
        terminal.send(f"cat {script}; sleep 1; echo qui''et\r")
        window.until_drawn("end-of-the-corpus")
        harmless(window, f"/live/{session}")
        assert window.page.title() == title
        assert window.js("async () => { try { return await navigator.clipboard.readText(); } catch { return ''; } }") != "pwned"
        terminal.expect("quiet")
        window.page.keyboard.press("Tab")
        window.page.keyboard.type("echo typed by who watches\n")
        with pytest.raises(AssertionError):  # nothing goes back
            terminal.expect("typed by who watches", timeout=1.5)
