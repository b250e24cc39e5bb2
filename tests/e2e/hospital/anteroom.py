"""An installation of Anteroom in a folder of its own: made, configured, served and asked through its own programs only."""
import dataclasses
import itertools
import json
import os
import pathlib
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import yaml

from . import client
from .codes import Codes
from .sshd import die_with_parent, free_port, make_key

TOP = pathlib.Path(__file__).resolve().parents[3]
BIN = pathlib.Path(os.environ.get("ANTEROOM_BIN", TOP / "build/release/bin"))


class Refused(AssertionError):
    """A command of the command line that did not succeed."""

    def __init__(self, args, done):
        super().__init__(f"anteroom {' '.join(args)}: exit {done.status}: {done.errors.strip() or done.text.strip()}")
        self.done = done


class PlainDumper(yaml.SafeDumper):
    """The policy's reader takes no aliases."""

    def ignore_aliases(self, data):
        return True


def as_yaml(document):
    return document if isinstance(document, str) else yaml.dump(document, Dumper=PlainDumper, sort_keys=False)


@dataclasses.dataclass
class Person:
    name: str
    password: str
    codes: Codes
    source: str
    key: pathlib.Path = None
    groups: tuple = ()

    def fresh_code(self):
        return self.codes.fresh()


# Failures count by source, so everybody sits at an address of their own.
SOURCES = (f"127.{a}.{b}.{c}" for a, b, c in itertools.product(range(10, 250), range(1, 250), range(1, 250)))


def new_source():
    return next(SOURCES)


