"""What happens when a program dies, hangs or runs out of disk, when time is up and when access is withdrawn."""
import contextlib
import os
import signal
import subprocess
import time
from datetime import datetime

import pytest
from hospital.house import until


@contextlib.contextmanager
def shell(hospital, person, where="mri-3", **more):
    """A live session at its prompt: (terminal, worker)."""
    before = hospital.workers()
    with hospital.terminal(person, where, **more) as terminal:
        terminal.send("PS1='now> '; echo is-$((40+2))\n")
        terminal.expect(r"is-42\r\n")
        yield terminal, hospital.one_worker(before)


def echo(terminal, number):
    terminal.send(f"echo e$(({number}+1))e\n")
    terminal.expect(f"e{number + 1}e\\r\\n")


def end_of(hospital, person, within=8):
    """The session.end record of a person's only session."""
    deadline = time.monotonic() + within
    while not (found := hospital.audit(kind="session.end", person=person.name)):
        assert time.monotonic() < deadline, "no session.end"
        time.sleep(0.1)
    return found[-1]


def lines_of_recording(hospital, person, reviewer):
    identity = hospital.recording_of(person)["id"]
    assert hospital.cli("recording", "verify", identity).status == 0
    return hospital.reviewed("recording", "play", identity, "--speed", "1000", "--idle", "0.1", person=reviewer).text


def test_a_killed_worker_ends_its_session_and_what_it_recorded_is_kept(hospital):
    person, reviewer = hospital.staff(), hospital.reviewer()
    with shell(hospital, person) as (terminal, worker):
        echo(terminal, 7)
        time.sleep(3.5)  # a commit goes out once a second
        os.kill(worker, signal.SIGKILL)
        terminal.rest(10)
        terminal.wait()
    row = hospital.recording_of(person)
    assert row["state"] == "recovered"
    assert "e8e" in lines_of_recording(hospital, person, reviewer)
    assert end_of(hospital, person)
    assert hospital.audit(kind="worker.failed")


def test_one_worker_of_two_dies_alone(hospital):
    one, other = hospital.staff(), hospital.staff()
    with shell(hospital, one) as (first, worker), shell(hospital, other) as (second, _):
        os.kill(worker, signal.SIGKILL)
        first.rest(10)
        echo(second, 11)
        second.send("exit\n")
        second.wait()
    assert hospital.recording_of(other)["state"] == "complete"


def test_the_broker_dies_and_comes_back_and_the_session_goes_on(hospital):
    person, reviewer = hospital.staff(), hospital.reviewer()
    with shell(hospital, person) as (terminal, worker):
        echo(terminal, 20)
        broker = hospital.broker()
        os.kill(broker, signal.SIGKILL)
        echo(terminal, 30)  # without a broker
        deadline = time.monotonic() + 20
        while not (again := hospital.programs("anteroom-broker")) or again == [broker] or not hospital.answers():
            assert time.monotonic() < deadline, "serve starts it again"
            time.sleep(0.1)
        echo(terminal, 40)
        time.sleep(2.5)
        echo(terminal, 50)
        assert worker in hospital.workers()
        # Somebody else gets in meanwhile.
        assert hospital.ssh(hospital.staff(), "mri-3", "echo", "in").text == "in\n"
        terminal.send("exit 3\n")
        assert terminal.wait() == 3
    assert hospital.recording_of(person)["state"] == "complete"
    text = lines_of_recording(hospital, person, reviewer)
    assert all(f"e{number + 1}e" in text for number in (20, 30, 40, 50))
    assert hospital.cli("audit", "verify").status == 0


def test_the_gateway_dies_with_its_workers_and_comes_back(hospital):
    person = hospital.staff()
    with shell(hospital, person) as (terminal, worker):
        (gateway,) = hospital.programs("anteroom-gateway")
        os.kill(gateway, signal.SIGKILL)
        terminal.rest(15)
    deadline = time.monotonic() + 20
    while not hospital.answers() or hospital.programs("anteroom-gateway") in ([], [gateway]):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert not hospital.lives(worker), "no worker without a gateway that enforces its deadline"
    assert hospital.recording_of(person)["state"] in ("complete", "recovered")
    assert hospital.ssh(hospital.staff(), "mri-3", "echo", "in").text == "in\n"


def test_time_is_up_within_a_second_and_says_so(hospital):
    person = hospital.staff()
    with hospital.terminal(person, "brief-1") as terminal:
        terminal.expect("recorded, until")
        text = terminal.rest(15)
        terminal.wait()
    assert "Your time is up" in text and "4711" in text
    end = end_of(hospital, person)
    (start,) = hospital.audit(kind="session.start", person=person.name)
    began, ended = (datetime.fromisoformat(one["time"].replace("Z", "+00:00")) for one in (start, end))
    assert 4.5 < (ended - began).total_seconds() < 9, "by the broker's clock, the seal included"
    assert end["fields"]["reason"] == "time-is-up"
    assert hospital.recording_of(person)["state"] == "complete"


def test_a_stopped_worker_is_killed_on_time_all_the_same(hospital):
    person = hospital.staff()
    with shell(hospital, person, "brief-1") as (terminal, worker):
        began = time.monotonic()
        os.kill(worker, signal.SIGSTOP)
        while hospital.lives(worker):
            assert time.monotonic() - began < 5 + 6, "the gateway kills it"
            time.sleep(0.1)
        terminal.rest(10)
    assert end_of(hospital, person)["fields"]["reason"] == "time-is-up"
    assert hospital.recording_of(person)["state"] in ("recovered", "complete")


