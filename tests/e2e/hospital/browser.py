"""A person's browser: Debian's chromium under Playwright, which runs in node (tests/e2e/console/driver.mjs) and is called from here.

`page.getByRole("button", name="Approve").click()` is Playwright's own interface, named as there; keyword arguments are its options.
"""
import base64
import contextlib
import fcntl
import hashlib
import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import threading

from .anteroom import BIN
from .sshd import die_with_parent

HERE = pathlib.Path(__file__).resolve().parents[1] / "console"
PROGRAM = shutil.which("chromium") or "/usr/bin/chromium"
NODE = os.environ.get("ANTEROOM_NODE") or "/usr/bin/node"


def libraries():
    """The folder with node_modules, beside the programs that are tested: made from the lock file once, and anew when that changes."""
    lock = (HERE / "package-lock.json").read_bytes()
    folder = BIN.resolve().parent / "console-e2e"
    folder.mkdir(parents=True, exist_ok=True)
    stamp, state = folder / "installed", hashlib.sha256(lock).hexdigest()
    with (folder / "lock").open("a") as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != state:
            for name in ("package.json", "package-lock.json", ".npmrc"):
                shutil.copy(HERE / name, folder / name)
            done = subprocess.run(["npm", "ci", "--prefer-offline", "--ignore-scripts"], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
            assert done.returncode == 0, f"npm ci: {done.stdout}{done.stderr}"
            stamp.write_text(state)
    return folder


class Failed(AssertionError):
    """What the browser could not do, in Playwright's words."""


class Remote:
    """An object in the driver, or a member of one; called, it is called there."""

    def __init__(self, driver, name, path=()):
        self._driver, self._name, self._path = driver, name, path

    def __getattr__(self, member):
        if member.startswith("_"):
            raise AttributeError(member)
        return Remote(self._driver, self._name, (*self._path, member))

    def __call__(self, *words, **options):
        return self._driver.call(self._name, self._path, [*words, options] if options else list(words))


class Driver:
    def __init__(self, *options):
        environment = {"PATH": os.defpath, "HOME": os.environ.get("HOME", "/tmp"), "LANG": "C.UTF-8", "TZ": "UTC", **{name: value for name, value in os.environ.items() if name in ("LD_LIBRARY_PATH", "ANTEROOM_SLOW_BROWSER")}}
        self.process = subprocess.Popen([NODE, HERE / "driver.mjs", libraries(), PROGRAM, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True,
                                        preexec_fn=die_with_parent)
        self.numbers = itertools.count(1)
        self.lock = threading.Lock()
        self.versions = self.reply(0)
        self.here = Remote(self, "here")

    def reply(self, number):
        for line in self.process.stdout:
            reply = json.loads(line)
            if reply["n"] == number:
                if "error" in reply:
                    raise Failed(reply["error"])
                return self.taken(reply["value"])
        raise RuntimeError("the browser's driver has ended")

    def call(self, on, path, words):
        with self.lock:
            number = next(self.numbers)
            self.process.stdin.write(json.dumps({"n": number, "on": on, "path": path, "with": words}, default=self.given) + "\n")
            self.process.stdin.flush()
            return self.reply(number)

    @staticmethod
    def given(value):
        if isinstance(value, Remote):
            return {"$object": value._name}
        if isinstance(value, re.Pattern):
            return {"$pattern": value.pattern, "flags": "i" if value.flags & re.I else ""}
        if isinstance(value, pathlib.Path):
            return str(value)
        raise TypeError(type(value))

    def taken(self, value):
        if isinstance(value, list):
            return [self.taken(one) for one in value]
        if not isinstance(value, dict):
            return value
        if "$object" in value:
            return Remote(self, value["$object"])
        if "$bytes" in value:
            return base64.b64decode(value["$bytes"])
        return {name: self.taken(one) for name, one in value.items()}

    def close(self):
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def public_key_pin(certificate):
    """What --ignore-certificate-errors-spki-list wants: with it this one key is as good as certified, and no other."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    key = x509.load_pem_x509_certificate(pathlib.Path(certificate).read_bytes()).public_key()
    return base64.b64encode(hashlib.sha256(key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)).digest()).decode()
