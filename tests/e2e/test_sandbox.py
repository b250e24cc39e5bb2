"""A live worker from outside: sealed off, with nothing in its hands but its own connection."""
import os
import pathlib
import re

import pytest


@pytest.fixture(scope="module")
def worker(hospital):
    person = hospital.staff()
    with hospital.terminal(person, "mri-3") as terminal:
        terminal.send("echo is-$((40+2))\n")
        terminal.expect("is-42")
        yield hospital.one_worker(), person
        terminal.send("exit\n")


# What stands in /proc of a process that is not dumpable is shown to root alone, its own user included.
root_looks = pytest.mark.skipif(os.geteuid() != 0, reason="looking into a process that is not dumpable needs root")


def status(pid):
    return dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)


def test_seccomp_and_no_new_privileges(worker):
    found = status(worker[0])
    assert found["Seccomp"].strip() == "2" and found["NoNewPrivs"].strip() == "1"


def test_no_core_and_not_dumpable(worker):
    limits = pathlib.Path(f"/proc/{worker[0]}/limits").read_text()
    assert re.search(r"Max core file size +0 +0 ", limits)
    # A process that is not dumpable belongs to root in /proc, whoever runs it; where that is root anyway, core_pattern has to do.
    assert pathlib.Path(f"/proc/{worker[0]}/environ").stat().st_uid == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look everywhere")
def test_not_even_its_own_user_may_look_into_it(worker):
    for what in ("fd", "environ", "mem", "maps", "exe"):
        with pytest.raises(PermissionError):
            path = pathlib.Path(f"/proc/{worker[0]}/{what}")
            os.listdir(path) if what == "fd" else os.readlink(path) if what == "exe" else path.read_bytes()


@root_looks
def test_descriptors_are_its_own_connection_only(worker):
    kinds = []
    for one in pathlib.Path(f"/proc/{worker[0]}/fd").iterdir():
        to = os.readlink(one)
        kind = "socket" if to.startswith("socket:") else "recording" if to.endswith(".arec") else to
        kinds.append((int(one.name), kind))
    others = sorted({kind for number, kind in kinds if kind not in ("socket", "recording") and number > 2})
    assert not others, kinds
    assert [kind for _, kind in kinds].count("recording") == 1
    assert [kind for _, kind in kinds].count("socket") <= 4, "client, broker, target, agent"


@root_looks
def test_the_recording_is_append_and_write_only(worker):
    for one in pathlib.Path(f"/proc/{worker[0]}/fd").iterdir():
        if os.readlink(one).endswith(".arec"):
            text = pathlib.Path(f"/proc/{worker[0]}/fdinfo/{one.name}").read_text()
            flags = int(re.search(r"flags:\s+(\d+)", text).group(1), 8)
            assert flags & os.O_APPEND and flags & os.O_ACCMODE == os.O_WRONLY
            return
    raise AssertionError("no recording")


@root_looks
def test_no_environment_and_no_secret_in_the_command_line(worker):
    pid, person = worker
    assert pathlib.Path(f"/proc/{pid}/environ").read_bytes() == b""
    words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    assert words.count(b"\0") == 1 and words.endswith(b"anteroom-ssh\0"), words
    assert person.password.encode() not in words


@root_looks
def test_no_program_of_ours_has_a_secret_in_its_command_line_or_environment(hospital, worker):
    _, person = worker
    for pid in hospital.programs() + [hospital.process.pid]:
        for name in ("cmdline", "environ"):
            text = pathlib.Path(f"/proc/{pid}/{name}").read_bytes()
            assert person.password.encode() not in text and person.codes.secret not in text


@root_looks
def test_its_memory_holds_no_key_of_the_broker_and_no_password(hospital, worker):
    """As a debugger of root would see it: neither host key nor target key, nor the person's stored secrets."""
    pid, person = worker
    import paramiko
    target = paramiko.Ed25519Key.from_private_key_file(str(hospital.home / "target-key"))
    seed = bytes(target._signing_key)
    canaries = {"target key": seed, "totp secret": person.codes.secret}
    found = {}
    with open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
            bounds, rights = line.split()[:2]
            if "r" not in rights or "[v" in line:
                continue
            start, end = (int(one, 16) for one in bounds.split("-"))
            try:
                memory.seek(start)
                content = memory.read(end - start)
            except (OSError, ValueError):
                continue
            for what, canary in canaries.items():
                if canary in content:
                    found[what] = line
    assert not found


def test_it_is_small(worker):
    assert int(status(worker[0])["VmRSS"].split()[0]) < 30000


def test_sockets_of_the_broker_are_for_its_user_only(hospital, worker):
    run = hospital.dir / "run"
    assert run.stat().st_mode & 0o007 == 0
    assert all(one.stat().st_mode & 0o007 == 0 for one in run.iterdir())
