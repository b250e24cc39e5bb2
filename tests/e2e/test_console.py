"""The console as people meet it: asked for, approved with a passkey, connected by ssh, watched and ended, with a browser each, on phones and at desks."""
import contextlib
import datetime
import re
import shlex
import time

import pytest

from hospital.anteroom import Person, new_source
from hospital.browser import Failed
from hospital.client import Terminal
from hospital.codes import Codes
from hospital.console import ConsoleHospital
from hospital.evidence import bundle, signed_in
from hospital.passkey import proven_decision
from hospital.visitor import DESK, PHONE, Visitor, open_browser

PASSWORD = "a scanner with a view"


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

    def open_one(size=DESK, scheme="light", **more):
        opened.append(Visitor(driver, hospital, size, scheme, **more))
        return opened[-1]

    yield open_one
    wrongs = [one.went_wrong() for one in opened]
    for one in opened:
        one.close()
    assert wrongs == [[] for _ in opened]


def sign_in(window, person, path="/", code=None):
    """With password and code, on the page that was asked for."""
    window.go(path)
    window.page.getByLabel("Name", exact=True).fill(person.name)
    window.page.getByLabel("Password", exact=True).fill(person.password)
    window.page.getByLabel("Code", exact=True).fill(code or person.fresh_code())
    window.button("Sign in", exact=True).click()
    window.button("Sign out").first().waitFor()
    # Marked, to see later that it was never loaded again.
    window.page.evaluate("window.__same = true")


def is_the_same_page(window):
    return window.page.evaluate("window.__same === true")


def to(window, page):
    """By the navigation, which on a phone has the rest under More."""
    link = window.page.getByRole("navigation").getByRole("link", name=page)
    if not link.isVisible():
        window.button("More").click()
        link = window.page.getByRole("link", name=page).last()
    link.click()


def add_passkey(window, person):
    to(window, "My security")
    window.button("Add a passkey").click()
    window.button("Make the passkey").click()
    window.page.getByLabel("Code", exact=True).fill(person.fresh_code())
    window.button("Add the passkey with code").click()
    window.see("not used yet")
    assert len(window.credentials()) == 1


def live_session(hospital, person):
    return next((one["id"] for one in hospital.json("session", "list") if one["person"] == person.name), None)


