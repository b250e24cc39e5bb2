"""Exports from the console: what leaves is what the command line exports, it leaves once and for those who may, and what is not whole says so."""
import base64
import fcntl
import http.client
import io
import json
import tarfile

import pytest

from hospital.console import ConsoleHospital
from hospital.console_people import problem
from hospital.evidence import signed_in
from hospital.house import until
from hospital.passkey import proven_decision
from hospital.rooms import Rooms
from hospital.visitor import DESK, PHONE, Visitor, open_browser


@pytest.fixture(scope="module")
def hospital():
    here = ConsoleHospital()
    try:
        yield here.open()
    finally:
        here.close()


@pytest.fixture(scope="module")
def vendor(hospital):
    return hospital.vendor()


@pytest.fixture(scope="module")
def session(hospital, vendor):
    return worked(hospital, vendor, "needle-$((40+2))", "needle-42")


@pytest.fixture
def reviewer(hospital):
    return hospital.keyed(hospital.reviewer())


def worked(hospital, vendor, typed, shown):
    """The id of a session in which something was shown, once it is sealed."""
    with hospital.terminal(vendor, "mri-3") as terminal:
        terminal.expect("recorded, until")
        terminal.send(f"echo {typed}\r")
        terminal.expect(shown)
        terminal.send("exit\r")
        terminal.rest()
    return hospital.recording_of(vendor)["id"]


def ask(api, session, kind):
    return api.decide(f"/api/recordings/{session}/export", {"format": kind})


def ticket_for(api, session, kind):
    reply = ask(api, session, kind)
    assert reply.status == 200, reply
    return reply.json


def fetch(api, ticket, **headers):
    return api.get(f"/api/exports/{ticket['ticket']}", headers={"Sec-Fetch-Site": "same-origin", **headers})


def exports_of(hospital, api):
    return [one for one in hospital.audit(kind="recording.export") if one["person"] == api.person.name]


def test_a_cast_is_the_one_that_the_command_line_makes(hospital, reviewer, session, vendor):
    assert reviewer.get(f"/api/recordings/{session}").json["exports"] == ["cast", "bundle"]
    ticket = ticket_for(reviewer, session, "cast")
    assert not exports_of(hospital, reviewer), "nothing has left yet"
    reply = fetch(reviewer, ticket)
    assert reply.status == 200 and reply.headers["Content-Type"] == "application/x-asciicast", reply
    assert reply.headers["Content-Disposition"] == f'attachment; filename="{ticket["name"]}"' and ticket["name"].endswith(".cast")
    assert reply.headers["Cache-Control"] == "no-store"
    assert json.loads(reply.data.splitlines()[0])["version"] == 2 and b"needle-42" in reply.data
    (record,) = exports_of(hospital, reviewer)
    assert (record["session"], record["target"]) == (session, "mri-3") and record["fields"]["of"] == vendor.name
    assert record["fields"]["format"] == "cast" and record["fields"]["way"] == "console"
    assert proven_decision(record["fields"])[1] == f"/api/recordings/{session}/export" and proven_decision(record["fields"])[3] == {"format": "cast"}
    out = hospital.home / "same.cast"
    hospital.reviewed("recording", "export", session, "--format", "cast", "--out", str(out), person=hospital.reviewer())
    assert out.read_bytes() == reply.data


def test_a_bundle_is_good_for_whoever_checks_it(hospital, reviewer, session):
    reply = fetch(reviewer, ticket_for(reviewer, session, "bundle"))
    assert reply.status == 200, reply
    assert "recording.export" in signed_in(hospital, reply.data)
    with tarfile.open(fileobj=io.BytesIO(reply.data)) as tar:
        records = [json.loads(line) for line in tar.extractfile("audit.jsonl").read().splitlines()]
        recording = tar.extractfile("recording.arec").read()
        report = json.loads(tar.extractfile("report.json").read())
    assert any("recording.export" in json.dumps(one) for one in records), "this very export is in it"
    assert reviewer.person.name in [one["by"] for one in report["looks"]] and "console" not in [one["by"] for one in report["looks"]], "who looked is a person"
    assert recording == (hospital.dir / "recordings" / f"{session}.arec").read_bytes()


def test_a_ticket_is_good_once_for_its_console_and_its_purpose(hospital, reviewer, session):
    once = ticket_for(reviewer, session, "cast")
    assert fetch(reviewer, once).status == 200
    again = fetch(reviewer, once)
    assert again.status >= 400 and "used already" in problem(again, again.status)["detail"]
    other = hospital.keyed(hospital.reviewer())
    stolen = ticket_for(reviewer, session, "cast")
    assert fetch(other, stolen).status >= 400 and fetch(reviewer, stolen).status >= 400, "whoever shows it has used it"
    to_look = reviewer.decide(f"/api/recordings/{session}/open").json
    assert fetch(reviewer, to_look).status >= 400
    to_leave = ticket_for(reviewer, session, "cast")
    with reviewer.watch(to_leave["ticket"]) as socket:
        assert socket.receive()["kind"] == "end"
    with hospital.api() as nobody:
        assert fetch(nobody, ticket_for(reviewer, session, "cast")).status >= 400
        assert fetch(nobody, {"ticket": "x"}).status >= 400
    refused = [one for one in hospital.audit(kind="recording.export") if one["fields"].get("outcome") == "refused"]
    assert any("used already" in one["fields"]["why"] for one in refused)


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_an_address_that_is_followed_from_elsewhere_gives_nothing(hospital, reviewer, session, site):
    ticket = ticket_for(reviewer, session, "cast")
    assert fetch(reviewer, ticket, **{"Sec-Fetch-Site": site}).status == 403
    assert reviewer.call("HEAD", f"/api/exports/{ticket['ticket']}").status == 405
    assert fetch(reviewer, ticket).status == 200, "and uses nothing up"


