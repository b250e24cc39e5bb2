"""Evidence bundles: exported by those who may, good for whoever checks them with anteroom-verify alone, and named where they were damaged."""
import base64
import hashlib
import html.parser
import io
import json
import os
import re
import resource
import shutil
import subprocess
import tarfile

import pytest
from hospital.anteroom import BIN

MEMBERS = ["MANIFEST.json", "MANIFEST.sig", "keys.json", "report.html", "report.json", "audit.jsonl", "recording.ckpt", "recording.arec"]
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
HOSTILE = "</td><script>alert(1)</script><img src=x onerror=alert(2)>"


# ---- the archive, by other means than the programs'

def header(name, size):
    block = bytearray(512)
    for at, text in ((0, name), (100, "0000600"), (108, "0000000"), (116, "0000000"), (124, f"{size:011o}"), (136, "0" * 11), (148, " " * 8), (156, "0"),
                     (257, "ustar"), (263, "00"), (329, "0000000"), (337, "0000000")):
        block[at:at + len(text)] = text.encode()
    block[148:156] = f"{sum(block):06o}\0 ".encode()
    return bytes(block)


def pack(members):
    return b"".join(header(name, len(text)) + text + bytes(-len(text) % 512) for name, text in members) + bytes(1024)


def unpack(archive):
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return [(one.name, tar.extractfile(one).read()) for one in tar]


class Verified:
    def __init__(self, argv):
        done = subprocess.run([str(word) for word in argv], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60, env={})
        self.status, self.text, self.errors = done.returncode, done.stdout, done.stderr
        self.last = (done.stdout.splitlines() or [""])[-1]


def verify(archive, *args, folder):
    path = archive
    if isinstance(archive, bytes):
        path = folder / "checked.tar"
        path.write_bytes(archive)
    return Verified([BIN / "anteroom-verify", path, *args])


# ---- a session that somebody asked for

@pytest.fixture(scope="module")
def ruth(hospital):
    return hospital.reviewer()


@pytest.fixture(scope="module", autouse=True)
def served(hospital):
    document = hospital.document()
    document["roles"]["imaging-admins"] = {"members": ["group:approvers"]}
    document["rules"].append({"id": "mri-service", "who": ["role:mri-service"], "to": {"targets": ["mri-3"]}, "allow": ["shell", "exec"], "access": "on-request",
                              "approval": {"by": ["role:imaging-admins"], "max": "4h"}})
    hospital.apply_policy(document)


class Asked:
    """One who asks, one who approves, a session, and others' doings in between, which are no part of it."""

    def __init__(self, hospital, command):
        self.vera, self.dana = hospital.vendor(), hospital.person("approvers")
        made = hospital.json("request", "create", "mri-3", "--reason", f"coil fault {HOSTILE}", "--ticket", "CHG-77", "--as", self.vera.name, "--code-stdin",
                             input=self.vera.fresh_code() + "\n")
        self.request = made["id"]
        hospital.ssh(hospital.staff(), "mri-3", "echo", "somebody else")
        hospital.reviewed("request", "approve", self.request, person=self.dana)
        assert hospital.ssh(self.vera, "mri-3", command).status == 0
        self.id = hospital.recording_of(self.vera)["id"]
        self.file = hospital.dir / "recordings" / f"{self.id}.arec"


def export(hospital, session, person, out, *more, **rest):
    """`person` None: a new reviewer, who has not to wait for the next code."""
    person = person or hospital.reviewer()
    return hospital.reviewed("recording", "export", session, "--format", "bundle", "--out", out, *more, person=person, **rest)


@pytest.fixture(scope="module")
def asked(hospital):
    return Asked(hospital, f"echo '{HOSTILE}' >/dev/null; echo canary-shown-71c2")


@pytest.fixture(scope="module")
def path(hospital, asked, ruth):
    out = hospital.home / "evidence.tar"
    export(hospital, asked.id, ruth, out)
    return out