@pytest.mark.parametrize("size,scheme", [(PHONE, "light"), (PHONE, "dark"), (DESK, "light"), (DESK, "dark")], ids=["phone-light", "phone-dark", "desk-light", "desk-dark"])
def test_the_whole_way_from_the_request_to_the_end_of_the_session(hospital, visit, size, scheme):
    alice, dana, ruth = hospital.vendor(), hospital.person("imaging"), hospital.reviewer()
    hers, approvers, reviewers = (visit(size, scheme) for _ in range(3))

    # alice asks.
    sign_in(hers, alice)
    hers.page.getByRole("link", name=f"Request ct-1+{hospital.account}").click()
    hers.heading(re.compile("ct-1")).first().waitFor()
    hers.page.getByLabel("Reason").fill("gradient coil replaced")
    hers.page.getByLabel("Ticket").fill("CHG-4711")
    hers.button(re.compile("^Send request")).click()
    hers.until("/^\\/requests\\/\\d+$/.test(location.pathname)")
    number = int(hers.where().rsplit("/", 1)[1])
    hers.see(re.compile("imaging-admins"))

    # dana follows the link of her mail, and is there after signing in.
    approvers.authenticator()
    sign_in(approvers, dana, f"/requests/{number}")
    approvers.see("gradient coil replaced")
    assert approvers.where() == f"/requests/{number}"
    add_passkey(approvers, dana)
    to(approvers, "Approvals")
    approvers.see("gradient coil replaced")
    assert hospital.json("request", "show", number)["state"] == "requested", "nothing happened by opening it"
    approvers.button(re.compile("^Approve")).first().click()
    approvers.button(re.compile("with passkey$")).click()
    approvers.until("!document.querySelector('dialog[open]')")

    # alice's page has turned into Connect by itself.
    line = hers.page.locator("code").filter(hasText="ssh -p").first()
    line.waitFor()
    assert is_the_same_page(hers) and hers.where() == f"/requests/{number}"
    shown = hospital.json("request", "show", number)
    assert shown["state"] == "approved" and [one["by"] for one in shown["yeses"]] == [dana.name]

    # The record of it holds what dana's passkey signed: this approval and nothing else.
    record = next(one for one in hospital.audit(kind="access.approved") if one["fields"]["request"] == str(number))
    method, path, if_match, body = proven_decision(record["fields"])
    assert (method, path) == ("POST", f"/api/requests/{number}/approve") and if_match and body["seconds"] == shown["granted_seconds"]

    # ruth has the list of live sessions open before there is one.
    reviewers.authenticator()
    sign_in(reviewers, ruth, "/live")
    add_passkey(reviewers, ruth)
    to(reviewers, "Live")
    reviewers.see("Nobody is connected")

    words = shlex.split(line.innerText())
    assert words[0] == "ssh" and words[-1].startswith(f"{alice.name}+ct-1"), words
    environment, _ = hospital.environment(alice)
    options = ["-F", "none", "-b", alice.source, "-o", f"UserKnownHostsFile={hospital.known_hosts}", "-o", "StrictHostKeyChecking=yes", "-o", "IdentityAgent=none", "-o", "IdentityFile=/dev/null",
               "-o", "NumberOfPasswordPrompts=1", "-o", "PreferredAuthentications=keyboard-interactive"]
    with Terminal(["ssh", *options, *words[1:]], environment) as terminal:
        terminal.expect("recorded, until")
        reviewers.page.getByRole("link", name=re.compile("^Watch")).first().click()
        reviewers.button("Watch", exact=True).click()
        reviewers.button("Watch with passkey").click()
        reviewers.see("Live, about a second behind")
        terminal.send("echo typed-$((6*7))\r")
        terminal.expect("typed-42\r\n")
        reviewers.until_drawn("typed-42")
        watched = [one["fields"] for one in hospital.audit(kind="session.watched") if one["person"] == ruth.name]
        assert watched and proven_decision(watched[-1])[1].endswith("/watch"), "recorded before it was shown"

        reviewers.button("End session", exact=True).click()
        reviewers.page.getByLabel("Reason").fill("the scanner is needed")
        reviewers.button(re.compile("^End session…")).click()
        reviewers.button(re.compile("with passkey$")).click()
        said = terminal.rest()
        assert "the scanner is needed" in said and terminal.wait() != 0, said
    reviewers.until("!document.body.innerText.includes('Live, about a second behind')")
    ended = hospital.audit(kind="session.terminated")[-1]["fields"]
    assert ended["of"] == alice.name and proven_decision(ended)[3] == {"reason": "the scanner is needed"}
    assert all(is_the_same_page(one) for one in (hers, approvers, reviewers)), "everything moved without being loaded again"
    # And all of it is evidence that somebody outside can verify.
    evidence = bundle(hospital, ruth, hospital.recording_of(alice)["id"])
    assert {"access.approved", "session.watched", "session.terminated"} <= set(signed_in(hospital, evidence))


# ---- coming in


class Invited:
    def __init__(self, hospital, name):
        self.person = Person(name, "", None, new_source())
        self.code = hospital.json("person", "invite", name, "--group", "staff", "--display-name", "Ida Berg")["code"]

    def arrive(self, window):
        window.go("/welcome")
        window.page.getByLabel("Name", exact=True).fill(self.person.name)
        window.page.getByLabel("Code of the invitation").fill(self.code)
        window.button("Go on").click()
        window.heading(re.compile("^Welcome, Ida Berg")).waitFor()


