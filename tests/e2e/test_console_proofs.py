"""Decisions through the console: a proof is good for one person, one decision, one state of it and one time; and of two at once one is first."""
import concurrent.futures
import re

import pytest

from hospital.console import ConsoleHospital
from hospital.console_people import People, etag, open_requests, problem, revoke, state
from hospital.passkey import VERIFIED, Passkey


@pytest.fixture(scope="module")
def hospital():
    here = ConsoleHospital()
    try:
        yield here.open()
    finally:
        here.close()


@pytest.fixture(scope="module")
def people(hospital):
    return People(hospital)


@pytest.fixture
def request_of(people):
    yield from open_requests(people)


def refusals(hospital, people, request_of, factor_for):
    """The answer to an approval with a proof of the test's making; nothing may have come of it."""
    number = request_of()["id"]
    dana = people["dana"]
    tag = etag(dana, number)
    path, body = f"/api/requests/{number}/approve", {"seconds": 600, "confirmed": False}
    reply = dana.decide(path, body, tag, factor=factor_for(dana, path, body, tag))
    assert state(hospital, number) == "requested"
    said = problem(reply, 403, 422)
    # The right answer counts; and without it ten wrong ones would close this person's passkeys for a while.
    assert dana.decide(f"/api/requests/{number}/deny", {"reason": "no"}, tag).status == 200
    return said


def test_a_passkeys_answer_is_good_once(hospital, people, request_of):
    dana, first, second = people["dana"], request_of()["id"], None
    path, body, tag = f"/api/requests/{first}/deny", {"reason": "in use"}, etag(dana, first)
    factor = dana.factor(path, body, tag)
    assert dana.decide(path, body, tag, factor=factor).status == 200
    again = dana.decide(path, body, tag, factor=factor)
    assert again.status in (403, 409, 412), again
    # Where the state would still allow it: the same signed call a second time.
    second = request_of(target="lone-1", ticket="")["id"]
    path, body, tag = f"/api/sessions/{'0' * 32}/terminate", {"reason": "x"}, ""
    factor = dana.factor(path, body)
    assert dana.decide(path, body, factor=factor).status in (403, 404)
    assert problem(dana.decide(path, body, factor=factor), 403, 404)
    assert state(hospital, second) == "requested"


def test_a_passkeys_answer_for_another_decision_is_refused(hospital, people, request_of):
    other = request_of(target="lone-1", ticket="")["id"]
    said = []
    for change in (lambda path, body, tag: (f"/api/requests/{other}/approve", body, tag), lambda path, body, tag: (path.replace("approve", "deny"), body, tag),
                   lambda path, body, tag: (path, {**body, "seconds": 601}, tag), lambda path, body, tag: (path, {**body, "confirmed": True}, tag), lambda path, body, tag: (path, body, '"0"'),
                   lambda path, body, tag: (path, body, "")):
        said.append(refusals(hospital, people, request_of, lambda dana, path, body, tag, change=change: dana.factor(*change(path, body, tag)))["detail"])
    assert len(set(said)) == 1, "which part was wrong is for the audit log"
    assert state(hospital, other) == "requested"


def hostile(key, **changes):
    """The factor of somebody's passkey with something in it changed."""
    def make(dana, path, body, tag):
        passkey, before = key or dana.passkey, {}
        options = dana.options(path, body, tag)
        for name in ("flags", "origin", "rp", "counter"):
            if name in changes:
                before[name] = getattr(passkey, name)
                setattr(passkey, name, changes[name](before[name]))
        try:
            used = passkey.use(options, kind=changes.get("kind", "webauthn.get"))
        finally:
            for name, value in before.items():
                setattr(passkey, name, value)
        return {"passkey": changes.get("after", lambda one: one)(used)}
    return make


def flipped(name):
    return lambda used: {**used, name: used[name][:20] + ("A" if used[name][20] != "A" else "B") + used[name][21:]}


@pytest.mark.parametrize("changes", [
    {"flags": lambda flags: flags & ~VERIFIED}, {"flags": lambda flags: 0}, {"origin": lambda origin: "https://evil.example"}, {"origin": lambda origin: origin.replace("https", "http")},
    {"rp": lambda rp: "evil.example"}, {"kind": "webauthn.create"}, {"kind": "payment.get"}, {"after": flipped("signature")}, {"after": flipped("client_data")}, {"after": flipped("authenticator_data")},
    {"after": flipped("nonce")}, {"after": lambda used: {**used, "signature": ""}}, {"after": lambda used: {**used, "id": ""}}, {"after": lambda used: {**used, "signature": "A" * 8000}},
    {"after": lambda used: {**used, "signature": "!!"}}, {"after": lambda used: {"nonce": used["nonce"]}}, {"after": lambda used: []}], ids=lambda changes: "-".join(changes))
