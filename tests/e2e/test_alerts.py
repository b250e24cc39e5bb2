"""Alerts on their way out: real receivers of every kind, each killed in turn and brought back."""
import contextlib
import hashlib
import hmac
import json
import os
import pathlib
import signal
import socket
import time

import pytest
from hospital.house import KEY, House, until
from hospital.mail import MailServer
from hospital.syslog import Rsyslog


@pytest.fixture(scope="module")
def house():
    here = House()
    try:
        yield here.open()
    finally:
        here.close()


@pytest.fixture(autouse=True)
def shown(request, house):
    """What it logged, when a test fails."""
    before = request.session.testsfailed
    yield
    if request.session.testsfailed > before:
        print(house.log.read_text(errors="replace")[-4000:])


@pytest.fixture
def usual(house):
    """The three channels again, whatever the test before made of them."""
    yield
    house.hooks.behave = "ok"
    house.with_alerts(house.channels())


# ---- each kind, with nothing in the way


def test_a_web_hook_comes_signed_over_tls_and_names_its_delivery(house):
    began = time.monotonic()
    delivery = house.test("soc")
    house.arrives(delivery)
    assert time.monotonic() - began < 5
    call = next(call for call in house.hooks.calls if call.json["delivery"] == delivery)
    assert call.path == "/hook" and call.headers["Anteroom-Delivery"] == delivery and call.json["event"] == "test"
    parts = dict(part.split("=", 1) for part in call.headers["Anteroom-Signature"].split(","))
    assert hmac.new(KEY.encode(), parts["t"].encode() + b"." + call.body, hashlib.sha256).hexdigest() == parts["v1"]
    assert abs(time.time() - int(parts["t"])) < 30
    until(lambda: any(one["fields"]["number"] == delivery.rsplit("-", 1)[1] for one in house.audit(kind="alert.sent")), 15)


def test_a_mail_comes_over_starttls_with_a_password(house):
    delivery = house.test("mail")
    house.arrives(delivery)
    letter = house.mail.letters[-1]
    assert letter["Anteroom-Delivery"] == delivery and letter.to == ["soc@hospital.example"] and letter["To"] == "soc@hospital.example"
    assert letter.sender == "anteroom@hospital.example" and letter["Message-ID"].startswith(f"<{delivery}.") and letter["Auto-Submitted"] == "auto-generated"
    assert "Test alert" in letter["Subject"] and "nothing has happened" in letter.text and "Help: call 4711." in letter.text


def test_a_syslog_receiver_gets_the_alert_and_every_audit_record_in_order(house):
    house.arrives(house.test("siem"))
    last = house.audit()[-1]["seq"]
    records = until(lambda: [one for one in house.siem.records() if one["seq"] >= last] and house.siem.records(), 10)
    numbers = [one["seq"] for one in records]
    assert numbers == list(range(1, len(numbers) + 1)), "from the first one on, each once, in order"
    line = next(line for line in house.siem.lines() if line.kind == "broker.started")
    assert line.app == "anteroom" and line.data["seq"] == str(line.json["seq"]) and line.pri == 13 * 8 + 6 and line.json["hash"]
    exported = {one["seq"]: one for one in map(json.loads, house.cli("audit", "export", "--format", "jsonl").text.splitlines())}
    assert records[3] == exported[records[3]["seq"]], "byte for byte what an export has"


def test_alert_list_tells_how_each_fares_and_no_secret(house):
    for name in ("soc", "mail", "siem"):
        house.arrives(house.test(name))
    states = until(lambda: (lambda all_of: all(one["state"] == "ok" and one["waiting"] == 0 for one in all_of.values()) and all_of)(house.states()), 10)
    assert states["soc"]["to"] == house.hooks.url and states["soc"]["kind"] == "webhook/plain"
    assert states["mail"]["recipients"] == ["soc@hospital.example"] and states["siem"]["events"] == ["audit"]
    text = house.cli("alert", "list").all + str(states)
    assert KEY not in text and "a mail password" not in text and "/hook" not in text
    assert "soc" in text and "LAST ARRIVAL" in text


