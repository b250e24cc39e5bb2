"""The console in several tabs of one browser, and in a browser that loses its network: one stream of events for all tabs, and a sign-out that says what is true."""
import contextlib
import time

import pytest

from hospital.console import ConsoleHospital
from hospital.visitor import DESK, PHONE, Visitor, open_browser

# Which tab holds the stream is asked of EventSource itself; and a tab can be made deaf to the others, as one that does not run is.
COUNTED = """
  window.__streams = [], window.__channels = [];
  window.EventSource = class extends EventSource { constructor(...given) { super(...given); window.__streams.push(this); } };
  window.BroadcastChannel = class extends BroadcastChannel { constructor(...given) { super(...given); window.__channels.push(this); } };
"""
# With all that it imports: one of them missing, it is not there.
SIGN_IN_IS_THERE = ("['SignIn', 'passkey', 'fingerprint-pattern', 'forms'].every((part) => "
                    "performance.getEntriesByType('resource').some((one) => one.responseEnd > 0 && one.name.includes(`/assets/${part}-`) && one.name.endsWith('.js')))")
HOLDS = "window.__streams.some((one) => one.readyState === 1)"


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
    with contextlib.ExitStack() as open_ones:
        def open_one(size=DESK):
            window = open_ones.enter_context(Visitor(driver, hospital, size))
            window.context.addInitScript(content=COUNTED)
            return window

        yield open_one


class Tab(Visitor):
    """One more tab of a visitor's browser."""

    def __init__(self, visitor, page=None):
        self.driver, self.house, self.context = visitor.driver, visitor.house, visitor.context
        self.page = page or visitor.context.newPage()

    def close(self):
        self.page.close()


def tabs_of(window, count, path):
    tabs = [Tab(window, window.page)] + [Tab(window) for _ in range(count - 1)]
    for tab in tabs:
        tab.go(path)
        tab.button("Sign out").first().waitFor()
    return tabs


def the_holder(tabs):
    """The one tab whose stream is open; waits until it is one."""
    deadline = time.monotonic() + 40
    while True:
        holding = [tab for tab in tabs if tab.page.evaluate(HOLDS)]
        if len(holding) == 1:
            return holding[0]
        assert time.monotonic() < deadline, f"{len(holding)} tabs of {len(tabs)} hold a stream"
        time.sleep(0.1)


def ask(hospital, reason):
    made = hospital.api(hospital.vendor()).post("/api/requests", {"places": [f"ct-1+{hospital.account}"], "reason": reason, "ticket": "CHG-1", "seconds": 600, "at": None})
    assert made.status == 200, made


def test_seven_tabs_hear_of_a_request_and_go_on_when_the_one_with_the_stream_closes(hospital, visit):
    dana = hospital.api(hospital.person("imaging"))
    tabs = tabs_of(visit().borrow(dana), 7, "/approvals")
    holder = the_holder(tabs)
    ask(hospital, "heard by all")
    for tab in (tabs[0], tabs[-1]):
        tab.see("heard by all")
        tab.until("document.title.startsWith('(1) ')")
    assert tabs[-1].js("() => fetch('/api/me').then((answer) => answer.status)") == 200

    holder.close()
    tabs.remove(holder)
    assert the_holder(tabs) is not holder
    ask(hospital, "heard by the rest")
    for tab in (tabs[0], tabs[-1]):
        tab.see("heard by the rest")

    # One that is frozen gives the stream up before.
    frozen = the_holder(tabs)
    frozen.page.evaluate("document.dispatchEvent(new Event('freeze'))")
    tabs.remove(frozen)
    holder = the_holder(tabs)
    assert not frozen.page.evaluate(HOLDS)

    # One that was frozen without a word answers nothing: it is not waited for.
    holder.page.evaluate("for (const one of window.__channels) one.onmessage = null")
    tabs.remove(holder)
    the_holder(tabs)
    holder.until(f"!({HOLDS})")
    ask(hospital, "heard without them")
    tabs[-1].see("heard without them")

    # Signing out in one ends all.
    tabs[0].button("Sign out").first().click()
    for tab in (*tabs, frozen):
        tab.button("Sign in", exact=True).waitFor()


def test_an_approver_who_comes_is_told_how_many_wait(hospital, visit):
    dana = hospital.api(hospital.person("imaging"))
    before = len(dana.get("/api/approvals").json["waiting"])
    ask(hospital, "was there before")
    tabs = tabs_of(visit().borrow(dana), 2, "/me")
    for tab in tabs:
        tab.until(f"document.title.startsWith('({before + 1}) ')")


