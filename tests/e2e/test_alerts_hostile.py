"""Alerts to receivers as bad as they come: they redirect, hang, answer without end, show wrong certificates, refuse addresses."""
import time

import pytest
from hospital.authority import Authority
from hospital.hooks import Hooks, Silent
from hospital.house import House, until
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


# ---- bad receivers


@pytest.mark.parametrize("behave, says", [("redirect", "302"), (500, "500"), (404, "404"), ("slow", "")])
def test_a_bad_answer_is_no_arrival(house, usual, behave, says):
    house.hooks.behave = behave
    house.hooks.calls.clear()
    began = time.monotonic()
    delivery = house.test("soc")
    other = house.test("mail")
    house.arrives(other, 15)
    state = until(lambda: (lambda one: one["state"] == "failing" and one)(house.states()["soc"]), 20)
    assert says in state["why"] and state["waiting"] == 1 and time.monotonic() - began < 20
    assert {call.path for call in house.hooks.calls} == {"/hook"}, "a redirect is not followed"
    house.hooks.behave = "ok"
    until(lambda: delivery in house.hooks.taken(), 30)
    until(lambda: house.states()["soc"]["waiting"] == 0, 5)


@pytest.mark.parametrize("behave", ["endless", "endless headers"])
def test_an_endless_answer_is_cut_off_and_counts_by_its_status(house, usual, behave):
    house.hooks.behave = behave
    delivery = house.test("soc")
    house.arrives(delivery, 5)
    until(lambda: house.states()["soc"]["waiting"] == 0, 12)
    assert house.states()["soc"]["state"] == "ok"
    assert getattr(house.hooks, "sent", 0) < 64 << 20


def test_an_answer_that_never_comes_ends_after_its_time(house, usual):
    silent = Silent()
    house.with_alerts({"soc": {"webhook": {"url": f"https://127.0.0.1:{silent.port}/", "ca_file": str(house.authority.ca)}}, "mail": house.smtp(house.mail),
                       "siem": house.syslog(silent)})
    began = time.monotonic()
    for name in ("soc", "siem"):
        house.test(name)
    house.arrives(house.test("mail"), 15)
    for name in ("soc", "siem"):
        until(lambda name=name: house.states()[name]["state"] == "failing", 20)
    assert time.monotonic() - began < 20
    silent.stop()


def test_a_wrong_certificate_is_told_and_nothing_goes_there(house, usual):
    other = Authority(house.home / "other", "other")
    elsewhere = {"name": house.authority.context("wrong-name", where="DNS:elsewhere.example"), "authority": other.context("stranger"),
                 "date": house.authority.context("old", days=0)}
    for why, context in elsewhere.items():
        hooks, mail = Hooks(context).start(), MailServer(context, password="a mail password").start()
        certificate = {"name": house.authority.certificate("s", where="DNS:elsewhere.example"), "authority": other.certificate("s"), "date": house.authority.certificate("s", days=0)}[why]
        siem = Rsyslog(house.home / f"bad-{why}", certificate, house.authority.ca).start()
        try:
            house.with_alerts({"soc": house.webhook(hooks), "mail": house.smtp(mail), "siem": house.syslog(siem)})
            for name in ("soc", "mail", "siem"):
                house.test(name)
            for name in ("soc", "mail", "siem"):
                state = until(lambda name=name: (lambda one: one["state"] == "failing" and one)(house.states()[name]), 15)
                assert "certificate" in state["why"] or "SSL" in state["why"], (why, name, state)
            assert hooks.calls == [] and mail.letters == [] and siem.lines() == []
        finally:
            hooks.stop()
            mail.stop()
            siem.kill()


def test_a_mail_server_without_starttls_gets_neither_password_nor_letter(house, usual):
    plain = MailServer(None, security="none").start()
    house.with_alerts({"mail": house.smtp(plain)})
    house.test("mail")
    until(lambda: house.states()["mail"]["state"] == "failing", 15)
    assert plain.letters == []
    plain.stop()


def test_names_add_no_header_to_a_mail(house, usual):
    evil = "Mallory\r\nBcc: victim@example.org\r\n\r\nhello"
    house.with_alerts({"mail": house.smtp(house.mail, to=["person", "soc@hospital.example"]) | {"events": ["people", "alarms"]}})
    name = f"mallory{next(house.counter)}"
    done = house.cli("person", "invite", name, "--email", "mallory@hospital.example", "--display-name", evil, check=False)
    if done.status != 0:  # then the name is refused at the door; an ordinary one brings a letter all the same
        house.cli("person", "invite", name, "--email", "mallory@hospital.example", "--display-name", "Mallory Bcc: victim@example.org")
    letter = until(lambda: [one for one in house.mail.letters if "mallory@hospital.example" in one.to], 10)[0]
    assert sorted(letter.to) == ["mallory@hospital.example", "soc@hospital.example"] and letter["Bcc"] is None
    assert b"\nBcc:" not in letter.raw.split(b"\r\n\r\n")[0]


def test_a_refused_address_keeps_the_others_letters_from_nobody(house, usual):
    house.with_alerts({"mail": house.smtp(house.mail, to=["gone@hospital.example", "soc@hospital.example"])})
    house.mail.refused = {"gone@hospital.example"}
    delivery = house.test("mail")
    house.arrives(delivery)
    assert house.mail.letters[-1].to == ["soc@hospital.example"]
    assert until(lambda: [one for one in house.audit(kind="alert.failed") if "550" in one["fields"]["why"]], 5)
    until(lambda: house.states()["mail"]["waiting"] == 0, 5)
    house.mail.refused = {"gone@hospital.example", "soc@hospital.example"}
    house.test("mail")
    until(lambda: "550" in house.states()["mail"]["why"] and house.states()["mail"]["waiting"] == 1, 10)  # anteroom.yaml's own addresses are never given up
    house.mail.refused = set()


def test_a_letter_that_every_person_refuses_is_given_up_and_told(house, usual):
    house.with_alerts({"mail": {**house.smtp(house.mail, to=["person"]), "events": ["people"]}})
    house.mail.refused = {"gone@hospital.example"}
    for name, address in (("gone", "gone@hospital.example"), ("here", "here@hospital.example"), ("none", "")):
        house.cli("person", "invite", f"{name}{next(house.counter)}", *(["--email", address] if address else []))
    until(lambda: [letter for letter in house.mail.letters if letter.to == ["here@hospital.example"]], 10)
    until(lambda: house.states()["mail"]["waiting"] == 0, 5)
    assert [one for one in house.audit(kind="alert.failed") if "given up" in one["fields"]["why"] and "550" in one["fields"]["why"]]
    house.mail.refused = set()
