"""An installation whose alerts go to real receivers: HTTPS, SMTP with STARTTLS, rsyslogd with TLS. No targets, nobody signs in."""
import time

from .anteroom import Anteroom, as_yaml
from .authority import Authority
from .hooks import Hooks
from .mail import MailServer
from .syslog import Rsyslog

KEY = "a key of the signature"


def until(what, within, every=0.05):
    """What `what` returns once it is true."""
    deadline = time.monotonic() + within
    while True:
        found = what()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {within} s"
        time.sleep(every)


class House(Anteroom):
    """An installation with one channel of each kind, and their receivers."""

    def __init__(self):
        super().__init__()
        self.authority = Authority(self.home / "ca")
        self.hooks = Hooks(self.authority.context("hooks")).start()
        self.mail = MailServer(self.authority.context("mail"), password="a mail password").start()
        self.siem = Rsyslog(self.home / "siem", self.authority.certificate("siem"), self.authority.ca).start()
        self.sent = {name: [] for name in ("soc", "mail", "siem")}

    def secret(self, name, text):
        path = self.dir / "keys" / name
        path.write_text(text + "\n")
        path.chmod(0o600)
        return f"keys/{name}"

    def webhook(self, hooks, **more):
        return {"webhook": {"url": hooks.url + "/hook", "ca_file": str(self.authority.ca), "secret_file": self.secret("hook", KEY), **more}}

    def smtp(self, server, **more):
        return {"smtp": {"host": "127.0.0.1", "port": server.port, "from": "anteroom@hospital.example", "user": "anteroom", "to": ["soc@hospital.example"],
                         "password_file": self.secret("mail", "a mail password"), "ca_file": str(self.authority.ca), **more}}

    def syslog(self, server, **more):
        return {"syslog": {"host": "127.0.0.1", "port": server.port, "ca_file": str(self.authority.ca), **more}, "audit": True}

    def channels(self):
        return {"soc": self.webhook(self.hooks), "mail": self.smtp(self.mail), "siem": self.syslog(self.siem)}

    def set_alerts(self, channels):
        document = {"listen": {"ssh": f"127.0.0.1:{self.port}"}, "site": {"zone": "America/Chicago", "help": "Help: call 4711."}, "alerts": channels}
        (self.dir / "anteroom.yaml").write_text(as_yaml(document))

    def open(self):
        self.init()
        self.set_alerts(self.channels())
        return self.serve()

    def with_alerts(self, channels):
        self.stop()
        self.set_alerts(channels)
        self.serve()

    def test(self, name):
        """Queues a test event; its delivery's name."""
        delivery = self.json("alert", "test", name)["delivery"]
        self.sent.setdefault(name, []).append(delivery)
        return delivery

    def states(self):
        return {one["name"]: one for one in self.json("alert", "list")}

    def got(self, name):
        """Delivery names as they arrived, repetitions left out."""
        all_of = {"soc": lambda: [body["delivery"] for body in self.hooks.bodies()],
                  "mail": lambda: [letter["Anteroom-Delivery"] for letter in self.mail.letters],
                  "siem": lambda: [alert["delivery"] for alert in self.siem.alerts()]}[name]()
        return list(dict.fromkeys(all_of))

    def arrives(self, delivery, within=10):
        name = delivery.rsplit("-", 1)[0]
        return until(lambda: delivery in self.got(name), within)

    def courier(self, within=10):
        return until(lambda: self.programs("anteroom-courier"), within)[0]

    def close(self):
        self.remove()
        self.hooks.stop()
        self.mail.stop()
        self.siem.kill()
