"""Fifty desktops at once, of which one crashes: the others go on, picture and hands. Small ones, side by side on one large display, come in by tickets."""
import contextlib
import os
import signal
import subprocess
import time

from hospital import rdp
from hospital.display import Display, end
from hospital.rdp_scene import clinic, until  # noqa: F401
from hospital.sshd import die_with_parent

SIZE = WIDTH, HEIGHT = 320, 240
SEATS, COLUMNS = 50, 8
EDGE = 66  # above and below it a strip may lie


class Seat:
    """One person with a client of their own at a place of the large display."""

    def __init__(self, clinic, wall, number):
        self.person, self.wall = clinic.staff(), wall
        self.x, self.y = number % COLUMNS * WIDTH, number // COLUMNS * HEIGHT
        file = clinic.home / f"seat-{number}.rdp"
        clinic.reviewed("ticket", "rdp", "pacs-1", "--out", str(file), person=self.person)
        file.write_text(file.read_text().replace("screen mode id:i:2", "screen mode id:i:1"))  # in a window
        self.log = clinic.home / f"seat-{number}.log"
        argv = [rdp.XFREERDP, str(file), f"/v:127.0.0.1:{clinic.way_of(self.person)}", "/cert:ignore", "-grab-keyboard", "-decorations", f"/size:{WIDTH}x{HEIGHT}", "/bpp:32",
                f"/window-position:{self.x}x{self.y}", "-auto-reconnect", "/log-level:INFO"]
        self.process = subprocess.Popen(argv, env=wall.env(HOME=str(clinic.home)), stdin=subprocess.DEVNULL, stdout=self.log.open("ab"), stderr=subprocess.STDOUT, start_new_session=True,
                                        preexec_fn=die_with_parent)

    def lives(self):
        return self.process.poll() is None

    def shows(self, target):
        """Exactly what the target does, where no strip lies."""
        mine, its = (one.picture(x, y + EDGE, WIDTH, HEIGHT - 2 * EDGE) for one, x, y in ((self.wall, self.x, self.y), (target, 0, 0)))
        return mine.data == its.data


@contextlib.contextmanager
def seated(clinic, how_many):
    wall = Display(clinic.home, COLUMNS * WIDTH, (how_many + COLUMNS - 1) // COLUMNS * HEIGHT, "wall")
    seats = []
    try:
        for number in range(how_many):
            seats.append(Seat(clinic, wall, number))
        yield wall, seats
    finally:
        wall.picture().save(clinic.home / "wall.png")
        for seat in seats:
            end(seat.process)
        wall.close()


def all_show(seats, target, within=120):
    """Each of them, within the time; a client that ended meanwhile is a failure of its own."""
    deadline, missing = time.monotonic() + within, list(seats)
    while missing:
        ended = [seat.log.read_text(errors="replace")[-1500:] for seat in missing if not seat.lives()]
        assert not ended, f"{len(ended)} clients have ended: {ended[0]}"
        assert time.monotonic() < deadline, f"{len(missing)} of {len(seats)} do not show it"
        time.sleep(0.2)
        missing = [seat for seat in missing if not seat.shows(target)]


def test_of_fifty_desktops_one_crashes_and_forty_nine_go_on(clinic):
    target = clinic.shadow.display
    with seated(clinic, SEATS) as (wall, seats):
        all_show(seats, target)
        assert len(clinic.workers()) == SEATS and len(clinic.json("session", "list")) == SEATS
        os.kill(clinic.workers()[SEATS // 2], signal.SIGSEGV)
        until(lambda: sum(seat.lives() for seat in seats) < SEATS, 60)
        until(lambda: len(clinic.json("session", "list")) == SEATS - 1, 60)
        (gone,) = [seat for seat in seats if not seat.lives()]
        rest = [seat for seat in seats if seat is not gone]
        clinic.shadow.cart.tell("picture 10")
        all_show(rest, target)
        # Hands as well as eyes, and somebody who comes now is let in.
        before = len(clinic.shadow.cart.clicks())
        wall.click(rest[7].x + 100, rest[7].y + 120)
        until(lambda: (1, 100, 120) in clinic.shadow.cart.clicks()[before:], 30)
        assert len(clinic.workers()) == SEATS - 1 and all(seat.lives() for seat in rest)
        assert not clinic.sessions(gone.person) and clinic.process.poll() is None
    until(lambda: not clinic.json("session", "list"), 60)
    crashed = clinic.recording_of(gone.person)
    assert crashed["state"] == "recovered"
    assert clinic.cli("recording", "verify", crashed["id"]).status == 0
    states = {one["person"]: one["state"] for one in clinic.json("recording", "list")}
    assert [states[seat.person.name] for seat in rest] == ["complete"] * (SEATS - 1)
