#!/usr/bin/python3
"""Access on request, as people feel it: from a yes to the prompt, and from the approved end to the cut.

    --waits N       requests approved one after the other (20)
    --decisions N   approvals made at once, each with a code (20)
    --sessions N    that all end at the same moment (200)
Everything runs on this machine: broker, gateway, workers, sshd and all clients share its cores. Times in milliseconds.
"""
import argparse
import concurrent.futures
import contextlib
import datetime
import http.server
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/e2e"))

from hospital import Anteroom, Codes, Person, Sshd  # noqa: E402
from hospital.anteroom import new_source  # noqa: E402
from hospital.sshd import free_port, make_key  # noqa: E402


def say(text=""):
    print(text, flush=True)


def quantile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def row(what, values, unit="ms"):
    say(f"  {what:44} p50 {statistics.median(values):8.1f}  p99 {quantile(values, 0.99):8.1f}  max {max(values):8.1f} {unit}  (n={len(values)})")


class House:
    def __init__(self, all_of):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="ara-", dir="/tmp"))
        all_of.callback(shutil.rmtree, self.home, ignore_errors=True)
        self.target = Sshd(self.home / "target")
        all_of.callback(self.target.stop)
        self.target.start()
        self.hook_port = free_port()
        self.anteroom = Anteroom(self.home / "ar")
        all_of.callback(self.anteroom.stop)
        self.anteroom.init(limits={"connections": 1000, "unauthenticated": 1000, "unauthenticated_per_source": 1000})
        configuration = self.anteroom.dir / "anteroom.yaml"
        configuration.write_text(configuration.read_text() + f"alerts:\n  soc:\n    webhook: {{url: 'http://127.0.0.1:{self.hook_port}/'}}\n    events: [requests]\n")
        self.anteroom.serve()
        user = self.target.user
        self.anteroom.apply_policy({
            "version": 1,
            "vendors": {"acme": {"name": "Acme", "agreement": {"signed": "2026-01-15", "expires": "2040-01-15"}}},
            "targets": {"mri-3": {"address": f"127.0.0.1:{self.target.port}", "protocol": "ssh", "host_key": self.target.public_host_key(), "accounts": {user: {"secret": "stored"}}}},
            "rules": [{"id": "service", "who": ["vendor:acme"], "to": {"targets": ["mri-3"]}, "allow": ["shell", "exec"], "access": "on-request",
                       "approval": {"by": ["group:admins"], "max": "4h"}}]})
        self.anteroom.put_key(f"mri-3/{user}", self.target)
        self.key_count = 0

    def person(self, name, *words):
        """With a key and codes, and no password."""
        self.anteroom.cli("person", "add", name, *words)
        one = Person(name, "", Codes(self.anteroom.json("person", "totp", name)["uri"]), new_source(), make_key(self.home / f"key-{name}"))
        self.anteroom.cli("person", "key", "add", name, "--key", f"{one.key}.pub")
        return one


class Hook:
    """Takes alerts and notes when they came."""

    def __init__(self, port):
        came = self.came = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                came.append((time.time(), json.loads(body)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def at(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def waits(house, count):
    """From the moment the approval is in force to the target's prompt at the person who waited; and the way of the alert."""
    here = house.anteroom
    hook = Hook(house.hook_port)
    after, commands = [], []
    for number in range(count):
        person, approver = house.person(f"w{number}", "--vendor", "acme"), house.person(f"a{number}", "--group", "admins")
        with here.terminal(person, "mri-3", way="key") as terminal:
            terminal.expect("Reason")
            terminal.send("bench\r")
            terminal.expect("how long")
            terminal.send("\r")
            request = int(terminal.expect(r"request (\d+)").group(1))
            began = time.time()
            here.reviewed("request", "approve", str(request), person=approver)
            commands.append((time.time() - began) * 1000)
            terminal.expect("recorded, until")
            seen = time.time()
            approved = [one for one in here.audit(kind="access.approved") if one["fields"].get("request") == str(request)][-1]
            after.append((seen - at(approved["time"])) * 1000)
            terminal.send("exit\r")
            terminal.wait()
    say("approval")
    row("from the decision to the target's first line", after)
    row("the approver's whole command", commands)
    created = {one["fields"]["request"]: at(one["time"]) for one in here.audit(kind="access.requested")}
    late = [(when - created[str(body["request"])]) * 1000 for when, body in hook.came if body.get("event") == "request.created" and str(body["request"]) in created]
    if late:
        row("from the request to its alert at the web hook", late)


def decisions(house, count):
    """Whole approvals, four at a time: a process each, a code checked and used up, request, audit record and alert in one transaction."""
    here = house.anteroom
    work = []
    for number in range(count):
        person, approver = house.person(f"d{number}", "--vendor", "acme"), house.person(f"b{number}", "--group", "admins")
        here.reviewed("request", "create", "mri-3", "--reason", "bench", person=person)
        asked = next(one["id"] for one in here.json("request", "list") if one["person"] == person.name)
        work.append((asked, approver, approver.fresh_code()))
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda one: here.reviewed("request", "approve", str(one[0]), person=one[1], code=one[2]), work))
    say(f"decisions: {count / (time.monotonic() - began):.1f} a second, each a command of its own")


def expiries(house, count):
    """Sessions of so many people under one window; how long after its end the last of the target's bytes could come."""
    here = house.anteroom
    people = [house.person(f"e{number}", "--vendor", "acme") for number in range(count)]
    opened = time.time()
    seconds = 60 + count // 2
    window = here.json("window", "open", "mri-3", "--vendor", "acme", "--for", f"{seconds}s", "--ticket", "BENCH-1")
    ends = at(window["ends"])
    over = []
    lock = threading.Lock()

    def one(person):
        process = here.start_ssh(person, "mri-3", "echo in; exec sleep 3600", way="key", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if process.stdout.readline() != b"in\n":
            return
        process.stdout.read()
        with lock:
            over.append((time.time() - ends) * 1000)
        process.kill()
        process.wait()

    threads = [threading.Thread(target=one, args=(person,)) for person in people]
    for number, thread in enumerate(threads):
        thread.start()
        time.sleep(0.15)
    for thread in threads:
        thread.join()
    say(f"expiry: {len(over)} of {count} sessions were open when the window ended, {ends - opened:.0f} s after it was opened")
    row("overshoot until the client's stream ends", [max(0.0, value) for value in over])


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--waits", type=int, default=20)
    options.add_argument("--sessions", type=int, default=200)
    options.add_argument("--decisions", type=int, default=20)
    given = options.parse_args()
    with contextlib.ExitStack() as all_of:
        house = House(all_of)
        say(f"load {os.getloadavg()[0]:.1f}")
        waits(house, given.waits)
        decisions(house, given.decisions)
        expiries(house, given.sessions)


if __name__ == "__main__":
    main()
