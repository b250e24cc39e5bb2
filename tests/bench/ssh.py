#!/usr/bin/python3
"""SSH directly, through ProxyJump over a second sshd, and through Anteroom with its recording: the same work in one run.

The ways take turns (A B C A B C ...), and what is printed are medians: ratios first, then absolute figures. OpenSSH's client and
sshd with their own defaults, all on this machine, so that client, proxy and target share its cores.
    --size MIB      of one transfer (1024)        --rounds N    turns of each way (3)
"""
import argparse
import contextlib
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import termios
import threading
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/e2e"))

from hospital import Anteroom, Codes, Person, Sshd, Terminal  # noqa: E402
from hospital.sshd import make_key  # noqa: E402

WAYS = ["direct", "ProxyJump", "Anteroom"]
KEYSTROKES, LOGINS, AT_ONCE = 250, 12, 3


def say(text=""):
    print(text, flush=True)


def pss_kb(pid):
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


class House:
    """Two sshds and an Anteroom with one target; a shared connection for each way."""

    def __init__(self, all_of):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="arb-", dir="/tmp"))
        all_of.callback(shutil.rmtree, self.home, ignore_errors=True)
        self.target, self.jump = Sshd(self.home / "target"), Sshd(self.home / "jump")
        self.key = make_key(self.home / "key")
        for one in (self.target, self.jump):
            one.authorize(f"{self.key}.pub")
            all_of.callback(one.stop)
            one.start()
        known = self.home / "known_hosts"
        known.write_text("".join(f"[127.0.0.1]:{one.port} {one.public_host_key()}\n" for one in (self.target, self.jump)))
        config = f"UserKnownHostsFile {known}\nGlobalKnownHostsFile /dev/null\nIdentityFile {self.key}\nIdentitiesOnly yes\nIdentityAgent none\nHostName 127.0.0.1\n"
        user = self.target.user
        self.config = self.home / "config"
        self.config.write_text(f"Host jump\nPort {self.jump.port}\nUser {user}\nHost target\nPort {self.target.port}\nUser {user}\nHost *\n{config}")
        self.anteroom = Anteroom(self.home / "ar")
        all_of.callback(self.anteroom.stop)
        self.anteroom.init()
        self.anteroom.serve()
        self.anteroom.apply_policy({
            "version": 1,
            "targets": {"target": {"address": f"127.0.0.1:{self.target.port}", "protocol": "ssh", "host_key": self.target.public_host_key(),
                                   "accounts": {user: {"secret": "stored"}}}},
            "rules": [{"id": "bench", "who": ["group:bench"], "to": {"targets": ["target"]}, "allow": ["shell", "exec", "env"], "access": "standing"}]})
        self.anteroom.put_key(f"target/{user}", self.target)
        self.masters = []
        all_of.callback(self.end_masters)

    def person(self, name):
        """With a key and codes, and no password: nothing here asks for one."""
        self.anteroom.cli("person", "add", name, "--group", "bench")
        one = Person(name, "", Codes(self.anteroom.json("person", "totp", name)["uri"]), "127.0.0.1", self.key if name == "bench" else make_key(self.home / f"key-{name}"))
        self.anteroom.cli("person", "key", "add", name, "--key", f"{one.key}.pub")
        return one

    def argv(self, way, *command, options=(), person=None):
        """(argv, environment) of one connection."""
        if way == "Anteroom":
            environment, _ = self.anteroom.environment(person or self.bench)
            return self.anteroom.ssh_argv(person or self.bench, "target", *command, options=options, way="key"), environment
        jump = ["-J", "jump"] if way == "ProxyJump" else []
        return ["ssh", "-F", str(self.config), *jump, *options, "target", *command], {"PATH": os.defpath, "HOME": str(self.home), "TERM": "xterm"}

    def open_masters(self):
        self.bench = self.person("bench")
        for way in WAYS:
            socket = self.home / f"cm-{way}"
            argv, environment = self.argv(way, options=("-M", "-N", "-S", str(socket)))
            self.masters.append(subprocess.Popen(argv, env=environment, stdin=subprocess.DEVNULL))
            deadline = time.monotonic() + 15
            while not socket.exists():
                if self.masters[-1].poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"no connection, {way}; {self.anteroom.log}: {self.anteroom.log.read_text()[-2000:]}")
                time.sleep(0.02)

    def over(self, way, *command, options=()):
        """(argv, environment) of a command over the connection that is open already."""
        return ["ssh", "-F", "none", "-S", str(self.home / f"cm-{way}"), *options, "target", *command], {"PATH": os.defpath, "HOME": str(self.home), "TERM": "xterm"}

    def end_masters(self):
        for one in self.masters:
            one.terminate()
            one.wait()