@pytest.fixture(scope="module")
def members(path):
    return dict(unpack(path.read_bytes()))


@pytest.fixture(scope="module")
def other(hospital):
    out = hospital.home / "other.tar"
    export(hospital, Asked(hospital, "echo other").id, None, out)
    return dict(unpack(out.read_bytes()))


def audit_signer(hospital):
    return [one for one in hospital.json("key", "list") if one["use"] == "audit signer"][0]


# ---- good

def test_a_bundle_is_good_and_says_against_which_keys(hospital, path):
    signer = audit_signer(hospital)
    done = verify(path, folder=hospital.home)
    assert (done.status, done.last, done.errors) == (0, "GOOD", ""), done.text
    assert "No --key was given" in done.text and signer["id"] in done.text and signer["public_key"] in done.text
    for key in (signer["id"], signer["public_key"]):
        done = verify(path, "--key", key, folder=hospital.home)
        assert (done.status, done.last) == (0, "GOOD") and "No --key" not in done.text, done.text
    done = verify(path, "--key", "ab" * 32, folder=hospital.home)
    assert done.status == 1 and done.last.startswith("BAD: keys.json: the audit signer is "), done.text
    report = json.loads(verify(path, "--json", folder=hospital.home).text)
    assert report["good"] and not report["findings"] and [one["check"] for one in report["checks"]] == ["archive", "keys", "signature", "members", "audit", "decisions", "recording", "report"]


def test_wrong_usage_is_another_status_than_bad(hospital, path):
    for argv in ([], [path, path], [path, "--key"], [path, "--key", "short"], ["--what"], [hospital.home / "not-there.tar"], [hospital.home]):
        done = Verified([BIN / "anteroom-verify", *argv])
        assert done.status == 2 and not done.text and done.errors.startswith("anteroom-verify: "), (argv, done.text)
    assert Verified([BIN / "anteroom-verify", "--help"]).status == 0


def test_it_is_an_archive_that_every_tar_reads_and_only_the_owner(path):
    assert [name for name, _ in unpack(path.read_bytes())] == MEMBERS
    assert path.stat().st_mode & 0o077 == 0
    assert pack(unpack(path.read_bytes())) == path.read_bytes(), "one shape"


def test_it_holds_no_key_and_nothing_that_was_shown(hospital, path, members):
    assert b"canary-shown-71c2" not in members["recording.arec"], "ciphertext"
    for private in (hospital.home / "escrow-key.txt", hospital.dir / "keys" / "keyring"):
        for line in private.read_text(errors="replace").split():
            assert len(line) < 20 or line.encode() not in path.read_bytes()
    assert all(one["algorithm"] == "ed25519" and len(base64.b64decode(one["public_key"])) == 32 for one in json.loads(members["keys.json"])["keys"])


def test_the_report_says_who_what_why_and_who_allowed_it(hospital, asked, members, ruth):
    report = json.loads(members["report.json"])
    session, request = report["session"], report["request"]
    assert (session["id"], session["person"], session["target"], session["account"], session["rule"]) == (asked.id, asked.vera.name, "mri-3", hospital.account, "mri-service")
    assert session["ended"] > session["started"] and session["factors"] and session["end_reason"]
    assert (request["request"], request["ticket"], request["reason"]) == (str(asked.request), "CHG-77", f"coil fault {HOSTILE}")
    chain = {one["kind"]: one for one in report["chain"]}
    assert {"access.requested", "access.approved", "access.activated"} <= set(chain)
    assert chain["access.approved"]["by"] == asked.dana.name and chain["access.approved"]["fields"]["factor"] == "code"
    assert report["policy"]["fields"]["version"] == session["policy_version"]
    assert [one["by"] for one in report["looks"] if one["kind"] == "recording.export"] == [ruth.name]
    page = members["report.html"].decode()
    for part in (asked.vera.name, asked.dana.name, "CHG-77", "mri-service", "access.approved", "+00:00", "anteroom-verify", audit_signer(hospital)["id"]):
        assert part in page, part


