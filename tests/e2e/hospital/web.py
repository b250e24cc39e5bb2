"""The console's web server by itself: the real anteroom-web, with a broker that the test plays; and HTTP as no browser speaks it."""
import collections
import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time

from .anteroom import BIN, TOP
from .authority import Authority
from .sshd import die_with_parent, free_port

# A message's number is its row in the control protocol's table.
TABLE = re.search(r"using Table = (.*?);", (TOP / "broker/control/protocol.h").read_text(), re.S).group(1)
NUMBER = {name: number for number, name in enumerate(re.findall(r"Row<(\w+)", TABLE))}
# The fields of base/wire.h: s text or bytes, Q and I and H numbers, ? a boolean.
FIELDS = {
    "WebHello": (("version", "I"),),
    "WebWelcome": (("listen", "s"), ("origin", "s"), ("tls12", "?"), ("sign_in", "s")),
    "WebCall": (("number", "Q"), ("method", "s"), ("path", "s"), ("query", "s"), ("session", "s"), ("csrf", "s"), ("if_match", "s"), ("source", "s"), ("agent", "s"), ("body", "s")),
    "WebAnswer": (("number", "Q"), ("status", "H"), ("json", "s"), ("more", "?"), ("etag", "s"), ("session", "s"), ("forget_session", "?"), ("retry_after", "I"), ("known", "?")),
    "WebListen": (("number", "Q"), ("session", "s"), ("source", "s"), ("after", "Q")),
    "WebEvent": (("number", "Q"), ("id", "Q"), ("topic", "s"), ("json", "s")),
    "WebWatch": (("number", "Q"), ("session", "s"), ("ticket", "s"), ("source", "s")),
    "WebRecording": (("number", "Q"), ("id", "s"), ("protocol", "s"), ("data_key", "s"), ("signer", "s")),
    "WebOver": (("number", "Q"), ("sentence", "s")),
    "WebEnd": (("number", "Q"), ("sentence", "s")),
}
NAME = {NUMBER[name]: name for name in FIELDS}
TOKEN = "a" * 43


def encode(message, **values):
    out = bytes([NUMBER[message]])
    for field, kind in FIELDS[message]:
        value = values.get(field, b"" if kind == "s" else 0)
        if kind == "s":
            data = value if isinstance(value, bytes) else value.encode()
            out += struct.pack("<I", len(data)) + data
        else:
            out += struct.pack("<" + kind, value)
    return out


def decode(data):
    name, at, values = NAME[data[0]], 1, {}
    for field, kind in FIELDS[name]:
        if kind == "s":
            (size,) = struct.unpack_from("<I", data, at)
            values[field] = data[at + 4:at + 4 + size].decode("utf-8", "surrogateescape")
            at += 4 + size
        else:
            (values[field],) = struct.unpack_from("<" + kind, data, at)
            at += struct.calcsize("<" + kind)
    assert at == len(data)
    return name, values


class PlayedBroker:
    """Answers calls with what it was asked, unless `answer` is set; keeps everything it was sent."""

    def __init__(self, path, identity, port, origin=None, tls12=False):
        self.path, self.identity = str(path), identity
        self.welcome = {"listen": f"127.0.0.1:{port}", "origin": origin or f"https://localhost:{port}", "tls12": tls12, "sign_in": "Help: call 4711."}
        self.seen = collections.deque()
        self.answer = self.hear = self.watched = None
        self.channel = self.listener = None
        self.changed = threading.Condition()
        self.sending = threading.Lock()

    def start(self):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(self.path)
        self.listener.listen(4)
        threading.Thread(target=self.serve, args=(self.listener,), daemon=True).start()
        return self

    def stop(self):
        """As a broker that was killed."""
        os.unlink(self.path)
        listener, self.listener = self.listener, None
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        with contextlib.suppress(OSError, AttributeError):
            self.channel.shutdown(socket.SHUT_RDWR)

    def serve(self, listener):
        while self.listener is listener:
            try:
                channel, _ = listener.accept()
            except OSError:
                return
            channel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
            self.channel = channel
            with contextlib.suppress(OSError):
                self.converse(channel)
            channel.close()

    def converse(self, channel):
        assert decode(channel.recv(1 << 18))[0] == "WebHello"
        memory = os.memfd_create("identity")
        os.write(memory, self.identity)
        socket.send_fds(channel, [encode("WebWelcome", **self.welcome)], [memory])
        os.close(memory)
        while data := channel.recv(1 << 18):
            name, values = decode(data)
            with self.changed:
                self.seen.append((name, values))
                self.changed.notify_all()
            self.react(name, values)

    def react(self, name, values):
        number = values["number"]
        if name == "WebCall":
            if self.answer:
                return self.answer(self, values)
            return self.say("WebAnswer", number=number, status=200, json=json.dumps({k: v for k, v in values.items() if k != "number"}))
        if name == "WebListen":
            if self.hear:
                return self.hear(self, values)
            return self.say("WebEvent", number=number, id=1000, topic="hello", json='{"topic":"hello"}')
        if name == "WebWatch" and self.watched:
            return self.watched(self, values)
        return None

    def say(self, message, fds=(), **values):
        data = encode(message, **values)
        with self.sending, contextlib.suppress(OSError):
            socket.send_fds(self.channel, [data], list(fds))

    def calls(self, name="WebCall"):
        return [values for one, values in list(self.seen) if one == name]

    def wait_for(self, name, count=1, within=10):
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.calls(name)) >= count, within), f"{len(self.calls(name))} of {count} {name}"
        return self.calls(name)