def transfer(house, way, direction, file, size):
    """MB/s of one transfer over an open connection."""
    began = time.monotonic()
    if direction == "up":
        argv, environment = house.over(way, "cat >/dev/null")
        with file.open("rb") as source:
            subprocess.run(argv, env=environment, stdin=source, stdout=subprocess.DEVNULL, check=True, timeout=120)
    else:
        argv, environment = house.over(way, f"head -c {size} {file}")
        with subprocess.Popen(argv, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
            got = 0
            while block := process.stdout.read1(1 << 20):
                got += len(block)
        if got != size or process.returncode != 0:
            raise RuntimeError(f"{way}: {got} of {size} bytes, exit {process.returncode}")
    return size / (time.monotonic() - began) / 1e6


def keystrokes(house, way):
    """Seconds from a key to its echo, by the target's terminal."""
    argv, environment = house.over(way, "echo at the target; exec cat", options=("-tt",))
    took = []
    with Terminal(argv, environment) as terminal:
        terminal.expect(r"at the target\r*\n")
        while termios.tcgetattr(terminal.fd)[3] & termios.ECHO:  # until the client has taken it off, a key is echoed on this side
            time.sleep(0.01)
        for number in range(KEYSTROKES):
            key = chr(ord("a") + number % 26)
            began = time.perf_counter()
            terminal.send(key)
            terminal.expect(key, 10)
            took.append(time.perf_counter() - began)
            time.sleep(0.002)
            if number % 60 == 59:
                terminal.send("\n")
                terminal.expect(r"\r\n[a-z]+\r\n", 10)
    return took


def logins(house, way, people):
    """(logins per second with some at once, seconds of one alone)."""
    todo = [self_made for self_made in (house.argv(way, "true", person=people[i % len(people)] if people else None) for i in range(LOGINS + 1))]
    began = time.monotonic()
    subprocess.run(todo[0][0], env=todo[0][1], stdin=subprocess.DEVNULL, check=True, timeout=30)
    alone = time.monotonic() - began
    todo, failed, lock = todo[1:], [], threading.Lock()

    def work():
        while True:
            with lock:
                if not todo:
                    return
                argv, environment = todo.pop(0)
            if subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, timeout=60).returncode != 0:
                failed.append(argv)

    threads = [threading.Thread(target=work) for _ in range(AT_ONCE)]
    began = time.monotonic()
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    if failed:
        raise RuntimeError(f"{len(failed)} logins failed, {way}")
    return LOGINS / (time.monotonic() - began), alone


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def table(title, unit, figures, digits):
    say(f"  {title:34}" + "".join(f"{figures[way]:>12.{digits}f}" for way in WAYS) + f"  {unit}")


def ratio(title, figures, better):
    say(f"  {title:34}" + "".join(f"{figures[way] / figures['direct']:>12.2f}" for way in WAYS) + f"{figures['Anteroom'] / figures['ProxyJump']:>16.2f}   {better}")


