"""A recording of two terminals over one SSH connection: the second one is told of, found and shown, by the socket and on the page."""
import contextlib
import re

import pytest

from hospital.console import ConsoleHospital
from hospital.house import until
from hospital.player import CONNECTED
from hospital.replay import replay
from hospital.visitor import Visitor, open_browser


@pytest.fixture(scope="module")
def hospital():
    here = ConsoleHospital()
    try:
        yield here.open()
    finally:
        here.close()


@pytest.fixture(scope="module")
def ruth(hospital):
    return hospital.keyed(hospital.reviewer(name="ruth"))


@pytest.fixture(scope="module")
def recorded(hospital, ruth):
    """One shell that waits, and a second one in which something is done; with its index."""
    person = hospital.staff(key=True)
    options = ("-o", "ControlMaster=auto", "-S", str(hospital.home / "two"))
    with hospital.terminal(person, "mri-3", way="key", options=options) as first:
        first.expect("recorded, until")
        first.send("echo first-$((6*7))\r")
        first.expect("first-42")
        with hospital.terminal(person, "mri-3", way="key", code=[], options=options) as second:
            second.send("echo second-$((6*7))\r")
            second.expect("second-42")
            second.send("sleep 1; exit\r")
            second.rest()
        first.send("sleep 1; echo last-$((6*7))\r")
        first.expect("last-42")
        first.send("exit\r")
        first.rest()
    session = hospital.recording_of(person)["id"]

    def found():
        with replay(ruth, session) as player:
            player.ask({"search": 1, "text": "second-42"})
            hits = player.kind("hits")
            return hits["hits"] if hits["indexed"] else None
    return session, until(found, 60, every=1)[0]


def test_both_terminals_are_told_of_before_anything_is_sought(ruth, recorded):
    with replay(ruth, recorded[0]) as player:
        said = player.kind("terminals")
        assert len(said["channels"]) == 2, said
        player.want(player.kind("begin")["duration"] + 1000)
        assert "first-42" in player.text and "last-42" in player.text and "second-42" not in player.text
        opened = [one["opened"] for one in player.said if one["kind"] == "terminals" and one["opened"] is not None]
        assert opened == [recorded[1]["channel"]], "that it opens is said, once"


def test_a_hit_in_the_second_terminal_is_shown_there(ruth, recorded):
    session, hit = recorded
    with replay(ruth, session) as player:
        player.kind("begin")
        player.ask({"channel": hit["channel"]})
        player.seek(hit["at"] + 1)
        assert "second-42" in player.text and "first-42" not in player.text
        assert player.kind("sought")["channel"] == hit["channel"]


@pytest.fixture(scope="module")
def driver(hospital):
    here = open_browser(hospital)
    yield here
    here.close()


def test_the_page_offers_both_and_a_hit_leads_to_its_terminal(hospital, ruth, driver, recorded):
    with contextlib.closing(Visitor(driver, hospital)) as window:
        window.borrow(ruth).authenticator(ruth.passkey)
        window.go(f"/replay/{recorded[0]}")
        window.button(re.compile("^Play")).first().click()
        window.button("Play with passkey").click()
        window.until(CONNECTED)
        window.until_drawn("first-42")
        # What is looked at stands still: it would play on to where the first terminal speaks again. (It may have come to its end: then it stands too.)
        window.page.evaluate("document.querySelector('.controls [aria-label=Pause]')?.click()")
        window.button("Play", exact=True).waitFor()
        which = "document.querySelector('.stage select')"
        window.until(f"{which}?.options.length === 2 && {which}.selectedIndex === 0")
        find = window.page.getByLabel("Search in what was shown")
        find.fill("second-42")
        find.press("Enter")
        window.page.locator("[data-item]").filter(hasText="second-42").first().click()
        window.until_drawn("second-42")
        window.until(f"{which}.selectedIndex === 1")
        window.page.locator(".stage select").selectOption(window.page.evaluate(f"{which}.options[0].value"))
        window.until_drawn("first-42")
        window.until_drawn("second-42", gone=True)
        assert window.went_wrong() == []
