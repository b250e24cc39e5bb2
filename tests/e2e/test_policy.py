"""The policy on the command line: checked, explained, compared, applied; a broken one changes nothing."""
import pytest
from hospital.anteroom import as_yaml


@pytest.fixture(scope="module")
def file(hospital):
    def write(text):
        path = hospital.home / "draft.yaml"
        path.write_text(as_yaml(text))
        return path
    return write


def version(hospital):
    return hospital.audit(kind="policy.applied")[-1]["seq"]


BROKEN = {
    "unknown key": ("version: 1\nrulez: []\n", 2, "rulez"),
    "duplicate key": ("version: 1\ntargets: {}\ntargets: {}\n", 3, "targets"),
    "second document": ("version: 1\n---\nversion: 1\n", 2, ""),
    "alias": ("version: 1\nroles:\n  a: &a { members: [any] }\n  b: *a\n", 3, ""),
    "no version": ("rules: []\n", 1, "version"),
    "unknown role": ("version: 1\nreviewers:\n  - { who: [role:nobody], of: { targets: any } }\n", 3, "role"),
    "unknown capability": ("version: 1\nrules:\n  - id: a\n    who: [any]\n    to: { targets: any }\n    allow: [shel]\n    access: standing\n", 6, "shell"),
    "no yaml at all": ("version: 1\nrules: [}\n", 2, ""),
    "not even text": ("\0\x01\x02", 1, ""),
    "deep": ("version: 1\nroles: " + "[" * 2000 + "]" * 2000 + "\n", 2, ""),
}


@pytest.mark.parametrize("what", BROKEN)
def test_check_names_line_and_key_of_what_is_wrong(hospital, file, what):
    text, line, key = BROKEN[what]
    path = file(text)
    done = hospital.cli("policy", "check", path, check=False)
    assert done.status == 1 and f"{path}:{line}" in done.all and key in done.all, done.all


def test_check_of_a_sound_policy_says_so(hospital, file):
    assert hospital.cli("policy", "check", file(hospital.document())).status == 0


@pytest.mark.parametrize("what", BROKEN)
def test_applying_a_broken_policy_changes_nothing(hospital, file, what):
    before, person = version(hospital), hospital.person("plain")
    done = hospital.cli("policy", "apply", file(BROKEN[what][0]), check=False)
    assert done.status == 1 and str(BROKEN[what][1]) in done.all
    assert version(hospital) == before
    assert hospital.ssh(person, "mri-3", "echo", "in").text == "in\n"


def test_a_refused_policy_is_audited(hospital, file):
    before = len(hospital.audit(kind="policy.refused"))
    hospital.cli("policy", "apply", file(BROKEN["unknown key"][0]), check=False)
    refused = hospital.audit(kind="policy.refused")
    assert len(refused) == before + 1 and "rulez" in refused[-1]["fields"]["why"]


def test_a_missing_file_is_one_sentence(hospital):
    for verb in ("check", "apply", "diff"):
        done = hospital.cli("policy", verb, hospital.home / "not-there.yaml", check=False)
        assert done.status == 1 and "not-there.yaml" in done.errors and len(done.errors.strip().splitlines()) == 1, done.errors


def test_diff_shows_what_would_change_and_changes_nothing(hospital, file):
    before = version(hospital)
    document = hospital.document()
    document["rules"][0]["allow"] = ["shell"]
    document["rules"] = [one for one in document["rules"] if one["id"] != "narrow"]
    done = hospital.cli("policy", "diff", file(document))
    assert "staff" in done.text and "narrow" in done.text and version(hospital) == before
    assert "nothing would change" in hospital.cli("policy", "diff", file(hospital.document())).all


