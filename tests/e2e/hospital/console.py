"""The console from outside: a hospital that serves it, and a caller of its API who is no browser (and minds no rule of one)."""
import base64
import copy
import http.client
import json
import os
import secrets
import select
import socket
import ssl
import struct
import time

from .anteroom import as_yaml
from .authority import Authority
from .passkey import Passkey
from .scene import Hospital
from .sshd import free_port


class ConsoleHospital(Hospital):
    """A hospital with a console, whose people are those of the README: a vendor asks, imaging approves, the privacy office looks."""

    def __init__(self, console=None, **more):
        super().__init__(**more)
        self.web_port = free_port()
        self.console = console or {}
        self.authority = Authority(self.home / "ca")
        self.certificate, self.key = self.authority.certificate("web", "DNS:localhost,IP:127.0.0.1")

    @property
    def origin(self):
        return f"https://localhost:{self.web_port}"

    def configure(self, limits=None, site=None, alerts=None):
        document = {"listen": {"ssh": f"127.0.0.1:{self.port}", "web": f"127.0.0.1:{self.web_port}"}, "site": {"zone": "UTC", "help": "Help: call 4711.", **(site or {})},
                    "console": {"origin": self.origin, "certificate": str(self.certificate), "key": str(self.key), **self.console}}
        if limits:
            document["limits"] = limits
        if alerts:
            document["alerts"] = alerts
        (self.dir / "anteroom.yaml").write_text(as_yaml(document))

    def answers(self):
        if not super().answers():
            return False
        try:  # the web server has the broker's ear only a little later
            with Api(self) as nobody:
                return nobody.get("/api/site").status == 200
        except OSError:
            return False

    def document(self):
        document = super().document()
        document["roles"]["imaging-admins"] = {"members": ["group:imaging"]}
        document["mfa"] = {"self_enrolled": "off"}
        for name, words in (("mri-3", "MRI scanner, building 3"), ("ct-1", "CT scanner"), ("lone-1", "Pump gateway")):
            document["targets"][name]["description"] = words
        document["targets"]["ct-2"] = copy.deepcopy(document["targets"]["ct-1"])
        document["rules"] = [rule for rule in document["rules"] if rule["id"] != "on-request"] + [
            {"id": "ct-service", "who": ["role:mri-service"], "to": {"targets": ["ct-1"]}, "allow": ["shell", "exec", "sftp:read"], "access": "on-request",
             "approval": {"by": ["role:imaging-admins"], "max": "4h", "ticket": "CHG-[0-9]+"}},
            {"id": "two-people", "who": ["role:mri-service"], "to": {"targets": ["lone-1"]}, "allow": ["shell"], "access": "on-request",
             "approval": {"by": ["role:imaging-admins"], "count": 2, "max": "2h", "confirm": "Scanner idle, room told"}},
            {"id": "mri-service", "who": ["role:mri-service"], "to": {"targets": ["mri-3"]}, "allow": ["shell", "exec"], "access": "standing"}]
        document["console"] = {"audit": ["role:privacy-office", "group:compliance"], "policy": ["role:imaging-admins", "group:writers"], "people": ["role:privacy-office", "group:keepers"]}
        document["break_glass"] = [{"id": "night", "who": ["group:clinical"], "to": {"targets": ["brief-1"]}, "allow": ["shell", "exec"], "max": "10m", "alert": ["soc"],
                                    "review": {"by": ["role:privacy-office"], "within": "24h"}}]
        return document

    def api(self, person=None, **more):
        """A caller; signed in, where a person is named."""
        one = Api(self, **more)
        if person:
            one.source = person.source
            one.sign_in(person)
        return one

    def keyed(self, person, **more):
        """The same with a passkey: then nobody waits for the next code."""
        one = self.api(person, **more)
        if not getattr(person, "passkey", None):
            person.passkey = one.add_passkey(person)
        one.passkey = person.passkey
        return one


class Reply:
    def __init__(self, status, headers, data):
        self.status, self.headers, self.data = status, headers, data

    @property
    def json(self):
        return json.loads(self.data)

    @property
    def detail(self):
        return self.json.get("detail", "")

    def __repr__(self):
        return f"{self.status} {self.data[:400]!r}"


