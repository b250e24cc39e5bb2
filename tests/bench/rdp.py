#!/usr/bin/python3
"""A desktop directly, through freerdp-proxy where one is on the PATH, and through Anteroom with its recording: the same work in one run.

The target is xrdp before an Xvnc, with a program that turns a square's colour at a click, scrolls, works and rests, and freerdp-shadow for
the film, whose noise xrdp does not survive (and which looks at its screen 16 times a second only, so that a click takes its time there).
The client is xfreerdp at a display of its own; client, proxy and target share this machine's cores. The ways take turns. CPU is what the proxy's own processes used (Anteroom: the worker and the front; the broker and the gateway in a row of their own).
    --clicks N      for each way and turn (150)        --rounds N    turns of each way (2)
    --seconds N     of scrolling, film and rest (10)   --work N      seconds of a desktop in use (60)
"""
import argparse
import contextlib
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/e2e"))

from hospital import rdp  # noqa: E402
from hospital.cart import SQUARE  # noqa: E402
from hospital.rdp_scene import Clinic, answer  # noqa: E402
from hospital.sshd import free_port  # noqa: E402

PROXY = shutil.which("freerdp-proxy") or shutil.which("freerdp-proxy2") or shutil.which("freerdp-proxy3")
WAYS = ["direct", *(["freerdp-proxy"] if PROXY else []), "Anteroom"]
GOALS = {"p50": "+1 ms to direct", "scroll": "1.66 s per 10 s", "pss": "34 MB", "work": "4 MB/min", "idle": "10 ms per 10 s"}
PROXY_CONFIG = """[Server]
Host=127.0.0.1
Port={port}
[Target]
FixedTarget=TRUE
Host=127.0.0.1
Port={target}
[Channels]
GFX=FALSE
DisplayControl=FALSE
Clipboard=FALSE
AudioOutput=FALSE
RemoteApp=FALSE
[Input]
Keyboard=TRUE
Mouse=TRUE
[Security]
ServerTlsSecurity=TRUE
ServerRdpSecurity=FALSE
ClientTlsSecurity=TRUE
ClientNlaSecurity={nla}
ClientRdpSecurity=FALSE
ClientAllowFallbackToTls=FALSE
[GFXSettings]
DecodeGFX=FALSE
[Certificates]
CertificateFile={folder}/server.crt
PrivateKeyFile={folder}/server.key
"""


def say(text=""):
    print(text, flush=True)