def test_apply_shows_the_difference_keeps_a_version_and_takes_effect(hospital, file):
    person = hospital.person("narrow", key=True)
    assert hospital.ssh(person, "mri-3", "id", way="key").status != 0
    document = hospital.document()
    next(one for one in document["rules"] if one["id"] == "narrow")["allow"].append("exec:id")
    done = hospital.cli("policy", "apply", file(document))
    assert "narrow" in done.all and "in force" in done.all
    assert "uid=" in hospital.ssh(person, "mri-3", "id", way="key").text
    first = hospital.audit(kind="session.start", person=person.name)
    hospital.apply_policy(hospital.document())
    assert hospital.ssh(person, "mri-3", "id", way="key").status != 0
    versions = [one["fields"]["policy_version"] for one in hospital.audit(kind="session.start", person=person.name)]
    assert len(set(versions)) == len(versions) == 3, (first, versions)


def test_explain_names_the_rule_and_what_would_change_it(hospital):
    person, vendor = hospital.staff(), hospital.vendor()
    account = hospital.account

    def explain(who, target, use):
        return hospital.cli("policy", "explain", who.name, target, account, use).text

    text = explain(person, "mri-3", "shell")
    assert "permit" in text and "staff" in text
    text = explain(vendor, "ct-1", "shell")
    assert "on-request" in text and "approval" in text
    text = explain(person, "pump-1", "exec:reboot")
    assert "never-exec-on-pumps" in text and "deny" in text
    text = explain(person, "lone-1", "shell")
    assert "default-deny" in text
    row = hospital.json("policy", "explain", person.name, "mri-3", account, "shell")
    row = row[0] if isinstance(row, list) else row
    assert row["verdict"] == "permit" and row["rule"] == "staff"


def test_explain_agrees_with_what_happens(hospital):
    for where, command in (("mri-3", "id"), ("pump-1", "id"), ("lone-1", "id"), ("brief-1", "id")):
        person = hospital.staff(key=True)
        said = "permit" in hospital.cli("policy", "explain", person.name, where, hospital.account, f"exec:{command}").text.splitlines()[1]
        did = hospital.ssh(person, where, command, way="key")
        assert said == ("uid=" in did.text), where


def test_who_can(hospital):
    person = hospital.staff()
    text = hospital.cli("policy", "who-can", "mri-3").text
    assert person.name in text and "staff" in text
    assert person.name not in hospital.cli("policy", "who-can", "ct-1").text


def test_networks_and_agreements_gate_a_vendor(hospital):
    vendor = hospital.vendor()
    document = hospital.document()
    rule = next(one for one in document["rules"] if one["id"] == "on-request")
    rule["access"], rule["to"] = "standing", {"targets": ["mri-3"]}
    del rule["approval"]
    rule["allow"] = ["exec"]
    document["vendors"]["acme-imaging"]["networks"] = [f"{vendor.source}/32"]
    hospital.apply_policy(document)
    assert hospital.ssh(vendor, "mri-3", "echo", "in").text == "in\n"
    done = hospital.ssh(vendor, "mri-3", "echo", "in", source=hospital.vendor().source)
    assert done.status != 0 and "in\n" not in done.text
    document["vendors"]["acme-imaging"]["agreement"] = {"signed": "2020-01-15", "expires": "2021-01-15"}
    hospital.apply_policy(document)
    vendor = hospital.vendor(source=vendor.source)
    done = hospital.ssh(vendor, "mri-3", "echo", "in")
    assert done.status != 0 and "in\n" not in done.text
    assert {one["fields"]["reason"] for one in hospital.audit(kind="access.decided", person=vendor.name)} <= {"agreement_expired", "agreement-expired"}
    hospital.apply_policy(hospital.document())


def test_wrong_usage_is_exit_2_and_refusals_are_exit_1_with_one_sentence(hospital):
    for args in (["policy", "no-such"], ["no-such"], ["policy", "explain"], ["person", "add"], ["recording", "export", "x"]):
        assert hospital.cli(*args, check=False, input="").status == 2, args
    for args in (["person", "show", "nobody-here"], ["secret", "put", "mri-3/no-such-account", "--password-stdin"], ["session", "show", "0123456789abcdef"]):
        done = hospital.cli(*args, check=False, input="a password\n")
        assert done.status == 1 and len(done.errors.strip().splitlines()) == 1, (args, done.all)