def test_a_channel_that_is_not_there_cannot_be_tested(house):
    done = house.cli("alert", "test", "nobody", check=False)
    assert done.status == 1 and "nobody" in done.errors and "anteroom.yaml" in done.errors


# ---- each receiver killed in turn


@pytest.mark.parametrize("victim", ["soc", "mail", "siem"])
def test_a_dead_receiver_loses_nothing_keeps_its_order_and_delays_no_other(house, victim):
    stop, start = {"soc": (house.hooks.stop, house.hooks.start), "mail": (house.mail.stop, house.mail.start), "siem": (house.siem.kill, house.siem.start)}[victim]
    others = [name for name in ("soc", "mail", "siem") if name != victim]
    before = house.test(victim)
    house.arrives(before)
    until(lambda: house.states()[victim]["waiting"] == 0, 10)  # its answer is in as well
    if victim == "siem":  # and in its file what it was told of that: it is killed, not ended
        told = house.audit()[-1]["seq"]
        until(lambda: house.siem.records()[-1:] and house.siem.records()[-1]["seq"] >= told, 10)
        time.sleep(1)  # and what this look has left behind
    stop()
    lost = [house.test(victim) for _ in range(4)]
    began = time.monotonic()
    for delivery in [house.test(name) for _ in range(3) for name in others]:
        house.arrives(delivery, 15)
    assert time.monotonic() - began < 15
    assert until(lambda: house.states()[victim]["state"] == "failing", 15)
    assert house.states()[victim]["waiting"] == 4 and house.states()[victim]["why"]
    assert any(one["fields"]["channel"] == victim for one in house.audit(kind="alert.failed"))
    start()
    last = house.test(victim)  # something new: it does not wait out the backoff
    house.arrives(last, 15)
    mine = [delivery for delivery in house.got(victim) if delivery in [before, *lost, last]]
    assert mine == [before, *lost, last]
    until(lambda: house.states()[victim]["state"] == "ok" and house.states()[victim]["waiting"] == 0, 15)
    if victim == "siem":
        seen = until(lambda: (lambda numbers: numbers[-1:] and numbers[-1] >= house.audit()[-1]["seq"] - 2 and numbers)([one["seq"] for one in house.siem.records()]), 15)
        assert sorted(set(seen)) == list(range(1, max(seen) + 1)), "not one audit record is missing"


def test_a_courier_that_is_killed_again_and_again_loses_nothing(house):
    sent = []
    for _ in range(4):
        sent += [house.test(name) for name in ("soc", "mail", "siem")]
        pid = house.courier()
        os.kill(pid, signal.SIGKILL)
        sent += [house.test(name) for name in ("soc", "mail", "siem")]
        until(lambda pid=pid: house.programs("anteroom-courier") not in ([], [pid]), 10)
    for delivery in sent:
        house.arrives(delivery, 20)
    for name in ("soc", "mail", "siem"):
        mine = [delivery for delivery in sent if delivery.startswith(name)]
        assert [delivery for delivery in house.got(name) if delivery in mine] == mine


def test_a_broker_that_is_killed_loses_nothing_that_was_queued(house):
    house.hooks.behave = 503
    sent = [house.test("soc") for _ in range(3)]
    broker = house.broker()
    os.kill(broker, signal.SIGKILL)
    until(lambda: house.programs("anteroom-broker") not in ([], [broker]) and house.answers(), 20)
    house.hooks.behave = "ok"
    until(lambda: all(delivery in house.hooks.taken() for delivery in sent), 30)
    assert [delivery for delivery in house.hooks.taken() if delivery in sent] == sent


# ---- the installation's own side


