"""Nobody touches a page that plays a recording: the session ends in the middle of it, nothing of the picture is left, and whoever signs in again goes on at that second."""
import contextlib
import re
import threading
import time

import pytest

from hospital.house import until
from hospital.player import CONNECTED, Player
from hospital.replay import replay
from hospital.rooms import Both
from hospital.visitor import DESK, PHONE, Visitor, open_browser

IDLE = 66  # seconds; the page warns 60 s before
SHOWN = "dose-of-the-third-patient"
# Every line to the server, to be asked later whether it is still open.
SOCKETS = "window.__sockets = []; const Plain = WebSocket; window.WebSocket = class extends Plain { constructor(...words) { super(...words); window.__sockets.push(this); } };"


@pytest.fixture(scope="module")
def both():
    here = Both(console={"idle": f"{IDLE}s"})
    try:
        yield here.open()
    finally:
        here.close()


@contextlib.contextmanager
def somebody_is_there(both, window):
    """What a hand on the mouse is to the server, for the window's console session. (The page itself says so every 20 s, and warns 6 s later.)"""
    (cookie,) = [one for one in window.context.cookies() if one["name"] == "__Host-anteroom"]
    api, gone = both.api(), threading.Event()
    api.token = cookie["value"]
    api.csrf = api.get("/api/me").json["csrf"]

    def touch():
        while not gone.wait(0.5):
            api.post("/api/active")
    touches = threading.Thread(target=touch, daemon=True)
    touches.start()
    try:
        yield
    finally:
        gone.set()
        touches.join()
        api.close()


def held(line):
    """A program that has the same console session and minds no page: it listens until the server hangs up."""
    def listen():
        while line.take(4 * IDLE) is not None:
            pass
    listens = threading.Thread(target=listen, daemon=True)
    listens.start()
    return listens


def left_of_it(page):
    """What of the picture a person, or a program in the page, could still read."""
    return page.evaluate(f"""({{
        words: document.documentElement.outerHTML.includes({SHOWN!r}) || getSelection().toString() !== '',
        pictures: document.querySelectorAll('canvas, .xterm, .desktop, svg.pointer').length,
        open: window.__sockets.filter((one) => one.readyState < WebSocket.CLOSING).length,
        page: window.__same === true,
    }})""")


def again(window, passkey):
    """Only now: a device whose finger is always on the key would have signed in again by itself."""
    window.authenticator(passkey)
    window.button("Sign in with a passkey").click()
    window.heading(re.compile(" on ")).first().waitFor()


def test_a_replay_that_nobody_looks_at_ends_with_the_session_and_goes_on_at_the_same_second(both):
    ruth, people, driver = both.keyed(both.reviewer()), [both.staff(), both.staff()], open_browser(both)
    try:
        with contextlib.ExitStack() as work, Visitor(driver, both, DESK) as reader, Visitor(driver, both, PHONE) as watcher:
            client, desktop = work.enter_context(both.at_a_desktop(person=people[1]))
            terminal = work.enter_context(both.terminal(people[0], "mri-3"))
            terminal.expect("recorded, until")
            terminal.send(f"PS1='$ '; clear; echo {SHOWN[:8]}''{SHOWN[8:]}\r")
            terminal.expect(SHOWN)
            picture, _, _ = both.turn(1, 0, client)
            sessions = [both.sessions(people[0])[0]["id"], desktop]
            ruth.passkey_sign_in(ruth.passkey)  # anew: that was a while ago
            players = [Player(window.borrow(ruth), session) for window, session in zip((reader, watcher), sessions)]
            with somebody_is_there(both, reader):
                lines = [held(replay(ruth, one)) for one in sessions]
                for player in players:
                    window = player.window
                    window.context.addInitScript({"content": SOCKETS})
                    player.window = window.authenticator(ruth.passkey)
                    player.open(name="From the beginning")
                    ruth.passkey.counter += 20
                    window.page.evaluate("window.__same = true")
                    window.cdp.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": window.device})
                reader.until_drawn(SHOWN)
                players[1].until_like(picture, both.home)
                for player in players:
                    player.window.page.getByLabel("Speed").selectOption("0.25")
            # From here on nobody touches anything, while both go on playing.
            before, at = len(both.audit(kind="recording.view")), [0, 0]
            for player in players:
                deadline = time.monotonic() + IDLE + 90
                while not player.window.button("Sign in", exact=True).count():
                    assert time.monotonic() < deadline, player.window.text()
                    at = [max(known, one.window.page.evaluate("Number(document.querySelector('[role=slider]')?.getAttribute('aria-valuenow') ?? 0)")) for known, one in zip(at, players)]
                    time.sleep(0.2)
                assert left_of_it(player.window.page) == {"words": False, "pictures": 0, "open": 0, "page": True}
                player.window.see("You were signed out")
            assert ruth.get("/api/me").status == 401, "the server ended it, not the page"
            for line in lines:
                line.join(40)
                assert not line.is_alive(), "the server closes it, whoever holds it"
            work.close()
            for person in people:
                both.recording_of(person)
            for player, second in zip(players, at):
                window, place = player.window, player.window.where()
                assert re.fullmatch(re.escape(f"/replay/{player.session}") + r"#t=\d+(\.\d)?", place)
                began = float(place.partition("=")[2])
                assert second > 0 and abs(began - second) <= 2
                again(window, ruth.passkey)
                ruth.passkey.counter += 20
                with somebody_is_there(both, window):
                    assert window.where() == place and left_of_it(window.page)["pictures"] == 0, "nothing is shown before it is asked for anew"
                    window.button(re.compile("^Play from")).click()
                    assert len(both.audit(kind="recording.view")) == before
                    window.button("Play with passkey").click()
                    window.until(CONNECTED)  # only then was it answered, and recorded before
                    until(lambda: player.position() >= began - 1, 40)
                    assert player.position() <= began + 60
                    before += 1
                    assert len(both.audit(kind="recording.view")) == before
            reader.until_drawn(SHOWN)
            players[1].until_like(picture, both.home)
    finally:
        driver.close()
