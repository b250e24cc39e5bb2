"""Replay as the console's server serves it: what was shown is what is replayed, at any moment; live in the same way; and to nobody without a ticket of their own."""
import re
import time

import pytest

from hospital.console import ConsoleHospital
from hospital.console_people import People
from hospital.house import until
from hospital.replay import Replay, replay, ticket_for

SHOWN = r"printf 'B%s\n' EGIN; for i in 1 2 3 4 5 6 7 8; do printf '\033[3%dmpatient %d gr\303\266\303\237e\033[0m\n' $i $i; sleep 0.3; done; printf 'E%s\n' ND"


@pytest.fixture(scope="module")
def hospital():
    here = ConsoleHospital()
    try:
        here.open()
        yield here
    finally:
        here.close()


@pytest.fixture(scope="module")
def people(hospital):
    return People(hospital)


class Session:
    """One that was recorded: who, what their terminal showed between the marks, and its recording."""

    def __init__(self, hospital):
        self.person = hospital.person("staff")
        with hospital.terminal(self.person, "mri-3") as terminal:
            terminal.expect("recorded, until")
            terminal.send(SHOWN + "; exit\n")
            self.shown = terminal.expect("BEGIN\r\n(.*?)END\r\n").group(1).decode()
            terminal.rest()
        self.recording = hospital.recording_of(self.person)
        self.id = self.recording["id"]


@pytest.fixture(scope="module")
def session(hospital):
    return Session(hospital)


def between(text):
    return re.search("BEGIN\r\n(.*?)END\r\n", text, re.S).group(1)


def test_a_session_is_replayed_byte_for_byte_as_it_was_shown(hospital, people, session):
    views = len(hospital.audit(kind="recording.view", session=session.id))
    with replay(people["ruth"], session.id) as player:
        begin = player.kind("begin")
        assert begin["id"] == session.id and begin["protocol"] == "ssh" and not begin["live"] and begin["duration"] > 2000
        (view,) = hospital.audit(kind="recording.view", session=session.id)[views:]
        assert view["person"] == "ruth" and view["fields"]["way"] == "console" and view["fields"]["of"] == session.person.name and "factor" in view["fields"]
        player.want(begin["duration"] + 1000)
        assert between(player.text) == session.shown
        state = player.kind("integrity", state="intact")
        assert state["pieces"] == state["checked"] > 3 and "audit log" in state["sentence"]