def test_a_passkeys_answer_that_is_not_right_is_refused(hospital, people, request_of, changes):
    refusals(hospital, people, request_of, hostile(None, **changes))


def test_somebody_elses_passkey_proves_nothing(hospital, people, request_of):
    people["ruth"]
    refusals(hospital, people, request_of, hostile(people.known["ruth"].passkey))
    stranger = Passkey(hospital.origin)
    stranger.user = people["dana"].passkey.user
    refusals(hospital, people, request_of, hostile(stranger))


def test_a_code_is_good_once_and_says_when_the_next_one_comes(hospital, people, request_of):
    person = hospital.person("imaging", name="otto")
    code = person.codes.lasting()
    otto = hospital.api(source=person.source)
    otto.sign_in(person, code=code)
    number = request_of()["id"]
    path, body, tag = f"/api/requests/{number}/approve", {"seconds": 600, "confirmed": False}, etag(otto, number)
    said = problem(otto.decide(path, body, tag, code=code), 403)
    assert "used already" in said["detail"], said
    # Where the next one cannot be read yet, the page counts down to the same moment that the sentence names.
    later = re.search(r"the next one in (\d+) s", said["detail"])
    assert said.get("retry_seconds", 0) == (int(later.group(1)) if later else 0), said
    problem(otto.decide(path, body, tag, code=person.codes.wrong()), 403)
    problem(otto.decide(path, body, tag, factor={"code": "123456 OR 1=1"}), 403, 422)
    problem(otto.decide(path, body, tag, factor={}), 403, 422)
    problem(otto.post(path, body, headers={"If-Match": tag}), 403, 422)
    assert state(hospital, number) == "requested"


# ---- two at once


def test_of_two_who_decide_at_once_one_is_first_and_the_other_hears_who(hospital, people, request_of):
    dana, eva = people["dana"], people["eva"]
    outcomes = []
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for turn in range(20):
            number = request_of()["id"]
            tag = etag(dana, number)
            work = []
            for api, verb in ((dana, "approve"), (eva, "deny" if turn % 2 else "approve")):
                path, body = f"/api/requests/{number}/{verb}", {"reason": "no"} if verb == "deny" else {"seconds": 600, "confirmed": False}
                work.append((api, path, body, api.factor(path, body, tag)))
            replies = list(pool.map(lambda one: one[0].decide(one[1], one[2], tag, factor=one[3]), work if turn % 4 < 2 else work[::-1]))
            names = [one[0].person.name for one in (work if turn % 4 < 2 else work[::-1])]
            assert sorted(reply.status for reply in replies) == [200, 409], replies
            winner = next(name for name, reply in zip(names, replies, strict=True) if reply.status == 200)
            lost = next(reply for reply in replies if reply.status == 409)
            said = problem(lost, 409)
            after = hospital.json("request", "show", number)
            assert said["settled"]["by"] in (winner, people[winner].me["name"]) and said["settled"]["state"] == after["state"] in ("approved", "denied"), said
            assert len(after["yeses"]) <= 1
            outcomes.append(winner)
            if after["state"] == "approved":
                revoke(dana, number)
    decided = [one for one in hospital.audit(kind="access.approved") + hospital.audit(kind="access.denied")]
    assert len(decided) >= 20


def test_a_card_that_has_changed_is_not_decided_on(hospital, people, request_of):
    number = request_of(target="lone-1", ticket="")["id"]
    dana, eva = people["dana"], people["eva"]
    path = f"/api/requests/{number}/approve"
    card = dana.get(f"/api/requests/{number}").json
    body = {"seconds": 600, "confirmed": True}
    old = card["etag"]
    assert dana.decide(path, body, old).status == 200
    assert etag(eva, number) != old, "the first of two yeses"
    problem(eva.decide(path, body, old), 409, 412)
    problem(eva.decide(path, body, ""), 409, 412, 422, 428)
    assert state(hospital, number) == "requested"
    assert eva.decide(path, body, etag(eva, number)).status == 200
    assert state(hospital, number) == "approved"


def test_a_confirmation_that_was_not_given_holds_the_approval(hospital, people, request_of):
    number = request_of(target="lone-1", ticket="")["id"]
    dana = people["dana"]
    for confirmed in (False, [], ["Scanner idle, room told"], "true"):
        problem(dana.decide(f"/api/requests/{number}/approve", {"seconds": 600, "confirmed": confirmed}, etag(dana, number)), 403, 409, 422)
    assert hospital.json("request", "show", number)["yeses"] == []
