#!/usr/bin/python3
"""The console as its server sees it: calls of the API, the way from a request to the approver's card, many consoles that stay open, and replay.

    --seconds N     of each measurement of calls (5)
    --requests N    from a request to its card (200)
    --consoles N    open at once, each with a stream of events (500)
    --hours N       of the recordings that are sought in (8; 0: none). They are written by bin/long_recording (a target of its own: `ninja
                    long_recording`) as sessions leave them behind, only with an invented clock
    --seeks N       in each (300)
    --page N        seconds that each of them then plays at 32x in a browser, after 20 seeks (60; 0: not at all)
    --only-replay   nothing else
Broker, web server and all clients share this machine's cores; the clients are Python, each connection a process of its own.
"""
import argparse
import contextlib
import json
import multiprocessing
import os
import pathlib
import random
import statistics
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/e2e"))

from hospital.anteroom import BIN, new_source  # noqa: E402
from hospital.console import ConsoleHospital  # noqa: E402
from hospital.player import Player  # noqa: E402
from hospital.replay import replay  # noqa: E402
from hospital.visitor import Visitor, open_browser  # noqa: E402

GOAL_CARD_MS = 200
GOAL_SEEK_MS = {"ssh": 150, "rdp": 300}  # p95
PEOPLE = 30  # so many sign in as often as it takes; the twenty-first session of one person ends their first


def say(text=""):
    print(text, flush=True)


def quantile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def row(what, values, unit="ms", goal=""):
    say(f"  {what:44} p50 {statistics.median(values):8.1f}  p95 {quantile(values, 0.95):8.1f}  p99 {quantile(values, 0.99):8.1f}  max {max(values):8.1f} {unit}  (n={len(values)}){goal}")


def pss_mb(pids):
    total = 0
    for pid in pids:
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            total += int(line.split()[1]) if line.startswith("Pss:") else 0
    return total / 1024


