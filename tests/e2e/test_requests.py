"""Requests, break-glass, windows and live sessions on the command line, against a real broker: who may, who may not, and what two at once get."""
import concurrent.futures
import os
import re
import select
import signal
import subprocess
import time

import pytest
from hospital.anteroom import BIN
from hospital.house import until

PATTERN = "CHG-[0-9]+"


def policy(hospital):
    document = hospital.document()
    document["roles"]["imaging-admins"] = {"members": ["group:approvers"]}
    imaging, vendors = ["role:imaging-admins"], ["role:mri-service"]
    document["targets"]["mri-3"]["description"] = "MRI scanner 3, ground floor"
    document["targets"]["ct-2"] = dict(document["targets"]["lone-1"])
    document["rules"] += [
        {"id": "mri-service", "who": vendors, "to": {"targets": ["mri-3"]}, "allow": ["shell", "exec"], "access": "on-request",
         "approval": {"by": imaging, "max": "4h", "ticket": PATTERN}},
        {"id": "two-people", "who": vendors, "to": {"targets": ["lone-1"]}, "allow": ["shell"], "access": "on-request",
         "approval": {"by": imaging, "count": 2, "max": "2h", "confirm": "Scanner idle, room told"}},
        {"id": "windows", "who": vendors, "to": {"targets": ["ct-2"]}, "allow": ["exec"], "access": "on-request", "approval": {"by": imaging, "max": "4h"}}]
    return document


@pytest.fixture(scope="module", autouse=True)
def served(hospital):
    hospital.apply_policy(policy(hospital))
    hospital.cli("secret", "put", f"ct-2/{hospital.account}", "--key", hospital.home / "target-key")


class People:
    """Made when first needed, and new for every test: nobody waits for the next code."""

    def __init__(self, hospital):
        self.makers = {"vera": hospital.vendor, "dana": lambda: hospital.person("approvers"), "eva": lambda: hospital.person("approvers"),
                       "ruth": hospital.reviewer, "nora": hospital.staff}

    def __getattr__(self, name):
        one = self.makers[name]()
        setattr(self, name, one)
        return one


@pytest.fixture
def people(hospital):
    return People(hospital)


def argv(hospital, *args):
    return [str(BIN / "anteroom"), *map(str, args), "--dir", str(hospital.dir)]


def doing(hospital, person, *args, code=None, **more):
    """A command in a person's name: what it printed with --json."""
    return hospital.json(*args, "--as", person.name, "--code-stdin", input=(code or person.fresh_code()) + "\n", **more)


def refused(hospital, person, *args, status=1, code=None):
    """The one sentence with which it was refused."""
    done = hospital.cli(*args, "--as", person.name, "--code-stdin", input=(code or person.fresh_code()) + "\n", check=False)
    lines = done.errors.strip().splitlines()
    assert done.status == status and not done.text.strip(), done.all
    assert status == 2 or len(lines) == 1, done.errors
    return lines[0]


def create(hospital, person, *targets, reason="coil fault", ticket="CHG-77", **more):
    words = ["request", "create", *(targets or ["mri-3"]), "--reason", reason]
    for key, value in {"ticket": ticket, **more}.items():
        if value:
            words += [f"--{key}", value]
    return doing(hospital, person, *words)


def show(hospital, number):
    return hospital.json("request", "show", number)


def test_created_approved_and_shown(hospital, people):
    made = create(hospital, people.vera, "mri-3", **{"for": "2h"})
    number = made["id"]
    assert made["state"] == "requested" and made["targets"] == [f"mri-3+{hospital.account}"] and made["asked_seconds"] == 7200
    assert any("imaging-admins" in one for one in made["waiting_for"])
    assert number in [one["id"] for one in hospital.json("request", "list")]

    card = hospital.cli("request", "show", number).text
    for part in (f"request {number}: requested", people.vera.name, "Acme Imaging", "2038-01-15", "MRI scanner 3, ground floor", "coil fault", "CHG-77", "1 of imaging-admins",
                 "work in a shell", "run commands", "! "):
        assert part in card, f"{part} is not in\n{card}"
    assert card.index("! ") < card.index("coil fault"), "what is unusual stands first"

    done = hospital.reviewed("request", "approve", number, person=people.dana)
    assert re.fullmatch(rf"request {number} of {people.vera.name} is approved until \d{{4}}-\d\d-\d\d \d\d:\d\d \+00:00\n", done.text), done.text
    after = show(hospital, number)
    assert after["state"] == "approved" and after["granted_seconds"] == 7200 and [one["by"] for one in after["yeses"]] == [people.dana.name]
    assert after["ends"].endswith("Z"), "JSON is UTC"
    kinds = [one["kind"] for one in hospital.audit(person=people.vera.name)] + [one["kind"] for one in hospital.audit(person=people.dana.name)]
    assert "access.requested" in kinds and "access.approved" in kinds


