"""Access on request: asked for at the terminal, decided by somebody else, used while it lasts, cut when it ends, and broken open in an emergency."""
import os
import signal
import subprocess
import threading
import time
from datetime import datetime

import pytest

from hospital import client
from hospital.house import until


def policy_of(hospital):
    document = hospital.document()
    document["roles"]["imaging-admins"] = {"members": ["group:admins"]}
    document["rules"] = [rule for rule in document["rules"] if rule["id"] != "on-request"] + [
        {"id": "on-request", "who": ["role:mri-service"], "to": {"targets": ["ct-1"]}, "allow": ["shell", "exec"], "access": "on-request",
         "approval": {"by": ["role:imaging-admins"], "max": "1h", "ticket": "CHG-[0-9]+"}},
        {"id": "graced", "who": ["role:mri-service"], "to": {"targets": ["lone-1"]}, "allow": ["shell"], "access": "on-request", "grace": "4s", "at_expiry": "grace",
         "approval": {"by": ["role:imaging-admins"], "max": "1h"}}]
    document["break_glass"] = [{"id": "night", "who": ["group:clinical"], "to": {"targets": ["brief-1"]}, "allow": ["shell", "exec"], "max": "10m", "alert": ["soc"],
                                "review": {"by": ["role:privacy-office"], "within": "24h"}}]
    return document


@pytest.fixture(scope="module")
def access(hospital):
    hospital.apply_policy(policy_of(hospital))
    return hospital


@pytest.fixture
def dana(access):
    """An approver of this test's own: a code is good once, and the next one takes its time."""
    return access.person("admins")


def approve(hospital, approver, number, *more):
    return hospital.reviewed("request", "approve", str(number), *more, person=approver)


def request_of(hospital, person, within=10):
    """The number of the person's open request, once there is one."""
    deadline = time.monotonic() + within
    while True:
        found = [one for one in hospital.json("request", "list") if one["person"] == person.name]
        if found:
            return found[0]["id"]
        assert time.monotonic() < deadline, "no request"
        time.sleep(0.1)


def ask(terminal, ticket="CHG-4711", length=""):
    terminal.expect("Reason")
    terminal.send("gradient coil replaced\r")
    if ticket:
        terminal.expect("Ticket")
        terminal.send(ticket + "\r")
    terminal.expect("how long")
    terminal.send(length + "\r")
    return int(terminal.expect(r"request (\d+)").group(1))


def test_it_is_asked_for_waited_for_and_connects_by_itself(access, dana):
    alice = access.vendor()
    with access.terminal(alice, "ct-1") as terminal:
        number = ask(terminal)
        terminal.expect("waiting for 1 of imaging-admins")
        approve(access, dana, number, "--for", "20m")
        terminal.expect(f"approved by .*{dana.name}")
        terminal.expect("anteroom: ct-1 as .*recorded, until")
        terminal.send("echo here I am\r")
        terminal.expect("here I am\r\n")
        shown = access.json("request", "show", str(number))
        assert shown["state"] == "active" and shown["ticket"] == "CHG-4711"
        live = [one for one in access.json("session", "list") if one["person"] == alice.name]
        assert len(live) == 1
        terminal.send("exit\r")
        assert terminal.wait() == 0
    kinds = [one["kind"] for one in access.audit(person=alice.name)]
    assert kinds.index("access.requested") < kinds.index("session.start")
    # A grant covers any number of connections while it lasts: no question, no new approval.
    again = access.ssh(alice, "ct-1", "echo again")
    assert again.status == 0 and again.text == "again\n"


def test_a_denial_shows_its_reason_and_nothing_is_reached(access, dana):
    alice = access.vendor()
    with access.terminal(alice, "ct-1") as terminal:
        number = ask(terminal)
        terminal.expect("waiting")
        access.reviewed("request", "deny", str(number), "--reason", "the scanner is in use", person=dana)
        terminal.expect("the scanner is in use")
        assert terminal.wait() != 0
    assert not [one for one in access.audit(person=alice.name) if one["kind"] == "session.start"]


def test_a_wrong_ticket_is_asked_again(access):
    alice = access.vendor()
    with access.terminal(alice, "ct-1") as terminal:
        terminal.expect("Reason")
        terminal.send("coil\r")
        terminal.expect("Ticket")
        terminal.send("please\r")
        terminal.expect("Ticket")
        terminal.send("CHG-1\r")
        terminal.expect("how long")
        terminal.send("2 days\r")
        terminal.expect("how long")
        terminal.send("10m\r")
        terminal.expect(r"request \d+")


