"""Every page of the console in every state, as it is seen, heard, touched and tabbed through: on a phone and at a desk, light and dark, narrow, enlarged and still."""
import base64
import os
import pathlib
import time

import pytest

from hospital.anteroom import Person, new_source
from hospital.browser import HERE
from hospital.console import ConsoleHospital
from hospital.rdp_scene import PICTURES
from hospital.visitor import DESK, PHONE, Visitor, open_browser

REFERENCES = HERE / "references"
SIZES = {"phone": PHONE, "desk": DESK}
# Of each view these are kept as reviewed pictures; ANTEROOM_REFERENCES=write makes them anew.
KEPT = {"phone": "dark", "desk": "light"}
MASKED = ("time", ".nums", ".mono", "code", ".xterm", ".countdown", "svg[shape-rendering]")
UNLIKE = 0.06


def zone_of_day():
    """A zone in which it is day: nothing here begins on one date and ends on another, which would take more room. None to the west: a minus takes less room than a plus."""
    return "UTC" if 6 <= time.gmtime().tm_hour < 18 else "Etc/GMT-12"


class ByDay(ConsoleHospital):
    def configure(self, limits=None, site=None, alerts=None):
        super().configure(limits, {"zone": zone_of_day(), **(site or {})}, alerts)


@pytest.fixture(scope="module")
def hospital():
    here = ByDay()
    try:
        yield here.open()
    finally:
        here.close()


class World:
    """People in every situation, and a browser window for each of them on a phone and at a desk."""

    def __init__(self, house):
        self.house, self.windows, self.apis = house, {}, {}
        self.driver = open_browser(house)
        account = house.account
        alice = house.vendor(name="alice")
        self.apis["alice"] = house.keyed(alice)
        # One who may see everything; one who has and may nothing.
        self.apis["olga"] = house.keyed(house.person("imaging", "reviewers", "staff", name="olga"))
        self.apis["nora"] = house.keyed(house.person(name="nora"))
        answer = house.json("person", "invite", "ida", "--group", "staff")
        self.apis["ida"] = house.api(source=new_source())
        self.apis["ida"].sign_in(Person("ida", answer["code"], None, ""), code="")
        self.account, self.other = account, f"lone-1+{account}"
        self.shots = pathlib.Path(os.environ.get("ANTEROOM_SHOTS", house.home))
        ask = self.apis["alice"].post
        self.granted = ask("/api/requests", {"places": [f"ct-1+{account}"], "reason": "Coil fault since Friday, error 4711", "ticket": "CHG-4711", "seconds": 1800, "at": None}).json["id"]
        card = self.apis["olga"].get(f"/api/requests/{self.granted}").json
        assert self.apis["olga"].decide(f"/api/requests/{self.granted}/approve", {"seconds": 1800, "confirmed": True}, card["etag"]).status == 200
        self.waiting = ask("/api/requests", {"places": [f"lone-1+{account}"], "reason": "Firmware of the gateway", "ticket": "", "seconds": 3600, "at": None}).json["id"]
        with house.terminal(alice, "mri-3") as earlier:
            earlier.expect("recorded, until")
            earlier.send("PS1='scanner# '; clear\r")
            earlier.expect("scanner# ")
            earlier.send("echo coil 4 is at 21 degrees\r")
            earlier.expect("\rcoil 4 is at 21 degrees")
            earlier.send("exit\r")
            earlier.rest()
        self.recorded = house.json("session", "list", "--all")[0]["id"]
        clara = house.keyed(house.person("clinical", name="clara"))
        assert clara.decide("/api/break-glass", {"place": f"brief-1+{account}", "reason": "The pump does not answer"}).status == 200
        self.terminal = house.terminal(alice, "mri-3")
        self.terminal.expect("recorded, until")
        self.session = next(one["id"] for one in house.json("session", "list") if one["person"] == "alice")

    def window(self, who, size):
        if (who, size) not in self.windows:
            self.windows[who, size] = self.new(who, SIZES[size])
        return self.windows[who, size]

    def new(self, who, *words, **more):
        window = Visitor(self.driver, self.house, *words, **more)
        return window.borrow(self.apis[who]).authenticator(self.apis[who].passkey) if who != "nobody" else window

    def close(self):
        self.terminal.close()
        self.driver.close()


@pytest.fixture(scope="module")
def world(hospital):
    here = World(hospital)
    try:
        yield here
    finally:
        here.close()


def settled(window):
    """The page is there, and nothing is being fetched any more."""
    window.until("document.querySelector('main h1') && !document.querySelector('[aria-busy=true], .skeleton') && document.fonts.status === 'loaded'")
    window.page.waitForLoadState("load")