class Api:
    """One connection and, after signing in, one console session. Nothing is followed, repeated or put right by itself."""

    def __init__(self, house, source=None, agent="tests/1"):
        self.house, self.source, self.agent = house, source, agent
        self.token = self.csrf = self.me = self.passkey = self.person = None
        self.connection = None

    def context(self):
        context = ssl.create_default_context(cafile=str(self.house.authority.ca))
        return context

    def dial(self, timeout=30):
        """A TLS connection of its own."""
        plain = socket.create_connection(("127.0.0.1", self.house.web_port), timeout, source_address=(self.source, 0) if self.source else None)
        return self.context().wrap_socket(plain, server_hostname="localhost")

    def headers(self, method, more):
        found = {"User-Agent": self.agent}
        if self.token:
            found["Cookie"] = f"__Host-anteroom={self.token}"
        if method == "POST":
            found |= {"Origin": self.house.origin, "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}
            if self.csrf:
                found["X-Anteroom-CSRF"] = self.csrf
        return {name: value for name, value in (found | (more or {})).items() if value is not None}

    def call(self, method, path, body=None, headers=None, data=None):
        """Headers given replace those that a page would send; None leaves one out."""
        if data is None and body is not None:
            data = json.dumps(body).encode()
        lines = self.headers(method, headers)
        for attempt in (1, 2):
            # The server closes a line that is idle for a minute: what can be read before anything was asked is its end.
            if self.connection and select.select([self.connection.sock], [], [], 0)[0]:
                self.close()
            if not self.connection:
                self.connection = http.client.HTTPSConnection("localhost", self.house.web_port, timeout=30)
                self.connection.sock = self.dial()
            try:
                self.connection.request(method, path, data, lines)
                answer = self.connection.getresponse()
                break
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
                self.close()
                if attempt == 2:
                    raise
            except Exception:
                self.close()  # a call that broke off halfway leaves a line of no use
                raise
        reply = Reply(answer.status, answer.headers, answer.read())
        if answer.will_close:
            self.close()
        return reply

    def get(self, path, **more):
        return self.call("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.call("POST", path, {} if body is None else body, **more)

    def raw(self, data, timeout=10):
        """Bytes as they are, on a connection of their own; everything that comes back."""
        with self.dial(timeout) as tls:
            came = b""
            try:
                tls.sendall(data)  # the server may have hung up long before the last byte
                while piece := tls.recv(65536):
                    came += piece
            except (TimeoutError, ssl.SSLError, ConnectionError):
                pass
        return came

    # ---- who

    def taken(self, reply):
        """Signed in: the cookie and the CSRF token of the answer are used from here on."""
        assert reply.status == 200, reply
        self.token = cookie_of(reply)
        self.me = reply.json
        self.csrf = self.me["csrf"]
        return self.me

    def sign_in(self, person, code=None, password=None):
        self.person = person
        return self.taken(self.post("/api/sign-in", {"user": person.name, "password": password or person.password, "code": person.fresh_code() if code is None else code}))

    def passkey_sign_in(self, passkey):
        options = self.post("/api/sign-in/passkey/options").json
        me = self.taken(self.post("/api/sign-in/passkey", passkey.use(options)))
        self.passkey = passkey
        return me

    def add_passkey(self, person):
        passkey = Passkey(self.house.origin)
        made = passkey.create(self.post("/api/me/passkeys/options").json)
        reply = self.decide("/api/me/passkeys", made, code=person.fresh_code())
        assert reply.status == 200, reply
        return passkey

    # ---- decisions

    def options(self, path, body=None, if_match="", method="POST"):
        reply = self.post("/api/factor/options", {"method": method, "path": path, "if_match": if_match, "body": body or {}})
        assert reply.status == 200, reply
        return reply.json

    def factor(self, path, body=None, if_match=""):
        return {"passkey": self.passkey.use(self.options(path, body, if_match))}

    def decide(self, path, body=None, if_match="", code=None, factor=None, headers=None):
        """A POST with a fresh factor: the passkey if there is one, else a code."""
        if factor is None:
            factor = {"code": code} if code or not self.passkey else self.factor(path, body, if_match)
            if factor == {"code": None}:
                factor = {"code": self.person.fresh_code()}
        return self.post(path, {**(body or {}), "factor": factor}, headers={**({"If-Match": if_match} if if_match else {}), **(headers or {})})

    # ---- what moves by itself

    def events(self, after=None, timeout=20):
        return Stream(self, after, timeout)

    def watch(self, ticket, **more):
        socket = WebSocket(self, "/api/watch", **more)
        if socket.status == 101:
            socket.send(json.dumps({"ticket": ticket}))
        return socket

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def cookie_of(reply):
    for line in reply.headers.get_all("Set-Cookie") or []:
        if line.startswith("__Host-anteroom="):
            return line.split("=", 1)[1].split(";")[0]
    raise AssertionError(f"no cookie: {reply.headers.items()}")


class Stream:
    """Server-sent events as they come: (id, what is said)."""

    def __init__(self, api, after=None, timeout=20):
        self.socket = api.dial(timeout)
        lines = api.headers("GET", {"Accept": "text/event-stream", **({"Last-Event-ID": str(after)} if after is not None else {})})
        self.socket.sendall(("GET /api/events HTTP/1.1\r\nHost: localhost:%d\r\n" % api.house.web_port + "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n").encode())
        self.answer = http.client.HTTPResponse(self.socket, method="GET")
        self.answer.begin()
        self.status = self.answer.status

    def next(self, timeout=20):
        """The next event; none when the stream is over."""
        self.socket.settimeout(timeout)
        found = {}
        while line := self.answer.readline():
            name, _, value = line.decode().rstrip("\r\n").partition(":")
            if name in ("id", "data"):
                found[name] = value.strip()
            elif not name and "data" in found:
                return found.get("id"), json.loads(found["data"])
        return None

    def until(self, wanted, timeout=20):
        """The first event that is wanted."""
        deadline = time.monotonic() + timeout
        seen = []
        while time.monotonic() < deadline:
            event = self.next(max(0.1, deadline - time.monotonic()))
            assert event is not None, f"the stream ended after {seen}"
            seen.append(event)
            if wanted(event[1]):
                return event[1]
        raise AssertionError(f"only {seen} within {timeout} s")

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class WebSocket:
    """RFC 6455, the client's side: text messages are JSON, binary ones bytes."""

    def __init__(self, api, path, timeout=20, headers=None):
        self.socket, self.closed = api.dial(timeout), None  # closed: with this code
        lines = {"User-Agent": api.agent, "Origin": api.house.origin, "Sec-Fetch-Site": "same-origin", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
                 "Sec-WebSocket-Key": base64.b64encode(secrets.token_bytes(16)).decode(), "Cookie": f"__Host-anteroom={api.token}" if api.token else None, **(headers or {})}
        self.socket.sendall((f"GET {path} HTTP/1.1\r\nHost: localhost:{api.house.web_port}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value is not None) + "\r\n").encode())
        self.file = self.socket.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        self.headers = http.client.parse_headers(self.file)

    def send(self, text, opcode=1):
        data, mask = text.encode() if isinstance(text, str) else text, os.urandom(4)
        size = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0x80 | 126]) + struct.pack(">H", len(data)) if len(data) < 65536 else bytes([0x80 | 127]) + struct.pack(">Q", len(data))
        self.socket.sendall(bytes([0x80 | opcode]) + size + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(data)))

    def receive(self, timeout=20):
        """The next message; none once it is closed. Pings are no message."""
        deadline = time.monotonic() + timeout
        while True:
            self.socket.settimeout(max(0.1, deadline - time.monotonic()))
            head = self.file.read(2)
            if len(head) < 2:
                return None
            opcode, size = head[0] & 15, head[1] & 127
            if size >= 126:
                size = struct.unpack(">H" if size == 126 else ">Q", self.file.read(2 if size == 126 else 8))[0]
            data = self.file.read(size)
            if opcode == 9:
                self.send(data, 10)
            elif opcode == 8:
                self.closed = struct.unpack(">H", data[:2])[0] if len(data) >= 2 else None
                return None
            elif opcode == 1:
                return json.loads(data)
            elif opcode == 2:
                return data

    def until(self, wanted, timeout=20):
        deadline, seen = time.monotonic() + timeout, []
        while time.monotonic() < deadline:
            message = self.receive(max(0.1, deadline - time.monotonic()))
            assert message is not None, f"closed after {seen}"
            seen.append(message)
            if wanted(message):
                return message
        raise AssertionError(f"only {seen} within {timeout} s")

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
