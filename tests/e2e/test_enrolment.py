"""Coming in: an invitation, enrolment over OpenSSH in a terminal, recovery codes, My security, and a reset."""
import re
import time

import pytest

from hospital.anteroom import Person, new_source
from hospital.codes import Codes

PASSWORD = "a scanner with a view"
RECOVERY = rb"[0-9a-z]{4}(?:-[0-9a-z]{4}){3}"


class Enrolling:
    """Somebody with an invitation: its code is what they type for a password."""

    def __init__(self, hospital, name, *words):
        self.hospital = hospital
        self.answer = hospital.json("person", "invite", name, *words)
        self.person = Person(name, self.answer["code"], None, new_source())
        self.recovery = []

    def terminal(self, where="", **more):
        return self.hospital.terminal(self.person, where, code=[], **more)

    def run(self):
        """From the first line to the last; the person can sign on afterwards."""
        with self.terminal() as screen:
            screen.expect("Welcome")
            for _ in range(2):
                screen.expect(r"(New password|once more): ")
                screen.send(PASSWORD + "\r")
            typed = screen.expect(rb"\(time-based\): ([A-Z2-7 ]+)\r?\n")
            codes = Codes("otpauth://totp/x?secret=" + typed.group(1).decode().replace(" ", ""))
            if self.person.codes:  # a step that was used is used, whatever the secret
                codes.used |= self.person.codes.used
            screen.expect("app shows: ")
            screen.send(codes.fresh() + "\r")
            shown = screen.expect(rb"Recovery codes(.*?)Type saved when you have them: ")
            self.recovery = [one.decode() for one in re.findall(RECOVERY, shown.group(1))]
            screen.send("saved\r")
            text = screen.rest()
            assert screen.wait() == 0, text
        self.person.password, self.person.codes = PASSWORD, codes
        return self


@pytest.fixture(scope="module")
def names():
    return (f"invited{number}" for number in range(1000))


@pytest.fixture
def invited(hospital, names):
    return Enrolling(hospital, next(names), "--group", "staff", "--display-name", "Ida Berg")


def state(hospital, name):
    return hospital.json("person", "show", name)["state"]


def kinds(hospital, person):
    return [one["kind"] for one in hospital.audit(person=person.name)]


def test_an_invitation_names_all_that_its_person_needs(hospital, invited):
    answer = invited.answer
    assert re.fullmatch(r"[0-9a-z]{4}(-[0-9a-z]{4}){4}", answer["code"])
    assert answer["connect"] == f"ssh -p {hospital.port} {invited.person.name}@127.0.0.1"
    assert answer["host_key"].startswith("SHA256:")
    assert state(hospital, invited.person.name) == "invited"
    assert answer["code"] not in hospital.cli("audit", "show").text
    assert answer["code"].encode() not in b"".join(file.read_bytes() for file in hospital.dir.glob("*.db*"))


def test_somebody_invited_enrols_and_signs_on(hospital, invited):
    person = invited.run().person
    assert len(invited.recovery) == 10
    shown = hospital.json("person", "show", person.name)
    assert (shown["state"], shown["totp"], shown["set_up_by_administrator"]) == ("enabled", "confirmed", False)
    assert {"person.added", "person.invited", "login.accepted", "person.enrolled", "totp.enrolled", "password.set"} <= set(kinds(hospital, person))
    assert not [one for one in hospital.recordings() if one["person"] == person.name], "none of it is recorded"
    done = hospital.ssh(person, "mri-3", "echo", "in")
    assert (done.status, done.text) == (0, "in\n"), done.errors


def test_what_is_typed_for_a_password_is_not_shown(hospital, invited):
    with invited.terminal() as screen:
        screen.expect("New password: ")
        screen.send("hardly-a-secret\r")
        before = screen.expect("once more: ").group(0)
        assert b"hardly" not in before + screen.seen


def test_the_qr_code_and_its_question_fit_a_terminal_of_80_by_24(hospital, invited):
    with invited.terminal() as screen:
        for _ in range(2):
            screen.expect(r"(New password|once more): ")
            screen.send(PASSWORD + "\r")
        text = screen.expect(r"phone:\r?\n(.*app shows: )").group(1).decode()
    lines = text.replace("\r", "").split("\n")
    assert len(lines) <= 24 and all(len(line) <= 80 for line in lines)
    assert "█" in lines[0]


def test_an_invitation_opens_nothing_but_enrolment(hospital, invited):
    for where, command in (("mri-3", ["echo", "in"]), ("", ["echo", "in"]), (f"mri-3+{hospital.account}", ["echo", "in"])):
        done = hospital.ssh(invited.person, where, *command, code=[])
        assert done.status != 0 and "in\n" not in done.text
        assert "not enrolled yet" in done.all
    with invited.terminal("mri-3") as screen:
        screen.expect("Welcome")
    assert "session.start" not in kinds(hospital, invited.person)
    assert state(hospital, invited.person.name) == "invited"


def test_leaving_in_the_middle_changes_nothing_and_the_invitation_stays_good(hospital, invited):
    with invited.terminal() as screen:
        screen.expect("New password: ")
        screen.send(PASSWORD + "\r")
        screen.expect("once more: ")
        screen.send("\x03")
        screen.expect("Nothing was set up")
        assert screen.wait() != 0
    with invited.terminal() as screen:  # a connection that is cut says nothing at all
        screen.expect("New password: ")
    assert state(hospital, invited.person.name) == "invited"
    assert "password.set" not in kinds(hospital, invited.person)
    invited.run()
    assert state(hospital, invited.person.name) == "enabled"


