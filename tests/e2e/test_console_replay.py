"""Replay as reviewers know it: opened with a passkey, proven whole, searched, jumped through, noted and signed off; an emergency reviewed by another;
damage named on the screen; and nothing that a terminal, a title or a file name carries does anything."""
import contextlib
import json
import re
import time

import pytest

from hospital.console import ConsoleHospital
from hospital.passkey import proven_decision
from hospital.player import CONNECTED
from hospital.visitor import DESK, PHONE, Visitor, open_browser

# What a hostile target prints: markup, titles, a clipboard, links, questions that a terminal would answer, and colours that are left on.
HOSTILE = ("<img src=x onerror=window.__ran=1><script>window.__ran=1</script>\\n"
           "\\033]0;<script>window.__ran=1</script>\\007\\033]2;javascript:window.__ran=1\\007\\033]52;c;c3RvbGVu\\007\\033]8;;https://evil.example\\007click\\033]8;;\\007\\n"
           "\\033[c\\033[6n\\033[>q\\033P$qm\\033\\\\\\033[?1049h\\033[?1003h\\033[31;7mred\\n")


@pytest.fixture(scope="module")
def hospital():
    here = ConsoleHospital()
    try:
        yield here.open()
    finally:
        here.close()


@pytest.fixture(scope="module")
def driver(hospital):
    here = open_browser(hospital)
    yield here
    here.close()


@pytest.fixture
def visit(hospital, driver):
    """Opens browser windows; at the end nothing may have gone wrong in any of them."""
    opened = []

    def open_one(api, size=DESK, scheme="light", **more):
        opened.append(Visitor(driver, hospital, size, scheme, **more).borrow(api).authenticator(api.passkey))
        return opened[-1]

    yield open_one
    wrongs = [one.went_wrong() for one in opened]
    for one in opened:
        one.close()
    assert wrongs == [[] for _ in opened]


@pytest.fixture(scope="module")
def people(hospital):
    """Made anew for each test: a virtual key's counter lives in the window."""
    return {"vendor": hospital.vendor(), "reviewer": hospital.reviewer()}


def session_of(hospital, person, over=True):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for one in hospital.json("session", "list", "--all"):
            if one["person"] == person.name and (one["ended"] is not None) == over:
                return one["id"]
        time.sleep(0.1)
    raise AssertionError("no such session")


@pytest.fixture(scope="module")
def recorded(hospital, people):
    """A terminal's session: something shown, a pause, something hostile, something else; as it was typed."""
    with hospital.terminal(people["vendor"], "mri-3") as terminal:
        terminal.expect("recorded, until")
        terminal.send("PS1='scanner# '; clear\r")
        terminal.expect("scanner# ")
        terminal.send("echo needle-$((40+2))\r")
        terminal.expect("needle-42")
        time.sleep(9)  # a pause worth skipping
        terminal.send(f"printf '{HOSTILE}'\r")
        terminal.expect("red")
        terminal.send("printf '\\033[0m\\033[?1049l'; echo the-end-$((1+1))\r")
        terminal.expect("the-end-2")
        time.sleep(4)  # long enough to be seen playing
        terminal.send("exit\r")
        terminal.rest()
    return session_of(hospital, people["vendor"])


def indexed(hospital, session):
    file = hospital.dir / "recordings" / f"{session}.aidx"
    deadline = time.monotonic() + 60
    while not file.exists():
        assert time.monotonic() < deadline, "no index is made"
        time.sleep(0.1)


def play(window, name=re.compile("^Play"), connected=True):
    window.button(name).first().click()
    window.button("Play with passkey").click()
    if connected:
        window.until(CONNECTED)


def shown(window):
    return window.page.evaluate("document.querySelector('.xterm-rows')?.innerText ?? ''")


def position(window):
    return int(window.page.getByRole("slider", name="Position").getAttribute("aria-valuenow"))


