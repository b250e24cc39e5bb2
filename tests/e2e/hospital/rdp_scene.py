"""A hospital of desktops: real RDP targets behind an Anteroom, and people who sign in by RDP clients and the lobby."""
import contextlib
import os
import pathlib
import socket
import tempfile
import time

import pytest
import yaml

from . import rdp
from .anteroom import Anteroom, as_yaml
from .house import until
from .sshd import free_port, listens

SCREEN = ["rdp:display"]
PICTURES = pathlib.Path(os.environ.get("ANTEROOM_E2E_PICTURES", pathlib.Path(tempfile.gettempdir()) / "anteroom-e2e-pictures"))


class Clinic(Anteroom):
    """`targets`: which kinds of servers stand there, "shadow" (screen, NLA) and "xrdp" (channels, resizing)."""

    def __init__(self, targets=("shadow",), size=(1024, 768)):
        super().__init__()
        self.size = size  # of the shadow's screen
        self.rdp_port = free_port()
        self.wanted = targets
        self.shadow = self.xrdp = None
        self.mute = socket.create_server(("127.0.0.1", 0))  # takes connections, and never says a word
        self.gone = free_port()
        self.relays = []

    # ---- the installation

    def configure(self, limits=None, site=None, alerts=None):
        super().configure(limits, site, alerts)
        file = self.dir / "anteroom.yaml"
        document = yaml.safe_load(file.read_text())
        document["listen"]["rdp"] = f"127.0.0.1:{self.rdp_port}"
        file.write_text(as_yaml(document))

    def answers(self):
        return listens(self.rdp_port) and super().answers()

    def workers(self):
        return self.programs("anteroom-rdp")

    def fronts(self):
        return self.programs("anteroom-rdp-front")

    def target(self, server, labels=None, address=None, pin=None, accounts=None):
        return {"address": address or f"127.0.0.1:{server.port}", "protocol": "rdp", "host_key": pin or server.pin(), "labels": {"zone": "imaging", **(labels or {})},
                "accounts": accounts or {"service": {"secret": "stored"}}}

    def document(self):
        """The policy, to be changed by a test that applies its own."""
        targets, rules = {}, []

        def standing(name, target, allow=(), **more):
            targets[name] = target
            rules.append({"id": name, "who": ["group:staff"], "to": {"targets": [name]}, "allow": [*SCREEN, *allow], "access": "standing", **more})

        if self.shadow:
            lossless = {"display": "lossless"}
            standing("pacs-1", self.target(self.shadow, lossless))
            standing("cart-1", self.target(self.shadow))
            standing("facts-1", self.target(self.shadow), record="facts")
            standing("brief-1", self.target(self.shadow, lossless), max="12s")
            standing("mute-1", self.target(self.shadow, address=f"127.0.0.1:{self.mute.getsockname()[1]}"))
            standing("gone-1", self.target(self.shadow, address=f"127.0.0.1:{self.gone}"))
            standing("false-1", self.target(self.shadow, pin="x509-sha256 " + "A" * 43 + "="))
            standing("wrong-1", self.target(self.shadow))
            standing("voice-1", self.target(self.shadow), ["rdp:dynamic:AUDIO_INPUT"])
            targets["ct-1"] = self.target(self.shadow, lossless)
            rules.append({"id": "on-request", "who": ["group:staff"], "to": {"targets": ["ct-1"]}, "allow": SCREEN, "access": "on-request",
                          "approval": {"by": ["role:imaging-admins"], "max": "1h"}})
            targets["er-1"] = self.target(self.shadow, {**lossless, "zone": "emergency"})
        if self.xrdp:
            dynamic = "rdp:dynamic:Microsoft::Windows::RDS::DisplayControl"
            for name, allow in (("desk-1", ["rdp:clipboard:in", "rdp:clipboard:out", "rdp:drive:read", "rdp:drive:write", dynamic]), ("in-1", ["rdp:clipboard:in"]),
                                ("out-1", ["rdp:clipboard:out"]), ("bare-1", []), ("read-1", ["rdp:drive:read"]), ("write-1", ["rdp:drive:write"]), ("size-1", [dynamic]), ("sound-1", ["rdp:audio"]),
                                ("print-1", ["rdp:printer"]), ("card-1", ["rdp:smartcard"])):
                standing(name, self.target(self.xrdp, {"display": "lossless"}), allow)
        return {"version": 1, "vendors": {}, "roles": {"imaging-admins": {"members": ["group:admins"]}, "privacy-office": {"members": ["group:reviewers"]}},
                "targets": targets, "rules": rules,
                "reviewers": [{"who": ["role:privacy-office"], "of": {"labels": {"zone": ["imaging", "emergency"]}}}],
                "break_glass": [{"id": "night", "who": ["group:staff"], "to": {"labels": {"zone": "emergency"}}, "allow": SCREEN, "max": "10m", "alert": ["soc"],
                                 "review": {"by": ["role:privacy-office"], "within": "24h"}}] if self.shadow else []}

    def put_passwords(self, document):
        for name, one in document["targets"].items():
            password = "not the one" if name == "wrong-1" else self.xrdp.password if self.xrdp and one["address"].endswith(f":{self.xrdp.port}") else self.shadow.password
            self.cli("secret", "put", f"{name}/service", "--password-stdin", input=password + "\n")

    def open(self, limits=None):
        if "shadow" in self.wanted:
            self.shadow = rdp.Shadow(self.home / "shadow", *self.size).start()
        if "xrdp" in self.wanted:
            self.xrdp = rdp.Xrdp(self.home / "xrdp").start()
        self.init(limits)
        self.serve()
        document = self.document()
        self.apply_policy(document)
        self.put_passwords(document)
        return self

    def close(self):
        with contextlib.ExitStack() as all_of:
            for one in (self.shadow, self.xrdp):
                if one:
                    all_of.callback(one.close)
            for one in (self.mute, *self.relays):
                all_of.callback(one.close)
            all_of.callback(self.remove)

    def staff(self, **more):
        return self.person("staff", **more)

    def reviewer(self):
        return self.person("reviewers")

    def sessions(self, person):
        return [one for one in self.json("session", "list") if one["person"] == person.name]

    # ---- clients

    @contextlib.contextmanager
    def client(self, argv, name="client", **more):
        """A client at a display of its own; what it showed is kept where the test failed."""
        with rdp.Client(self.home / f"{name}-{next(self.counter)}", argv, **more) as one:
            try:
                yield one
            except BaseException:
                PICTURES.mkdir(parents=True, exist_ok=True)
                with contextlib.suppress(Exception):
                    print("what the client showed:", one.display.picture().save(PICTURES / f"{one.folder.name}.png"))
                print("what it said:", one.said()[-1500:])
                raise

    def xfreerdp(self, person, where="", *more, password=True, user=None, width=1024, height=768, depth=32, screen=None):
        """xfreerdp on the way to a target; `password` in its Client Info, as saved credentials are."""
        name = user if user is not None else person.name + ("+" + where if where else "")
        given = person.password if password is True else password or None
        return self.client(rdp.xfreerdp(self.way_of(person), name, given, *more, width=width, height=height, depth=depth), width=width, height=height, screen=screen)

    def rdesktop(self, person, where="", *more, password=True, depth=32, width=1024, height=768):
        given = person.password if password is True else password or None
        return self.client(rdp.rdesktop(self.way_of(person), person.name + ("+" + where if where else ""), given, *more, depth=depth, width=width, height=height), width=width, height=height)

    def remmina(self, person, where, width=1024, height=768):
        home = self.home / f"remmina-{next(self.counter)}"
        return self.client(rdp.remmina(home, self.way_of(person), f"{person.name}+{where}", person.password, width, height), name="remmina", width=width, height=height)

    def way_of(self, person):
        """A port that leads to Anteroom from the person's own address."""
        self.relays.append(rdp.Relay(self.rdp_port, person.source))
        return self.relays[-1].port

    def signed_in(self, client, person, *answers, target=None, within=20):
        """Answers the lobby, the code first, until the target's screen is there."""
        for text in (person.fresh_code, *answers):
            answer(client, text)
        return self.connected(client, target, within)

    def connected(self, client, target=None, within=20, whole=False):
        """Until the client shows what the target does, pixel by pixel; `whole`: under the strip as well, which tells at the beginning until when."""
        server = target or self.shadow or self.xrdp
        return client.display.until_like(server.display, within, 0 if whole else 66)

    @contextlib.contextmanager
    def session(self, person, where, *more, target=None, **rest):
        """xfreerdp, signed in, with the target's screen."""
        with self.xfreerdp(person, where, *more, **rest) as client:
            self.signed_in(client, person, target=target)
            yield client