def test_a_used_replaced_or_foreign_invitation_opens_nothing(hospital, invited, names):
    other = Enrolling(hospital, next(names))
    first = other.answer["code"]
    hospital.cli("person", "invite", other.person.name)
    for person, code in ((invited.person, other.answer["code"]), (other.person, first)):
        done = hospital.ssh(person, "", password=code, code=["123456"] * 3)
        assert done.status == 255 and "Welcome" not in done.all
    code = invited.answer["code"]
    invited.run()
    done = hospital.ssh(invited.person, "", password=code, code=["123456"] * 3)
    assert done.status == 255 and "Welcome" not in done.all


def test_strangers_and_the_invited_are_asked_the_same(hospital, invited):
    def asked(name):
        done = hospital.ssh(Person(name, "not the code", None, new_source()), "", code=["123456"] * 3)
        assert done.status == 255
        return [one.replace(name, "NAME") for one in done.asked], done.errors.replace(name, "NAME")
    assert asked(invited.person.name) == asked("nobody-at-all")


def test_a_recovery_code_is_good_once(hospital, invited):
    person = invited.run().person
    code = invited.recovery[3]
    done = hospital.ssh(person, "mri-3", "echo", "in", code=[code.upper().replace("-", " ")])
    assert (done.status, done.text) == (0, "in\n"), done.errors
    assert hospital.audit(kind="login.accepted", person=person.name)[-1]["fields"]["factors"] == "password+recovery-code"
    assert hospital.audit(kind="recovery-code.used", person=person.name)[-1]["fields"]["left"] == "9"
    done = hospital.ssh(person, "mri-3", "echo", "in", code=[code] * 3)
    assert done.status == 255 and "in\n" not in done.text


def test_a_reset_ends_the_live_session_and_takes_every_factor(hospital, invited):
    person = invited.run().person
    with hospital.terminal(person, "mri-3", code=[invited.recovery[0]]) as screen:  # steps of 30 s are kept for what needs them
        screen.send("echo re''ady\r")
        screen.expect("ready")
        began = time.monotonic()
        again = hospital.json("person", "reset", person.name, "--reason", "lost the phone")
        screen.rest(10)
        assert time.monotonic() - began < 5
    assert state(hospital, person.name) == "invited"
    done = hospital.ssh(person, "mri-3", "echo", "in", code=[person.fresh_code(), *invited.recovery[1:3]])
    assert done.status == 255 and "in\n" not in done.text
    assert hospital.audit(kind="person.reset", person=person.name)[-1]["fields"]["reason"] == "lost the phone"
    person.password = again["code"]
    invited.run()
    assert hospital.ssh(person, "mri-3", "echo", "in", code=[invited.recovery[0]]).text == "in\n"


def test_a_reset_ends_an_enrolment_that_is_under_way(hospital, invited):
    with invited.terminal() as screen:
        screen.expect("New password: ")
        hospital.cli("person", "reset", invited.person.name, "--reason", "the code went to somebody else")
        screen.rest(10)
    assert state(hospital, invited.person.name) == "invited"


def test_who_has_factors_is_not_invited(hospital):
    person = hospital.staff()
    done = hospital.cli("person", "invite", person.name, check=False)
    assert done.status == 1 and "person reset" in done.errors


def test_my_security_changes_the_password_and_says_who_set_what(hospital):
    person = hospital.staff()
    with hospital.terminal(person, "") as screen:
        screen.expect("> ")
        screen.send("security\r")
        screen.expect(r"password +set .*by an administrator")
        screen.expect("security> ")
        screen.send("password\r")
        screen.expect("Code: ")
        screen.send(person.fresh_code() + "\r")
        for _ in range(2):
            screen.expect(r"(New password|once more): ")
            screen.send(PASSWORD + "\r")
        screen.expect("is changed")
        screen.expect("security> ")
        screen.send("show\r")
        screen.expect(r"password +set .*by you")
        screen.send("back\r")
        screen.expect("\r?\n> ")
    old, person.password = person.password, PASSWORD
    assert hospital.ssh(person, "mri-3", "echo", "in").text == "in\n"
    assert hospital.ssh(person, "mri-3", "echo", "in", password=old, code=[person.fresh_code()] * 3).status == 255
    assert hospital.json("person", "show", person.name)["set_up_by_administrator"] is True, "the codes are still an administrator's"


def test_my_security_adds_an_ssh_key_that_then_signs_on(hospital, invited):
    from hospital.sshd import make_key
    person = invited.run().person
    key = make_key(hospital.home / f"own-{person.name}")
    with hospital.terminal(person, "", code=[invited.recovery[0]]) as screen:
        screen.expect("> ")
        screen.send("security\r")
        screen.expect("security> ")
        screen.send("key add\r")
        screen.expect("Code: ")
        screen.send(person.fresh_code() + "\r")
        screen.expect("line of the .pub file: ")
        screen.send(key.with_name(key.name + ".pub").read_text().strip() + "\r")
        screen.expect("is added")
    person.key = key
    done = hospital.ssh(person, "mri-3", "echo", "in", way="key")
    assert (done.status, done.text) == (0, "in\n"), done.errors
    assert hospital.json("person", "show", person.name)["set_up_by_administrator"] is False
