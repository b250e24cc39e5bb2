"""One real worker between real clients, a target that notes everything, and a broker that does what the test says."""
import contextlib
import os
import re
import select
import socket
import subprocess
import threading
import time

import paramiko
import pytest

from hospital import client
from hospital.anteroom import BIN
from hospital.sshd import die_with_parent

BROKER = BIN / "scripted_broker"
MINUTE = 60_000


class Target(paramiko.ServerInterface):
    """An SSH server that lets everybody in, notes each request, and says nothing by itself."""

    def __init__(self):
        self.asked, self.got = [], b""
        self.channels = []
        self.refuse_pty = self.refuse_login = self.closing = False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.key = paramiko.ECDSAKey.generate()
        self.transport = None
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        # Closed here only: a number that another thread still waits on would soon be another listener's.
        with self.listener:
            while not select.select([self.listener], [], [], 0.1)[0]:
                if self.closing:
                    return
            sock, _ = self.listener.accept()
        self.transport = paramiko.Transport(sock)
        self.transport.add_server_key(self.key)
        self.transport.start_server(server=self)
        while self.transport.is_active():
            channel = self.transport.accept(0.2)
            if channel:
                self.channels.append(channel)
                threading.Thread(target=self._read, args=(channel,), daemon=True).start()

    def _read(self, channel):
        while True:
            data = channel.recv(65536)
            if not data:
                return
            self.got += data

    def close(self):
        self.closing = True
        if self.transport:
            self.transport.close()

    def check_auth_none(self, username):
        return paramiko.AUTH_FAILED if self.refuse_login else paramiko.AUTH_SUCCESSFUL

    def get_allowed_auths(self, username):
        return "none"

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED

    def check_channel_pty_request(self, channel, term, width, height, pixelwidth, pixelheight, modes):
        self.asked.append(f"pty {term.decode()} {width}x{height}")
        return not self.refuse_pty

    def check_channel_window_change_request(self, channel, width, height, pixelwidth, pixelheight):
        self.asked.append(f"size {width}x{height}")
        return True

    def check_channel_env_request(self, channel, name, value):
        self.asked.append(f"env {name.decode()}={value.decode()}")
        return True

    def check_channel_shell_request(self, channel):
        self.asked.append("shell")
        return True

    def check_channel_exec_request(self, channel, command):
        self.asked.append("exec " + command.decode())
        return True

    def send(self, text, channel=0):
        self.channels[channel].sendall(text.encode() if isinstance(text, str) else text)

    def finish(self, status, channel=0):
        self.channels[channel].send_exit_status(status)
        self.channels[channel].close()


def until(what, within=10):
    """The first true value of it."""
    deadline = time.monotonic() + within
    while True:
        value = what()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError("it did not happen")
        time.sleep(0.01)


class Broker:
    def __init__(self, folder, target):
        self.process = subprocess.Popen([BROKER, BIN / "anteroom-ssh", str(target.port), folder / "a.arec"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=(folder / "log").open("wb"), preexec_fn=die_with_parent)
        self.lines, self.seen = [], 0
        self.events = []
        threading.Thread(target=self._read, daemon=True).start()
        until(lambda: self.lines)
        self.port = int(self.lines[0].split()[1])
        self.seen = 1

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.decode("utf-8", "replace").rstrip("\n"))

    def do(self, *orders):
        for order in orders:
            self.process.stdin.write(order.replace("\n", "\\n").encode() + b"\n")
        self.process.stdin.flush()

    def expect(self, pattern, within=10):
        """The next line that fits; those before it are passed over."""
        def found():
            while self.seen < len(self.lines):
                self.seen += 1
                match = re.search(pattern, self.lines[self.seen - 1])
                if match:
                    return match
            return None
        try:
            return until(found, within)
        except AssertionError:
            raise AssertionError(f"no {pattern!r} in {self.lines}") from None

    def never(self, pattern):
        assert not [line for line in self.lines if re.search(pattern, line)], self.lines

    def recording(self):
        """Everything that was recorded: [(track, kind, channel, text)], once the session has ended."""
        until(lambda: "done" in self.lines)
        return [tuple(line.split(" ", 4)[1:]) for line in self.lines if line.startswith("event ")]

    def markers(self):
        return [event[3] for event in self.recording() if event[0] == "11"]

    def close(self):
        self.process.kill()
        self.process.wait()