def processor_seconds(pids):
    ticks = 0
    for pid in pids:
        words = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(words[11]) + int(words[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def caller(api, path, seconds, out):
    """One connection kept alive: how often, and how long each call took."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in api.headers("GET", {}).items())
    asked = f"GET {path} HTTP/1.1\r\nHost: localhost:{api.house.web_port}\r\n{lines}\r\n".encode()
    took = []
    with api.dial() as tls:
        ends = time.perf_counter() + seconds
        while (began := time.perf_counter()) < ends:
            tls.sendall(asked)
            came = tls.recv(65536)
            while (head := came.find(b"\r\n\r\n")) < 0:
                came += tls.recv(65536)
            assert came.startswith(b"HTTP/1.1 200 "), came[:300]
            length = int(came[:head].lower().split(b"content-length:")[1].split(b"\r\n")[0])
            missing = head + 4 + length - len(came)
            while missing > 0:
                missing -= len(tls.recv(65536))
            took.append((time.perf_counter() - began) * 1000)
    out.put(took)


def calls(house, api, path, connections, seconds):
    out = multiprocessing.Queue()
    pids = {name: house.programs(name) for name in ("anteroom-web", "anteroom-broker")}
    before = {name: processor_seconds(those) for name, those in pids.items()}
    workers = [multiprocessing.Process(target=caller, args=(api, path, seconds, out)) for _ in range(connections)]
    for one in workers:
        one.start()
    took = [time_of for _ in workers for time_of in out.get()]
    for one in workers:
        one.join()
    spent = ", ".join(f"{name[9:]} {(processor_seconds(those) - before[name]) / len(took) * 1e6:.0f} us" for name, those in pids.items())
    say(f"  GET {path}, {connections} connection{'s' if connections > 1 else ''}: {len(took) / seconds:8.0f} a second   (processor time a call: {spent})")
    row("", took)


def to_the_card(house, alice, dana, count):
    """Asked for by one person, heard by another's open page, and fetched by it: their card is there."""
    heard, shown = [], []
    body = {"places": [f"ct-1+{house.account}"], "reason": "bench", "ticket": "CHG-1", "seconds": 600, "at": None}
    with dana.events() as stream:
        assert stream.next()[1]["topic"] == "hello"
        for _ in range(count):
            began = time.perf_counter()
            made = alice.post("/api/requests", body)
            assert made.status == 200, made
            number = made.json["id"]
            stream.until(lambda event, number=number: event["topic"] == "request" and event.get("id") == number and event.get("fresh"))
            heard.append((time.perf_counter() - began) * 1000)
            cards = dana.get("/api/approvals").json["waiting"]
            shown.append((time.perf_counter() - began) * 1000)
            assert number in [one["id"] for one in cards]
            assert alice.post(f"/api/requests/{number}/withdraw").status == 200
    say("from a request to the approver")
    row("the event", heard)
    row("the card", shown, goal=f"  goal: p99 {GOAL_CARD_MS}")


def many_consoles(house, people, count):
    programs = ("anteroom-web", "anteroom-broker")
    pids = {name: house.programs(name) for name in programs}
    before = {name: pss_mb(those) for name, those in pids.items()}
    began = time.perf_counter()
    streams = []
    for number in range(count):
        api = house.api(source=new_source())
        api.passkey_sign_in(people[number % len(people)])
        api.close()
        streams.append(api.events())
        assert streams[-1].status == 200
    say(f"{count} consoles signed in with a passkey and opened their streams, one after the other: {(time.perf_counter() - began) * 1000 / count:.1f} ms each")
    for name in programs:
        now = pss_mb(pids[name])
        say(f"  {name:44} {before[name]:8.1f} MB before, {now:8.1f} MB with them: {(now - before[name]) * 1024 / count:6.1f} kB each (PSS)")
    cpu = {name: processor_seconds(pids[name]) for name in programs}
    time.sleep(5)
    say("  idle with them: " + ", ".join(f"{name[9:]} {(processor_seconds(pids[name]) - cpu[name]) / 5 * 100:.1f} % of a core" for name in programs))
    return streams


def seeks(house, viewer, protocol, hours, count):
    """From the browser's word to everything that stands at that moment, at its end of the line."""
    house.stop()
    began = time.perf_counter()
    made = subprocess.run([BIN / "long_recording", house.dir, protocol, str(hours)], capture_output=True, text=True, check=True).stdout.split()
    say(f"{hours:g} hours of {protocol}: {int(made[1]) / 1e6:.0f} MB, index {(house.dir / 'recordings' / (made[0] + '.aidx')).stat().st_size / 1e6:.1f} MB (made in {time.perf_counter() - began:.0f} s)")
    house.serve()
    server = house.programs("anteroom-web")
    viewer.close()
    viewer.passkey_sign_in(viewer.passkey)
    before, moments = pss_mb(server), random.Random(4)
    began = time.perf_counter()
    with replay(viewer, made[0]) as player:
        duration = player.kind("begin")["duration"]
        say(f"  {'from the ticket to the first word':44} {(time.perf_counter() - began) * 1000:8.0f} ms")
        player.kind("timeline", timeout=120)
        say(f"  {'to the timeline':44} {(time.perf_counter() - began) * 1000:8.0f} ms")
        for what in ("while the integrity is checked", "afterwards"):
            took, largest = [], 0.0
            for number in range(count):
                at, then = moments.randrange(duration), time.perf_counter()
                player.seek(at)
                took.append((time.perf_counter() - then) * 1000)
                largest = max(largest, pss_mb(server)) if number % 10 == 0 else largest
                assert player.text if protocol == "ssh" else player.canvas.complete
            row(f"seek, {what}", took, goal=f"  goal: p95 {GOAL_SEEK_MS[protocol]}")
            say(f"  {'memory of the server (PSS)':44} {before:8.1f} MB before, {largest:8.1f} MB at most")
            player.kind("integrity", timeout=600, state="intact")
    return made[0]


def renderers(driver):
    """The processes of the browser that hold pages."""
    found, queue = [], [driver.process.pid]
    while queue:
        below = [int(word) for task in pathlib.Path(f"/proc/{queue.pop()}/task").iterdir() for word in (task / "children").read_text().split()]
        queue += below
        found += [pid for pid in below if b"--type=renderer" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()]
    return found


def weigh(window, driver, when):
    """What the page holds once its garbage is gone, and what its process takes."""
    window.cdp.send("HeapProfiler.collectGarbage")
    metrics = {one["name"]: one["value"] for one in window.cdp.send("Performance.getMetrics")["metrics"]}
    say(f"  {'the page, ' + when:44} {metrics['JSHeapUsedSize'] / 1e6:8.1f} MB of JavaScript, {metrics['Nodes']:6.0f} nodes, {pss_mb(renderers(driver)):8.1f} MB of its process (PSS)")


def in_a_page(house, session, seconds):
    """Does a page that plays for hours grow? Opened, sought in, and played as fast as it goes."""
    moments, server = random.Random(5), house.programs("anteroom-web")
    viewer, driver = house.keyed(house.reviewer()), open_browser(house)
    with Visitor(driver, house).borrow(viewer).authenticator(viewer.passkey) as window:
        window.cdp.send("Performance.enable")
        player = Player(window, session).open()
        window.see("Intact", timeout=600)
        weigh(window, driver, "opened and played a little")
        player.pause()
        for _ in range(20):
            player.click_at(moments.randrange(int(player.slider().getAttribute("aria-valuemax"))))
            window.until("![...document.querySelectorAll('.player *')].some((one) => one.textContent === 'Loading…')", timeout=120)
        weigh(window, driver, "after 20 seeks")
        player.click_at(0)
        window.page.getByLabel("Speed").selectOption("32")
        player.play()
        for part in range(1, 5):
            began, then = player.position(), time.perf_counter()
            time.sleep(seconds / 4)
            rate = (player.position() - began) / (time.perf_counter() - then)
            weigh(window, driver, f"{seconds * part / 4:g} s at 32x (it really played {rate:.0f}x)")
        say(f"  {'memory of the server meanwhile (PSS)':44} {pss_mb(server):8.1f} MB")
        assert player.position() < int(player.slider().getAttribute("aria-valuemax")), "it came to its end"
    viewer.close()
    driver.close()


def consoles(house, given):
    alice = house.keyed(house.vendor(name="alice"))
    dana = house.keyed(house.person("imaging", name="dana"))
    say("calls, each with a session of its own to be looked up")
    waiting = [alice.post("/api/requests", {"places": [f"{target}+{house.account}"], "reason": "bench", "ticket": "CHG-1", "seconds": 600, "at": None}) for target in ("ct-1", "lone-1")]
    assert all(one.status == 200 for one in waiting), waiting
    say(f"  (two cards wait: {len(json.dumps(dana.get('/api/approvals').json))} bytes)")
    for connections in (1, 8):
        calls(house, dana, "/api/approvals", connections, given.seconds)
    calls(house, dana, "/api/me", 8, given.seconds)
    for one in waiting:
        alice.post(f"/api/requests/{one.json['id']}/withdraw")
    to_the_card(house, alice, dana, given.requests)
    people = [house.keyed(house.person("imaging", name=f"c{number}")).passkey for number in range(PEOPLE)]
    streams = many_consoles(house, people, given.consoles)
    say("and with all of them open")
    for one in (alice, dana):
        one.close()  # the server has hung up on what was silent for so long
    to_the_card(house, alice, dana, max(10, given.requests // 4))
    for one in streams:
        one.close()


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seconds", type=float, default=5)
    options.add_argument("--requests", type=int, default=200)
    options.add_argument("--consoles", type=int, default=500)
    options.add_argument("--hours", type=float, default=8)
    options.add_argument("--seeks", type=int, default=300)
    options.add_argument("--page", type=float, default=60)
    options.add_argument("--only-replay", action="store_true")
    given = options.parse_args()
    with contextlib.ExitStack() as all_of:
        house = ConsoleHospital()
        all_of.callback(house.close)
        house.open()
        say(f"load {os.getloadavg()[0]:.1f}")
        if given.hours:
            ruth = house.keyed(house.reviewer())
            for protocol in ("ssh", "rdp"):
                made = seeks(house, ruth, protocol, given.hours, given.seeks)
                if given.page:
                    in_a_page(house, made, given.page)
            ruth.close()
        if not given.only_replay:
            consoles(house, given)


if __name__ == "__main__":
    main()
