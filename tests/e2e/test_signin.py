"""Signing in with OpenSSH: key or password, then a code; and each way in which that goes wrong."""
import re

import pytest


@pytest.fixture(scope="module")
def alice(hospital):
    return hospital.staff(key=True)


def refusals(hospital, person):
    return [one["fields"]["why"] for one in hospital.audit(kind="login.refused", person=person.name)]


@pytest.mark.parametrize("way", ["interactive", "password", "key"])
def test_first_factor_then_code_opens_the_session(hospital, alice, way):
    done = hospital.ssh(alice, "mri-3", "echo", "let", "in", way=way)
    assert (done.status, done.text) == (0, "let in\n"), done.errors
    assert [re.sub(r"^\(.*\) |^.*'s (?=password)", "", one) for one in done.asked] == {
        "interactive": ["Password: ", "Code: "], "password": ["password: "] + ["Code: "], "key": ["Code: "]}[way]
    record = hospital.audit(kind="login.accepted", person=alice.name)[-1]
    assert record["fields"]["factors"] == ("publickey+code" if way == "key" else "password+code")
    assert record["fields"]["source"] == alice.source


def test_the_account_may_be_named_and_a_colon_serves_as_well(hospital):
    person = hospital.staff(key=True)
    for user in (f"{person.name}+mri-3+{hospital.account}", f"{person.name}:mri-3", f"{person.name}:mri-3:{hospital.account}"):
        assert hospital.ssh(person, "", "echo", "in", user=user, way="key").text == "in\n", user


def test_a_password_alone_or_a_key_alone_is_not_enough(hospital):
    for way in ("interactive", "password", "key"):
        person = hospital.staff(key=True)
        done = hospital.ssh(person, "mri-3", "echo", "in", way=way, code=[person.codes.wrong()] * 3)
        assert done.status == 255 and "in\n" not in done.text
        assert not hospital.audit(kind="login.accepted", person=person.name)


def test_a_wrong_code_is_refused_and_the_right_one_after_it_accepted(hospital):
    person = hospital.staff()
    done = hospital.ssh(person, "mri-3", "echo", "in", code=[person.codes.wrong(), person.fresh_code()])
    assert (done.status, done.text) == (0, "in\n"), done.errors
    assert "not right" in done.errors
    assert refusals(hospital, person) == ["code_wrong"]


def test_three_wrong_codes_end_the_connection(hospital):
    person = hospital.staff()
    done = hospital.ssh(person, "mri-3", "echo", "in", code=[person.codes.wrong()] * 3 + [person.fresh_code()])
    assert done.status == 255 and "in\n" not in done.text
    assert len([one for one in done.asked if "Code" in one]) == 3
    assert "4711" in done.errors, "whom to call"


def test_a_wrong_password_is_asked_for_the_code_all_the_same(hospital):
    person = hospital.staff()
    done = hospital.ssh(person, "mri-3", "echo", "in", password="not it", code=[person.fresh_code()] * 3)
    assert done.status == 255
    assert [one.split(") ")[-1] for one in done.asked][:2] == ["Password: ", "Code: "]
    assert "Password or code not right" in done.errors


def test_a_used_code_says_so_and_when_the_next_one_comes(hospital):
    person = hospital.staff(key=True)
    code = person.codes.lasting()
    assert hospital.ssh(person, "mri-3", "true", way="key", code=code).status == 0
    done = hospital.ssh(person, "mri-3", "echo", "in", way="key", code=[code, person.fresh_code()])
    assert (done.status, done.text) == (0, "in\n"), done.errors
    assert re.search(r"used already; the next one comes in \d+ s|used already; please type the one that is shown now", done.errors), done.errors


def test_a_code_spent_on_a_review_opens_no_session(hospital):
    person = hospital.person("staff", "reviewers", key=True)
    hospital.ssh(person, "mri-3", "true", way="key")
    code = person.fresh_code()
    hospital.reviewed("recording", "play", hospital.recording_of(person)["id"], person=person, code=code, check=False)
    done = hospital.ssh(person, "mri-3", "echo", "in", way="key", code=[code] + [person.codes.wrong()] * 3)
    assert done.status == 255 and "used already" in done.errors


def test_somebody_unknown_is_asked_the_same_as_somebody_known(hospital):
    known, wrong = hospital.staff(), "000001"
    asked = {}
    for name in (known.name, "nobody-of-that-name"):
        done = hospital.ssh(known, "", "true", user=f"{name}+mri-3", password="not it", code=[wrong] * 3, source=hospital.person().source)
        asked[name] = ([one.replace(name, "NAME") for one in done.asked], done.errors.replace(name, "NAME"), done.status)
    assert asked[known.name] == asked["nobody-of-that-name"]
    # The audit log knows the difference.
    assert any("unknown" in one["fields"]["why"] for one in hospital.audit(kind="login.refused", person="nobody-of-that-name"))


def test_a_disabled_person_is_asked_the_same_and_refused(hospital):
    for way in ("interactive", "password", "key"):
        person = hospital.staff(key=True)
        hospital.cli("person", "disable", person.name)
        done = hospital.ssh(person, "mri-3", "echo", "in", way=way, code=[person.fresh_code(), person.codes.wrong(), person.codes.wrong()])
        assert done.status == 255 and "in\n" not in done.text
        assert [one.split(") ")[-1] for one in done.asked if "Code" in one] == ["Code: "] * 3
        assert "not_allowed" in refusals(hospital, person)
        hospital.cli("person", "enable", person.name)
        assert hospital.ssh(person, "mri-3", "true", way="key").status == 0


def test_a_removed_key_opens_nothing(hospital):
    person = hospital.staff(key=True)
    assert hospital.ssh(person, "mri-3", "true", way="key").status == 0
    listed = hospital.json("person", "key", "list", person.name)
    hospital.cli("person", "key", "remove", person.name, listed[0]["fingerprint"])
    done = hospital.ssh(person, "mri-3", "echo", "in", way="key")
    assert done.status == 255 and "in\n" not in done.text


def test_a_person_without_a_code_generator_does_not_get_in(hospital):
    from hospital import Codes
    name = "no-codes"
    hospital.cli("person", "add", name, "--group", "staff", "--password-stdin", input="good enough for a test\n")
    stranger = hospital.person()
    stranger.name, stranger.password = name, "good enough for a test"
    assert isinstance(stranger.codes, Codes)
    done = hospital.ssh(stranger, "mri-3", "echo", "in", code=["000000"] * 3)
    assert done.status == 255 and "in\n" not in done.text


@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
def test_keys_of_other_kinds_work(hospital, kind):
    from hospital.sshd import make_key
    person = hospital.staff()
    person.key = make_key(hospital.home / f"{kind}-{person.name}", kind)
    hospital.cli("person", "key", "add", person.name, "--key", f"{person.key}.pub")
    assert hospital.ssh(person, "mri-3", "echo", "in", way="key").text == "in\n"
    # Another key of the same kind does not.
    person.key = make_key(hospital.home / f"{kind}-other-{person.name}", kind)
    assert hospital.ssh(person, "mri-3", "echo", "in", way="key").status == 255