def test_disabling_a_person_ends_their_session(hospital):
    person, other = hospital.staff(), hospital.staff()
    with shell(hospital, person) as (terminal, _), shell(hospital, other) as (untouched, _):
        began = time.monotonic()
        hospital.cli("person", "disable", person.name)
        text = terminal.rest(8)
        assert time.monotonic() - began < 5 and "withdrawn" in text
        echo(untouched, 3)
    assert end_of(hospital, person)


def test_a_policy_that_takes_the_rule_away_ends_the_session(hospital):
    person = hospital.person("plain")
    with shell(hospital, person) as (terminal, _):
        document = hospital.document()
        document["rules"] = [one for one in document["rules"] if one["id"] != "plain"]
        began = time.monotonic()
        hospital.apply_policy(document)
        text = terminal.rest(8)
        assert time.monotonic() - began < 5 and "withdrawn" in text
    hospital.apply_policy(hospital.document())
    # Its twin: a policy that changes something else leaves the session alone.
    person = hospital.person("plain")
    with shell(hospital, person) as (terminal, _):
        document = hospital.document()
        document["rules"] = [one for one in document["rules"] if one["id"] != "narrow"]
        hospital.apply_policy(document)
        time.sleep(1)
        echo(terminal, 5)
    hospital.apply_policy(hospital.document())


def test_terminating_a_session_takes_a_person_and_a_code(hospital):
    person, dana = hospital.staff(), hospital.staff()
    with shell(hospital, person) as (terminal, _):
        identity = next(one["id"] for one in hospital.json("session", "list") if one["person"] == person.name)
        args = ("session", "terminate", identity, "--reason", "test of the emergency stop")
        done = hospital.reviewed(*args, person=dana, code=dana.codes.wrong(), check=False)
        assert done.status == 1
        echo(terminal, 1)
        hospital.reviewed(*args, person=dana)
        text = terminal.rest(8)
        assert dana.name in text and "test of the emergency stop" in text
    assert end_of(hospital, person)["fields"]["reason"] == "terminated"


@pytest.fixture
def small_disk(hospital):
    """The recordings on a file system of their own, as small as one can fill."""
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    folder = hospital.dir / "recordings"
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=700", "tmpfs", str(folder)], stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        pytest.skip(f"mount: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_refuses_new_sessions_and_ends_live_ones(hospital, small_disk):
    live, late = hospital.staff(), hospital.staff()
    with shell(hospital, live) as (terminal, _):
        filler = small_disk / "filler"
        with filler.open("wb", buffering=0) as out, contextlib.suppress(OSError):
            while out.write(b"\0" * 4096):
                pass
        done = hospital.ssh(late, "mri-3", "echo", "in")
        assert done.status != 0 and "in\n" not in done.text and "cannot be recorded" in done.errors and "4711" in done.errors
        assert any("recordings" in one["fields"].values() for one in hospital.audit(kind="alarm"))
        began = time.monotonic()
        with contextlib.suppress(OSError):
            terminal.send("head -c 400000 /dev/urandom | base64\n")
        text = terminal.rest(15)
        assert time.monotonic() - began < 12 and "cannot be recorded" in text
    end = end_of(hospital, live, 15)
    assert end["fields"]["reason"] == "recording-failed"
    filler.unlink()
    assert hospital.ssh(late, "mri-3", "echo", "in").text == "in\n", "there is room again"


def test_a_target_that_goes_away_ends_the_session_and_says_so(hospital):
    person = hospital.staff()
    with shell(hospital, person) as (terminal, _):
        terminal.send("kill -9 $PPID\n")  # the target's side of this connection
        text = terminal.rest(10)
        assert "The target closed the connection" in text
    assert end_of(hospital, person)["fields"]["reason"] == "target-closed"
    assert hospital.recording_of(person)["state"] == "complete"


def test_a_client_that_vanishes_ends_the_session(hospital):
    person = hospital.staff()
    with shell(hospital, person) as (terminal, worker):
        os.kill(terminal.pid, signal.SIGKILL)
        terminal.rest(5)
    assert end_of(hospital, person)["fields"]["reason"] == "client-left"
    assert hospital.recording_of(person)["state"] == "complete"
    until(lambda: not hospital.lives(worker), 10)  # it is told of the seal, and then goes


def test_the_end_of_serve_ends_everything_and_a_new_one_seals_what_was_left(hospital):
    person = hospital.staff()
    with shell(hospital, person) as (terminal, _):
        pids = hospital.programs()
        hospital.stop()
        terminal.rest(5)
        assert not [pid for pid in pids if hospital.lives(pid)]
    hospital.serve()
    assert hospital.recording_of(person)["state"] in ("complete", "recovered")
    assert hospital.cli("recording", "verify", hospital.recording_of(person)["id"]).status == 0
    assert hospital.cli("audit", "verify").status == 0


def test_a_second_serve_on_the_same_installation_is_refused(hospital):
    from hospital import client
    from hospital.anteroom import BIN
    done = client.run([BIN / "anteroom", "serve", "--dir", hospital.dir], {"PATH": os.defpath}, timeout=15)
    assert done.status == 1 and done.errors.strip()
    assert hospital.ssh(hospital.staff(), "mri-3", "echo", "in").text == "in\n"
