"""What `./dev run` prints: each line works when pasted, a second run is quick, and Ctrl-C ends all of it."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import pytest
from hospital import Anteroom, Codes, Terminal, rdp
from hospital.anteroom import TOP
from hospital.display import Desktop
from hospital.rdp_scene import answer


class Demo:
    def __init__(self, folder):
        self.ready = folder / "ready.json"
        self.ready.unlink(missing_ok=True)
        self.began = time.monotonic()
        self.out = (folder / "out").open("w+b")
        self.process = subprocess.Popen([TOP / "tests/demo/run", "--once", "--ready-file", self.ready], cwd=TOP, stdin=subprocess.DEVNULL, stdout=self.out, stderr=subprocess.STDOUT,
                                        env={**os.environ, "ANTEROOM_DEMO_DIR": str(folder / "demo")}, start_new_session=True)
        while not self.ready.exists():
            assert self.process.poll() is None and time.monotonic() - self.began < 60, self.printed()
            time.sleep(0.05)
        self.took = time.monotonic() - self.began
        self.about = json.loads(self.ready.read_text())

    def printed(self):
        return pathlib.Path(self.out.name).read_text()

    def processes(self):
        """Everything that was started by it."""
        found, queue = [], [self.process.pid]
        while queue:
            pid = queue.pop()
            with contextlib.suppress(OSError):
                for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                    children = [int(word) for word in (task / "children").read_text().split()]
                    found += children
                    queue += children
        return found

    def end(self):
        started = self.processes()
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(20)
        return status, [pid for pid in started if Anteroom.lives(pid)]


@pytest.fixture(scope="module")
def place():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="demo-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def demo(place):
    one = Demo(place)
    one.codes = {name: Codes(person["uri"]) for name, person in one.about["people"].items()}
    for name, steps in one.about["used"].items():
        one.codes[name].used |= set(steps)
    yield one
    if one.process.poll() is None:
        one.end()


def opened(demo, one):
    """As a person would, in a terminal with a plain environment, answering what is asked."""
    password = demo.about["people"].get(one["person"], {}).get("password")
    terminal = Terminal(["/bin/bash", "--norc", "-c", one["line"]], {"PATH": os.environ.get("PATH", os.defpath), "HOME": "/nonexistent", "TERM": "xterm"})
    for what in one["asks"]:
        terminal.expect(r"(?i)password: ?" if what == "password" else r"(?i)code\b[^\n]*: ?$", timeout=30)
        terminal.send((password if what == "password" else demo.codes[one["person"]].fresh()) + "\n")
    return terminal


# What is typed once the line stands, as the words above it say: (what is waited for, what is typed).
TYPED = {r"alice\+mri-3@127.0.0.1'?$": [("recorded, until", "echo pasted-$((40+2)); exit 0\n")],
         "dana@127.0.0.1'?$": [("> ", "quit\n")],
         "approvals'?$": [("> ", "quit\n")],
         r"dana\+pump-2@": [("break-glass", "break-glass\n"), ("emergency is|emergency: ", "the demo\n"), ("YES", "YES\n"), ("GLASS IS BROKEN", "exit 0\n")]}


def paste(demo, one):
    with opened(demo, one) as terminal:
        for line, steps in TYPED.items():
            for waited_for, typed in steps if re.search(line, one["line"]) else []:
                terminal.expect(waited_for)
                terminal.send(typed)
        text = terminal.rest(30)
        return terminal.wait(), text


def ask_and_wait(demo, one):
    terminal = opened(demo, one)
    for waited_for, typed in [("Reason", "the gantry squeaks\n"), ("Ticket", "CHG-1\n"), ("how long", "\n")]:
        terminal.expect(waited_for)
        terminal.send(typed)
    terminal.expect(r"request \d+")
    return terminal


def test_each_printed_line_works_when_pasted(demo):
    printed = demo.printed()
    waiting = None
    for one in demo.about["lines"]:
        line = one["line"]
        assert line in printed
        if "in the window" in str(one["asks"]):
            continue  # below
        if "alice+ct-1@" in line:
            waiting = ask_and_wait(demo, one)
            continue
        status, text = paste(demo, one)
        assert status == 0, (line, text)
        if "request approve" in line:
            waiting.expect("recorded, until")
            waiting.send("exit 0\n")
            assert waiting.wait() == 0
            waiting.close()
        wanted = {"+mri-3@127.0.0.1 'uname": "Linux", "+mri-3@": "pasted-42", "recording play": "21.4 C|pasted-42|Linux|", "recording verify": "(?i)complete", "recording list": "dana",
                  "audit show": "session.start", "explain alice mri-3": "permit", "explain alice ct-1": "approval"}
        for part, said in wanted.items():
            if part in line:
                assert re.search(said, text), (line, text)
                break
    shown = demo.printed()
    assert "ALERT  request.created" in shown and "ALERT  break-glass.used" in shown


@pytest.fixture
def desktop(demo, place):
    """What stands on the demo's cart, and a way to paste a line that opens a window."""
    if rdp.lacking():
        pytest.skip("not installed: " + ", ".join(rdp.lacking()))
    return Desktop(demo.about["display"], place, 1024, 768, name="cart")