def cpu(pids):
    """Seconds of processor that these processes have used, to the nanosecond, of the threads that live."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def pss_mb(pids):
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                total += int(line.split()[1]) if line.startswith("Pss:") else 0
    return total / 1000


class Bench(Clinic):
    """One desktop, and each way to it."""

    def begin(self, all_of):
        all_of.callback(self.close)
        self.open()
        self.proxies = {}
        for server in (self.xrdp, self.shadow) if PROXY else ():
            folder, port = self.home / f"proxy-{server.port}", free_port()
            folder.mkdir()
            shutil.copy(server.certificate, folder / "server.crt")
            shutil.copy(server.key, folder / "server.key")
            (folder / "config.ini").write_text(PROXY_CONFIG.format(port=port, target=server.port, folder=folder, nla="TRUE" if server is self.shadow else "FALSE"))
            process = subprocess.Popen([PROXY, "config.ini"], cwd=folder, stdin=subprocess.DEVNULL, stdout=(folder / "log").open("ab"), stderr=subprocess.STDOUT)
            all_of.callback(process.kill)
            rdp.until_it_listens(port, process, folder / "log")
            self.proxies[server] = process, port

    @contextlib.contextmanager
    def connection(self, way, server):
        """(client, the proxy's processes, the others of Anteroom, the session)"""
        if way != "Anteroom":
            process, port = (None, server.port) if way == "direct" else self.proxies[server]
            argv = rdp.xfreerdp(port, server.user, server.password, security="nla" if server is self.shadow and not process else "tls")
            with self.client(argv) as client:
                self.connected(client, server, whole=True)
                yield client, [process.pid] if process else [], [], None
            return
        person, name = self.staff(), "pacs-1" if server is self.shadow else "bare-1"
        with self.client(rdp.xfreerdp(self.rdp_port, f"{person.name}+{name}", person.password)) as client:
            answer(client, person.fresh_code())
            self.connected(client, server, whole=True)  # the notice has gone by then
            mine = self.workers() + self.fronts()
            (live,) = self.sessions(person)
            yield client, mine, [pid for pid in self.programs() if pid not in mine], live["id"]

    def recorded(self, session):
        return sum(one.stat().st_size for one in self.dir.rglob(f"{session}.arec"))


def clicks(server, client, count):
    """Seconds from a click to the pixel that it turns, at the client."""
    x, y = SQUARE[0] + SQUARE[2] // 2, SQUARE[1] + SQUARE[3] // 2
    server.cart.tell("flip")
    client.display.move(x, y)
    time.sleep(0.5)
    took = []
    for _ in range(count):
        before = client.display.pixel(x, y)
        began = time.perf_counter()
        client.display.button(1, True)
        while client.display.pixel(x, y) == before:
            if time.perf_counter() - began > 5:
                raise RuntimeError("a click that turned nothing")
        took.append(time.perf_counter() - began)
        client.display.button(1, False)
        time.sleep(random.uniform(0.03, 0.08))
    return took


def load(server, pids, others, line):
    """(CPU seconds of the proxy, of the rest) while the target does something."""
    time.sleep(1)
    before, rest = cpu(pids), cpu(others)
    if line.startswith("idle"):
        time.sleep(float(line.split()[1]))
    else:
        server.cart.tell(line)
    time.sleep(0.5)
    return cpu(pids) - before, cpu(others) - rest


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def desk(bench, given, way, seen, first):
    """Clicks, rest, scrolling, a desktop in use; what it took in memory after all of it."""
    server = bench.xrdp
    with bench.connection(way, server) as (client, pids, others, session):
        seen["click"][way] += clicks(server, client, given.clicks)
        server.cart.tell("blank")
        seen["idle"][way].append(load(server, pids, others, f"idle {given.seconds}")[0])
        used, rest = load(server, pids, others, f"scroll {given.seconds}")
        seen["scroll"][way].append(used)
        seen["broker"][way].append(rest)
        if session and first:
            before = bench.recorded(session)
            seen["work"][way].append(load(server, pids, others, f"work {given.work}")[0])
            time.sleep(1.5)
            seen["bytes"][way].append((bench.recorded(session) - before) / given.work * 60 / 1e6)
        seen["pss"][way].append(pss_mb(pids))
        server.cart.tell("calm")
        bench.connected(client, server)  # what was measured was the target's screen


def film(bench, given, way, seen):
    server = bench.shadow
    with bench.connection(way, server) as (client, pids, others, session):
        before = bench.recorded(session) if session else 0
        seen["film"][way].append(load(server, pids, others, f"noise {given.seconds} 20")[0])
        if session:
            seen["film-bytes"][way].append((bench.recorded(session) - before) / given.seconds * 60 / 1e6)
        server.cart.tell("picture")
        bench.connected(client, server)


def measure(bench, given):
    seen = {what: {way: [] for way in WAYS} for what in ("click", "scroll", "film", "idle", "work", "broker", "bytes", "film-bytes", "pss")}
    for number in range(given.rounds):
        for way in WAYS:
            say(f"== turn {number + 1} of {given.rounds}: {way}")
            desk(bench, given, way, seen, number == 0)
            film(bench, given, way, seen)
    return seen


def row(title, values, unit, digits, goal=""):
    say(f"  {title:40}" + "".join(f"{values[way]:>15.{digits}f}" if values.get(way) is not None else f"{'-':>15}" for way in WAYS) + f"  {unit:9} {goal}")


def report(seen, given):
    def middle(what, factor=1.0):
        return {way: statistics.median(seen[what][way]) * factor if seen[what][way] else None for way in WAYS}

    def proxied(what, factor=1.0):
        return {way: value if way != "direct" else None for way, value in middle(what, factor).items()}

    per = f"of {given.seconds} s"
    say(f"\n  {'1024x768, 32 bits a pixel, lossless':40}" + "".join(f"{way:>15}" for way in WAYS) + "            goal")
    row("click to pixel, p50", {way: percentile(seen["click"][way], 0.5) * 1000 for way in WAYS}, "ms", 2, GOALS["p50"])
    row("click to pixel, p99", {way: percentile(seen["click"][way], 0.99) * 1000 for way in WAYS}, "ms", 2)
    row(f"CPU, full-window scroll {per}", proxied("scroll"), "s", 2, GOALS["scroll"])
    row(f"CPU, film of 320x240 at 20/s {per}", proxied("film"), "s", 2)
    row(f"CPU, desktop at rest {per}", proxied("idle", 1000), "ms", 1, GOALS["idle"])
    row(f"CPU, desktop in use {given.work} s", proxied("work"), "s", 2)
    row("memory at the end (PSS)", proxied("pss"), "MB", 1, GOALS["pss"])
    row("recorded, desktop in use", proxied("bytes"), "MB/min", 2, GOALS["work"])
    row("recorded, film", proxied("film-bytes"), "MB/min", 2)
    row(f"CPU of broker and gateway, scroll {per}", {"Anteroom": statistics.median(seen["broker"]["Anteroom"])}, "s", 2)
    extra = (percentile(seen["click"]["Anteroom"], 0.5) - percentile(seen["click"]["direct"], 0.5)) * 1000
    say(f"\nAnteroom adds {extra:+.2f} ms at the median to a click. {len(seen['click']['direct'])} clicks a way; medians of {given.rounds} turns.")
    if not PROXY:
        say("freerdp-proxy is not on the PATH (Debian has no package of it): not measured.")


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--clicks", type=int, default=150)
    options.add_argument("--rounds", type=int, default=2)
    options.add_argument("--seconds", type=int, default=10)
    options.add_argument("--work", type=int, default=60)
    given, began = options.parse_args(), time.monotonic()
    lacks = sorted({*rdp.lacking(), *rdp.Xrdp.lacking()})
    if lacks:
        sys.exit("bench: not installed: " + ", ".join(lacks))
    if os.geteuid() != 0:
        say("not root: the memory of processes that are not dumpable cannot be read, and will be 0")
    with contextlib.ExitStack() as all_of:
        say("== a desktop, one Anteroom" + (", one freerdp-proxy" if PROXY else ""))
        bench = Bench(("xrdp", "shadow"))
        bench.begin(all_of)
        report(measure(bench, given), given)
    say(f"\n{time.monotonic() - began:.0f} s in all")


if __name__ == "__main__":
    main()
