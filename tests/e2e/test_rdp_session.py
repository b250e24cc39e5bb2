"""Desktops that live and end: several at once, a worker that dies, time that runs out, termination, a client that stalls."""
import contextlib
import os
import pathlib
import signal
import time

from hospital.rdp_scene import answer, changes, clinic, leave, until  # noqa: F401


def rss_kb(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def test_of_two_sessions_one_is_killed_and_the_other_lives(clinic):
    alice, bob = clinic.staff(), clinic.staff()
    with clinic.session(alice, "pacs-1") as first:
        before = clinic.workers()
        with clinic.session(bob, "cart-1") as second:
            (victim,) = set(clinic.workers()) - set(before)
            os.kill(victim, signal.SIGKILL)
            second.ended(15)
            until(lambda: not clinic.sessions(bob), 10)
            clinic.shadow.cart.tell("picture 9")
            clinic.connected(first, within=10)
            assert first.lives() and len(clinic.sessions(alice)) == 1
            clinic.shadow.cart.tell("picture")
    recovered, whole = clinic.recording_of(bob), clinic.recording_of(alice)
    assert recovered["state"] == "recovered" and whole["state"] == "complete"
    for one in (recovered, whole):
        assert clinic.cli("recording", "verify", one["id"]).status == 0


def test_a_strip_warns_and_time_is_up(clinic):
    person = clinic.staff()
    with clinic.xfreerdp(person, "brief-1") as client:
        answer(client, person.fresh_code())
        until(lambda: clinic.sessions(person), 15)
        began = time.monotonic()
        target = clinic.shadow.display.picture()
        height = target.height
        seen = client.display.until(lambda one: one.crop(0, 120, 1024, height - 240).differing(target.crop(0, 120, 1024, height - 240)) == 0, 10)
        # The strip lies at an edge, and everything else is the target's.
        client.display.until(lambda one: one.differing(target) > 0, 12)
        seen = client.display.picture()
        wrong = [y for y in range(height) if seen.crop(0, y, 1024, 1).data != target.crop(0, y, 1024, 1).data]
        if wrong and clinic.sessions(person):  # not yet the farewell
            assert max(wrong) < height // 6 or min(wrong) > height * 5 // 6, (min(wrong), max(wrong))
        until(lambda: not clinic.sessions(person), 20)
        assert 8 < time.monotonic() - began < 16
        leave(client)
    end = clinic.audit(kind="session.end", person=person.name)[-1]
    assert end["fields"]["reason"] == "time-is-up", end


def test_a_session_is_terminated_by_a_reviewer_and_says_so(clinic):
    person, ruth = clinic.staff(), clinic.reviewer()
    with clinic.session(person, "pacs-1") as client:
        before = client.display.picture()
        (live,) = clinic.sessions(person)
        began = time.monotonic()
        clinic.reviewed("session", "terminate", live["id"], "--reason", "wrong patient", person=ruth)
        changes(client, before, 5)
        until(lambda: not clinic.sessions(person), 5)
        assert time.monotonic() - began < 8
        leave(client)
    end = clinic.audit(kind="session.end", person=person.name)[-1]
    assert "terminated" in str(end["fields"]), end


def test_a_disabled_person_is_cut_off(clinic):
    person = clinic.staff()
    with clinic.session(person, "pacs-1") as client:
        clinic.cli("person", "disable", person.name)
        until(lambda: not clinic.sessions(person), 5)
        leave(client)


def test_a_client_that_stalls_costs_no_memory_and_comes_back(clinic):
    person = clinic.staff()
    with clinic.session(person, "pacs-1") as client:
        pid = clinic.workers()[-1]
        clinic.shadow.cart.tell("noise 2 20")
        before = rss_kb(pid)
        client.pause()
        clinic.shadow.cart.tell("noise 8 20")
        clinic.shadow.cart.tell("scroll 4")
        after = rss_kb(pid)
        assert after < before + 48 * 1024, (before, after)
        client.resume()
        clinic.shadow.cart.tell("picture 3")
        clinic.connected(client, within=30)
        clinic.shadow.cart.tell("picture")
        assert client.lives()


def test_a_target_that_becomes_smaller_and_larger_takes_its_client_along(clinic):
    person = clinic.staff()
    with clinic.session(person, "pacs-1", screen=(1024, 768)) as client:
        clinic.shadow.display.resize(800, 600)
        try:
            until(lambda: client.display.picture(0, 0, 800, 600).differing(clinic.shadow.display.picture()) == 0, 15, 0.3)
        finally:
            clinic.shadow.display.resize(1024, 768)
        assert client.lives()


def test_a_target_that_changes_twice_while_its_client_sleeps_keeps_it(clinic):
    person = clinic.staff()
    with clinic.session(person, "pacs-1", screen=(1024, 768)) as client:
        worker = clinic.workers()[-1]
        client.pause()
        try:
            for width, height in ((800, 600), (640, 480)):
                clinic.shadow.display.resize(width, height)
                rested(worker)
        finally:
            client.resume()
        try:
            until(lambda: client.display.picture(0, 0, 640, 480).differing(clinic.shadow.display.picture()) == 0, 40, 0.3)
            assert client.lives() and clinic.sessions(person)
        finally:
            clinic.shadow.display.resize(1024, 768)
        until(lambda: client.display.picture().differing(clinic.shadow.display.picture()) == 0, 40, 0.3)


def rested(worker, within=40):
    """Until a worker has worked and then done nothing for a while: it has taken what its target said."""
    def ticks():
        return sum(int(one) for one in pathlib.Path(f"/proc/{worker}/stat").read_text().rsplit(")", 1)[1].split()[11:13])
    time.sleep(1)  # the target looks at its screen several times a second
    deadline, seen, since = time.monotonic() + within, ticks(), time.monotonic()
    while time.monotonic() - since < 1:
        assert time.monotonic() < deadline, "the worker never rests"
        time.sleep(0.1)
        if (now := ticks()) != seen:
            seen, since = now, time.monotonic()


def test_the_client_that_goes_away_ends_the_session_and_its_worker(clinic):
    person = clinic.staff()
    with clinic.session(person, "pacs-1") as client:
        pid = clinic.workers()[-1]
        client.process.kill()
        until(lambda: not clinic.sessions(person) and not clinic.lives(pid), 10)
    assert clinic.recording_of(person)["state"] == "complete"


def test_of_six_sessions_one_crashes_and_five_go_on(clinic):
    people = [clinic.staff() for _ in range(6)]
    with contextlib.ExitStack() as all_of:
        clients = [all_of.enter_context(clinic.xfreerdp(person, "pacs-1")) for person in people]  # all at once, each on its way
        for client, person in zip(clients, people):
            answer(client, person.fresh_code())
        for client in clients:
            clinic.connected(client)
        before = set(clinic.workers())
        assert len(before) == 6
        os.kill(sorted(before)[2], signal.SIGSEGV)
        until(lambda: len(clinic.workers()) == 5, 10)
        until(lambda: sum(client.lives() for client in clients) == 5, 15)
        clinic.shadow.cart.tell("picture 10")
        for client in clients:
            if client.lives():
                clinic.connected(client)
        clinic.shadow.cart.tell("picture")
