"""Break-glass and consent over the console's API with the real programs: the queue by deadline, a review only by another who has watched what mattered, and a
recording that takes a second person's consent. Each step stands in the audit log."""
import contextlib
import sqlite3

import pytest

from hospital.anteroom import new_source
from hospital.console import ConsoleHospital
from hospital.console_people import problem
from hospital.evidence import bundle, signed_in
from hospital.passkey import proven_decision


@pytest.fixture(scope="module")
def hospital():
    here = ConsoleHospital()
    try:
        here.open()
        document = here.document()
        # Whoever looks into recordings of the scanner asks a second person; those of the emergency's target are open to its reviewers.
        document["reviewers"] = [{"who": ["role:privacy-office"], "of": {"targets": ["brief-1"]}}, {"who": ["role:privacy-office"], "of": {"targets": ["mri-3"]}, "consent": 1}]
        here.apply_policy(document)
        yield here
    finally:
        here.close()


@pytest.fixture(scope="module")
def ruth(hospital):
    return hospital.keyed(hospital.reviewer(name="ruth"))


@pytest.fixture(scope="module")
def rita(hospital):
    return hospital.keyed(hospital.reviewer(name="rita"))


def ended(hospital, person):
    """The session of somebody, once its recording is sealed."""
    return hospital.recording_of(person)["id"]


def break_the_glass(hospital, person, reason):
    """A real emergency with a real shell."""
    with hospital.terminal(person, "brief-1") as terminal:
        for waited_for, typed in [("break-glass", "break-glass\r"), ("emergency: ", reason + "\r"), ("YES", "YES\r")]:
            terminal.expect(waited_for)
            terminal.send(typed)
        terminal.expect("GLASS IS BROKEN")
        terminal.send("echo saved-$((6*7))\r")
        terminal.expect("saved-42")
        terminal.send("exit\r")
        terminal.rest()
    return ended(hospital, person)


def due(api, reason):
    return next(one for one in api.get("/api/emergencies").json["due"] if one["reason"] == reason)


def review(api, number, **body):
    return api.decide(f"/api/emergencies/{number}/review", {"outcome": "justified", "note": "The pump was stuck.", "follow_up": "", **body})


def opened(api, session):
    """What the server says first of a recording that was opened as the page does it."""
    reply = api.decide(f"/api/recordings/{session}/open")
    assert reply.status == 200, reply
    with contextlib.closing(api.watch(reply.json["ticket"])) as socket:
        begin = socket.receive()
    assert begin["kind"] == "begin" and begin["id"] == session, begin
    return begin


def test_an_emergency_is_reviewed_by_another_who_has_watched_it(hospital, ruth):
    clinician = hospital.person("clinical", "reviewers", name="carl")
    first = break_the_glass(hospital, clinician, "the pump does not answer")
    second_person = hospital.person("clinical", name="cora")
    break_the_glass(hospital, second_person, "the scanner hangs")
    queue = ruth.get("/api/emergencies").json["due"]
    assert [one["reason"] for one in queue] == ["the pump does not answer", "the scanner hangs"] and queue[0]["due"] < queue[1]["due"]
    one = queue[0]
    assert one["may_review"] and one["person"] == "carl" and [session["id"] for session in one["sessions"]] == [first]
    assert one["sessions"][0]["unwatched"] >= 1 and "a shell" in one["sessions"][0]["touched"]
    # The one who broke the glass is named by policy, and does not review it; nor does who is not named.
    carl = hospital.keyed(clinician)
    assert "of their own" in due(carl, "the pump does not answer")["why_not"]
    opened(carl, first)
    assert carl.post(f"/api/recordings/{first}/watched", {"ranges": [[0, 10_000_000]]}).status == 200
    problem(review(carl, one["request"]), 403)
    problem(review(hospital.keyed(second_person), one["request"]), 403)
    # Unwatched, whatever somebody else has seen.
    assert "Watch it first" in problem(review(ruth, one["request"]), 409)["detail"]
    problem(ruth.post(f"/api/recordings/{first}/watched", {"ranges": [[0, 10_000_000]]}), 409)
    begin = opened(ruth, first)
    seen = ruth.post(f"/api/recordings/{first}/watched", {"ranges": [[0, begin["duration"]]]})
    assert seen.status == 200 and seen.json["watched"] == [[0, begin["duration"]]], "what the player shows as the whole is the whole"
    detail = ruth.get(f"/api/recordings/{first}").json
    assert detail["emergency"] and detail["request"]["id"] == one["request"] and all(moment["watched"] for moment in detail["required"]), detail["required"]
    assert {"carl", "ruth"} <= {watcher["person"] for watcher in detail["watchers"]}
    reply = review(ruth, one["request"])
    assert reply.status == 200, reply
    record = hospital.audit(kind="break-glass.reviewed")[-1]
    assert record["person"] == "carl" and record["fields"]["by"] == "ruth" and record["fields"]["way"] == "console"
    assert [row["reason"] for row in ruth.get("/api/emergencies").json["due"]] == ["the scanner hangs"]
    late = problem(review(ruth, one["request"]), 409)
    assert late["settled"]["by"] == "ruth"


