"""A reader or a target that stops or drips: the worker's memory stays bounded, and what is not stalled goes on."""
import contextlib
import os
import pathlib
import subprocess
import threading
import time

import pytest
from hospital import wire

LIMIT_KB = 60 * 1024


@pytest.fixture(scope="module")
def alice(hospital):
    return hospital.staff(key=True)


def memory_kb(pid):
    """The most that was ever resident."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise AssertionError("no VmHWM")


@contextlib.contextmanager
def running(hospital, person, command, **pipes):
    before = hospital.workers()
    process = hospital.start_ssh(person, "mri-3", command, **pipes)
    try:
        deadline = time.monotonic() + 10
        while not (live := [one for one in hospital.json("session", "list") if one["person"] == person.name]):
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.05)
        assert live
        yield process, hospital.one_worker(before)
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()


def settle(measure, seconds=20):
    """Waits until a figure has stood still for a second."""
    last, since = measure(), time.monotonic()
    deadline = since + seconds
    while time.monotonic() - since < 1 and time.monotonic() < deadline:
        time.sleep(0.05)
        if (now := measure()) != last:
            last, since = now, time.monotonic()
    return last


def feed(pipe):
    block = b"x" * 65536
    with contextlib.suppress(OSError, ValueError):
        while True:
            pipe.write(block)
            pipe.flush()


def test_a_client_that_stops_reading(hospital):
    person = hospital.staff()
    with running(hospital, person, "yes", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as (process, worker):
        assert process.stdout.read(2) == b"y\n"
        time.sleep(3)
        first = memory_kb(worker)
        assert first < LIMIT_KB, f"{first} kB"
        # It wakes again: what was held back comes, and nothing is lost or doubled.
        text = process.stdout.read(8 << 20)
        assert text == b"y\n" * (4 << 20)
        assert memory_kb(worker) < LIMIT_KB


def test_a_client_that_drips(hospital):
    person = hospital.staff()
    with running(hospital, person, "yes", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as (process, worker):
        end = time.monotonic() + 3
        while time.monotonic() < end:
            assert process.stdout.read1(1000)
            time.sleep(0.02)
        assert memory_kb(worker) < LIMIT_KB


def test_a_target_that_stops_reading(hospital):
    person = hospital.staff()
    with running(hospital, person, "sleep 4; cat >/dev/null", stdin=subprocess.PIPE, stdout=subprocess.PIPE) as (process, worker):
        threading.Thread(target=feed, args=(process.stdin,), daemon=True).start()
        time.sleep(3)
        assert memory_kb(worker) < LIMIT_KB


def test_a_target_that_drips(hospital):
    person = hospital.staff()
    command = "while head -c 1000 | wc -c; do sleep 0.02; done"
    with running(hospital, person, command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as (process, worker):
        threading.Thread(target=feed, args=(process.stdin,), daemon=True).start()
        end = time.monotonic() + 3
        lines = 0
        while time.monotonic() < end or lines <= 20:
            assert time.monotonic() < end + 20
            assert process.stdout.readline() == b"1000\n"
            lines += 1
        assert memory_kb(worker) < LIMIT_KB


def test_one_stalled_channel_does_not_stop_its_neighbour(hospital):
    person = hospital.staff()
    with wire.transport(hospital) as one:
        wire.sign_in(one, person, "mri-3")
        worker = hospital.workers()[-1]
        stalled, lively = one.open_session(window_size=65536), one.open_session()
        stalled.exec_command("yes")
        lively.exec_command("cat")
        lively.settimeout(5)
        for number in range(50):
            text = f"line {number}\n".encode()
            lively.sendall(text)
            got = b""
            while len(got) < len(text):
                got += lively.recv(100)
            assert got == text
        assert memory_kb(worker) < LIMIT_KB


def test_a_stalled_session_still_ends_on_time(hospital):
    """max: 5s, and a client that has stopped reading."""
    person = hospital.staff()
    process = hospital.start_ssh(person, "brief-1", "yes", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert process.stdout.read(2) == b"y\n"
        began = time.monotonic()
        while any(one["person"] == person.name for one in hospital.json("session", "list")):
            assert time.monotonic() - began < 5 + 5, "ended, or killed soon after"
            time.sleep(0.1)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_many_short_commands_over_one_connection_leave_nothing_behind(hospital):
    person = hospital.staff()
    with wire.transport(hospital) as one:
        wire.sign_in(one, person, "mri-3")
        worker = hospital.workers()[-1]
        for number in range(200):
            channel = one.open_session()
            channel.exec_command(f"echo {number}")
            assert channel.recv(100) == f"{number}\n".encode()
            assert channel.recv_exit_status() == 0
            channel.close()
        assert memory_kb(worker) < LIMIT_KB
        if os.geteuid() == 0:  # nobody else may look into a process that is not dumpable
            assert len(list(pathlib.Path(f"/proc/{worker}/fd").iterdir())) < 16


@pytest.mark.parametrize("count", [300])
def test_small_writes_are_echoed_without_gaps(hospital, count):
    """Lost wake-ups show as a pause: no keystroke may wait for the next timer."""
    person = hospital.staff()
    with wire.transport(hospital) as one:
        one.packetizer.set_keepalive(0, lambda: None)
        wire.sign_in(one, person, "mri-3")
        channel = one.open_session()
        channel.exec_command("cat")
        channel.settimeout(5)
        slow, longest = 0, 0.0
        for number in range(count):
            began = time.monotonic()
            channel.sendall(b"k")
            assert channel.recv(1) == b"k"
            took = time.monotonic() - began
            longest, slow = max(longest, took), slow + (took > 0.045)
        # The worker's timer ticks at 50 ms: a wake-up that is regularly lost would show in many of them.
        assert slow < count // 20, f"{slow} of {count} took longer than 45 ms, the longest {longest * 1000:.0f} ms"
