"""Desktops that live and end: several at once, a worker that dies, time that runs out, termination, a client that stalls."""
import contextlib
import datetime
import os
import pathlib
import signal
import socket
import threading
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
            clinic.connected(first)
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
        leave(client)
    (start,), (end,) = (clinic.audit(kind=kind, person=person.name) for kind in ("session.start", "session.end"))
    assert end["fields"]["reason"] == "time-is-up", end
    began, ended = (datetime.datetime.fromisoformat(one["time"].replace("Z", "+00:00")) for one in (start, end))
    assert 11 < (ended - began).total_seconds() < 20


def test_a_session_is_terminated_by_a_reviewer_and_says_so(clinic):
    person, ruth = clinic.staff(), clinic.reviewer()
    with clinic.session(person, "pacs-1") as client:
        before = client.display.picture()
        (live,) = clinic.sessions(person)
        clinic.reviewed("session", "terminate", live["id"], "--reason", "wrong patient", person=ruth)
        began = time.monotonic()
        changes(client, before, 15)
        until(lambda: not clinic.sessions(person), 15)
        assert time.monotonic() - began < 15
        leave(client)
    end = clinic.audit(kind="session.end", person=person.name)[-1]
    assert "terminated" in str(end["fields"]), end


class Tap:
    """A way to a target that can be shut: from then on the target reads nothing."""

    def __init__(self, port):
        self.to, self.open = port, threading.Event()
        self.open.set()
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # the less it holds, the sooner it is full
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen()
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.socket.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.to))
            threading.Thread(target=self.carry, args=(near, far, self.open), daemon=True).start()
            threading.Thread(target=self.carry, args=(far, near), daemon=True).start()

    @staticmethod
    def carry(one, other, gate=None):
        with contextlib.suppress(OSError):
            while block := one.recv(4096):
                other.sendall(block)
                if gate:
                    gate.wait()
        for each in (one, other):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def waiting(self):
        """Bytes that somebody has for this target and cannot be rid of."""
        lines = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return sum(int(one[4].split(":")[0], 16) for one in lines if one[2].endswith(f":{self.port:04X}"))

    def close(self):
        self.open.set()
        self.socket.close()


@contextlib.contextmanager
def full_target(clinic, person):
    """A session whose target has stopped reading, and whose person has moved the mouse until it holds no more."""
    tap = Tap(clinic.shadow.port)
    document = clinic.document()
    document["targets"]["full-1"] = clinic.target(clinic.shadow, address=f"127.0.0.1:{tap.port}")
    document["rules"].append({"id": "full-1", "who": ["group:staff"], "to": {"targets": ["full-1"]}, "allow": ["rdp:display"], "access": "standing"})
    clinic.apply_policy(document)
    clinic.cli("secret", "put", "full-1/service", "--password-stdin", input=clinic.shadow.password + "\n")
    with contextlib.closing(tap), clinic.session(person, "full-1") as client:
        tap.open.clear()
        waiting, deadline = -1, time.monotonic() + 60
        while waiting != tap.waiting() or waiting < 4096:
            assert time.monotonic() < deadline, "it still takes what is sent"
            waiting = tap.waiting()
            for number in range(400):
                client.display.move(100 + number % 800, 100 + number % 500)
            time.sleep(1)
        yield client


def test_a_target_that_takes_nothing_for_long_is_let_go(clinic):
    person = clinic.staff()
    with full_target(clinic, person) as client:
        until(lambda: not clinic.sessions(person), 40)
        leave(client)
    (end,) = clinic.audit(kind="session.end", person=person.name)
    assert end["fields"]["reason"] == "target-closed", end
    assert clinic.recording_of(person)["state"] == "complete"


def test_a_disabled_person_is_cut_off(clinic):
    person = clinic.staff()
    with clinic.session(person, "pacs-1") as client:
        clinic.cli("person", "disable", person.name)
        until(lambda: not clinic.sessions(person), 15)
        leave(client)


def test_a_client_that_stalls_costs_no_memory_and_comes_back(clinic):
    person = clinic.staff()
    before = clinic.workers()
    with clinic.session(person, "pacs-1") as client:
        pid = clinic.one_worker(before)
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
            until(lambda: client.display.picture(0, 0, 800, 600).differing(clinic.shadow.display.picture()) == 0, 40, 0.3)
        finally:
            clinic.shadow.display.resize(1024, 768)
        assert client.lives()


def test_a_target_that_changes_twice_while_its_client_sleeps_keeps_it(clinic):
    person = clinic.staff()
    before = clinic.workers()
    with clinic.session(person, "pacs-1", screen=(1024, 768)) as client:
        worker = clinic.one_worker(before)
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
    before = clinic.workers()
    with clinic.session(person, "pacs-1") as client:
        pid = clinic.one_worker(before)
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