def test_the_extract_is_this_sessions_and_can_be_checked_by_hand(hospital, asked, members):
    records = []
    for line in members["audit.jsonl"].splitlines():
        body, prev, claimed = line[:-109] + b"}", base64.b64decode(line[-100:-56]), base64.b64decode(line[-46:-2])
        assert hashlib.sha256(b"anteroom-audit-v1" + prev + body).digest() == claimed
        records.append(json.loads(body))
    assert {one["session"] for one in records} <= {asked.id, ""}
    assert {one["kind"] for one in records} >= {"policy.applied", "access.requested", "access.approved", "session.start", "recording.opened", "recording.sealed", "session.end",
                                                "recording.export"}
    head = json.loads(members["MANIFEST.json"])["audit"]["head"]["seq"]
    assert {one["seq"] for one in hospital.audit(session=asked.id) if one["seq"] <= head} <= {one["seq"] for one in records}
    exported = hospital.home / "whole.jsonl"
    hospital.cli("audit", "export", "--format", "jsonl", "--out", exported, "--force")
    lines = exported.read_text().splitlines()
    for one in records:
        assert json.loads(lines[one["seq"] - 1])["kind"] == one["kind"], "the log's own export has the same record"


def test_the_signature_holds_for_another_program(hospital, members):
    key = base64.b64decode(audit_signer(hospital)["public_key"])
    folder = hospital.home / "by-hand"
    folder.mkdir()
    (folder / "key.der").write_bytes(bytes.fromhex("302a300506032b6570032100") + key)
    (folder / "text").write_bytes(b"anteroom-evidence-manifest-v1\n" + members["MANIFEST.json"])
    (folder / "sig").write_bytes(base64.b64decode(members["MANIFEST.sig"]))
    done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", folder / "key.der", "-rawin", "-in", folder / "text", "-sigfile", folder / "sig"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr
    manifest = json.loads(members["MANIFEST.json"])
    for one in manifest["members"]:
        assert (one["size"], one["sha256"]) == (len(members[one["name"]]), hashlib.sha256(members[one["name"]]).hexdigest())
    recording = manifest["recording"]
    assert recording["size"] == len(members["recording.arec"])
    assert recording["end"] == hashlib.sha256(members["recording.arec"][recording["pieces_end"]:]).hexdigest()