def test_nothing_comes_that_was_not_wanted_and_any_moment_is_sought(people, session):
    with replay(people["ruth"], session.id) as player:
        duration = player.kind("begin")["duration"]
        player.kind("upto", at=0)
        player.want(duration + 1000)
        all_of_it = player.text
        for at in (duration // 2, 0, duration, duration // 3, 10):
            player.seek(at)
            assert all(one["at"] <= at for one in player.said[player.said.index(player.kind("sought", seek=player.seeks)):] if one["kind"] in ("show", "note"))
            player.want(duration + 1000)
        player.seek(0)
        player.want(duration + 1000)
        assert player.text == all_of_it


def test_what_was_shown_is_found_once_there_is_an_index(people, session):
    def indexed():
        with replay(people["ruth"], session.id) as player:
            player.ask({"search": 1, "text": "PATIENT 5"})
            hits = player.kind("hits")
            return hits if hits["indexed"] and hits["hits"] else None
    hits = until(indexed, 60, every=1)
    assert "patient 5" in hits["hits"][0]["text"] and hits["hits"][0]["lane"] == "shown" and not hits["more"]
    with replay(people["ruth"], session.id) as player:
        line = player.kind("timeline")
        assert line["whole"] and sum(line["activity"]["shown"]) > 100 and len(line["activity"]["shown"]) == len(line["activity"]["typed"])
        player.seek(hits["hits"][0]["at"] + 1000)
        assert "patient 5" in player.text


def test_a_live_session_plays_in_the_same_way_a_second_behind_at_most(hospital, people):
    person = hospital.person("staff")
    with hospital.terminal(person, "mri-3") as terminal:
        terminal.expect("recorded, until")
        session = next(one["id"] for one in hospital.json("session", "list") if one["person"] == person.name)
        with replay(people["ruth"], session) as player:
            assert player.kind("begin")["live"]
            assert player.kind("integrity")["state"] == "unsealed"
            terminal.send("echo fir''st\n")
            terminal.expect("first")
            player.until(lambda _: "first" in player.text, 10)
            time.sleep(2)
            took = []
            for word in ("second", "third", "fourth"):
                terminal.send(f"echo {word[:3]}''{word[3:]}\n")
                terminal.expect(word)
                told = time.monotonic()
                player.until(lambda _, word=word: word in player.text, 20)
                took.append(time.monotonic() - told)
            assert min(took) < 3, "and that on a busy machine"
            player.seek(500)
            assert "second" not in player.text
            player.ask({"want": 10**9})
            player.until(lambda _: "fourth" in player.text)
            terminal.send("exit\n")
            terminal.rest()
            assert player.kind("end")["sentence"] == "The session has ended."
            assert player.kind("integrity", state="intact")
            player.seek(500)
            assert "second" not in player.text


def refused(api, ticket):
    with Replay(api, ticket) as player:
        assert [one["kind"] for one in iter(player.take, None)] in (["end"], []), player.said
        return player.said[0]["sentence"] if player.said else ""


def refusals(hospital, person=None):
    return [one for one in hospital.audit(kind="recording.view", **({"person": person} if person else {})) if one["fields"].get("outcome") == "refused"]


def test_a_ticket_is_of_one_console_session_and_good_once(hospital, people, session):
    ruth, again = people["ruth"], people.fresh("ruth")
    before, of_nora = len(refusals(hospital, "ruth")), len(refusals(hospital, "nora"))
    stolen = ticket_for(ruth, session.id)
    assert "used already" in refused(people["nora"], stolen)
    assert "used already" in refused(ruth, stolen), "whoever shows it has used it"
    assert "used already" in refused(again, ticket_for(ruth, session.id)), "another page of the same person"
    with replay(ruth, session.id) as player:
        player.kind("begin")
    assert len(refusals(hospital, "nora")) == of_nora + 1 and len(refusals(hospital, "ruth")) > before
    assert people["nora"].decide(f"/api/recordings/{session.id}/open").status in (403, 404)


def test_whoever_has_signed_out_sees_nothing(hospital, people, session):
    leaving = people.fresh("ruth")
    ticket = ticket_for(leaving, session.id)
    watching = replay(leaving, session.id)
    watching.kind("begin")
    token = leaving.token
    assert leaving.post("/api/sign-out").status == 200
    assert "signed out" in watching.kind("end", 15)["sentence"]
    watching.close()
    leaving.token = token
    before = len(refusals(hospital))
    assert "sign in" in refused(leaving, ticket).lower()
    assert len(refusals(hospital)) == before + 1


@pytest.mark.parametrize("words", ['{"want":-1}', '{"seek":1}', "[]", "nonsense", '{"search":1,"text":"' + "x" * 300 + '"}', '{"want":1e999}', '{"ticket":"' + "A" * 43 + '"}'])
def test_whoever_says_what_cannot_be_is_hung_up_on(people, session, words):
    with replay(people["ruth"], session.id) as player:
        player.kind("begin")
        player.socket.send(words)
        while player.take() is not None:
            pass
        assert player.socket.closed == 1008
    with replay(people["ruth"], session.id) as player:
        player.kind("begin")


def test_a_damaged_piece_is_named_and_what_stands_elsewhere_is_shown(hospital, people):
    damaged = Session(hospital)
    file = hospital.dir / "recordings" / f"{damaged.id}.arec"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0x20
    file.chmod(0o600)
    file.write_bytes(content)
    with replay(people["ruth"], damaged.id) as player:
        duration = player.kind("begin")["duration"]
        named = player.kind("integrity", state="broken")["sentence"]
        assert re.search(r"piece \d+", named), named
        player.ask({"want": duration + 1000})
        assert re.search(r"piece \d+", named).group() in player.kind("end")["sentence"]
        assert "BEGIN" in player.text and "END" not in player.text
        player.seek(duration)
        player.want(duration + 1000)
        assert "END" in player.text, "behind it"
        player.seek(0)
        assert player.upto == 0


def test_a_viewer_who_asks_again_and_again_holds_nobody_else_up(people, session):
    with replay(people["ruth"], session.id) as busy, replay(people["ruth"], session.id) as other:
        duration = busy.kind("begin")["duration"]
        other.kind("begin")
        took = []
        for last in (400, 800, 1200):
            for number in range(last - 399, last + 1):
                busy.ask({"seek": number, "to": number * 7 % duration})
            began = time.monotonic()
            other.want(duration + 1000)
            took.append(time.monotonic() - began)
            busy.until(lambda message, last=last: message["kind"] == "sought" and message["seek"] == last)
            other.seek(0)
        assert min(took) < 5, took
