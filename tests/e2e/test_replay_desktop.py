"""A desktop replayed by the console's server: any moment is the picture that the target's own screen had then, pixel by pixel; live too."""
import time

import pytest

from hospital.rdp_scene import PICTURES
from hospital.replay import replay
from hospital.rooms import Rooms


@pytest.fixture(scope="module")
def rooms():
    here = Rooms()
    try:
        yield here.open()
    finally:
        here.close()


@pytest.fixture(scope="module")
def ruth(rooms):
    return rooms.keyed(rooms.reviewer())


def same(player, shown):
    picture = player.canvas.picture()
    if picture.differing(shown):
        PICTURES.mkdir(parents=True, exist_ok=True)
        assert not picture.differing(shown), (picture.save(PICTURES / "replayed-console.png"), shown.save(PICTURES / "shown-console.png"))


def test_a_desktop_is_replayed_pixel_by_pixel_live_and_afterwards(rooms, ruth):
    person, seen = rooms.staff(), []
    with rooms.session(person, "pacs-1") as client:
        session = rooms.sessions(person)[0]["id"]
        with replay(ruth, session) as live:
            begin = live.kind("begin")
            assert begin["live"] and begin["protocol"] == "rdp"
            for seed in range(3):
                rooms.shadow.cart.tell(f"picture {seed}")
                rooms.connected(client, within=10)
                changed = time.time()
                shown = rooms.shadow.display.picture()
                live.until(lambda _, shown=shown: live.canvas.complete and not live.canvas.picture().differing(shown), 10)
                time.sleep(3)
                seen.append(((changed + time.time()) / 2, shown))
            client.display.click(300, 300)
            live.kind("pointer")
    start = rooms.began(session)
    rooms.recording_of(person)
    with replay(ruth, session) as player:
        begin = player.kind("begin")
        assert not begin["live"] and begin["duration"] > 9000
        assert player.kind("integrity", state="intact")
        for when, shown in [*seen, *reversed(seen)]:
            player.seek(round((when + 0.5 - start) * 1000))
            assert player.canvas.complete
            same(player, shown)
        player.seek(0)
        player.want(begin["duration"] + 1000)
        same(player, seen[-1][1])
    assert rooms.audit(kind="recording.view", session=session)