def in_window(demo, place, part):
    (one,) = [one for one in demo.about["lines"] if part in one["line"] and "in the window" in str(one["asks"])]
    return rdp.Client(place / part, ["/bin/bash", "--norc", "-c", one["line"]], name="pasted")


def test_maya_is_at_her_cart_within_ten_seconds(demo, place, desktop):
    """The best of three tries counts: a machine may have more to do."""
    took = []
    with contextlib.ExitStack() as window:
        while True:
            code = demo.codes["maya"].lasting()
            began = time.monotonic()
            client = window.enter_context(in_window(demo, place, "maya+cart-1"))
            answer(client, code)
            client.display.until_like(desktop, 40, 70)
            took.append(time.monotonic() - began)
            if min(took) < 10 or len(took) == 3:
                break
            window.close()
        assert min(took) < 10, took
        before = client.display.picture()
        client.display.click(600, 400)
        client.display.type("hello")

        def below(picture):  # the strip, which goes by itself
            return picture.crop(0, 70, picture.width, picture.height - 70)

        client.display.until(lambda seen: below(seen).differing(below(before)) > 100, 20)
        client.display.until_like(desktop, 20, 70)


def test_alice_asks_for_the_workstation_in_a_window_and_dana_approves(demo, place, desktop):
    (approve,) = [one for one in demo.about["lines"] if "request approve" in one["line"]]
    with in_window(demo, place, "alice+pacs-1") as client:
        for text in (demo.codes["alice"].fresh, "the worklist is empty", ""):
            answer(client, text, 40)
        status, text = paste(demo, approve)
        assert status == 0, text
        client.display.until_like(desktop, 40, 70)


def test_it_prints_passwords_and_codes_and_says_that_they_are_for_the_demo_only(demo):
    printed = demo.printed()
    for name, person in demo.about["people"].items():
        assert person["password"] in printed and re.search(rf"{name} \d{{6}}", printed)
    assert "demo only" in printed and set(demo.about["people"]) == {"alice", "dana", "ruth", "maya"}


def test_a_second_demo_in_the_same_place_is_refused(demo, place):
    done = subprocess.run([TOP / "tests/demo/run", "--once"], cwd=TOP, env={**os.environ, "ANTEROOM_DEMO_DIR": str(place / "demo")}, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and "already" in done.stderr


def test_ctrl_c_ends_all_of_it_and_a_second_run_keeps_what_was_there(demo, place):
    status, left = demo.end()
    assert status == 0 and not left
    for port in demo.about["ports"].values():
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0
    for _ in range(3):  # the best counts: a machine may have more to do
        again = Demo(place)
        if again.took < 10:
            break
        again.end()
    try:
        assert again.took < 10, again.printed()
        assert again.about["people"] == demo.about["people"] and again.about["ports"] == demo.about["ports"]
        again.codes = demo.codes
        if not rdp.lacking():
            assert again.about["display"], "the desktop as well"
        one = next(one for one in again.about["lines"] if "dana@" in one["line"])
        assert paste(again, one)[0] == 0
    finally:
        again.end()


def test_ports_that_are_taken_are_avoided(place):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        kept = place / "demo/demo.json"
        state = json.loads(kept.read_text())
        state["ports"]["ssh"] = taken.getsockname()[1]
        kept.write_text(json.dumps(state))
        one = Demo(place)
        try:
            assert one.about["ports"]["ssh"] != taken.getsockname()[1]
        finally:
            one.end()


def test_a_folder_that_holds_something_else_is_left_alone(place):
    other = place / "other"
    other.mkdir()
    (other / "precious").write_text("x")
    done = subprocess.run([TOP / "tests/demo/run", "--once"], cwd=TOP, env={**os.environ, "ANTEROOM_DEMO_DIR": str(other)}, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and (other / "precious").exists()