def press(*names):
    def prepare(window, world):
        for name in names:
            window.button(name).first().click()
        window.page.waitForTimeout(150)
    return prepare


def seen_a_while_ago(window, world):
    """Seconds take less room than minutes."""
    window.until("!/\\b(s ago|just now)/.test(document.querySelector('main').innerText)", 90)


def decide(window, world):
    window.page.getByLabel("Scanner idle, room told").check()
    press("Approve ")(window, world)


def take_turn(window, world):
    """The windows' authenticators and the API's caller hold copies of one passkey, and a counter that does not grow is refused."""
    passkey = world.apis["olga"].passkey
    passkey.counter += 10
    window.cdp.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": window.device})
    window.authenticator(passkey)
    passkey.counter += 10


def replay(window, world):
    take_turn(window, world)
    window.button("Play", exact=True).click()
    window.button("Play with passkey").click()
    window.see("Intact")
    window.page.getByRole("slider", name="Position").press("End")
    window.until_drawn("coil 4")
    window.until("[...document.querySelectorAll('.said span')].every((one) => !one.textContent || getComputedStyle(one).opacity === '0')")  # what is said of it fades


def watch(window, world):
    take_turn(window, world)
    window.button("Watch", exact=True).click()
    window.button("Watch with passkey").click()
    window.see("Live, about a second behind")


def keys(window, world):
    window.page.keyboard.press("?")
    window.heading("Keys").waitFor()


def choose_codes(window, world):
    window.button("A password and codes").click()
    for label in ("New password", "Once more"):
        window.page.getByLabel(label).fill("a scanner with a view")
    window.button("Go on").click()
    window.see("I cannot scan it")


def tap(text):
    return lambda window, world: window.page.getByText(text).first().click()


# What is looked at: who, where, and what is done there first.
VIEWS = {
    "sign-in": ("nobody", "/", None),
    "sign-in-invited": ("nobody", "/welcome", None),
    "welcome": ("ida", "/welcome", None),
    "welcome-passkey": ("ida", "/welcome", press("A passkey")),
    "welcome-codes": ("ida", "/welcome", choose_codes),
    "home": ("alice", "/", None),
    "home-connect": ("alice", "/", press("Connect")),
    "home-empty": ("nora", "/", None),
    "request-form": ("alice", "/request/{other}", None),
    "request-form-wrong": ("alice", "/request/{other}", press("Send request")),
    "request-waiting": ("alice", "/requests/{waiting}", None),
    "request-granted": ("alice", "/requests/{granted}", None),
    "request-to-decide": ("olga", "/requests/{waiting}", None),
    "request-unknown": ("nora", "/requests/{waiting}", None),
    "approvals": ("olga", "/approvals", None),
    "approvals-factor": ("olga", "/approvals", decide),
    "approvals-deny": ("olga", "/approvals", press("Deny")),
    "live": ("olga", "/live", None),
    "live-end": ("olga", "/live", press("End the session")),
    "live-empty": ("nora", "/live", None),
    "live-one": ("olga", "/live/{session}", None),
    "watching": ("olga", "/live/{session}", watch),
    "recordings": ("olga", "/recordings", None),
    "replay": ("olga", "/replay/{recorded}", None),
    "replaying": ("olga", "/replay/{recorded}", replay),
    "breakglass": ("olga", "/breakglass", None),
    "audit": ("olga", "/audit", None),
    "policy": ("olga", "/policy", None),
    "policy-explained": ("olga", "/policy?person=alice&target=ct-1&account={account}", None),
    "policy-text": ("olga", "/policy?view=text", None),
    "people": ("olga", "/people", None),
    "person": ("olga", "/people/alice", seen_a_while_ago),
    "me": ("olga", "/me", None),
    "me-passkey": ("olga", "/me", press("Add a passkey")),
    "keys": ("olga", "/live", keys),
    "nowhere": ("alice", "/nowhere", None),
}


def show(world, view, window):
    _, path, prepare = VIEWS[view]
    window.go(path.format(**vars(world)))
    settled(window)
    if prepare:
        prepare(window, world)
    return window


def judged(window, *checks):
    """Everything that is wrong, at once."""
    return [f"{check}: {one}" for check in checks for one in (window.inspect() if check == "axe" else window.look(check))] + window.went_wrong()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("view", VIEWS)
