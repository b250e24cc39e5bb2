"""`anteroom init`: what it tells whoever sets an installation up, and that it is true."""
import re

import pytest
from hospital.scene import Hospital

SHA256 = re.compile(r"[0-9a-f]{64}")


@pytest.fixture
def made():
    here = Hospital()
    try:
        yield here
    finally:
        here.close()


def test_the_fingerprint_of_the_audit_signer_is_told_at_once(made):
    told = made.init().text
    (line,) = [line for line in told.splitlines() if line.startswith("Audit signer (SHA-256): ")]
    fingerprint = line.split(": ")[1]
    assert SHA256.fullmatch(fingerprint)
    assert f"anteroom-verify BUNDLE.tar --key {fingerprint}" in told, "and what it is good for"
    made.serve()
    (signer,) = [row["id"] for row in made.json("key", "list") if row["use"] == "audit signer"]
    assert fingerprint == signer


def test_another_installation_has_another(made):
    first = made.json("init", "--escrow", made.home / "one.txt", dir=made.home / "one")
    second = made.json("init", "--escrow", made.home / "two.txt", dir=made.home / "two")
    assert SHA256.fullmatch(first["audit_signer"]) and SHA256.fullmatch(second["audit_signer"])
    assert first["audit_signer"] != second["audit_signer"]
