"""Evidence as somebody outside has it: a bundle's bytes, and what anteroom-verify says of them."""
import io
import json
import subprocess
import tarfile

from .anteroom import BIN


def signed_in(hospital, data):
    """The kinds of the records in it that a passkey has signed, once the bundle is good and each of those signatures was verified."""
    file = hospital.home / "evidence.tar"
    file.write_bytes(data)
    done = subprocess.run([BIN / "anteroom-verify", file], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout.endswith("GOOD\n"), done.stdout + done.stderr
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        records = [json.loads(line) for line in tar.extractfile("audit.jsonl").read().splitlines()]
    kinds = [one["kind"] for one in records if one["fields"].get("factor") == "passkey"]
    said = f"{len(kinds)} signed with passkeys, each over what its record is about" if kinds else "none was signed with a passkey"
    assert f"ok    decisions: {said}" in done.stdout, done.stdout
    return kinds


def bundle(hospital, person, session):
    out = hospital.home / f"{session}.tar"
    hospital.reviewed("recording", "export", session, "--format", "bundle", "--out", str(out), person=person)
    return out.read_bytes()