def test_nothing_is_wrong_with_a_view(world, view, size):
    """Light first; then the same page in the dark, where its colours have to hold again."""
    window = world.window(VIEWS[view][0], size)
    window.page.emulateMedia(colorScheme="light")
    show(world, view, window)
    if KEPT[size] == "light":
        compare(world, window, f"{view}-{size}-light")
    found = judged(window, "axe", "covered", "small", "sideways", "cut")
    found += [f"tab: {one}" for one in window.tab_through()]
    window.page.emulateMedia(colorScheme="dark")
    found += [f"in the dark: {one}" for one in world.driver.here.inspect(window.page, {"type": "rule", "values": ["color-contrast", "link-in-text-block"]})]
    if KEPT[size] == "dark":
        window.page.evaluate("document.activeElement?.blur?.()")
        compare(world, window, f"{view}-{size}-dark")
    assert found == []


def compare(world, window, name):
    file = REFERENCES / f"{name}.png"
    window.page.evaluate("scrollTo(0, 0)")
    window.until_laid_out()
    mask = [window.page.locator(one) for one in MASKED]
    now = window.picture(world.shots / f"{name}.png", mask)
    if os.environ.get("ANTEROOM_REFERENCES") == "write":
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(now)
        return
    assert file.exists(), f"no reviewed picture {file}"
    share = world.driver.here.unlike(base64.b64encode(file.read_bytes()).decode(), base64.b64encode(now).decode())
    if share > UNLIKE:
        PICTURES.mkdir(parents=True, exist_ok=True)
        kept = PICTURES / f"{name}.png"
        kept.write_bytes(now)
        raise AssertionError(f"{share:.1%} of {name} is not as reviewed: {kept}")


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_fits_a_narrow_window_and_letters_of_twice_the_size_and_keeps_still(world, view):
    with world.new(VIEWS[view][0], (320, 640), "light", "reduce") as window:
        show(world, view, window)
        window.until_laid_out()
        found = [f"still: {one}" for one in window.look("moving")] + [f"320 px: {one}" for one in judged(window, "sideways", "covered")]
        window.page.setViewportSize({"width": 1280, "height": 900})
        window.double_text()
        found += [f"200 %: {one}" for one in judged(window, "sideways", "covered", "cut")]
    assert found == []


@pytest.mark.parametrize("view", ("home", "request-waiting", "approvals", "live"))
def test_a_page_that_nothing_happens_to_does_nothing(world, view):
    """It stands open in a pocket for hours: a page that goes round in circles empties the battery."""
    with world.new(VIEWS[view][0], PHONE) as window:
        show(world, view, window)
        window.page.evaluate("{ window.__turns = 0; const put = window.queueMicrotask; window.queueMicrotask = (work) => { window.__turns += 1; put.call(window, work); }; }")
        window.page.waitForTimeout(2500)
        assert window.page.evaluate("window.__turns") < 200


# ---- what is not there yet, or not any more


LISTS = {"home": ("alice", "/", "**/api/home"), "approvals": ("olga", "/approvals", "**/api/approvals"), "live": ("olga", "/live", "**/api/sessions"), "audit": ("olga", "/audit", "**/api/audit?*"),
         "policy": ("olga", "/policy?view=text", "**/api/policy"), "people": ("olga", "/people", "**/api/people"), "me": ("olga", "/me", "**/api/me/security")}
FAULT = {"status": 503, "contentType": "application/problem+json", "headers": {"Retry-After": "5"},
         "body": '{"type":"about:blank","title":"Busy","status":503,"detail":"That cannot be done right now.","help":"Help: call 4711."}'}


@pytest.mark.parametrize("name", LISTS)
def test_a_page_that_waits_and_one_that_got_nothing_say_so(world, name):
    who, path, pattern = LISTS[name]
    window = world.window(who, "phone")
    held = world.driver.here.meddle(window.page, pattern, None)
    window.go(path)
    window.until("document.querySelector('#main h1') && document.querySelector('[aria-busy=true], [role=status] , .skeleton')")
    waiting = judged(window, "axe", "sideways", "covered")
    held.end()
    settled(window)
    refused = world.driver.here.meddle(window.page, pattern, FAULT)
    window.go(path)
    window.button("Try again").waitFor()
    failed = judged(window, "axe", "sideways", "covered", "small")
    refused.end()
    window.page.evaluate("[...document.querySelectorAll('button')].find((one) => one.innerText.trim() === 'Try again')?.click()")  # it may have asked again by itself
    window.button("Try again").waitFor(state="detached")
    assert (waiting, failed) == ([], [])


def test_a_page_without_the_network_says_that_it_may_be_old(world):
    with world.new("alice", PHONE) as window:
        show(world, "home", window)
        window.context.setOffline(True)
        window.see("Offline")
        window.went_wrong()  # the browser's own words about lines that broke
        assert judged(window, "axe", "sideways", "covered") == []
        window.context.setOffline(False)
        window.until("!document.body.innerText.includes('Offline')", 30)