@pytest.mark.parametrize("security", ["tls", "none"])
def test_the_other_ways_to_a_mail_server_and_a_plain_syslog(house, usual, security):
    server = MailServer(house.authority.context("mail2"), security=security, password="a mail password").start()
    siem = Rsyslog(house.home / f"plain-{security}").start()
    house.with_alerts({"post": house.smtp(server, security=security), "log": {"syslog": {"host": "127.0.0.1", "port": siem.port, "security": "none"}}})
    house.test("post")
    delivery = house.test("log")
    until(lambda: server.letters, 10)
    until(lambda: [alert["delivery"] for alert in siem.alerts()] == [delivery], 10)
    assert siem.records() == [], "audit records only where audit: true"
    server.stop()
    siem.kill()


def test_a_channel_whose_secret_is_missing_says_so_and_the_others_work(house, usual):
    house.stop()
    channels = house.channels()
    (house.dir / "keys/mail").unlink()
    house.set_alerts(channels)
    house.serve()
    house.arrives(house.test("soc"))
    waiting = house.test("mail")
    state = house.states()["mail"]
    assert state["state"].startswith("not deliverable") and state["waiting"] == 1
    assert "keys/mail" in house.log.read_text() and "channel.not-ready" in house.log.read_text()
    done = house.cli("doctor", check=False)
    assert done.status == 1 and "keys/mail" in done.text
    house.secret("mail", "a mail password")
    house.arrives(waiting, 25)  # noticed without a restart


def test_doctor_warns_of_channels_that_policy_names_and_nobody_defines(house, usual):
    policy = {"version": 1, "break_glass": [{"id": "night", "who": ["any"], "to": {"labels": {"zone": "imaging"}}, "allow": ["shell"], "max": "1h",
                                             "alert": ["soc", "pager"], "review": {"by": ["any"], "within": "24h"}}]}
    house.apply_policy(policy)
    rows = [row for row in house.json("doctor", check=False) if row["check"] == "alerts"]
    assert any("pager" in row["what"] and row["state"] == "warn" for row in rows) and not any(" soc" in row["what"] and row["state"] == "warn" for row in rows)
    house.apply_policy({"version": 1})


def test_what_the_network_can_read_is_warned_of(house, usual):
    house.stop()
    house.set_alerts({"a": {"syslog": {"host": "siem.example", "security": "none"}}, "b": {"webhook": {"url": "https://soc.example/"}}})
    rows = [row["what"] for row in house.json("doctor", check=False) if row["check"] == "alerts"]
    assert any("a: it crosses the network in the clear" in what for what in rows) and any("b: its calls are not signed" in what for what in rows)


def test_without_alerts_there_is_no_courier(house, usual):
    house.stop()
    house.set_alerts({})
    house.serve()
    time.sleep(1)
    assert house.programs("anteroom-courier") == [] and house.json("alert", "list") == []


def test_the_courier_leaves_no_core_and_no_other_process_reads_it(house):
    pid = house.courier()

    def core():
        return next(line for line in pathlib.Path(f"/proc/{pid}/limits").read_text().splitlines() if line.startswith("Max core file size")).split()[4:6]

    until(lambda: core() == ["0", "0"], 10)  # it sees to that itself, first of all
    if os.geteuid() != 0:
        with pytest.raises(PermissionError):
            pathlib.Path(f"/proc/{pid}/environ").read_bytes()


def test_a_stranger_on_the_couriers_socket_is_sent_away_and_the_courier_comes_back(house):
    path = house.dir / "run/courier.sock"
    assert path.stat().st_mode & 0o777 == 0o600
    for packet in (b"\xff", b"\x00", b"\x2a" + b"x" * 1000):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as stranger:
            stranger.connect(str(path))
            stranger.settimeout(5)
            with contextlib.suppress(ConnectionError):  # sent away already: the courier is back
                stranger.send(packet)
                assert stranger.recv(100) == b""
    house.arrives(house.test("soc"))