SSH = ["ssh", "-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o", "PreferredAuthentications=none",
       "-o", "IdentityAgent=none", "-l", "alice", "127.0.0.1"]
ENV = {"PATH": os.defpath, "HOME": "/nonexistent", "TERM": "xterm", "LANG": "C.UTF-8"}


class Scene:
    def __init__(self, folder):
        self.target = Target()
        self.broker = Broker(folder, self.target)
        self.open = []

    def argv(self, *words, options=()):
        return [*SSH[:1], "-p", str(self.broker.port), *options, *SSH[1:], *words]

    def terminal(self, *words, options=("-tt",), **more):
        one = client.Terminal(self.argv(*words, options=options), ENV, **more)
        self.open.append(one.close)
        return one

    def command(self, *words, options=(), **pipes):
        one = subprocess.Popen(self.argv(*words, options=options), env=ENV, **{"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **pipes})
        self.open.append(one.kill)
        return one

    def paramiko(self):
        one = paramiko.Transport(("127.0.0.1", self.broker.port))
        one.start_client(timeout=10)
        one.auth_none("alice")
        self.open.append(one.close)
        return one

    def live(self, expires=60 * MINUTE, deadline=None, idle=0, extendable=0, notice="", **more):
        """A shell on a terminal at the target."""
        terminal = self.terminal(**more)
        self.broker.expect("^open$")
        self.broker.do(f"permit {expires} {expires if deadline is None else deadline} {idle} {extendable} {notice}")
        self.broker.expect("^ready$")
        until(lambda: "shell" in self.target.asked and self.target.channels)
        return terminal


@pytest.fixture
def scene(tmp_path):
    here = Scene(tmp_path)
    yield here
    for close in here.open:
        close()
    here.broker.close()
    here.target.close()


# ---- the conversation

def test_a_shell_talks_and_goes_on_at_the_target(scene):
    terminal = scene.terminal(columns=100, rows=30)
    scene.broker.expect("^login SSH-2.0-OpenSSH")
    scene.broker.expect("^open$")
    scene.broker.do("talk 0", "say Access to mri-3 needs approval.", "ask 1 1 Reason:")
    assert scene.broker.expect("^audience (.*)$")[1] == "shell terminal 100x30 "
    terminal.expect("Access to mri-3 needs approval.\r\nReason: ")
    terminal.send("coil chekc\x7f\x7fck\r")
    scene.broker.expect("^typed 1 'coil check'$")
    terminal.expect("\r\n")
    scene.broker.do("ask 2 0 Code:")
    terminal.expect("Code: ")
    terminal.send("123456\r")
    scene.broker.expect("^typed 2 '123456'$")
    terminal.resize(132, 43)
    scene.broker.do("say request 42: waiting for 1 of imaging-admins")
    assert b"123456" not in terminal.expect("request 42: waiting for 1 of imaging-admins\r\n")[0]
    scene.broker.do("say Approved by dana.", f"permit {60 * MINUTE} {60 * MINUTE} 0 0 anteroom: mri-3 as service, recorded.")
    scene.broker.expect("^ready$")
    terminal.expect("Approved by dana.\r\n.*anteroom: mri-3 as service, recorded.")
    until(lambda: "shell" in scene.target.asked)
    assert scene.target.asked == ["pty xterm 132x43", "shell"], "the size is the one of now"
    scene.target.send("$ ")
    terminal.expect(r"\$ ")
    terminal.send("ls\r")
    until(lambda: scene.target.got == b"ls\r")
    scene.target.finish(7)
    assert terminal.wait() == 7
    everything = repr(scene.broker.recording())
    assert "coil" not in everything and "123456" not in everything and "Approved" not in everything
    assert "note allowed shell " in scene.broker.lines


def test_lines_said_during_a_question_do_not_garble_it(scene):
    terminal = scene.terminal()
    scene.broker.expect("^open$")
    scene.broker.do("talk 0", "ask 1 1 Ticket:")
    terminal.expect("Ticket: ")
    terminal.send("CHG-")
    terminal.expect("CHG-")
    scene.broker.do("say dana was notified.\nbob was notified.")
    terminal.expect("\r\ndana was notified.\r\nbob was notified.\r\nTicket: CHG-")
    terminal.send("77\r")
    scene.broker.expect("^typed 1 'CHG-77'$")


def test_ctrl_c_is_heard_during_a_wait_and_the_refusal_ends_it(scene):
    terminal = scene.terminal()
    scene.broker.expect("^open$")
    scene.broker.do("talk 0", "say waiting")
    terminal.expect("waiting")
    terminal.send("\x03")
    scene.broker.expect("^typed 0 left$")
    scene.broker.do("refuse 0 Your request 42 stays open.\nCome back later.")
    terminal.expect("Your request 42 stays open.\r\nCome back later.\r\n")
    assert terminal.wait() == 1


def test_a_menu_that_ends_well_ends_with_zero(scene):
    terminal = scene.terminal()
    scene.broker.expect("^open$")
    scene.broker.do("talk 1", "ask 1 1 >")
    terminal.expect("> ")
    terminal.send("q\r")
    scene.broker.expect("^typed 1 'q'$")
    scene.broker.do("refuse 1 Goodbye, alice.")
    terminal.expect("Goodbye, alice.")
    assert terminal.wait() == 0


def test_an_end_without_a_word_is_an_end(scene):
    terminal = scene.terminal()
    scene.broker.expect("^open$")
    scene.broker.do("talk 1", "say Goodbye.")
    scene.broker.expect("^audience")
    scene.broker.do("refuse 1 ")
    terminal.expect("Goodbye.\r\n")
    assert terminal.wait() == 0


def test_a_command_waits_its_input_untouched_and_its_output_clean(scene):
    one = scene.command("tar", "x")
    one.stdin.write(b"the archive\n")
    one.stdin.flush()
    scene.broker.expect("^open$")
    scene.broker.do("talk 0", "say request 42: waiting", "ask 1 1 Reason:")
    assert scene.broker.expect("^audience (.*)$")[1] == "exec plain 80x24 tar x"
    scene.broker.expect("^typed 1 left$")
    scene.broker.do("say Approved.", f"permit {60 * MINUTE} {60 * MINUTE} 0 0 ")
    scene.broker.expect("^ready$")
    until(lambda: scene.target.got == b"the archive\n")
    assert scene.target.asked == ["exec tar x"]
    scene.target.send("extracted\n")
    scene.target.finish(0)
    out, err = one.communicate(timeout=10)
    assert (out, err.replace(b"\r", b""), one.returncode) == (b"extracted\n", b"request 42: waiting\nApproved.\n", 0)


def test_a_conversation_that_reads_takes_a_commands_input_and_what_is_left_is_the_targets(scene):
    one = scene.command("cat")
    one.stdin.write(b"123456\nfor the target\n")
    one.stdin.close()
    scene.broker.expect("^open$")
    scene.broker.do("talk 1", "ask 1 1 Code:")
    scene.broker.expect("^typed 1 '123456'$")
    scene.broker.do(f"permit {60 * MINUTE} {60 * MINUTE} 0 0 ")
    until(lambda: scene.target.got == b"for the target\n")


def test_other_channels_wait_and_are_served_when_the_target_is_there(scene):
    transport = scene.paramiko()
    first, second = transport.open_session(timeout=10), transport.open_session(timeout=10)
    scene.broker.expect("^open$")
    scene.broker.do("talk 0")
    first.get_pty("vt100", 90, 20)
    first.invoke_shell()
    assert scene.broker.expect("^audience (.*)$")[1] == "shell terminal 90x20 "
    second.set_environment_variable("LANG", "C")
    started = []
    thread = threading.Thread(target=lambda: (second.exec_command("uptime"), started.append(1)), daemon=True)
    thread.start()
    scene.broker.do("say waiting")
    until(lambda: b"waiting\r\n" in first.recv(4096))
    assert not started and not second.recv_ready() and not second.recv_stderr_ready(), "only the first one is spoken to"
    scene.broker.do(f"permit {60 * MINUTE} {60 * MINUTE} 0 0 ")
    scene.broker.expect("^ready$")
    until(lambda: started and len(scene.target.asked) == 4)
    assert sorted(scene.target.asked) == ["env LANG=C", "exec uptime", "pty vt100 90x20", "shell"]


def test_an_audience_that_closes_its_channel_has_left_and_another_one_may_come(scene):
    transport = scene.paramiko()
    first = transport.open_session(timeout=10)
    scene.broker.expect("^open$")
    scene.broker.do("talk 0", "ask 1 1 Reason:")
    first.invoke_shell()
    scene.broker.expect("^audience shell plain")
    first.close()
    scene.broker.expect("^typed 1 left$")
    second = transport.open_session(timeout=10)
    second.exec_command("id")
    scene.broker.expect("^audience exec plain 80x24 id$")
    scene.broker.do("refuse 0 Denied by dana: scanner in use.")
    assert second.recv_exit_status() == 1
    assert b"Denied by dana: scanner in use." in second.recv_stderr(4096)


def test_what_is_said_before_anybody_is_there_is_not_lost(scene):
    transport = scene.paramiko()
    scene.broker.expect("^open$")
    scene.broker.do("talk 0", "say one", "refuse 0 two")
    channel = transport.open_session(timeout=10)
    channel.invoke_shell()
    assert channel.recv_exit_status() == 1
    assert channel.recv(4096) == b"one\ntwo\n"


def test_typed_ahead_reaches_the_target_only_where_no_question_took_it(scene):
    terminal = scene.terminal()
    scene.broker.expect("^open$")
    scene.broker.do("talk 0", "say waiting")
    terminal.expect("waiting")
    terminal.send("because\rls -l\r")
    time.sleep(0.3)
    scene.broker.do("ask 1 1 Reason:")
    scene.broker.expect("^typed 1 'because'$")
    scene.broker.do(f"permit {60 * MINUTE} {60 * MINUTE} 0 0 ")
    until(lambda: scene.target.got == b"ls -l\r")


def test_a_target_that_gives_no_terminal_ends_what_was_promised(scene):
    scene.target.refuse_pty = True
    terminal = scene.terminal()
    scene.broker.expect("^open$")
    scene.broker.do("talk 0")
    scene.broker.expect("^audience")
    scene.broker.do(f"permit {60 * MINUTE} {60 * MINUTE} 0 0 ")
    terminal.expect("The target refused to open this.")
    assert terminal.wait() == 255


def test_the_gate_judges_what_was_started_in_a_conversation(scene):
    transport = scene.paramiko()
    channel = transport.open_session(timeout=10)
    scene.broker.expect("^open$")
    scene.broker.do("talk 0")
    channel.invoke_subsystem("sftp")
    scene.broker.expect("^audience subsystem plain 80x24 sftp$")
    scene.broker.do(f"permit {60 * MINUTE} {60 * MINUTE} 0 0 ")
    scene.broker.expect("^note refused sftp sftp$")
    assert channel.recv_exit_status() == 1
    assert scene.target.asked == []


def test_a_target_that_fails_after_the_conversation_says_why(scene):
    scene.target.refuse_login = True
    terminal = scene.terminal()
    scene.broker.expect("^open$")
    scene.broker.do("talk 0", "say Approved by dana.")
    scene.broker.expect("^audience")
    scene.broker.do(f"permit {60 * MINUTE} {60 * MINUTE} 0 0 ")
    scene.broker.expect("^target login$")
    terminal.expect(r"Approved by dana\.\r\nThe target refused the stored credential of this account\. Help: call 4711\.\r\n")
    assert terminal.wait() == 1


def test_a_conversation_that_is_ended_says_why(scene):
    terminal = scene.terminal()
    scene.broker.expect("^open$")
    scene.broker.do("talk 0", "ask 1 1 Reason:")
    terminal.expect("Reason: ")
    terminal.send("half")
    terminal.expect("half")
    scene.broker.do("terminate Your access was disabled.")
    terminal.expect(r"\r\nanteroom: Your access was disabled\.\r\n")
    scene.broker.expect("^done$")
    scene.broker.never("typed|half")


def worker(broker):
    return int(open(f"/proc/{broker.process.pid}/task/{broker.process.pid}/children").read().split()[0])


def worker_memory(broker):
    return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{worker(broker)}/status").read())[1])


def worker_ticks(broker):
    fields = open(f"/proc/{worker(broker)}/stat").read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def test_a_worker_that_waits_sleeps(scene):
    one = scene.command("cat")
    one.stdin.write(b"unread\n" * 1000)
    one.stdin.close()
    scene.broker.expect("^open$")
    scene.broker.do("talk 0")
    scene.broker.expect("^audience")
    time.sleep(0.3)
    before = worker_ticks(scene.broker)
    time.sleep(2)
    assert worker_ticks(scene.broker) - before <= 5, "in hundredths of a second"


def test_floods_in_a_conversation_fill_no_memory(scene):
    transport = scene.paramiko()
    channel = transport.open_session(window_size=1 << 20, timeout=10)
    scene.broker.expect("^open$")
    scene.broker.do("talk 0")
    channel.get_pty("xterm", 80, 24)
    channel.invoke_shell()
    scene.broker.expect("^audience")
    before = worker_memory(scene.broker)
    for i in range(20000):
        channel.resize_pty(80 + i % 40, 24)
    for i in range(2000):
        channel.set_environment_variable("V" * 100, "x" * 1000)
    channel.settimeout(5)
    sent = 0
    while sent < 8 << 20:
        sent += channel.send(b"y" * 32768)
    for _ in range(2000):
        channel.send(b"\x03")
    scene.broker.expect("^typed 0 left$")
    assert worker_memory(scene.broker) - before < 12 * 1024
    assert len([line for line in scene.broker.lines if line == "typed 0 left"]) == 1
    scene.broker.do("say still here")
    until(lambda: b"still here" in channel.recv(1 << 20))


# ---- time

def test_warnings_of_a_short_session(scene):
    terminal = scene.live(expires=65_000)
    scene.target.send("$ ")
    terminal.expect(r"\$ ")
    terminal.expect(r"\r\n\*\*\* anteroom: This session's time is over in (1 min|5\d s)\. \*\*\*\r\n", timeout=15)  # what is really left
    scene.broker.do("change 1500 1500 Shortened by dana.")
    terminal.expect(r"\*\*\* anteroom: Shortened by dana\. \*\*\*\r\n")
    terminal.expect("Your time is up; the session was ended. Help: call 4711.")
    scene.broker.expect("^end time-is-up$")
    markers = scene.broker.markers()
    assert [text for text in markers if "This session's time is over in" in text] and "Shortened by dana." in markers
    assert "anteroom" not in "".join(event[3] for event in scene.broker.recording() if event[0] == "1"), "the target did not say it"


def test_a_grace_begins_is_told_and_ends(scene):
    terminal = scene.live(expires=1500, deadline=8000)
    terminal.expect(r"\*\*\* anteroom: The approved time is over; the session goes on for another [4-7] s under an alarm\. \*\*\*")
    scene.broker.expect("^message GraceBegun$")
    scene.target.send("still working\r\n")
    terminal.expect("still working")
    terminal.expect("Your time is up")
    scene.broker.expect("^end time-is-up$")


def test_an_extension_leaves_the_grace_and_the_session_lives_on(scene):
    terminal = scene.live(expires=1000, deadline=6000)
    scene.broker.expect("^message GraceBegun$")
    scene.broker.do("change 120000 120000 30 min more, by dana.")
    terminal.expect("30 min more, by dana.")
    time.sleep(5.5)
    scene.target.send("alive")
    terminal.expect("alive")


def test_more_time_is_asked_for_from_inside(scene):
    terminal = scene.live(extendable=1, notice="anteroom: mri-3, recorded.")
    terminal.expect(r"anteroom: mri-3, recorded\.\r\nanteroom: Enter, then Ctrl-\] and x asks for more time\.")
    terminal.send("ls\r\x1dx")
    scene.broker.expect("^message AskExtension$")
    terminal.expect(r"\*\*\* anteroom: Asked for more time\. 1 h left\. \*\*\*")
    terminal.send("\x1dx\x1d?\x1d\x1d")
    terminal.expect("More time was asked for a moment ago")
    terminal.expect("x asks for more time")
    until(lambda: scene.target.got == b"ls\r\x1d")
    assert len([line for line in scene.broker.lines if "AskExtension" in line]) == 1
    scene.broker.do("tell 1 Denied by dana.\nScanner in use.")
    terminal.expect(r"\*\*\* anteroom: Denied by dana\. \*\*\*\r\n\*\*\* Scanner in use\. \*\*\*\r\n\x07")


def test_where_more_time_cannot_be_asked_for_the_keys_say_what_is_left(scene):
    terminal = scene.live()
    terminal.send("\x1dx")
    terminal.expect(r"No more time can be asked for in this session\. 1 h left\.")
    scene.broker.never("AskExtension")


def test_a_full_screen_program_is_not_garbled(scene):
    terminal = scene.live()
    scene.target.send("\x1b[?1049h\x1b[2J\x1b[Hfull screen")
    terminal.expect("full screen")
    scene.broker.do("tell 1 5 min left.")
    terminal.expect(r"^\x1b\[22;2t\x1b\]2;anteroom: 5 min left\.\x07\x07")
    scene.target.send("\x1b[Hmore of it")
    assert b"***" not in terminal.expect("^(.*)more of it")[0]
    scene.target.send("\x1b[?1049l$ ")
    terminal.expect(r"\x1b\[\?1049l\$ \x1b\[23;2t\r\n\*\*\* anteroom: 5 min left\. \*\*\*\r\n")
    scene.target.send("\x1b[?1049h\x1b[?1000h")
    terminal.expect(r"\x1b\[\?1000h")
    scene.broker.do("terminate Ended by dana: not now.")
    terminal.expect(r"\x1b\[\?1049l.*\x1b\[\?1000l.*Ended by dana: not now\.")


def test_silence_ends_a_session_and_what_anteroom_says_is_no_noise(scene):
    terminal = scene.live(idle=2000)
    deadline = time.monotonic() + 15
    while "end idle" not in scene.broker.lines:  # told oftener than it may be silent: were it noise, no end would come
        assert time.monotonic() < deadline, "what is told keeps the session alive"
        with contextlib.suppress(OSError):
            scene.broker.do("tell 0 hello")
        time.sleep(0.4)
    terminal.expect("The session was silent for 2 s and was ended.")
    scene.broker.expect("^end idle$")


def test_a_commands_error_stream_carries_what_is_told(scene):
    one = scene.command("make")
    scene.broker.expect("^open$")
    scene.broker.do(f"permit {60 * MINUTE} {60 * MINUTE} 0 0 ")
    until(lambda: scene.target.asked == ["exec make"] and scene.target.channels)
    scene.broker.do("tell 1 5 min left.\nCall 4711.")
    scene.target.send("built\n")
    err = b""
    while b"Call 4711." not in err:
        assert select.select([one.stderr], [], [], 10)[0], err
        more = os.read(one.stderr.fileno(), 4096)
        assert more, err
        err += more
    scene.target.finish(0)
    out, rest = one.communicate(timeout=10)
    assert out == b"built\n"
    assert (err + rest).replace(b"\r", b"") == b"anteroom: 5 min left.\nanteroom: Call 4711.\n"


def test_variables_and_signals_are_in_the_recording(scene):
    transport = scene.paramiko()
    channel = transport.open_session(timeout=10)
    scene.broker.expect("^open$")
    scene.broker.do(f"permit {60 * MINUTE} {60 * MINUTE} 0 0 ")
    scene.broker.expect("^ready$")
    channel.set_environment_variable("LANG", "de_DE")
    channel.exec_command("sleep 100")
    message = paramiko.Message()
    message.add_byte(bytes([98]))
    message.add_int(channel.remote_chanid)
    message.add_string("signal")
    message.add_boolean(False)
    message.add_string("TERM")
    transport._send_user_message(message)
    channel.sendall(b"behind it")  # on the same channel, in order
    until(lambda: scene.target.got == b"behind it")
    scene.target.finish(0)
    channel.recv_exit_status()
    transport.close()
    markers = scene.broker.markers()
    assert "env LANG=de_DE" in markers and "signal TERM" in markers


def test_a_login_that_waits_is_given_time_and_its_line_kept_alive(scene):
    transport = paramiko.Transport(("127.0.0.1", scene.broker.port))
    scene.open.append(transport.close)
    ignored = []
    transport.auth_timeout = 60
    transport.start_client(timeout=10)
    original = transport.packetizer.read_message

    def read_message():
        kind, message = original()
        if kind == 2:  # SSH_MSG_IGNORE
            ignored.append(time.monotonic())
        return kind, message

    transport.packetizer.read_message = read_message

    def answer(title, instruction, prompts):
        time.sleep(44)  # longer than a login may take by itself, here 20 s
        return [""] * len(prompts)

    assert transport.auth_interactive("asked", answer) == []
    scene.broker.expect("^open$")
    assert len(ignored) >= 1


def test_the_line_is_kept_alive_while_nothing_happens(scene):
    one = scene.command(options=("-N", "-v", "-o", "LogLevel=DEBUG3"), stdin=subprocess.DEVNULL)
    scene.broker.expect("^open$")
    scene.broker.do("talk 0")
    seen = []
    threading.Thread(target=lambda: seen.extend(line for line in one.stderr if b"client_input_global_request: rtype keepalive@openssh.com want_reply 1" in line), daemon=True).start()
    began = time.monotonic()
    until(lambda: len(seen) >= 2, 60)
    assert time.monotonic() - began > 35, "every 20 s, not oftener"
    one.kill()