class Anteroom:
    def __init__(self, folder=None, port=0, name="a"):
        # Short: the path of a Unix socket ends at 107 bytes.
        self.home = pathlib.Path(folder) if folder else pathlib.Path(tempfile.mkdtemp(prefix="ar-", dir="/tmp"))
        self.home.mkdir(parents=True, exist_ok=True)
        self.temporary = folder is None
        self.dir = self.home / name
        self.port = port or free_port()
        self.known_hosts = self.home / "known_hosts"
        self.log = self.home / "serve.log"
        self.process = None
        self.people = {}
        self.askpass = self.home / "askpass"
        self.askpass.write_text(client.ASKPASS)
        self.askpass.chmod(0o700)
        self.counter = itertools.count()

    # ---- the command line

    def cli(self, *args, input=None, check=True, timeout=60, dir=None):
        args = [str(word) for word in args]
        data = input.encode() if isinstance(input, str) else input
        done = client.run([BIN / "anteroom", *args, "--dir", dir or self.dir], {"PATH": os.defpath, "HOME": str(self.home), "LANG": "C.UTF-8"}, input=data, timeout=timeout)
        if check and done.status != 0:
            raise Refused(args, done)
        return done

    def json(self, *args, **more):
        """What a command prints with --json: one document, or one a line."""
        text = self.cli(*args, "--json", **more).text.strip()
        try:
            return json.loads(text) if text else []
        except ValueError:
            return [json.loads(line) for line in text.splitlines()]

    def reviewed(self, *args, person, code=None, **more):
        """A command that looks into something: it names its person and takes a code."""
        return self.cli(*args, "--as", person.name, "--code-stdin", input=(code or person.fresh_code()) + "\n", **more)

    # ---- life

    def init(self, limits=None, site=None, alerts=None):
        done = self.cli("init", "--escrow", self.home / "escrow-key.txt")
        self.configure(limits, site, alerts)
        self.note_host_keys()
        return done

    def configure(self, limits=None, site=None, alerts=None):
        document = {"listen": {"ssh": f"127.0.0.1:{self.port}"}, "site": {"zone": "UTC", "help": "Help: call 4711.", **(site or {})}}
        if limits:
            document["limits"] = limits
        if alerts:
            document["alerts"] = alerts
        (self.dir / "anteroom.yaml").write_text(as_yaml(document))

    def note_host_keys(self):
        lines = (self.dir / "host-keys.pub").read_text().splitlines()
        self.known_hosts.write_text("".join(f"[127.0.0.1]:{self.port} {line}\n" for line in lines if line.strip()))

    def serve(self, within=20):
        self.process = subprocess.Popen([BIN / "anteroom", "serve", "--dir", str(self.dir)], stdin=subprocess.DEVNULL, stdout=self.log.open("ab"), stderr=subprocess.STDOUT,
                                        env={"PATH": os.defpath, "HOME": str(self.home)}, start_new_session=True, preexec_fn=die_with_parent)
        self.wait_until_serving(within)
        return self

    def wait_until_serving(self, within=20):
        deadline = time.monotonic() + within
        while not self.answers():
            if self.process.poll() is not None:
                raise RuntimeError(f"anteroom serve ended with {self.process.returncode}: {self.log.read_text()[-3000:]}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"anteroom serve does not answer: {self.log.read_text()[-3000:]}")
            time.sleep(0.05)

    def answers(self):
        """The command line is answered and the SSH port listens (looked up, not tried: a connection that says nothing counts against its source)."""
        listening = f":{self.port:04X} 00000000:0000 0A"
        if not any(listening in line for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()):
            return False
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe:
                probe.connect(str(self.dir / "run/admin.sock"))
            return True
        except OSError:
            return False

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                for pid in self.programs() + [self.process.pid]:
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
                self.process.wait()
        self.process = None

    def remove(self):
        self.stop()
        if self.temporary:
            shutil.rmtree(self.home, ignore_errors=True)

    # ---- processes

    def children(self, pid):
        try:
            tasks = list(pathlib.Path(f"/proc/{pid}/task").iterdir())
            return [int(word) for task in tasks for word in (task / "children").read_text().split()]
        except OSError:
            return []

    def programs(self, name=None):
        """Process ids below `anteroom serve`, of one program or all."""
        found, queue = [], [self.process.pid]
        while queue:
            for pid in self.children(queue.pop()):
                queue.append(pid)
                # The link to the program shows it to root alone, since ours are not dumpable; its name has 15 letters there.
                try:
                    program = pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
                except OSError:
                    continue
                if name is None or program == name[:15]:
                    found.append(pid)
        return sorted(found)

    def broker(self):
        """A child of it has its name until it is another program."""
        return self.programs("anteroom-broker")[0]

    def workers(self):
        return self.programs("anteroom-ssh")

    @staticmethod
    def lives(pid):
        """False too for one that has ended and was not yet collected."""
        try:
            return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
        except OSError:
            return False

    def one_worker(self, before=()):
        """The process of the one connection that came since `before`."""
        found = [pid for pid in self.workers() if pid not in before]
        assert len(found) == 1, f"{len(found)} workers instead of one"
        return found[0]

    # ---- people, secrets, policy

    def person(self, *groups, name=None, vendor=None, key=False, password=None, source=None):
        name = name or f"p{next(self.counter)}{secrets.token_hex(2)}"
        password = password or secrets.token_urlsafe(12)
        words = ["person", "add", name, "--password-stdin"]
        for group in groups:
            words += ["--group", group]
        if vendor:
            words += ["--vendor", vendor]
        self.cli(*words, input=password + "\n")
        codes = Codes(self.json("person", "totp", name)["uri"])
        one = Person(name, password, codes, source or new_source(), groups=groups)
        if key:
            one.key = make_key(self.home / f"key-{name}")
            self.cli("person", "key", "add", name, "--key", f"{one.key}.pub")
        self.people[name] = one
        return one

    def put_key(self, account, sshd):
        """A new key for a target's account, as a hospital would make one: into the vault, its public half into the target."""
        key = make_key(self.home / f"secret-{account.replace('/', '-')}")
        self.cli("secret", "put", account, "--key", key)
        sshd.authorize(f"{key}.pub")

    def apply_policy(self, document, **more):
        file = self.home / "policy-to-apply.yaml"
        file.write_text(as_yaml(document))
        return self.cli("policy", "apply", file, **more)

    # ---- SSH

    def environment(self, person=None, code=None, password=None, extra=None, way="interactive"):
        """The environment of a client whose questions are answered: one code, or a list of them. (environment, folder of the answers)"""
        folder = pathlib.Path(tempfile.mkdtemp(prefix="ask-", dir=self.home))
        if person:
            codes = [code] if isinstance(code, str) else code if code is not None else [person.fresh_code()]
            if way != "key":  # who comes with a key has no password to fall back to
                (folder / "password").write_text((person.password if password is None else password) + "\n")
            (folder / "codes").write_text("".join(one + "\n" for one in codes))
        return {"PATH": os.defpath, "HOME": str(self.home), "TERM": "xterm", "SSH_ASKPASS": str(self.askpass), "SSH_ASKPASS_REQUIRE": "force",
                "ASK_DIR": str(folder), **(extra or {})}, folder

    def ssh_argv(self, person, where, *command, options=(), way="interactive", source=None, user=None):
        name = user if user is not None else person.name + ("+" + where if where else "")
        words = ["ssh", "-F", "none", "-p", str(self.port), "-b", source or person.source, "-o", f"UserKnownHostsFile={self.known_hosts}", "-o", "GlobalKnownHostsFile=/dev/null",
                 "-o", "StrictHostKeyChecking=yes", *options, "-o", "IdentityAgent=none", "-o", "IdentitiesOnly=yes", "-o", f"PreferredAuthentications={client.METHODS[way]}",
                 "-o", "NumberOfPasswordPrompts=1"]
        words += ["-i", str(person.key)] if way == "key" else ["-o", "IdentityFile=/dev/null"]
        return [*words, "-l", name, "127.0.0.1", *command]

    def ssh(self, person, where, *command, options=(), way="interactive", source=None, user=None, input=None, code=None, password=None, env=None, timeout=60, **more):
        """One run of OpenSSH's client."""
        environment, folder = self.environment(person, code, password, env, way)
        done = client.run(self.ssh_argv(person, where, *command, options=options, way=way, source=source, user=user), environment, input=input, timeout=timeout, **more)
        asked = folder / "asked"
        done.asked = asked.read_text().splitlines() if asked.exists() else []
        return done

    def start_ssh(self, person, where, *command, options=(), way="interactive", source=None, code=None, env=None, **pipes):
        environment, _ = self.environment(person, code, None, env, way)
        return subprocess.Popen(self.ssh_argv(person, where, *command, options=options, way=way, source=source), env=environment, **pipes)

    def terminal(self, person, where, *command, options=(), way="interactive", columns=80, rows=24, code=None, env=None):
        """OpenSSH's client in a terminal, with a terminal on the target."""
        environment, _ = self.environment(person, code, None, env, way)
        return client.Terminal(self.ssh_argv(person, where, *command, options=("-tt", *options), way=way), environment, columns, rows)

    def connect(self, source=None, timeout=10):
        """A plain TCP connection from an address of its own."""
        return socket.create_connection(("127.0.0.1", self.port), timeout, source_address=(source or new_source(), 0))

    # ---- what is asked again and again

    def audit(self, **by):
        """Records of the audit log, newest last, narrowed by --kind, --person, --target, --session."""
        words = [word for key, value in by.items() for word in (f"--{key}", value)]
        return self.json("audit", "show", *words)

    def recordings(self):
        return self.json("recording", "list")

    def recording_of(self, person, count=1, within=10):
        """The recordings of a person's sessions, once there are so many and each is sealed."""
        deadline = time.monotonic() + within
        while True:
            found = [one for one in self.recordings() if one["person"] == person.name]
            if len(found) >= count and all(one["state"] != "open" for one in found):
                return found[-1]
            assert time.monotonic() < deadline, f"recordings of {person.name}: {found}"
            time.sleep(0.1)