def test_what_cannot_be_exported_says_why(hospital, reviewer, session, vendor):
    assert "desktops" in problem(ask(reviewer, session, "avi"), 422)["detail"]
    assert "terminal" in problem(ask(reviewer, session, "mp4"), 409)["detail"]
    bare = reviewer.post(f"/api/recordings/{session}/export", {"format": "cast"})
    assert bare.status in (400, 401, 403), bare
    stranger = hospital.keyed(hospital.person("staff"))
    assert ask(stranger, session, "cast").status in (403, 404)
    other = hospital.vendor()
    with hospital.terminal(other, "mri-3") as terminal:
        terminal.expect("recorded, until")
        live = next(one["id"] for one in hospital.json("session", "list") if one["person"] == other.name)
        assert reviewer.get(f"/api/recordings/{live}").json["exports"] == []
        assert "live" in problem(ask(reviewer, live, "cast"), 409)["detail"] and "live" in problem(ask(reviewer, live, "bundle"), 409)["detail"]
        terminal.send("exit\r")
        terminal.rest()


def test_a_damaged_recording_leaves_as_a_download_that_failed(hospital, reviewer):
    session = worked(hospital, hospital.vendor(), "broken-$((40+2)); seq 1 4000 | md5sum; head -c 20000 /dev/urandom | base64; echo all-$((1+1))", "all-2")
    file = hospital.dir / "recordings" / f"{session}.arec"
    data = bytearray(file.read_bytes())
    data[len(data) * 2 // 3] ^= 1
    file.write_bytes(data)
    with pytest.raises((http.client.IncompleteRead, ConnectionError, http.client.RemoteDisconnected)):
        fetch(reviewer, ticket_for(reviewer, session, "cast"))
    reviewer.close()
    until(lambda: any(one["fields"].get("outcome") == "not whole" and one["session"] == session for one in exports_of(hospital, reviewer)), 40)


def test_a_reviewer_takes_a_copy_with_them_from_the_page(hospital, session):
    driver = open_browser(hospital)
    try:
        for size in (PHONE, DESK):
            api = hospital.keyed(hospital.reviewer())
            window = Visitor(driver, hospital, size, acceptDownloads=True).borrow(api).authenticator(api.passkey)
            window.go(f"/replay/{session}")
            window.heading("Export").waitFor()
            window.page.getByRole("radio").first().check()
            window.button("Export…").click()
            window.button("Export with passkey").click()
            window.see("is being written")
            (kept,) = until(lambda: driver.here.kept(window.page), 40)
            assert not kept["failure"] and kept["name"].endswith(".cast"), kept
            assert b"needle-42" in base64.b64decode(kept["bytes"])
            assert window.inspect() == [] and window.went_wrong() == []
            window.close()
    finally:
        driver.close()


# ---- a desktop

@pytest.fixture(scope="module")
def rooms():
    here = Rooms()
    try:
        yield here.open()
    finally:
        here.close()


@pytest.fixture(scope="module")
def filmed(rooms):
    person = rooms.staff()
    with rooms.at_a_desktop(person=person) as (client, session):
        for number in (1, 2):
            rooms.turn(number, 1.5, client)
    rooms.recording_of(person)
    return session


def boxes(data):
    """The top-level boxes of an MP4 file (ISO/IEC 14496-12 section 4.2), by name, in order."""
    at, found = 0, []
    while at < len(data):
        size = int.from_bytes(data[at:at + 4], "big")
        found.append((data[at + 4:at + 8].decode(), data[at + 8:at + size]))
        assert size >= 8 and at + size <= len(data), "the last box is not whole"
        at += size
    return found


def test_a_film_comes_while_it_is_made_and_is_whole(rooms, filmed):
    reviewer = rooms.keyed(rooms.reviewer())
    assert reviewer.get(f"/api/recordings/{filmed}").json["exports"] == ["mp4", "bundle"]
    reply = fetch(reviewer, ticket_for(reviewer, filmed, "mp4"))
    assert reply.status == 200 and reply.headers["Content-Type"] == "video/mp4", reply
    found = boxes(reply.data)
    names = [name for name, _ in found]
    assert names[:2] == ["ftyp", "moov"] and "moof" in names and "mdat" in names, names
    assert b"avc1" in found[1][1] or b"mp4v" in found[1][1]


def test_so_many_films_are_made_at_once_and_the_next_is_told(rooms, filmed):
    reviewer = rooms.keyed(rooms.reviewer())
    folder = rooms.dir / "run"
    slots = [(folder / f"export-{number}.lock").open("a") for number in range(2)]
    for slot in slots:
        fcntl.flock(slot, fcntl.LOCK_EX)
    assert "when one of them is done" in problem(ask(reviewer, filmed, "mp4"), 409)["detail"]
    assert fetch(reviewer, ticket_for(reviewer, filmed, "bundle")).status == 200, "what takes no processor does not wait"
    for slot in slots:
        slot.close()
    assert fetch(reviewer, ticket_for(reviewer, filmed, "mp4")).status == 200
