"""A desktop's replay in a browser: what the canvas shows is the picture that stood on the target's own screen at that moment, pixel by pixel; recorded and live."""
import re

import pytest

from hospital.house import until
from hospital.passkey import proven_decision
from hospital.player import Player
from hospital.rdp_scene import PICTURES
from hospital.rooms import Rooms
from hospital.visitor import DESK, PHONE, Visitor, open_browser

LOOKS = ("covered", "small", "sideways", "cut")


@pytest.fixture(scope="module")
def rooms():
    here = Rooms()
    try:
        yield here.open()
    finally:
        here.close()


@pytest.fixture(scope="module")
def driver(rooms):
    here = open_browser(rooms)
    yield here
    here.close()


@pytest.fixture
def visit(rooms, driver):
    """Opens browser windows of reviewers; at the end nothing may have gone wrong in any of them."""
    opened = []

    def open_one(size=DESK, scheme="light"):
        api = rooms.keyed(rooms.reviewer())
        window = Visitor(driver, rooms, size, scheme).borrow(api).authenticator(api.passkey)
        opened.append(window)
        return window

    yield open_one
    wrongs = [one.went_wrong() for one in opened]
    for one in opened:
        one.close()
    assert wrongs == [[] for _ in opened]


class Filmed:
    """A session at a desktop whose screen showed four pictures, each for a while, and somebody's mouse."""

    def __init__(self, rooms):
        self.person = rooms.staff()
        with rooms.at_a_desktop(person=self.person) as (client, self.session):
            turns = [rooms.turn(number, 2.5, client) for number in range(1, 5)]
            client.display.move(300, 300)
            rooms.turn(4, 1, client)
        rooms.recording_of(self.person)
        start = rooms.began(self.session)
        self.pictures = [shown for shown, _, _ in turns]
        self.spans = [(begin - start, end - start) for _, begin, end in turns]  # seconds of the recording

    def middle(self, number):
        return sum(self.spans[number]) / 2  # half of it, 1.3 s, is what a busy machine may be late by


@pytest.fixture(scope="module")
def filmed(rooms):
    return Filmed(rooms)


def viewed(rooms, session):
    return rooms.audit(kind="recording.view", session=session)


@pytest.mark.parametrize("size,scheme", [(PHONE, "dark"), (DESK, "light")], ids=["phone", "desk"])
def test_any_moment_is_the_targets_own_picture_pixel_by_pixel(rooms, visit, filmed, size, scheme):
    before = len(viewed(rooms, filmed.session))
    window = visit(size, scheme)
    player = Player(window, filmed.session).open()
    window.see("Intact")
    assert len(viewed(rooms, filmed.session)) == before + 1
    player.pause()
    for number in (2, 0, 3, 1, 0):
        player.click_at(filmed.middle(number)).until_like(filmed.pictures[number], PICTURES)
        assert filmed.spans[number][0] - 1 <= player.position() <= filmed.spans[number][1] + 1
    player.slider().press("End")
    player.until_like(filmed.pictures[3], PICTURES)
    assert window.inspect() == [] and {what: window.look(what) for what in LOOKS} == {what: [] for what in LOOKS}


def test_it_plays_what_was_on_the_screen_one_after_the_other(visit, filmed):
    player = Player(visit(), filmed.session).open(playing=False)
    player.click_at(filmed.spans[0][0] + 0.5).until_like(filmed.pictures[0], PICTURES)
    player.film()
    player.play()
    player.until_like(filmed.pictures[3], PICTURES)
    shown = until(lambda: (seen := player.filmed(filmed.pictures)) and seen[-1][0] == 3 and seen, 20)  # the film notes each a little later
    assert [number for number, _ in shown] == [0, 1, 2, 3]
    for number, at in shown[1:]:
        assert filmed.spans[number][0] - 1.5 <= at <= filmed.spans[number][1] + 1, shown


def test_a_link_opens_at_its_picture_and_another_link_leads_to_another(visit, filmed):
    window = visit()
    window.go("/recordings")
    player = Player(window, filmed.session)
    player.film()
    player.open(f"#t={filmed.middle(2):.1f}", re.compile("^Play from"), playing=False)
    player.until_like(filmed.pictures[2], PICTURES)
    window.page.evaluate(f"location.hash = '#t={filmed.middle(0):.1f}'")
    player.until_like(filmed.pictures[0], PICTURES)
    window.page.goBack()
    player.until_like(filmed.pictures[2], PICTURES)


def test_a_live_desktop_is_shown_as_it_stands_in_the_same_player(rooms, visit):
    with rooms.at_a_desktop() as (client, session):
        window = visit()
        player = Player(window, session).open(name="Watch live")
        window.see("Live, about a second behind")
        for number in (11, 12):
            shown, _, _ = rooms.turn(number, 0, client)
            player.until_like(shown, PICTURES)
        # Back to before, and to now again.
        window.button(re.compile("5 seconds back")).click()
        window.see("Live session, not at now")
        rooms.turn(13, 0, client)
        window.button("Live", exact=True).click()
        window.see("Live, about a second behind")
        player.until_like(rooms.shadow.display.picture(), PICTURES)
        client.display.click(400, 300)
        window.page.locator(".desktop svg").waitFor()
    window.see(re.compile("session (is over|has ended|ended)", re.I))
    player.until_like(rooms.shadow.display.picture(), PICTURES)


def test_a_desktop_is_noted_and_signed_off(rooms, visit, filmed):
    window = visit()
    player = Player(window, filmed.session).open(playing=False)
    player.click_at(filmed.middle(1)).until_like(filmed.pictures[1], PICTURES)
    at = player.position()
    window.button("Note at this moment").click()
    window.page.getByRole("textbox", name=re.compile("^At ")).fill("the second picture")
    window.button("Keep the note").click()
    window.see("the second picture")
    player.click_at(filmed.middle(3)).until_like(filmed.pictures[3], PICTURES)
    window.page.locator("li").filter(hasText="the second picture").getByRole("button").click()
    player.until_like(filmed.pictures[1], PICTURES)
    assert abs(player.position() - at) <= 1
    window.button(re.compile("^Sign off")).first().click()
    window.page.getByRole("radio").first().check()
    window.button("Sign off…").click()
    window.button("Sign off with passkey").click()
    window.see("Signed off")
    (signed,) = rooms.audit(kind="recording.reviewed", session=filmed.session)
    assert proven_decision(signed["fields"])[1] == f"/api/recordings/{filmed.session}/sign-off"


def test_a_damaged_desktop_says_so_and_names_the_piece(rooms, visit):
    person = rooms.staff()
    with rooms.at_a_desktop(person=person) as (client, session):
        rooms.turn(21, 1, client)
        rooms.turn(22, 1, client)
    rooms.recording_of(person)
    file = rooms.dir / "recordings" / f"{session}.arec"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    window = visit()
    Player(window, session).open()
    window.see("Broken")
    window.see(re.compile(r"piece \d+", re.I))
    window.see(re.compile("^The recording is damaged here"))
    assert window.page.getByText("Intact", exact=True).count() == 0