@pytest.mark.parametrize("size,scheme", [(PHONE, "dark"), (DESK, "light")], ids=["phone-dark", "desk-light"])
def test_somebody_invited_chooses_a_password_and_codes(hospital, visit, size, scheme):
    invited = Invited(hospital, f"ida-{scheme}")
    window = visit(size, scheme)
    invited.arrive(window)
    window.button("A password and codes").click()
    window.page.getByLabel("New password").fill("short")
    window.page.getByLabel("Once more").fill("short")
    window.button("Go on").click()
    assert window.page.locator("[aria-invalid=true]").count() >= 1
    window.page.getByLabel("New password").fill(PASSWORD)
    window.page.getByLabel("Once more").fill(PASSWORD)
    window.button("Go on").click()
    window.page.getByText("I cannot scan it").click()
    key = window.page.getByRole("group", name="the key").innerText().replace(" ", "")
    codes = Codes(f"otpauth://totp/x?secret={key}")
    window.page.getByLabel("Code that the app shows now").fill(codes.wrong())
    window.button("Finish").click()
    window.page.getByRole("alert").first().waitFor()
    window.page.getByLabel("Code that the app shows now").fill(codes.fresh())
    window.button("Finish").click()
    window.heading("You are set up").waitFor()
    recovery = window.page.locator(".codes code").allInnerTexts()
    assert len(recovery) == 10 and all(re.fullmatch(r"[0-9a-z]{4}(-[0-9a-z]{4}){3}", one) for one in recovery)
    window.page.getByLabel("I have kept them in a safe place").check()
    window.button("Go on").click()
    window.heading("Home").waitFor()
    shown = hospital.json("person", "show", invited.person.name)
    assert (shown["state"], shown["totp"]) == ("enabled", "confirmed")
    # What was chosen works at the other door too, and so does a recovery code, once.
    invited.person.password, invited.person.codes = PASSWORD, codes
    assert hospital.ssh(invited.person, "mri-3", "echo", "in").text == "in\n"
    again = visit(size, scheme)
    sign_in(again, invited.person, code=recovery[0])


def test_somebody_invited_chooses_a_passkey_alone(hospital, visit):
    invited = Invited(hospital, "pia")
    window = visit(PHONE, "light").authenticator()
    invited.arrive(window)
    window.button("A passkey").click()
    window.button("Make the passkey").click()
    window.heading("Home").waitFor()
    assert len(window.credentials()) == 1 and hospital.json("person", "show", "pia")["state"] == "enabled"
    window.button("Sign out").first().click()
    # Browsers offer a passkey by themselves while the name is typed, and this one's finger is always on the key: the button may be too late.
    deadline = time.monotonic() + 40
    while not any(one["fields"]["factors"] == "passkey" for one in hospital.audit(kind="login.accepted", person="pia")):
        assert time.monotonic() < deadline, window.text()
        with contextlib.suppress(Failed):
            window.button("Sign in with a passkey").click(timeout=1500)
    window.heading("Home").waitFor()
    assert hospital.api(source=new_source()).post("/api/sign-in", {"user": "pia", "password": invited.code, "code": ""}).status == 401, "the invitation is spent"


def test_an_invitation_that_was_left_halfway_stays_good(hospital, visit):
    invited = Invited(hospital, "lars")
    window = visit(DESK, "dark")
    invited.arrive(window)
    window.page.getByText("Leave. The invitation stays good").click()
    window.see("You have signed out.")
    invited.arrive(window)
    window.go("/audit")
    window.heading(re.compile("^Welcome")).waitFor()


def test_a_wrong_code_and_a_used_one_say_what_to_do(hospital, visit):
    person = hospital.staff()
    window = visit(PHONE, "light")
    used = person.codes.lasting()
    sign_in(window, person, code=used)
    window.button("Sign out").first().click()
    window.page.getByLabel("Name", exact=True).fill(person.name)
    window.page.getByLabel("Password", exact=True).fill(person.password)
    window.page.getByLabel("Code", exact=True).fill(used)
    window.button("Sign in", exact=True).click()
    window.see(re.compile("used"))
    window.page.getByLabel("Password", exact=True).fill("something else")
    window.page.getByLabel("Code", exact=True).fill(person.codes.wrong())
    window.button("Sign in", exact=True).click()
    window.until("document.querySelector('[name=code]').value === ''")  # what was wrong is not sent again
    window.see(re.compile("4711"))


# ---- what comes by itself


def test_a_request_is_announced_on_whatever_page_its_approver_is(hospital, visit):
    alice, dana = hospital.keyed(hospital.vendor()), hospital.keyed(hospital.person("imaging"))
    window = visit(PHONE, "dark").borrow(dana).authenticator(dana.passkey).go("/me")
    window.button("Sign out").first().waitFor()
    window.page.evaluate("window.__same = true")
    made = alice.post("/api/requests", {"places": [f"ct-1+{hospital.account}"], "reason": "not for the notice", "ticket": "CHG-1", "seconds": 600, "at": None}).json
    notice = window.page.getByRole("link", name="Look")
    notice.waitFor()
    assert window.page.title().startswith("(1) ") and "not for the notice" not in window.text()
    notice.click()
    window.see("not for the notice")
    assert window.where() == f"/requests/{made['id']}" and is_the_same_page(window)
    alice.post(f"/api/requests/{made['id']}/withdraw")
    window.until("!document.title.startsWith('(')")