def asks(seen):
    """The lobby asks something: its field has a blue frame from side to side, three lines above and three below."""
    column = seen.crop(seen.width // 2, 0, 1, seen.height)
    return sum(blue > 200 and red < 120 and 130 < green < 200 for red, green, blue in (column.pixel(0, y) for y in range(seen.height))) >= 4


def lobby(client, within=15):
    """The lobby is there and asks."""
    return client.display.until(asks, within)


def awake(client, within=20):
    """Keys arrive: a client may show the lobby before it passes on what is typed."""
    deadline = time.monotonic() + within
    before, pressed = settled(client, within), 0
    while True:
        client.display.key("M")
        pressed += 1
        try:
            client.display.until(lambda seen: seen.differing(before) >= 90, 2)  # more than a caret that blinks
            break
        except AssertionError:
            assert time.monotonic() < deadline, "no key arrives"
    for _ in range(pressed):  # those that came late as well
        client.display.key("BackSpace")
    client.display.until(lambda seen: seen.differing(before) < 90, 15)
    settled(client)


def answer(client, text, within=20):
    """Types an answer once the lobby asks, and waits until it shows something else. What it says is pixels: what came of it is looked up in the audit log.
    `text` may be what makes it: a code is taken only when it is asked for."""
    lobby(client)
    while not asks(empty := settled(client, within)):  # it was the question before, on its way out
        lobby(client)
    if text := text() if callable(text) else text:
        client.display.type(text)
        client.display.until(lambda seen: seen.differing(empty) >= 90, within)
        settled(client, within)
    enter(client, within)


def settled(client, within=20):
    """The picture, once nothing but a caret moves in it."""
    deadline, seen = time.monotonic() + within, client.display.picture()
    while True:
        time.sleep(0.3)
        before, seen = seen, client.display.picture()
        if seen.differing(before) < 90:
            return seen
        assert time.monotonic() < deadline, "it never rests"


def enter(client, within=20):
    before = client.display.picture()
    client.display.key("Return")
    deadline = time.monotonic() + within
    while client.lives() and client.display.picture().differing(before) < 300:  # more than a caret that blinks
        assert time.monotonic() < deadline, "nothing came of Enter"
        time.sleep(0.1)
    time.sleep(0.2)


def leave(client, within=15):
    """The last words stand for a while; Escape closes them."""
    deadline = time.monotonic() + within
    while client.lives() and time.monotonic() < deadline:
        client.display.key("Escape")
        time.sleep(0.5)
    client.ended(1)


def changes(client, before, within=20, by=300):
    """Until the picture is another one than before."""
    return client.display.until(lambda seen: seen.differing(before) >= by, within)


@pytest.fixture(scope="module")
def clinic(request, limits):
    targets = getattr(request.module, "TARGETS", ("shadow",))
    lacks = rdp.lacking() if "shadow" in targets else []
    lacks += rdp.Xrdp.lacking() if "xrdp" in targets else []
    if lacks:
        pytest.skip("not installed: " + ", ".join(sorted(set(lacks))))
    here = Clinic(targets, getattr(request.module, "SIZE", (1024, 768)))
    try:
        yield here.open(limits)
    finally:
        here.close()


__all__ = ["Clinic", "answer", "changes", "clinic", "enter", "leave", "lobby", "until"]