def test_a_broken_wait_keeps_its_request_and_the_next_connection_resumes_it(access, dana):
    alice = access.vendor()
    with access.terminal(alice, "ct-1") as terminal:
        number = ask(terminal)
        terminal.expect("waiting")
    with access.terminal(alice, "ct-1") as terminal:
        assert int(terminal.expect(r"request (\d+): waiting").group(1)) == number
        approve(access, dana, number)
        terminal.expect("recorded, until")


def test_a_command_waits_for_its_request_and_its_input_is_its_own(access, dana):
    """The reason is given at the login, where sftp and scp can be asked too; the channel then waits by itself."""
    alice = access.vendor()
    environment, folder = access.environment(alice)
    (folder / "answers").write_text("coil replaced\nCHG-12\n10m\n")
    result = {}

    def run():
        result["done"] = client.run(access.ssh_argv(alice, "ct-1", "cat"), environment, input=b"what is typed goes to the target\n", timeout=60)

    thread = threading.Thread(target=run)
    thread.start()
    number = request_of(access, alice)
    approve(access, dana, number)
    thread.join(60)
    done = result["done"]
    assert done.status == 0 and done.out == b"what is typed goes to the target\n", done.all
    assert "waiting for 1 of imaging-admins" in done.errors


def test_nobody_approves_their_own_request(access):
    both = access.person("admins", vendor="acme-imaging")
    with access.terminal(both, "ct-1") as terminal:
        number = ask(terminal)
        done = access.reviewed("request", "approve", str(number), person=both, check=False)
        assert done.status == 1 and "own" in done.errors
        assert access.json("request", "show", str(number))["state"] == "requested"


def test_an_approver_decides_over_ssh_with_a_fresh_code(access, dana):
    alice = access.vendor()
    with access.terminal(alice, "ct-1") as waiting, access.terminal(dana, "") as desk:
        number = ask(waiting)
        desk.expect("approvals")
        desk.send("approvals\r")
        desk.expect(f"request {number}: .*> ")
        desk.send(f"show {number}\r")
        desk.expect("gradient coil replaced")
        desk.send(f"approve {number} 15m\r")
        desk.expect("Code: ")
        desk.send("000000\r")
        desk.expect("not right")
        if desk.expect("(Code: |> )").group(1) != b"Code: ":  # a wrong code is asked again, or the decision is
            desk.send(f"approve {number} 15m\r")
            desk.expect("Code: ")
        desk.send(dana.fresh_code() + "\r")
        waiting.expect("recorded, until", timeout=40)


def seconds_between(one, other):
    began, ended = (datetime.fromisoformat(record["time"].replace("Z", "+00:00")) for record in (one, other))
    return (ended - began).total_seconds()


def test_time_is_up_within_a_second_and_warned_before(access, dana):
    alice = access.vendor()
    with access.terminal(alice, "ct-1") as terminal:
        number = ask(terminal, length="")
        approve(access, dana, number, "--for", "65s")
        terminal.expect("recorded, until")
        terminal.expect(r"anteroom: .*over in (1 min|5\d s)", timeout=30)
        terminal.expect("time is up|Your time", timeout=90)
        terminal.wait(10)
    ended = until(lambda: access.audit(kind="session.end", person=alice.name), 10)[-1]
    assert ended["fields"]["reason"] == "time-is-up"
    approved = access.audit(kind="access.approved")[-1]
    assert 64.5 < seconds_between(approved, ended) < 69, "by the broker's clock, the seal included"


def test_a_grace_runs_under_an_alarm_and_then_cuts(access, dana):
    alice = access.vendor()
    with access.terminal(alice, "lone-1") as terminal:
        number = ask(terminal, ticket="")
        approve(access, dana, number, "--for", "5s")
        terminal.expect("recorded, until")
        terminal.expect("approved time is over", timeout=20)
        terminal.send("echo still here\r")
        terminal.expect("still here\r\n")
        terminal.wait(20)
    kinds = [one["kind"] for one in access.audit(person=alice.name)]
    assert "session.grace" in kinds


def test_more_time_is_asked_for_and_decided_while_the_session_runs(access, dana):
    alice = access.vendor()
    with access.terminal(alice, "ct-1") as terminal:
        number = ask(terminal)
        approve(access, dana, number, "--for", "20s")
        terminal.expect("recorded, until")
        terminal.send("\r\x1dx")
        terminal.expect("asked for")
        access.reviewed("request", "extend", str(number), person=access.person("admins"))
        terminal.expect("More time", timeout=20)
        time.sleep(20)
        terminal.send("echo after the first end\r")
        terminal.expect("after the first end\r\n")


