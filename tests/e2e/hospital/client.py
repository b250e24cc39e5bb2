"""What people sit at: OpenSSH's client with the answers it will be asked for, and a terminal to type into."""
import contextlib
import dataclasses
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

# Answers by what is asked, and keeps what was asked.
ASKPASS = """#!/bin/sh
printf '%s\\n' "$1" >>"$ASK_DIR/asked"
case $1 in
    *assword:*) cat "$ASK_DIR/password" 2>/dev/null ;;
    *Code:*) head -n 1 "$ASK_DIR/codes"; sed -i 1d "$ASK_DIR/codes" ;;
    *) [ -s "$ASK_DIR/answers" ] || exit 1; head -n 1 "$ASK_DIR/answers"; sed -i 1d "$ASK_DIR/answers" ;;
esac
"""

METHODS = {"interactive": "keyboard-interactive", "password": "password,keyboard-interactive", "key": "publickey,keyboard-interactive"}


@dataclasses.dataclass
class Finished:
    status: int
    out: bytes
    err: bytes
    seconds: float
    asked: list = dataclasses.field(default_factory=list)

    @property
    def text(self):
        return self.out.decode("utf-8", "replace")

    @property
    def errors(self):
        return self.err.decode("utf-8", "replace")

    @property
    def all(self):
        return self.text + self.errors


class Terminal:
    """A program with a terminal of its own."""

    def __init__(self, argv, env, columns=80, rows=24):
        self.seen = b""
        self.status = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                os.execvpe(argv[0], argv, env)
            finally:
                os._exit(127)
        self.resize(columns, rows)

    def resize(self, columns, rows):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def send(self, text):
        data = text.encode() if isinstance(text, str) else text
        while data:
            data = data[os.write(self.fd, data):]

    def read_some(self, timeout):
        """What came within the time; nothing at the end of the session."""
        if not select.select([self.fd], [], [], timeout)[0]:
            return None
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # EIO: the other side is gone
            return b""
        self.seen += data
        return data

    def expect(self, pattern, timeout=20):
        """Waits for a regular expression in what was not yet taken, and takes everything up to its end."""
        wanted = re.compile(pattern.encode() if isinstance(pattern, str) else pattern, re.S)
        deadline = time.monotonic() + timeout
        while True:
            found = wanted.search(self.seen)
            if found:
                self.seen = self.seen[found.end():]
                return found
            left = deadline - time.monotonic()
            if left <= 0 or self.read_some(left) == b"":
                raise AssertionError(f"no {pattern!r} within {timeout} s; there is {self.seen[-2000:]!r}")

    def rest(self, timeout=20):
        """Everything until the session ends."""
        deadline = time.monotonic() + timeout
        while self.read_some(max(0, deadline - time.monotonic())) != b"":
            if time.monotonic() >= deadline:
                raise AssertionError(f"still open after {timeout} s; there is {self.seen[-2000:]!r}")
        return self.seen.decode("utf-8", "replace")

    def wait(self, timeout=20):
        deadline = time.monotonic() + timeout
        while self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
                break
            if time.monotonic() > deadline:
                raise AssertionError(f"still running after {timeout} s; there is {self.seen[-2000:]!r}")
            self.read_some(0.02)
        return self.status

    def close(self):
        if self.status is None:
            with contextlib.suppress(OSError, AssertionError):
                os.kill(self.pid, signal.SIGKILL)
                self.wait(5)
        with contextlib.suppress(OSError):
            os.close(self.fd)
        self.fd = -1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def run(argv, env, input=None, timeout=60, **more):
    began = time.monotonic()
    give = {"stdin": subprocess.DEVNULL} if input is None and "stdin" not in more else {} if input is None else {"input": input}
    done = subprocess.run([str(word) for word in argv], env=env, timeout=timeout, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **give, **more)
    return Finished(done.returncode, done.stdout, done.stderr, time.monotonic() - began)