def test_an_approval_opens_the_target_and_a_revocation_closes_it(hospital, people):
    number = create(hospital, people.vera)["id"]
    doing(hospital, people.dana, "request", "approve", number)
    assert hospital.ssh(people.vera, "mri-3", "echo", "inside").text == "inside\n"
    assert show(hospital, number)["state"] == "active"
    row = doing(hospital, people.eva, "request", "revoke", number, "--reason", "wrong ticket")
    assert (row["state"], row["decision"], row["decided_by"]) == ("revoked", "wrong ticket", people.eva.name)


def test_denied_with_a_reason(hospital, people):
    number = create(hospital, people.vera)["id"]
    row = doing(hospital, people.dana, "request", "deny", number, "--reason", "the scanner is in use")
    assert (row["state"], row["decision"], row["decided_by"]) == ("denied", "the scanner is in use", people.dana.name)
    assert "the scanner is in use" in hospital.cli("request", "show", number).text
    assert people.dana.name in refused(hospital, people.eva, "request", "approve", number), "the one who was first is named"
    assert number not in [one["id"] for one in hospital.json("request", "list")]
    assert number in [one["id"] for one in hospital.json("request", "list", "--all")]


def test_nobody_approves_their_own_request_nor_without_the_role(hospital, people):
    number = create(hospital, people.vera)["id"]
    for person in (people.vera, people.nora, people.ruth):
        refused(hospital, person, "request", "approve", number)
    refused(hospital, people.vera, "request", "deny", number, "--reason", "mine")
    assert show(hospital, number)["state"] == "requested"
    why = [one for one in hospital.audit(kind="admin.command", person=people.vera.name) if one["fields"].get("outcome") == "refused" and one["fields"]["verb"] == "request approve"]
    assert why, "the attempt is on the record"


def test_only_who_asked_takes_it_back(hospital, people):
    number = create(hospital, people.vera)["id"]
    refused(hospital, people.dana, "request", "withdraw", number)
    assert show(hospital, number)["state"] == "requested"
    assert doing(hospital, people.vera, "request", "withdraw", number)["state"] == "withdrawn"
    refused(hospital, people.dana, "request", "approve", number)


def test_an_approver_who_lost_the_role_decides_nothing(hospital, people):
    number = create(hospital, people.vera)["id"]
    document = policy(hospital)
    document["roles"]["imaging-admins"] = {"members": [f"person:{people.eva.name}"]}
    hospital.apply_policy(document)
    try:
        refused(hospital, people.dana, "request", "approve", number)
    finally:
        hospital.apply_policy(policy(hospital))
    assert show(hospital, number)["state"] == "requested"


def test_shortened_never_lengthened(hospital, people):
    number = create(hospital, people.vera)["id"]
    refused(hospital, people.dana, "request", "approve", number, "--for", "5h")
    row = doing(hospital, people.dana, "request", "approve", number, "--for", "30m")
    assert row["granted_seconds"] == 1800
    doing(hospital, people.dana, "request", "revoke", number, "--reason", "done")


def test_two_people_and_a_confirmation(hospital, people):
    number = create(hospital, people.vera, "lone-1", ticket=None)["id"]
    assert "Scanner idle, room told" in refused(hospital, people.dana, "request", "approve", number)
    done = hospital.reviewed("request", "approve", number, "--confirm", person=people.dana)
    assert "waits for 1 of imaging-admins" in done.text
    refused(hospital, people.dana, "request", "approve", number, "--confirm")
    assert show(hospital, number)["state"] == "requested"
    assert doing(hospital, people.eva, "request", "approve", number, "--confirm")["state"] == "approved"
    doing(hospital, people.eva, "request", "revoke", number, "--reason", "done")


def test_several_targets_in_one_request(hospital, people):
    row = create(hospital, people.vera, f"mri-3+{hospital.account}", "lone-1")
    assert [one["target"] for one in row["places"]] == ["mri-3", "lone-1"]
    doing(hospital, people.vera, "request", "withdraw", row["id"])