def test_a_revoked_approval_ends_the_session_and_says_why(access, dana):
    alice = access.vendor()
    with access.terminal(alice, "ct-1") as terminal:
        number = ask(terminal)
        approve(access, dana, number)
        terminal.expect("recorded, until")
        access.reviewed("request", "revoke", str(number), "--reason", "wrong scanner", person=dana)
        terminal.expect("wrong scanner", timeout=5)
        terminal.wait(10)


def test_a_disabled_person_is_cut_within_five_seconds(access, dana):
    alice = access.vendor()
    with access.terminal(alice, "ct-1") as terminal:
        number = ask(terminal)
        approve(access, dana, number)
        terminal.expect("recorded, until")
        began = time.monotonic()
        access.cli("person", "disable", alice.name)
        terminal.wait(10)
        assert time.monotonic() - began < 5


def test_without_a_broker_a_session_still_ends_at_its_time(access, dana):
    alice = access.vendor()
    with access.terminal(alice, "ct-1") as terminal:
        number = ask(terminal)
        approve(access, dana, number, "--for", "8s")
        terminal.expect("recorded, until")
        began = time.monotonic()
        brokers = access.programs("anteroom-broker")
        for pid in brokers:
            os.kill(pid, signal.SIGSTOP)
        try:
            terminal.wait(20)
            assert time.monotonic() - began < 11
        finally:
            for pid in brokers:
                os.kill(pid, signal.SIGCONT)


def test_the_glass_is_broken_reviewed_by_another_and_never_by_oneself(access):
    clinician = access.person("clinical", "reviewers")
    ruth = access.reviewer()
    with access.terminal(clinician, "brief-1") as terminal:
        terminal.expect("break-glass")
        terminal.send("break-glass\r")
        terminal.expect("emergency")
        terminal.expect(": ")
        terminal.send("patient on the table, scanner hangs\r")
        terminal.expect("YES")
        terminal.send("YES\r")
        terminal.expect("THE GLASS IS BROKEN")
        terminal.send("echo saved\r")
        terminal.expect("saved\r\n")
        terminal.send("exit\r")
        terminal.wait()
    used = [one for one in access.audit(person=clinician.name) if one["kind"] == "break-glass.used"]
    started = [one for one in access.audit(person=clinician.name) if one["kind"] == "session.start"]
    assert used and started and used[0]["seq"] < started[0]["seq"]
    due = [one for one in access.json("break-glass", "list", "--all") if one["person"] == clinician.name]
    number = str(due[0]["id"])
    own = access.reviewed("break-glass", "review", number, "--outcome", "justified", "--note", "it was me", person=clinician, check=False)
    assert own.status == 1
    early = access.reviewed("break-glass", "review", number, "--outcome", "unjustified", "--note", "no emergency", person=ruth, check=False)
    assert early.status in (0, 1)


def test_the_glass_stays_whole_for_those_whom_policy_does_not_name(access):
    person = access.vendor()
    done = access.ssh(person, "brief-1", "echo in")
    assert done.status != 0 and "in\n" not in done.text and "break-glass" not in done.all


@pytest.fixture
def full_disk(access):
    """The recordings' folder on a small file system of its own, with no room left."""
    folder = access.dir / "recordings"
    mounted = os.geteuid() == 0 and subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", folder], check=False).returncode == 0
    if not mounted:
        pytest.skip("a small file system cannot be mounted here")
    try:
        (folder / "filler").write_bytes(bytes(1000 << 10))
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def test_on_a_full_disk_nothing_is_opened_but_an_emergency_which_is_recorded_in_the_spool(access, full_disk, dana):
    alice = access.vendor()
    with access.terminal(alice, "ct-1") as terminal:
        number = ask(terminal)
        approve(access, dana, number)
        terminal.expect("cannot be recorded")
        assert terminal.wait() != 0
    clinician = access.person("clinical")
    with access.terminal(clinician, "brief-1") as terminal:
        for waited_for, typed in [("break-glass", "break-glass\r"), ("emergency: ", "the patient cannot wait\r"), ("YES", "YES\r"), ("GLASS IS BROKEN", "echo in\r"),
                                  (r"in\r\n", "exit\r")]:
            terminal.expect(waited_for)
            terminal.send(typed)
        terminal.wait()
    kept = access.recording_of(clinician)
    assert kept["state"] == "complete"
    assert (access.dir / "spool" / (kept["id"] + ".arec")).exists()
    assert access.cli("recording", "verify", kept["id"]).status == 0