def test_what_was_granted_for_later_becomes_connect_by_itself(hospital, visit):
    alice, dana = hospital.keyed(hospital.vendor()), hospital.keyed(hospital.person("imaging"))
    begins = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    number = alice.post("/api/requests", {"places": [f"ct-1+{hospital.account}"], "reason": "the night's window", "ticket": "CHG-1", "seconds": 600, "at": begins}).json["id"]
    card = dana.get(f"/api/requests/{number}").json
    assert dana.decide(f"/api/requests/{number}/approve", {"seconds": 600, "confirmed": True}, card["etag"]).status == 200
    home, page = visit(DESK, "light").borrow(alice).go("/"), visit(PHONE, "dark").borrow(alice).go(f"/requests/{number}")
    home.see("From later on")
    page.heading("Approved for later").waitFor()
    assert not home.page.getByRole("button", name=re.compile("^Connect to ct-1")).count() and not page.page.locator("code").filter(hasText="ssh -p").count()
    # Nobody touches anything, and no event says it.
    home.button(re.compile("^Connect to ct-1")).waitFor()
    page.heading("Approved: you can connect").waitFor()
    page.page.locator("code").filter(hasText="ssh -p").first().waitFor()


def test_who_comes_second_is_told_who_was_first(hospital, visit):
    alice = hospital.keyed(hospital.vendor())
    dana, eva = hospital.keyed(hospital.person("imaging")), hospital.keyed(hospital.person("imaging"))
    number = alice.post("/api/requests", {"places": [f"ct-1+{hospital.account}"], "reason": "two see it", "ticket": "CHG-1", "seconds": 600, "at": None}).json["id"]
    window = visit(DESK, "light").borrow(eva).authenticator(eva.passkey).go("/approvals")
    window.button(re.compile("^Approve")).first().click()
    window.button(re.compile("with passkey$")).waitFor()
    card = dana.get(f"/api/requests/{number}").json
    assert dana.decide(f"/api/requests/{number}/deny", {"reason": "in use"}, card["etag"]).status == 200
    window.button(re.compile("with passkey$")).click()
    # Its card is gone by then: the notice stays.
    window.see(re.compile(f"^Yours was not counted: {dana.person.name} denied it at "))
    window.until("!document.querySelector('dialog[open]')")
    assert window.page.getByRole("link", name="Look").getAttribute("href") == f"/requests/{number}"
    assert hospital.json("request", "show", number)["state"] == "denied"


def test_a_page_in_another_window_moves_too_and_signing_out_ends_it(hospital, visit):
    person = hospital.keyed(hospital.vendor())
    window = visit(PHONE, "light").borrow(person).go("/")
    window.see("Places")
    made = person.post("/api/requests", {"places": [f"ct-1+{hospital.account}"], "reason": "elsewhere", "ticket": "CHG-1", "seconds": 600, "at": None}).json
    window.page.getByRole("link", name=re.compile("Show request")).waitFor()
    person.post(f"/api/requests/{made['id']}/withdraw")
    window.page.getByRole("link", name=re.compile("Show request")).waitFor(state="detached")
    person.post("/api/sign-out")
    window.button("Sign in", exact=True).waitFor(timeout=20000)


def test_another_site_cannot_frame_the_console(hospital, visit):
    with visit(DESK, "light", bypassCSP=True).borrow(hospital.api(hospital.staff())) as window:
        window.go("/offline.html")
        window.js("(url) => new Promise((done) => { const frame = document.createElement('iframe'); frame.onload = () => setTimeout(done, 300); frame.src = url; document.body.append(frame); })", hospital.origin.replace("localhost", "127.0.0.1") + "/approvals")
        assert not any("Sign" in frame for frame in window.js("() => [...document.querySelectorAll('iframe')].map((one) => { try { return one.contentDocument?.body?.innerText ?? ''; } catch { return ''; } })"))
        window.went_wrong()