def measure(house, rounds, size, file):
    seen = {what: {way: [] for way in WAYS} for what in ("up", "down", "echo", "logins", "alone")}
    people = [house.person(f"login{i}") for i in range(max(1, (LOGINS + 1) * rounds // 2))]
    for number in range(rounds):
        say(f"== turn {number + 1} of {rounds}")
        for direction in ("up", "down"):
            for way in WAYS:
                seen[direction][way].append(transfer(house, way, direction, file, size))
        for way in WAYS:
            seen["echo"][way] += keystrokes(house, way)
        share = len(people) // rounds
        for way in WAYS:
            rate, alone = logins(house, way, people[number * share:(number + 1) * share] if way == "Anteroom" else None)
            seen["logins"][way].append(rate)
            seen["alone"][way].append(alone)
    return seen


def report(seen, memory, size, rounds):
    median = {what: {way: statistics.median(seen[what][way]) for way in WAYS} for what in seen}
    p99 = {way: percentile(seen["echo"][way], 0.99) for way in WAYS}
    head = "".join(f"{way:>12}" for way in WAYS)
    say(f"\nRatios to direct (medians of {rounds} turns)\n  {'':34}{head}{'to ProxyJump':>16}")
    mib = size >> 20
    ratio(f"{mib} MiB up", median["up"], "more is better")
    ratio(f"{mib} MiB down", median["down"], "more is better")
    ratio("keystroke echo, p50", median["echo"], "less is better")
    ratio("keystroke echo, p99", p99, "less is better")
    ratio(f"logins per second, {AT_ONCE} at once", median["logins"], "more is better")
    ratio("one login alone", median["alone"], "less is better")
    say(f"\nAbsolute\n  {'':34}{head}")
    table(f"{mib} MiB up", "MB/s", median["up"], 0)
    table(f"{mib} MiB down", "MB/s", median["down"], 0)
    table("keystroke echo, p50", "ms", {way: median["echo"][way] * 1000 for way in WAYS}, 2)
    table("keystroke echo, p99", "ms", {way: p99[way] * 1000 for way in WAYS}, 2)
    table(f"logins per second, {AT_ONCE} at once", "1/s", median["logins"], 1)
    table("one login alone", "ms", {way: median["alone"][way] * 1000 for way in WAYS}, 0)
    say(f"  memory of one worker (PSS): {memory['idle']} kB idle, {memory['busy']} kB after the transfers")
    say("\nEach login is a whole `ssh ... true`: direct and ProxyJump with a key, Anteroom with a key and a fresh code, which costs a helper program")
    say("for the prompt. Transfers run over connections that are open already. Anteroom records all of it; of a command's output it keeps")
    say("the first 64 MiB whole and counts and hashes the rest.")


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--size", type=int, default=1024, metavar="MIB")
    options.add_argument("--rounds", type=int, default=3)
    given = options.parse_args()
    size, began = given.size << 20, time.monotonic()
    with contextlib.ExitStack() as all_of:
        say(f"== two sshds, one Anteroom, {given.size} MiB of random bytes")
        house = House(all_of)
        room = shutil.disk_usage("/dev/shm").free if os.path.isdir("/dev/shm") else 0
        folder = "/dev/shm" if room > 2 * size else house.home
        file = pathlib.Path(tempfile.mkstemp(prefix="anteroom-bench-", dir=folder)[1])
        all_of.callback(file.unlink)
        file.chmod(0o644)
        block = os.urandom(min(size, 64 << 20))
        with file.open("wb") as out:
            for at in range(0, size, len(block)):
                out.write(block[:size - at])
        house.open_masters()
        (worker,) = house.anteroom.workers()
        time.sleep(0.5)
        memory = {"idle": pss_kb(worker)}
        seen = measure(house, given.rounds, size, file)
        memory["busy"] = pss_kb(worker)
        report(seen, memory, size, given.rounds)
    say(f"\n{time.monotonic() - began:.0f} s in all")


if __name__ == "__main__":
    main()
