"""The audit log: shown, verified, checkpointed; whoever changes the database is found and named."""
import json
import pathlib
import shutil
import sqlite3

import pytest


@pytest.fixture(scope="module")
def story(hospital):
    """Something of everything in the log."""
    person = hospital.staff(key=True)
    hospital.ssh(person, "mri-3", "echo", "one", way="key")
    hospital.ssh(person, "lone-1", "echo", "two", way="key")
    hospital.ssh(person, "mri-3", "true", way="key", code=[person.codes.wrong(), person.fresh_code()])
    hospital.cli("audit", "checkpoint", "--out", hospital.home / "early.json")
    hospital.recording_of(person)
    return person


class Tampered:
    """A copy of the installation, its database open for whoever can write it; then served and verified."""

    def __init__(self, hospital):
        from hospital import Anteroom
        self.copy = Anteroom()
        self.hospital = hospital

    def __enter__(self):
        hospital, copy = self.hospital, self.copy
        hospital.stop()
        shutil.copytree(hospital.dir, copy.dir, ignore=shutil.ignore_patterns("*.sock", "*.lock"))
        hospital.serve()
        text = (copy.dir / "anteroom.yaml").read_text().replace(f":{hospital.port}", f":{copy.port}")
        (copy.dir / "anteroom.yaml").write_text(text)
        return self

    def sql(self, *statements):
        with sqlite3.connect(self.copy.dir / "anteroom.db") as database:
            for one in statements:
                database.execute(one)
        database.close()

    def verify(self, *more):
        """What verify says: by the running broker, or by its refusal to start on such a log."""
        try:
            self.copy.serve(within=15)
        except RuntimeError as error:
            return 1, str(error)
        done = self.copy.cli("audit", "verify", *more, check=False)
        return done.status, done.all

    def __exit__(self, *_):
        self.copy.remove()


@pytest.fixture
def tampered(hospital, story):
    with Tampered(hospital) as one:
        yield one


def test_show_narrows_by_kind_person_target_session_and_time(hospital, story):
    assert {one["kind"] for one in hospital.audit(kind="session.start")} == {"session.start"}
    mine = hospital.audit(person=story.name)
    assert len(mine) >= 6 and {one["person"] for one in mine} == {story.name}
    assert {one["target"] for one in hospital.audit(target="lone-1")} == {"lone-1"}
    session = next(one["session"] for one in mine if one["session"])
    assert {one["session"] for one in hospital.audit(session=session)} == {session}
    assert hospital.audit(until="2001-01-01T00:00:00Z") == [] and hospital.audit(since="1h")
    numbers = [one["seq"] for one in hospital.audit()]
    assert numbers == sorted(numbers) and len(set(numbers)) == len(numbers)
    text = hospital.cli("audit", "show", "--person", story.name).text
    assert "session.start" in text and story.name in text
    done = hospital.cli("audit", "show", "--kind", "no.such-kind", check=False)
    assert done.status == 1


def test_every_decision_has_its_rule_version_factors_and_source(hospital, story):
    for one in hospital.audit(kind="access.decided", person=story.name):
        assert one["fields"]["rule"] and one["fields"]["policy_version"] and one["fields"]["factors"] == "publickey+code" and one["fields"]["source"].startswith(story.source)


def test_administrative_acts_bear_the_unix_user(hospital, story):
    added = hospital.audit(kind="person.added", person=story.name)
    assert added and added[0]["fields"]["unix_user"] == hospital.account
    assert hospital.audit(kind="totp.enrolled", person=story.name) and hospital.audit(kind="key.added", person=story.name)
    assert hospital.audit(kind="secret.put", target="mri-3") and hospital.audit(kind="policy.applied")


def test_verify_finds_an_untouched_log_whole(hospital, story):
    assert hospital.cli("audit", "verify").status == 0
    assert hospital.cli("audit", "verify", "--against", hospital.home / "early.json").status == 0


def test_the_twin_an_untouched_copy_verifies(tampered):
    status, said = tampered.verify()
    assert status == 0, said


@pytest.mark.parametrize("harm", ["flip", "column", "delete", "reorder", "truncate", "insert", "all checkpoints"])
def test_tampering_is_found_and_named(tampered, harm):
    name = "audit_records"
    with sqlite3.connect(tampered.copy.dir / "anteroom.db") as database:
        rows = database.execute(f"SELECT seq, body, kind FROM {name} ORDER BY seq").fetchall()
        columns = [row[1] for row in database.execute(f"PRAGMA table_info({name})")]
    seq, body, kind = next(row for row in rows if row[2] == "login.refused")
    other = seq + 1
    if harm == "flip":
        tampered.sql(f"UPDATE {name} SET body = replace(body, 'login.refused', 'login.refusee') WHERE seq = {seq}")
    elif harm == "column":
        tampered.sql(f"UPDATE {name} SET person = 'somebody-else' WHERE seq = {seq}")
    elif harm == "delete":
        tampered.sql(f"DELETE FROM {name} WHERE seq = {seq}")
    elif harm == "reorder":
        tampered.sql(f"UPDATE {name} SET seq = -1 WHERE seq = {seq}", f"UPDATE {name} SET seq = {seq} WHERE seq = {other}", f"UPDATE {name} SET seq = {other} WHERE seq = -1")
    elif harm == "truncate":
        tampered.sql(f"DELETE FROM {name} WHERE seq >= {seq}")
    elif harm == "insert":
        rest = ", ".join(one for one in columns if one != "seq")
        tampered.sql(f"INSERT INTO {name} (seq, {rest}) SELECT {rows[-1][0] + 1}, {rest} FROM {name} WHERE seq = {seq}")
    else:
        tampered.sql("DELETE FROM audit_checkpoints")
    status, said = tampered.verify()
    assert status == 1, said
    if harm in ("flip", "column", "delete", "reorder"):
        assert str(seq) in said or str(other) in said, f"the place ({seq}) is named: {said}"