class Markup(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes = set(), set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_the_page_runs_nothing_and_shows_hostile_text_as_text(members):
    page = members["report.html"].decode()
    markup = Markup()
    markup.feed(page)
    assert markup.tags <= {"html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "table", "tr", "th", "td", "br", "code", "dl", "dt", "dd"}, markup.tags
    assert markup.attributes <= {"lang", "charset", "http-equiv", "content", "name", "scope"}, markup.attributes
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page and "default-src 'none'" in page
    assert not re.search(r"(?i)https?://|javascript:|url\(|@import", page)


def test_alone_in_an_empty_root_it_needs_nothing_else(hospital, path, members):
    root = hospital.home / "bare"
    root.mkdir()
    shutil.copy(BIN / "anteroom-verify", root)
    shutil.copy(path, root / "good.tar")
    damaged = {**members, "recording.arec": members["recording.arec"][:-1]}
    (root / "bad.tar").write_bytes(pack(damaged.items()))
    enter = ["unshare", "--net", "chroot", root] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--net", "chroot", root]
    done = Verified([shutil.which("env"), f"PATH={PATH}", *enter, "/anteroom-verify", "/good.tar", "--key", audit_signer(hospital)["id"]])
    assert (done.status, done.last) == (0, "GOOD"), done.text + done.errors
    done = Verified([shutil.which("env"), f"PATH={PATH}", *enter, "/anteroom-verify", "/bad.tar"])
    assert done.status == 1 and done.last.startswith("BAD: recording.arec"), done.text + done.errors
    assert sorted(one.name for one in root.iterdir()) == ["anteroom-verify", "bad.tar", "good.tar"], "it leaves nothing behind"


# ---- damaged

def bad(archive, hospital, *named):
    done = verify(archive, folder=hospital.home)
    assert done.status == 1 and done.last.startswith("BAD: "), done.text
    for name in named:
        assert name in done.last, f"{name} is not named: {done.last}"
    return done


@pytest.mark.parametrize("name", MEMBERS)
@pytest.mark.parametrize("where", ["first", "middle", "last"])
def test_a_changed_byte_is_found_in_the_member_it_is_in(hospital, members, name, where):
    text = bytearray(members[name])
    text[{"first": 0, "middle": len(text) // 2, "last": len(text) - 1}[where]] ^= 0x02
    bad(pack({**members, name: bytes(text)}.items()), hospital, name)


@pytest.mark.parametrize("name", MEMBERS)
@pytest.mark.parametrize("harm", ["missing", "twice", "empty", "cut", "longer"])
def test_a_member_missing_doubled_or_of_another_length_is_named(hospital, members, name, harm):
    rows = list(members.items())
    at = MEMBERS.index(name)
    if harm == "missing":
        del rows[at]
    elif harm == "twice":
        rows.insert(at + 1, rows[at])
    else:
        rows[at] = (name, {"empty": b"", "cut": members[name][:-1], "longer": members[name] + b"\n"}[harm])
    bad(pack(rows), hospital, name)


@pytest.mark.parametrize("name", [name for name in MEMBERS if name != "keys.json"])
def test_a_member_of_another_sessions_bundle_is_named(hospital, members, other, name):
    bad(pack({**members, name: other[name]}.items()), hospital, name)


def test_all_but_the_recording_of_another_session_is_named(hospital, members, other):
    bad(pack({**other, "recording.arec": members["recording.arec"]}.items()), hospital, "recording.arec", "session")


def test_a_record_taken_out_between_two_neighbours_is_named(hospital, members):
    lines = members["audit.jsonl"].splitlines(keepends=True)
    numbers = [json.loads(line)["seq"] for line in lines]
    at = next(i for i in range(1, len(numbers) - 1) if numbers[i] - 1 == numbers[i - 1] and numbers[i] + 1 == numbers[i + 1])
    bad(pack({**members, "audit.jsonl": b"".join(lines[:at] + lines[at + 1:])}.items()), hospital, "audit.jsonl", f"record {numbers[at]}: it is missing")


def test_a_changed_word_names_its_record(hospital, asked, members):
    lines = members["audit.jsonl"].splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if b'"access.approved"' in line)
    number = json.loads(lines[at])["seq"]
    lines[at] = lines[at].replace(asked.dana.name.encode(), asked.vera.name.encode())
    bad(pack({**members, "audit.jsonl": b"".join(lines)}.items()), hospital, f"record {number}: its hash is not that of its text")


def test_another_keys_signature_is_named_and_another_brokers_bundle_is_not_believed(hospital, members, tmp_path):
    pem = tmp_path / "key.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", pem], check=True, stderr=subprocess.DEVNULL)

    def signed(manifest):
        (tmp_path / "text").write_bytes(b"anteroom-evidence-manifest-v1\n" + manifest)
        done = subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", pem, "-rawin", "-in", tmp_path / "text"], stdout=subprocess.PIPE, check=True)
        return base64.b64encode(done.stdout) + b"\n"

    bad(pack({**members, "MANIFEST.sig": signed(members["MANIFEST.json"])}.items()), hospital, "MANIFEST.sig")
    # Somebody makes the whole anew under a key of their own: the bundle is whole, and not that of this broker.
    public = subprocess.run(["openssl", "pkey", "-in", pem, "-pubout", "-outform", "DER"], stdout=subprocess.PIPE, check=True).stdout[-32:]
    keys = members["keys.json"].replace(audit_signer(hospital)["public_key"].encode(), base64.b64encode(public))
    keys = keys.replace(audit_signer(hospital)["id"].encode(), hashlib.sha256(public).hexdigest().encode())
    manifest = members["MANIFEST.json"].replace(hashlib.sha256(members["keys.json"]).hexdigest().encode(), hashlib.sha256(keys).hexdigest().encode())
    forged = pack({**members, "keys.json": keys, "MANIFEST.json": manifest, "MANIFEST.sig": signed(manifest)}.items())
    assert verify(forged, folder=hospital.home).last == "GOOD", "whole: only the keys tell"
    done = verify(forged, "--key", audit_signer(hospital)["id"], folder=hospital.home)
    assert done.status == 1 and "keys.json" in done.last


def test_what_is_no_bundle_is_bad_and_not_a_crash(hospital, path):
    for junk in (b"", b"\0" * 1024, os.urandom(4096), path.read_bytes()[:-1], path.read_bytes() + b"\0", path.read_bytes()[512:]):
        assert bad(junk, hospital).errors == ""


# ---- exporting

def test_who_may_not_look_gets_no_bundle(hospital, asked):
    out = hospital.home / "never.tar"
    for person in (hospital.vendor(), hospital.person("approvers")):
        done = export(hospital, asked.id, person, out, check=False)
        assert done.status == 1 and "no reviewer" in done.errors and not out.exists()
        assert hospital.audit(kind="recording.export", person=person.name)[-1]["fields"]["outcome"] == "refused"
    assert hospital.cli("recording", "export", asked.id, "--format", "bundle", "--out", out, check=False, input="").status in (1, 2)
    assert not list(hospital.home.glob("never.tar*"))


def test_a_live_session_has_no_bundle_yet(hospital):
    person = hospital.staff()
    out = hospital.home / "live.tar"
    with hospital.terminal(person, "mri-3") as terminal:
        terminal.send("PS1='rea''dy> '\n")
        terminal.expect("ready> ")
        live = [one for one in hospital.json("session", "list") if one["person"] == person.name][0]["id"]
        done = export(hospital, live, None, out, check=False)
        assert done.status == 1 and "live" in done.errors and len(done.errors.strip().splitlines()) == 1, done.all
        terminal.send("exit\n")
        terminal.wait()
    assert not list(hospital.home.glob("live.tar*"))
    hospital.recording_of(person)
    export(hospital, live, None, out)
    assert verify(out, folder=hospital.home).last == "GOOD", "a session without a request"
    assert "stood on no request" in dict(unpack(out.read_bytes()))["report.html"].decode()


def test_a_file_that_is_there_stays_without_force(hospital, asked):
    out = hospital.home / "there.tar"
    out.write_text("kept")
    assert export(hospital, asked.id, None, out, check=False).status == 1 and out.read_text() == "kept"
    export(hospital, asked.id, None, out, "--force")
    assert verify(out, folder=hospital.home).last == "GOOD"


def test_who_dies_on_the_way_leaves_nothing_under_the_name(hospital, asked):
    ruth = hospital.reviewer()
    out = hospital.home / "half.tar"
    argv = [BIN / "anteroom", "recording", "export", asked.id, "--format", "bundle", "--out", out, "--as", ruth.name, "--code-stdin", "--dir", hospital.dir]
    done = subprocess.run([str(word) for word in argv], input=ruth.fresh_code().encode() + b"\n", stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192)))
    assert done.returncode != 0 and not out.exists(), done.stderr


def test_a_recording_that_was_changed_at_the_broker_is_exported_and_said_to_be_bad(hospital, asked):
    whole = asked.file.read_bytes()
    out = hospital.home / "changed.tar"
    asked.file.chmod(0o600)
    try:
        asked.file.write_bytes(whole[:len(whole) // 2] + bytes([whole[len(whole) // 2] ^ 1]) + whole[len(whole) // 2 + 1:])
        done = export(hospital, asked.id, None, out, check=False)
    finally:
        asked.file.write_bytes(whole)
    assert done.status == 1 and "not good" in done.errors and "recording.arec" in done.errors, done.all
    bad(out.read_bytes(), hospital, "recording.arec")