@pytest.mark.parametrize("verbs", [("approve", "approve"), ("approve", "deny"), ("deny", "deny")], ids="-".join)
def test_of_two_decisions_at_once_one_counts_and_the_loser_reads_who_was_first(hospital, verbs):
    for _ in range(3):
        people = People(hospital)
        number = create(hospital, people.vera)["id"]
        deciders = [people.dana, people.eva]
        codes = [one.fresh_code() for one in deciders]

        def decide(index):
            more = ["--reason", "no"] if verbs[index] == "deny" else []
            return hospital.cli("request", verbs[index], number, *more, "--as", deciders[index].name, "--code-stdin", input=codes[index] + "\n", check=False)

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            done = list(pool.map(decide, range(2)))
        assert sorted(one.status for one in done) == [0, 1], [one.all for one in done]
        winner = 0 if done[0].status == 0 else 1
        assert deciders[winner].name in done[1 - winner].errors, done[1 - winner].errors
        row = show(hospital, number)
        assert row["state"] == ("approved" if verbs[winner] == "approve" else "denied") and row["decided_by"] == deciders[winner].name
        kinds = [one["kind"] for one in hospital.audit() if one["fields"].get("request") == str(number) and one["kind"] in ("access.approved", "access.denied")]
        assert len(kinds) == 1, kinds


def test_codes_missing_wrong_foreign_or_used_decide_nothing(hospital, people):
    number = create(hospital, people.vera)["id"]
    used = people.dana.fresh_code()
    hospital.reviewed("request", "deny", create(hospital, people.vera, "lone-1", ticket=None)["id"], "--reason", "x", person=people.dana, code=used)
    for code in ("", people.dana.codes.wrong(), used, people.eva.fresh_code(), "abcdef"):
        done = hospital.cli("request", "approve", number, "--as", people.dana.name, "--code-stdin", input=code + "\n", check=False)
        assert done.status == 1 and len(done.errors.strip().splitlines()) == 1, done.all
    assert hospital.cli("request", "approve", number, check=False).status == 2, "nobody named"
    assert hospital.cli("request", "create", "mri-3", "--reason", "x", check=False).status == 2, "nobody named"
    assert show(hospital, number)["state"] == "requested"
    assert doing(hospital, people.dana, "request", "approve", number)["state"] == "approved", "nothing of it locked dana out"
    doing(hospital, people.dana, "request", "revoke", number, "--reason", "done")


@pytest.mark.parametrize("number", ["x", "0", "99999", "1e3", "99999999999999999999", "../1"])
def test_what_is_no_request_is_refused(hospital, people, number):
    for words in (["request", "show", number], ["request", "show", number, "--json"]):
        done = hospital.cli(*words, check=False)
        assert done.status == 1 and not done.text.strip() and len(done.errors.strip().splitlines()) == 1, done.all


@pytest.mark.parametrize("length", ["4x", "0h", "h", "99999999999999999999h"])
def test_what_is_no_length_is_refused(hospital, people, length):
    refused(hospital, people.vera, "request", "create", "mri-3", "--reason", "r", "--ticket", "CHG-1", "--for", length)


@pytest.mark.parametrize("what", ["line\nbreak", "tab\there", "\x1b]0;title\x07", "\x9b6n", "\u202eabc", "r" * 100_000, " "])
def test_hostile_reasons_and_tickets_are_refused_or_harmless(hospital, people, what):
    before = len(hospital.json("request", "list", "--all"))
    refused(hospital, people.vera, "request", "create", "mri-3", "--reason", "r", "--ticket", what)
    refused(hospital, people.vera, "request", "create", "mri-3", "--reason", what, "--ticket", "CHG-1")
    assert len(hospital.json("request", "list", "--all")) == before


def test_a_ticket_that_the_policy_does_not_take_is_refused(hospital, people):
    for ticket in ("INC-1", "CHG-", "CHG-1; x", "xCHG-1"):
        refused(hospital, people.vera, "request", "create", "mri-3", "--reason", "r", "--ticket", ticket)


def test_a_window_lets_the_vendor_in_without_a_request(hospital, people):
    row = hospital.json("window", "open", "ct-2", "--vendor", "acme-imaging", "--for", "4h", "--ticket", "CHG-78")
    assert row["vendor"] == "acme-imaging" and 4 * 3600 - 60 < row["seconds_left"] <= 4 * 3600
    assert row["id"] in [one["id"] for one in hospital.json("window", "list")] and "CHG-78" in hospital.cli("window", "list").text
    assert hospital.ssh(people.vera, "ct-2", "echo", "in the window").text == "in the window\n"
    assert hospital.audit(kind="window.opened")
    for words in (["nowhere", "--vendor", "acme-imaging", "--for", "4h"], ["ct-2", "--vendor", "nobody", "--for", "4h"], ["ct-2", "--vendor", "acme-imaging", "--for", "4x"]):
        done = hospital.cli("window", "open", *words, "--ticket", "CHG-1", check=False)
        assert done.status == 1 and len(done.errors.strip().splitlines()) == 1
    assert hospital.cli("window", "open", "ct-2", check=False).status == 2


def test_nothing_used_nothing_to_review(hospital, people):
    assert hospital.json("break-glass", "list") == []
    number = create(hospital, people.vera)["id"]
    refused(hospital, people.ruth, "break-glass", "review", number, "--outcome", "justified", "--note", "n")
    refused(hospital, people.ruth, "break-glass", "review", 99999, "--outcome", "justified", "--note", "n")
    doing(hospital, people.vera, "request", "withdraw", number)