@pytest.mark.parametrize("size,scheme", [(PHONE, "light"), (PHONE, "dark"), (DESK, "light"), (DESK, "dark")], ids=["phone-light", "phone-dark", "desk-light", "desk-dark"])
def test_a_recording_is_found_proven_searched_noted_and_signed_off(hospital, visit, people, recorded, size, scheme):
    indexed(hospital, recorded)
    reviewer = hospital.keyed(hospital.reviewer())
    window = visit(reviewer, size, scheme).go("/recordings")
    window.page.locator(f"a[href^='/replay/{recorded}']").first().click()
    window.heading(re.compile("mri-3")).first().waitFor()
    before = len(hospital.audit(kind="recording.view"))
    assert not shown(window), "nothing is shown by opening the page"
    play(window)
    window.see("Intact")
    views = [one for one in hospital.audit(kind="recording.view") if one["person"] == reviewer.person.name]
    assert len(hospital.audit(kind="recording.view")) == before + 1 and proven_decision(views[-1]["fields"])[1] == f"/api/recordings/{recorded}/open"

    # What was shown is found, and leads there. (A pause is a part of it that nobody has to sit through: it may have played to its end.)
    window.page.getByRole("group", name="Player").getByRole("button").first().click()
    if window.button("Pause").count():
        window.button("Pause").click()
    find = window.page.getByLabel("Search in what was shown")
    find.fill("needle-42")
    find.press("Enter")
    window.until("[...document.querySelectorAll('[data-item]')].some((one) => one.innerText.includes('needle-42'))")
    window.page.locator("[data-item]").filter(hasText="needle-42").first().click()
    window.until_drawn("needle-42")
    found = position(window)

    # The pause is skipped, and the controls live on.
    skip = window.button("Skip idle")
    if skip.getAttribute("aria-pressed") == "false":
        skip.click()
    window.page.evaluate("{ const it = document.querySelector('.said'), all = window.__said = []; new MutationObserver(() => all.push(it.textContent)).observe(it, { subtree: true, childList: true, characterData: true }); }")
    window.button("Play", exact=True).click()
    window.until("window.__said.some((one) => /skipped/i.test(one))")  # it stands only until the next words
    window.until_drawn("the-end-2")
    assert position(window) >= found + 8

    # Back to before the pause: what came later is not on the screen.
    window.page.evaluate("document.querySelector('.controls [aria-label=Pause]')?.click()")
    window.button("Play", exact=True).waitFor()
    slider = window.page.getByRole("slider", name="Position")
    slider.focus()
    slider.press("Home")
    window.until_drawn("the-end-2", gone=True)
    assert position(window) <= 2

    words = f"{reviewer.person.name}: the engineer signs in <b>here</b>"
    window.button("Note at this moment").click()
    window.page.getByRole("textbox", name=re.compile("^At ")).fill(words)
    window.button("Keep the note").click()
    window.see(words)
    window.button(re.compile("^Sign off")).first().click()
    window.page.getByRole("radio").first().check()
    window.button("Sign off…").click()
    window.button("Sign off with passkey").click()
    window.see("Signed off")
    signed, deadline = [], time.monotonic() + 40  # others have signed it off before
    while not signed and time.monotonic() < deadline:
        signed = [one for one in hospital.audit(kind="recording.reviewed") if one["person"] == reviewer.person.name]
    assert signed and signed[-1]["session"] == recorded
    assert window.page.evaluate("window.__ran") is None and window.page.title().find("__ran") < 0


def test_a_link_leads_to_its_moment(hospital, visit, recorded):
    indexed(hospital, recorded)
    window = visit(hospital.keyed(hospital.reviewer())).go(f"/replay/{recorded}#t=5")
    play(window, re.compile("^Play from"))
    window.until("Number(document.querySelector('[role=slider]').getAttribute('aria-valuenow')) >= 5")
    window.button("Copy link to this moment").click()
    link = window.until("navigator.clipboard.readText().then((text) => text.includes('/replay/') && text)")  # it is written a little later
    assert re.fullmatch(re.escape(f"{hospital.origin}/replay/{recorded}") + r"#t=\d+(\.\d)?", link)


def test_what_a_hostile_terminal_shows_does_nothing(hospital, visit, recorded):
    window = visit(hospital.keyed(hospital.reviewer())).go(f"/replay/{recorded}")
    play(window)
    sent = window.page.evaluate("(() => { window.__sent = []; const send = WebSocket.prototype.send; WebSocket.prototype.send = function (data) { window.__sent.push(String(data)); return send.call(this, data); }; return 0; })()")
    assert sent == 0
    window.button("5 seconds on").click()
    slider = window.page.getByRole("slider", name="Position")
    slider.focus()
    slider.press("End")
    window.until_drawn("the-end-2")
    assert window.page.evaluate("window.__ran") is None
    said = [set(json.loads(words)) for words in window.page.evaluate("window.__sent")]
    assert all(one in ({"ticket"}, {"seek", "to"}, {"want"}, {"search", "text"}, {"channel"}) for one in said), "a terminal's answers are sent nowhere"
    assert window.page.evaluate("navigator.clipboard.readText()") != "stolen"
    assert "evil" not in window.where() and window.page.locator("a[href*='evil.example']").count() == 0