class Answered:
    def __init__(self, raw):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split()[1])
        self.fields = [tuple(line.split(": ", 1)) for line in lines[1:]]

    def __getitem__(self, name):
        found = [value for key, value in self.fields if key.lower() == name.lower()]
        assert len(found) <= 1, f"{name} is there {len(found)} times"
        return found[0] if found else None

    @property
    def json(self):
        return json.loads(self.body)


class Web:
    """anteroom-web, started in a folder of its own."""

    def __init__(self, tls12=False, folder=None):
        self.home = pathlib.Path(folder or tempfile.mkdtemp(prefix="aw-", dir="/tmp"))
        (self.home / "run").mkdir(exist_ok=True)
        self.port = free_port()
        self.host = f"localhost:{self.port}"
        self.origin = f"https://{self.host}"
        self.authority = Authority(self.home / "ca")
        certificate, key = self.authority.certificate("console", days=90)
        self.broker = PlayedBroker(self.home / "run/web.sock", key.read_bytes() + certificate.read_bytes(), self.port, tls12=tls12).start()
        self.log = self.home / "web.log"
        self.process = None

    def start(self, program=None):
        self.process = subprocess.Popen([program or BIN / "anteroom-web", "--dir", str(self.home)], stdin=subprocess.DEVNULL, stdout=self.log.open("ab"), stderr=subprocess.STDOUT, preexec_fn=die_with_parent)
        deadline = time.monotonic() + 20
        while "web.ready" not in self.log.read_text():
            assert self.process.poll() is None and time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.02)
        return self

    def server_pid(self):
        """The process that listens; the other is its doorman."""
        (child,) = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(child)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(10)
        if self.broker.listener:
            self.broker.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    # ---- speaking to it

    def tcp(self, timeout=15):
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    def context(self, **more):
        context = ssl.create_default_context(cafile=str(self.authority.ca))
        for name, value in more.items():
            setattr(context, name, value)
        return context

    def tls(self, timeout=15, context=None):
        return (context or self.context()).wrap_socket(self.tcp(timeout), server_hostname="localhost")

    def raw(self, data, timeout=15, end=False):
        """What comes back for these very bytes, until the server closes; nothing when it just closes."""
        with self.tls(timeout) as line:
            if data:
                line.sendall(data)
            return read_all(line) if not end else read_one(line)

    def ask(self, target="/", method="GET", body=None, fields=(), without=(), host=None):
        """One request with what a browser's own page would send; `fields` in place of, or beside it."""
        own = {"Host": self.host if host is None else host, "Connection": "close"}
        if method == "POST":
            own |= {"Origin": self.origin, "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json", "Content-Length": str(len(body or b""))}
        own |= dict(fields)
        lines = [f"{method} {target} HTTP/1.1"] + [f"{name}: {value}" for name, value in own.items() if name not in without]
        got = self.raw(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + (body or b""))
        assert got, f"no answer to {method} {target}"
        return Answered(got)

    def client(self, timeout=15):
        """A connection that is kept, as http.client does it."""
        return http.client.HTTPSConnection("localhost", self.port, timeout=timeout, context=self.context())

    def websocket(self, target="/api/watch", fields=(), without=()):
        """(connection, answer) of an upgrade."""
        own = {"Host": self.host, "Origin": self.origin, "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
               "Cookie": f"__Host-anteroom={TOKEN}"} | dict(fields)
        line = self.tls()
        line.sendall((f"GET {target} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in own.items() if k not in without) + "\r\n").encode())
        return Frames(line), Answered(read_head(line))


def read_all(line):
    out = b""
    with contextlib.suppress(OSError):
        while data := line.recv(65536):
            out += data
    return out


def read_head(line):
    out = b""
    while not out.endswith(b"\r\n\r\n"):
        data = line.recv(1)
        assert data, f"it closed: {out!r}"
        out += data
    return out


def read_one(line):
    head = read_head(line)
    size = int(re.search(rb"\r\nContent-Length: (\d+)", head).group(1))
    body = b""
    while len(body) < size:
        data = line.recv(size - len(body))
        assert data
        body += data
    return head + body


class Frames:
    """WebSocket frames over a connection (RFC 6455), a browser's half."""

    def __init__(self, line):
        self.line = line

    def send(self, payload, opcode=1, final=True, masked=True, size=None):
        data = payload.encode() if isinstance(payload, str) else payload
        length = len(data) if size is None else size
        head = bytes([(0x80 if final else 0) | opcode])
        mark = 0x80 if masked else 0
        if length < 126:
            head += bytes([mark | length])
        elif length < 65536:
            head += bytes([mark | 126]) + struct.pack(">H", length)
        else:
            head += bytes([mark | 127]) + struct.pack(">Q", length)
        key = b"\x01\x02\x03\x04"
        self.line.sendall(head + (key + bytes(b ^ key[i % 4] for i, b in enumerate(data)) if masked else data))

    def _take(self, size):
        out = b""
        while len(out) < size:
            data = self.line.recv(size - len(out))
            if not data:
                raise EOFError
            out += data
        return out

    def receive(self):
        """(opcode, payload) of the next frame."""
        first, second = self._take(2)
        size = second & 127
        if size == 126:
            (size,) = struct.unpack(">H", self._take(2))
        elif size == 127:
            (size,) = struct.unpack(">Q", self._take(8))
        assert not second & 0x80
        return first & 15, self._take(size)

    def messages(self):
        """Text messages until the end."""
        with contextlib.suppress(EOFError, OSError):
            while True:
                opcode, payload = self.receive()
                if opcode == 8:
                    return
                if opcode == 1:
                    yield json.loads(payload)

    def ended(self):
        return not list(self.messages())

    def close(self):
        self.line.close()