def test_the_record_of_a_review_carries_its_proof_and_follow_up(hospital, ruth):
    one = due(ruth, "the scanner hangs")
    session = one["sessions"][0]["id"]
    begin = opened(ruth, session)
    assert ruth.post(f"/api/recordings/{session}/watched", {"ranges": [[0, begin["duration"]]]}).status == 200
    reply = review(ruth, one["request"], outcome="partly", note="One reboot would have done.", follow_up="Service by the vendor")
    assert reply.status == 200 and reply.json["follow_up"] == "Service by the vendor", reply
    fields = hospital.audit(kind="break-glass.reviewed")[-1]["fields"]
    assert fields["outcome"] == "partly" and fields["follow_up"] == "Service by the vendor" and proven_decision(fields)[3]["follow_up"] == "Service by the vendor"
    assert {"recording.view", "break-glass.reviewed"} <= set(signed_in(hospital, bundle(hospital, ruth.person, session)))
    shown = [row for row in hospital.json("break-glass", "list", "--all") if row["id"] == one["request"]][0]
    assert shown["follow_up"] == "Service by the vendor" and shown["reviewed_by"] == "ruth"


def test_the_command_line_reviews_as_before_and_takes_a_follow_up(hospital, ruth):
    person = hospital.person("clinical", name="cleo")
    break_the_glass(hospital, person, "no console at hand")
    number = due(ruth, "no console at hand")["request"]
    hospital.reviewed("break-glass", "review", number, "--outcome", "justified", "--note", "seen on paper", "--follow-up", "none needed", person=ruth.person)
    done = next(one for one in ruth.get("/api/emergencies").json["done"] if one["request"] == number)
    assert done["follow_up"] == "none needed" and done["outcome"] == "justified" and done["reviewed"]


def test_a_second_person_lets_somebody_look_for_a_while(hospital, ruth, rita):
    person = hospital.person("staff", name="stan")
    assert hospital.ssh(person, "mri-3", "echo in").status == 0
    session = ended(hospital, person)
    path = f"/api/recordings/{session}"
    assert "consent" in problem(ruth.decide(f"{path}/open"), 403)["detail"]
    words = hospital.reviewed("recording", "play", session, person=ruth.person, check=False)
    assert words.status == 1 and "ask for it in the console" in words.all
    with rita.events() as stream:
        assert ruth.post(f"{path}/ask-consent", {"reason": "a complaint"}).status == 200
        stream.until(lambda event: event["topic"] == "recording" and event["id"] == session and event["state"] == "asked")
    waiting = rita.get("/api/recordings").json["asked"]
    assert [(one["id"], one["person"], one["reason"]) for one in waiting] == [(session, "ruth", "a complaint")]
    problem(ruth.decide(f"{path}/consent", {"person": "ruth"}), 403)
    problem(rita.post(f"{path}/consent", {"person": "ruth"}), 403)
    given = rita.decide(f"{path}/consent", {"person": "ruth"})
    assert given.status == 200, given
    assert rita.get("/api/recordings").json["asked"] == []
    problem(rita.decide(f"{path}/open"), 403)
    record = hospital.audit(kind="recording.consented")[-1]
    assert record["person"] == "rita" and record["fields"]["to"] == "ruth" and proven_decision(record["fields"])[3]["person"] == "ruth"
    assert hospital.reviewed("recording", "play", session, person=ruth.person).status == 0
    reply = ruth.decide(f"{path}/open")
    assert reply.status == 200, reply
    with contextlib.closing(ruth.watch(reply.json["ticket"])) as socket:
        assert socket.receive()["kind"] == "begin"
        # An hour later.
        with contextlib.closing(sqlite3.connect(hospital.dir / "anteroom.db", timeout=10)) as database:
            database.execute("UPDATE recording_consents_given SET until = given + 1")
            database.commit()
        while (message := socket.receive(timeout=20)) is not None and message["kind"] != "end":
            pass
        assert message and "policy" in message["sentence"], message
    problem(ruth.decide(f"{path}/open"), 403)


def test_what_is_left_at_a_recording_stands_in_the_audit_log(hospital, ruth):
    session = next(one["id"] for one in ruth.get("/api/recordings?target=brief-1").json["recordings"] if one["signed_off"] is None)
    opened(ruth, session)
    assert ruth.post(f"/api/recordings/{session}/notes", {"at": 0, "text": "<img src=x onerror=alert(1)>\nand a second line"}).status == 200
    reply = ruth.decide(f"/api/recordings/{session}/sign-off", {"outcome": "follow-up", "note": "Ask the vendor."})
    assert reply.status == 200 and reply.json["signed_off"]["by"] == "ruth" and reply.json["notes"][0]["text"].startswith("<img"), reply
    kinds = [one["kind"] for one in hospital.audit(session=session) if one["person"] == "ruth" and one["kind"] != "console.looked"]
    assert kinds[-3:] == ["recording.view", "recording.noted", "recording.reviewed"]
    assert hospital.audit(kind="console.looked", person="ruth")


def test_a_review_takes_a_factor_of_its_own(hospital, ruth):
    person = hospital.person("clinical", name="cody")
    session = break_the_glass(hospital, person, "one more")
    number = due(ruth, "one more")["request"]
    begin = opened(ruth, session)
    ruth.post(f"/api/recordings/{session}/watched", {"ranges": [[0, begin["duration"]]]})
    path, body = f"/api/emergencies/{number}/review", {"outcome": "justified", "note": "n", "follow_up": ""}
    problem(ruth.post(path, body), 403)
    # A passkey's word for another outcome is none for this one.
    other = ruth.factor(path, {**body, "outcome": "unjustified"})
    problem(ruth.decide(path, body, factor=other), 403)
    assert due(ruth, "one more")["outcome"] == ""
    stranger = hospital.api(source=new_source())
    problem(stranger.post(path, body), 401)
    assert review(ruth, number).status == 200
