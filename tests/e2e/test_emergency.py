"""Breaking the glass while alert channels are dead: granted all the same, the living channel told at once, the dead ones told later."""
import http.server
import json
import threading
import time

import pytest

from hospital.house import until
from hospital.scene import Hospital
from hospital.sshd import free_port

REASON = "patient on the table, pump does not answer"


class Hook:
    """A receiver that notes what came, and when."""

    def __init__(self):
        came = self.came = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                came.append((time.time(), json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def hook():
    one = Hook()
    yield one
    one.server.shutdown()


@pytest.fixture(scope="module")
def hospital(hook):
    here = Hospital()
    try:
        here.open()
        here.stop()
        here.configure(alerts={
            "soc": {"webhook": {"url": f"http://127.0.0.1:{hook.server.server_port}/"}},
            "mail": {"smtp": {"host": "127.0.0.1", "port": free_port(), "security": "none", "from": "anteroom@hospital.example", "to": ["soc@hospital.example"]}},
            "siem": {"syslog": {"host": "127.0.0.1", "port": free_port(), "security": "none"}, "audit": True}})
        here.serve()
        document = here.document()
        document["break_glass"] = [{"id": "night", "who": ["group:clinical"], "to": {"targets": ["brief-1"]}, "allow": ["shell"], "max": "10m", "alert": ["soc", "mail"],
                                    "review": {"by": ["role:privacy-office"], "within": "24h"}}]
        here.apply_policy(document)
        yield here
    finally:
        here.close()


def test_dead_channels_hold_up_nobody_in_an_emergency(hospital, hook):
    clinician = hospital.person("clinical")
    with hospital.terminal(clinician, "brief-1") as terminal:
        for waited_for, typed in [("break-glass", "break-glass\r"), ("emergency: ", REASON + "\r"), ("YES", "YES\r")]:
            terminal.expect(waited_for)
            terminal.send(typed)
        pressed = time.time()
        terminal.expect("GLASS IS BROKEN", timeout=5)
        terminal.send("exit\r")
        terminal.wait()
    deadline = time.monotonic() + 5
    while not (told := [(when, body) for when, body in hook.came if body["event"] == "break-glass.used"]):
        assert time.monotonic() < deadline, "no alert"
        time.sleep(0.05)
    when, body = told[0]
    assert when - pressed < 5 and body["person"] == clinician.name and REASON not in json.dumps(body)
    waiting = {}

    def told_of():
        waiting.update((one["name"], one["waiting"]) for one in hospital.json("alert", "list"))
        return waiting["soc"] == 0

    until(told_of, 15)
    assert waiting["mail"] >= 1
    order = [one["kind"] for one in hospital.audit(person=clinician.name) if one["kind"] in ("break-glass.used", "session.start")]
    assert order == ["break-glass.used", "session.start"]