def test_a_damaged_recording_says_so_and_names_the_piece(hospital, visit, people):
    vendor = hospital.vendor()
    with hospital.terminal(vendor, "mri-3") as terminal:
        terminal.expect("recorded, until")
        for turn in range(6):
            terminal.send(f"echo line-{turn}-$((1+1))\r")
            terminal.expect(f"line-{turn}-2")
            time.sleep(0.4)
        terminal.send("exit\r")
        terminal.rest()
    session = session_of(hospital, vendor)
    indexed(hospital, session)
    file = hospital.dir / "recordings" / f"{session}.arec"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    window = visit(hospital.keyed(hospital.reviewer()), PHONE, "dark").go(f"/replay/{session}")
    play(window)
    window.see("Broken")
    window.see(re.compile(r"piece \d+", re.I))
    # What stands behind it is not lost with it.
    again = "[...document.querySelectorAll('button')].some((one) => one.innerText === 'Go on behind it')"
    window.button("Go on behind it").click()
    window.until(f"document.body.innerText.includes('passed over') || {again}")
    if window.page.evaluate(again):  # not even its length could be trusted: farther on
        window.button("Go on behind it").click()
    window.see(re.compile("damaged and (was|were) passed over"))


def test_a_live_session_plays_in_the_same_player(hospital, visit):
    vendor = hospital.vendor()
    with hospital.terminal(vendor, "mri-3") as terminal:
        terminal.expect("recorded, until")
        session = session_of(hospital, vendor, over=False)
        window = visit(hospital.keyed(hospital.reviewer())).go(f"/replay/{session}")
        window.button("Watch live").click()
        window.button("Play with passkey").click()
        window.until(CONNECTED)
        terminal.send("echo live-$((6*7))\r")
        terminal.expect("live-42")
        window.until_drawn("live-42")
        terminal.send("exit\r")
        terminal.rest()


def test_an_emergency_is_reviewed_by_another_who_has_watched_it(hospital, visit):
    clinician = hospital.person("clinical")
    with contextlib.ExitStack() as stack:
        terminal = stack.enter_context(hospital.terminal(clinician, "brief-1"))
        for waited_for, typed in [("break-glass", "break-glass\r"), ("emergency: ", "The pump does not answer\r"), ("YES", "YES\r")]:
            terminal.expect(waited_for)
            terminal.send(typed)
        terminal.expect("it is recorded and will be reviewed")
        terminal.send("echo emergency-$((6*7))\r")
        terminal.expect("emergency-42")
        terminal.send("exit\r")
        terminal.rest()
    session_of(hospital, clinician)
    reviewer = hospital.keyed(hospital.reviewer())
    # On a bad line nothing may count as watched before it is known what there is to watch.
    window = visit(reviewer, PHONE, "light", slow=True).go("/breakglass")
    window.see("The pump does not answer")
    case = window.page.locator("article").filter(hasText="The pump does not answer").first()
    case.getByText(re.compile(r"\d+ to watch")).first().waitFor()
    case.getByRole("link", name=re.compile("^Replay")).first().click()
    play(window, connected=False)
    window.see("All of it was watched.", timeout=60)
    window.go("/breakglass")
    case.waitFor()
    case.getByRole("radio").first().check()
    case.getByLabel("Note").fill("The pump was stuck; nothing else was touched.")
    case.getByLabel(re.compile("^To follow up")).fill("Service by the vendor")
    case.getByRole("button", name=re.compile("^Record the review")).click()
    window.button("Record the review with passkey").click()
    window.heading("Reviewed").waitFor()
    reviewed = hospital.audit(kind="break-glass.reviewed")[-1]
    print(reviewed)
    assert reviewed["fields"]["by"] == reviewer.person.name and proven_decision(reviewed["fields"])[3]["follow_up"] == "Service by the vendor"