# ---- live sessions


class Watching:
    """`session watch` in a process of its own, its output gathered."""

    def __init__(self, hospital, person, session, *more):
        self.process = subprocess.Popen(argv(hospital, "session", "watch", session, *more, "--as", person.name, "--code-stdin"), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, env={"PATH": os.defpath, "HOME": str(hospital.home), "TERM": "xterm"})
        self.process.stdin.write(person.fresh_code().encode() + b"\n")
        self.process.stdin.close()
        self.seen = b""

    def until(self, marker, within=15):
        """The seconds until the marker was seen."""
        began = time.monotonic()
        while marker not in self.seen:
            left = began + within - time.monotonic()
            assert left > 0 and select.select([self.process.stdout], [], [], left)[0], f"{marker} was not seen in {self.seen[-500:]!r}"
            more = os.read(self.process.stdout.fileno(), 65536)
            assert more, f"it ended: {self.seen[-500:]!r} {self.process.stderr.read().decode()}"
            self.seen += more
        return time.monotonic() - began

    def finish(self, within=15):
        out = self.process.stdout.read()
        self.seen += out
        errors = self.process.stderr.read().decode()
        return self.process.wait(within), errors


@pytest.fixture
def at_work(hospital, people):
    with hospital.terminal(people.nora, "mri-3") as terminal:
        terminal.send("PS1='mri''> '; clear\n")
        terminal.expect("mri> ")
        deadline = time.monotonic() + 10
        while not (found := [one for one in hospital.json("session", "list") if one["person"] == people.nora.name]):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield terminal, found[0]["id"]


def test_the_list_of_live_sessions(hospital, people, at_work):
    terminal, session = at_work
    row = until(lambda: next((one for one in hospital.json("session", "list") if one["id"] == session and one["bytes"] > 0), None), 15)  # the first commit
    assert (row["target"], row["rule"], row["ended"]) == ("mri-3", "staff", None) and row["bytes"] > 0 and row["since"].endswith("Z")
    assert row["seconds_left"] is None or row["seconds_left"] > 0
    text = hospital.cli("session", "list").text
    assert session in text and "RECORDED" in text and "+00:00" in text
    assert "staff" in hospital.cli("session", "show", session).text


def test_watched_live_at_most_a_second_behind_until_it_ends(hospital, people, at_work):
    terminal, session = at_work
    watching = Watching(hospital, people.ruth, session)
    watching.until(b"mri> ")
    late = []
    for turn in range(5):
        terminal.send(f"echo mark''er-{turn}\n")
        terminal.expect(f"marker-{turn}")
        late.append(watching.until(f"marker-{turn}".encode()))
    assert sorted(late)[2] < 1, late
    script = hospital.home / "hostile"
    script.write_bytes(b"\x1b]0;owned\x07\x1b[6n\x1b]52;c;b3duZWQ=\x07after-it\n")
    terminal.send(f"cat {script}; sleep 1; exit 0\n")
    watching.until(b"after-it")
    terminal.wait()
    status, errors = watching.finish()
    assert status == 0 and "has ended" in errors, errors
    for hostile in (b"owned", b"\x1b[6n", b"\x1b]", b"b3duZWQ"):
        assert hostile not in watching.seen, hostile
    assert [one["person"] for one in hospital.audit(kind="session.watched", session=session)] == [people.ruth.name]
    assert "recording play" in refused(hospital, people.ruth, "session", "watch", session)


def test_who_stops_watching_stops_nothing_else(hospital, people, at_work):
    terminal, session = at_work
    watching = Watching(hospital, people.ruth, session, "--json")
    watching.until(b"mri> ")
    assert watching.seen.splitlines()[0].startswith(b'{"at":')
    watching.process.send_signal(signal.SIGINT)
    status, _ = watching.finish()
    assert status == 0 and b'"ended":false' in watching.seen
    terminal.send("echo still''-there\n")
    terminal.expect("still-there")


def test_only_reviewers_watch(hospital, people, at_work):
    terminal, session = at_work
    for person in (people.nora, people.dana):
        assert "no reviewer" in refused(hospital, person, "session", "watch", session)
    assert hospital.cli("session", "watch", session, check=False).status == 2
    refused(hospital, people.ruth, "session", "watch", session, code=people.ruth.codes.wrong())
    kept = hospital.audit(kind="session.watched", session=session)
    assert kept and all(one["fields"].get("outcome") == "refused" for one in kept)
    refused(hospital, people.ruth, "session", "watch", "0123456789abcdef")
    refused(hospital, people.ruth, "session", "watch", "../../etc/passwd")