def test_a_roll_back_is_found_against_a_checkpoint_kept_elsewhere(hospital, story):
    hospital.stop()
    old = hospital.home / "old.db"
    shutil.copy(hospital.dir / "anteroom.db", old)
    hospital.serve()
    hospital.person("staff")
    hospital.cli("audit", "checkpoint", "--out", hospital.home / "kept.json")
    assert hospital.cli("audit", "verify", "--against", hospital.home / "kept.json").status == 0
    from hospital import Anteroom
    copy = Anteroom()
    try:
        hospital.stop()
        shutil.copytree(hospital.dir, copy.dir, ignore=shutil.ignore_patterns("*.sock", "*.lock", "*-wal", "*-shm"))
        hospital.serve()
        shutil.copy(old, copy.dir / "anteroom.db")
        config = copy.dir / "anteroom.yaml"
        config.write_text(config.read_text().replace(f":{hospital.port}", f":{copy.port}"))
        copy.serve()
        assert copy.cli("audit", "verify").status == 0, "by itself the old day looks whole"
        done = copy.cli("audit", "verify", "--against", hospital.home / "kept.json", check=False)
        assert done.status == 1 and done.all.strip()
        assert copy.cli("audit", "verify", "--against", hospital.home / "early.json").status == 0
    finally:
        copy.remove()


def test_a_checkpoint_of_another_installation_or_a_forged_one_is_refused(hospital, story):
    early = json.loads((hospital.home / "early.json").read_text())
    for change in ({"seq": early["seq"] + 1}, {"head": early["head"][::-1]}, {"signature": early["signature"][:-8] + "AAAAAA=="}, {"type": "other"}):
        forged = hospital.home / "forged.json"
        forged.write_text(json.dumps({**early, **change}))
        done = hospital.cli("audit", "verify", "--against", forged, check=False)
        assert done.status == 1 and done.all.strip(), change


def test_an_export_can_be_checked_with_the_recipe_of_the_format(hospital, story):
    import base64
    import hashlib
    lines = hospital.cli("audit", "export", "--format", "jsonl").out.splitlines()
    assert len(lines) > 20
    head = bytes(32)
    for number, line in enumerate(lines, 1):
        body, claimed = line[:-55] + b"}", base64.b64decode(line[-46:-2])
        head = hashlib.sha256(b"anteroom-audit-v1" + head + body).digest()
        assert head == claimed, line
        assert json.loads(body)["seq"] == number


def test_a_flood_of_equal_refusals_is_counted_not_repeated(hospital):
    import paramiko
    from hospital import wire
    person = hospital.staff()
    with wire.transport(hospital) as one:
        wire.sign_in(one, person, "mri-3")
        channel = one.open_session()
        channel.exec_command("echo in")
        assert channel.recv(10) == b"in\n"
        for _ in range(200):
            with pytest.raises(paramiko.ChannelException):
                one.open_channel("direct-tcpip", ("10.0.0.1", 104), ("127.0.0.1", 1))
    assert len(hospital.audit(kind="capability.refused", person=person.name)) < 5
    hospital.stop()  # what was counted is written at the end, or after a minute
    hospital.serve()
    refused = hospital.audit(kind="capability.refused", person=person.name)
    assert len(refused) < 5 and sum(1 + int(one["fields"].get("repeated", 1)) - 1 for one in refused) == 200, refused


def test_a_killed_broker_loses_no_record_that_was_acknowledged(hospital):
    import os
    import signal
    for _ in range(3):
        person = hospital.person("staff")  # acknowledged: the command has returned
        broker = hospital.broker()
        os.kill(broker, signal.SIGKILL)
        hospital_back(hospital, broker)
        assert [one["kind"] for one in hospital.audit(person=person.name)][:2] == ["person.added", "totp.enrolled"]
    assert hospital.cli("audit", "verify").status == 0
    assert pathlib.Path(hospital.dir / "anteroom.db").exists()


def hospital_back(hospital, old):
    import time
    deadline = time.monotonic() + 20
    while hospital.programs("anteroom-broker") in ([], [old]) or not hospital.answers():
        assert time.monotonic() < deadline
        time.sleep(0.05)
