"""Silence signs a person out of the console, whoever else keeps talking in their name, and they come back to the same page. Age does too, asks
nothing, and blames no silence. Somebody invited is warned as well."""
import re
import time

import pytest

from hospital.anteroom import Person, new_source
from hospital.console import ConsoleHospital
from hospital.visitor import DESK, PHONE, Visitor, open_browser

IDLE = 66  # seconds; the page warns 60 s before


@pytest.fixture(scope="module")
def hospital():
    here = ConsoleHospital({"idle": f"{IDLE}s"})
    try:
        yield here.open()
    finally:
        here.close()


LIVED = "[window.__asked, document.querySelector('main')?.innerText]"  # was there ever a question; what the page says


@pytest.fixture(scope="module", autouse=True)
def aged():
    """The window of somebody whose minute is over while the other tests wait: what they meet is looked at here, how it ended in a test."""
    here = ConsoleHospital({"idle": "60s", "longest": "60s"})
    try:
        here.open()
        driver = open_browser(here)
        with Visitor(driver, here, PHONE) as window:
            window.borrow(here.api(here.reviewer())).go("/recordings")
            notice = window.page.getByText(re.compile(r"^Your time is over in \d+ s"))
            notice.waitFor()
            window.page.evaluate("""(() => {
                window.__asked = false;
                new MutationObserver(() => (window.__asked ||= document.querySelector('dialog[open]') !== null)).observe(document, { subtree: true, childList: true, attributes: true });
            })()""")
            # Whatever is done, no question comes back; and the page can be used.
            window.page.getByRole("link", name="Home").first().click()
            window.heading("Home").waitFor()
            assert window.inspect() == [] and window.look("covered") == [] and window.look("small") == []
            window.button("Close this notice").tap()
            notice.waitFor(state="detached")
            yield window
        driver.close()
    finally:
        here.close()


def test_silence_is_warned_of_answered_and_at_last_ends_the_session(hospital):
    ruth = hospital.keyed(hospital.reviewer(name="ruth"))
    driver = open_browser(hospital)
    other = hospital.api()
    other.passkey_sign_in(ruth.passkey)
    try:
        with Visitor(driver, hospital, DESK) as window:
            # No offer while the name is typed: this device's finger is always on the key, and would be there before the button is.
            window.context.addInitScript({"content": "PublicKeyCredential.isConditionalMediationAvailable = async () => false"})
            window.borrow(ruth).go("/audit?person=ruth#here")
            window.heading("Audit").first().waitFor()
            place = window.where()
            window.page.evaluate("window.__same = true")
            warning = window.page.getByRole("alertdialog")
            warning.waitFor(timeout=20000)
            before = ruth.get("/api/me").json["idle_seconds"]
            stayed = time.monotonic()
            window.button("Stay signed in").click()
            warning.waitFor(state="hidden")
            assert ruth.get("/api/me").json["idle_seconds"] > before - 1
            # From here on nobody touches anything. What the page and its stream fetch by themselves keeps nothing alive.
            warning.waitFor(timeout=20000)
            assert window.inspect() == [] and window.look("covered") == [] and window.look("small") == []
            while time.monotonic() - stayed < IDLE - 12:
                assert ruth.get("/api/home").status == 200 and ruth.get("/api/me").status == 200
                time.sleep(3)
            window.button("Sign in", exact=True).waitFor(timeout=25000)
            over = time.monotonic() - stayed
            assert IDLE - 2 <= over <= IDLE + 30, over  # input is noted to a sixtieth of that
            assert ruth.get("/api/me").status == 401, "the server ended it, not the page"
            assert other.get("/api/me").status == 401
            window.see("You were signed out")
            assert window.where() == place and window.page.evaluate("window.__same")
            left = window.text()
            assert "ruth" not in left.replace("ruth@", ""), "nothing of the page is left"
            # Only now: a device whose finger is always on the key would have signed in again by itself.
            window.authenticator(ruth.passkey)
            window.button("Sign in with a passkey").click()
            window.heading("Audit").first().waitFor()
            assert window.where() == place
    finally:
        driver.close()


def test_somebody_invited_is_warned_of_silence_and_can_stay(hospital):
    invited = Person("ida", hospital.json("person", "invite", "ida", "--group", "staff")["code"], None, new_source())
    guest = hospital.api(source=invited.source)
    guest.sign_in(invited, code="")
    driver = open_browser(hospital)
    try:
        with Visitor(driver, hospital, PHONE) as window:
            window.borrow(guest).go("/welcome")
            warning = window.page.getByRole("alertdialog")
            warning.waitFor()
            window.see("Nothing is kept yet")
            assert window.inspect() == [] and window.look("small") == []
            before = guest.get("/api/me").json["idle_seconds"]
            window.button("Stay signed in").click()
            warning.waitFor(state="hidden")
            assert guest.get("/api/me").json["idle_seconds"] > before
            warning.waitFor()
            window.button("Sign out now").click()
            window.see("You have signed out")
            assert window.went_wrong() == []
    finally:
        driver.close()


def test_age_ends_a_session_without_a_question_and_blames_no_silence(aged):
    aged.see("because your time was up", timeout=100)
    aged.button("Sign in", exact=True).waitFor()
    asked, page = aged.page.evaluate(LIVED)
    assert asked is False and "without input" not in page
    assert aged.went_wrong() == []
