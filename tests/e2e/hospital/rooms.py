"""A clinic of desktops with a console: what stood on their screens is looked at in a browser."""
import contextlib
import time
from datetime import datetime

import yaml

from .anteroom import as_yaml
from .authority import Authority
from .console import ConsoleHospital
from .rdp_scene import Clinic
from .sshd import Sshd, free_port


class Rooms(Clinic):
    origin, api, keyed = ConsoleHospital.origin, ConsoleHospital.api, ConsoleHospital.keyed

    def __init__(self, targets=("shadow",), console=None, **more):
        super().__init__(targets, **more)
        self.web_port, self.console = free_port(), console or {}
        self.authority = Authority(self.home / "ca")
        self.certificate, self.key = self.authority.certificate("web", "DNS:localhost,IP:127.0.0.1")

    def configure(self, limits=None, site=None, alerts=None):
        super().configure(limits, site, alerts)
        file = self.dir / "anteroom.yaml"
        document = yaml.safe_load(file.read_text())
        document["listen"]["web"] = f"127.0.0.1:{self.web_port}"
        document["console"] = {"origin": self.origin, "certificate": str(self.certificate), "key": str(self.key), **self.console}
        file.write_text(as_yaml(document))

    def document(self):
        return {**super().document(), "mfa": {"self_enrolled": "off"}}

    def answers(self):
        if not super().answers():
            return False
        try:
            with self.api() as nobody:
                return nobody.get("/api/site").status == 200
        except OSError:
            return False

    # ---- what was on the screen

    def turn(self, number, seconds, client):
        """The target's screen changes, its client shows that, and it stays so for a while: (picture, from, to)."""
        self.shadow.cart.tell(f"picture {number}")
        self.connected(client)
        changed = time.time()
        shown = self.shadow.display.picture()
        time.sleep(seconds)
        return shown, changed, time.time()

    @contextlib.contextmanager
    def at_a_desktop(self, where="pacs-1", person=None, **more):
        """(client, id of the session) of somebody who works there."""
        person = person or self.staff()
        with self.session(person, where, **more) as client:
            yield client, self.sessions(person)[0]["id"]

    def began(self, session):
        """When its recording begins, by the clock."""
        row = next(one for one in self.json("session", "list", "--all") if one["id"] == session)
        return datetime.fromisoformat(row["since"].replace("Z", "+00:00")).timestamp()  # the record of it is written a little later


class Both(Rooms):
    """The same with a terminal, mri-3."""

    def __init__(self, *words, **more):
        super().__init__(*words, **more)
        self.sshd = Sshd(self.home / "mri")

    def terminal_target(self, **labels):
        return {"address": f"127.0.0.1:{self.sshd.port}", "protocol": "ssh", "host_key": self.sshd.public_host_key(), "labels": {"zone": "imaging", **labels},
                "accounts": {self.sshd.user: {"secret": "stored"}}}

    def document(self):
        document = super().document()
        document["targets"]["mri-3"] = self.terminal_target()
        document["rules"].append({"id": "mri", "who": ["group:staff"], "to": {"targets": ["mri-3"]}, "allow": ["shell"], "access": "standing"})
        return document

    def put_passwords(self, document):
        desktops = {name: one for name, one in document["targets"].items() if one["protocol"] == "rdp"}
        for name in document["targets"].keys() - desktops.keys():
            self.put_key(f"{name}/{self.sshd.user}", self.sshd)
        super().put_passwords({**document, "targets": desktops})

    def open(self, limits=None):
        self.sshd.start()
        return super().open(limits)

    def close(self):
        self.sshd.stop()
        super().close()