def test_tabs_of_another_session_hear_nothing_of_an_earlier_one(hospital, visit):
    dana, ruth = hospital.api(hospital.person("imaging")), hospital.api(hospital.reviewer())
    window = visit().borrow(dana)
    old = tabs_of(window, 1, "/me")[0]
    the_holder([old])
    window.borrow(ruth)
    new = Tab(window)
    new.go("/me")
    new.button("Sign out").first().waitFor()
    the_holder([new])
    assert old.page.evaluate(HOLDS), "each session has a stream of its own"
    names = new.js("async () => (await navigator.locks.query()).held.map((one) => one.name)")
    assert len(set(names)) == 2 and not any(secret in name for name in names for secret in (dana.csrf, ruth.csrf, dana.token, ruth.token)), names

    # The stream of the earlier session comes back with the cookie of now: its page is then whose cookie that is.
    assert dana.person.name in old.page.locator("header .me").innerText()
    dana.post("/api/sign-out")
    old.until(f"document.querySelector('header .me')?.innerText.includes({ruth.person.name!r})")


def test_who_signs_out_without_a_network_is_told_so_and_is_out_when_it_is_back(hospital, visit):
    person = hospital.api(hospital.staff())
    window = visit(PHONE).borrow(person).go("/")
    window.see("Places")
    window.until(SIGN_IN_IS_THERE)
    window.context.setOffline(True)
    window.button("Sign out").first().click()
    window.see("this browser is still signed in")
    assert "Places" not in window.text() and "You have signed out" not in window.text()
    assert person.get("/api/me").status == 200
    window.context.setOffline(False)
    window.see("You have signed out.")
    assert person.get("/api/me").status == 401
    window.page.reload()
    window.button("Sign in", exact=True).waitFor()


def test_a_sign_out_that_was_not_heard_goes_on_in_the_page_that_is_loaded_next(hospital, visit):
    person = hospital.api(hospital.staff())
    window = visit().borrow(person).go("/")
    window.see("Places")
    other = Tab(window)
    other.go("/")
    for tab in (window, other):
        tab.until(SIGN_IN_IS_THERE)
    window.context.setOffline(True)
    window.button("Sign out").first().click()
    window.see("this browser is still signed in")
    other.button("Sign in", exact=True).waitFor()  # nothing is left in the other tab either
    window.page.close()
    other.page.close()
    window.context.setOffline(False)
    third = Tab(window)
    third.go("/")
    third.see("You have signed out.")
    assert person.get("/api/me").status == 401


ASKED_WHO = "performance.getEntriesByType('resource').filter((one) => one.name.endsWith('/api/me')).length"


def test_a_line_that_comes_back_brings_what_is_missing_and_takes_nobody_from_their_place(hospital, visit):
    dana = hospital.api(hospital.person("imaging"))
    ask(hospital, "asked before the gap")
    window = visit(PHONE).borrow(dana).go("/approvals")
    window.see("asked before the gap")
    window.until(HOLDS)
    window.page.getByRole("navigation").getByRole("link", name="Home").click()
    window.heading("Home").first().waitFor()  # not only its address: until then Approvals stands there still, and would stay
    window.context.setOffline(True)
    window.page.getByRole("navigation").getByRole("link", name="Approvals").click()
    window.see("No connection")
    window.context.setOffline(False)
    window.see("asked before the gap")
    window.until(HOLDS)
    window.context.setOffline(True)
    window.page.getByRole("navigation").getByRole("link", name="Live").click()
    window.see("This page did not load")
    window.context.setOffline(False)
    window.heading("Live").waitFor()
    window.page.getByRole("navigation").getByRole("link", name="Approvals").click()
    window.see("asked before the gap")

    window.until(HOLDS)
    window.button("Deny").last().click()
    window.page.getByRole("textbox").last().fill("not tonight")
    place = "[document.activeElement.tagName, Math.round(scrollY)]"
    before, asked = window.page.evaluate(place), window.page.evaluate(ASKED_WHO)
    assert before[0] != "H1"
    window.context.setOffline(True)
    window.until("navigator.onLine === false")
    window.context.setOffline(False)
    window.until(f"{ASKED_WHO} > {asked} && {HOLDS}")
    time.sleep(0.3)
    assert window.page.evaluate(place) == before


def test_nothing_of_whoever_was_there_before_is_left_for_the_next_person(hospital, visit):
    dana, ruth = hospital.api(hospital.person("imaging")), hospital.api(hospital.reviewer())
    ask(hospital, "a word for dana alone")
    window = visit().borrow(dana)
    old = tabs_of(window, 1, "/approvals")[0]
    the_holder([old])
    old.see("a word for dana alone")
    old.button("Approve").last().click()
    old.page.getByRole("dialog").waitFor()
    window.borrow(ruth)
    dana.post("/api/sign-out")
    old.until(f"document.querySelector('header .me')?.innerText.includes({ruth.person.name!r})")
    old.until("!document.querySelector('dialog[open]')")
    assert "a word for dana alone" not in old.text()
