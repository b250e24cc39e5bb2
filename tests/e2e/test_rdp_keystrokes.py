"""Keys pressed at a desktop, sealed to a key of their own where policy says so: read with the offline key, and in no other way."""
from hospital.house import until
from hospital.rdp_scene import clinic  # noqa: F401

TYPED = "Geheim 42"


def test_keys_at_a_desktop_are_read_with_the_offline_key_only(clinic):  # noqa: F811
    key = clinic.home / "keystroke-key.txt"
    clinic.cli("key", "keystrokes", "--out", key)
    document = clinic.document()
    (rule,) = [one for one in document["rules"] if one["id"] == "pacs-1"]
    rule["keystrokes"] = "sealed"
    clinic.apply_policy(document)
    person, ruth = clinic.staff(), clinic.reviewer()
    with clinic.session(person, "pacs-1") as client:
        typed = len(clinic.shadow.cart.typed())
        client.display.type(TYPED)
        until(lambda: clinic.shadow.cart.typed()[typed:] == TYPED, 30)  # sealed before it is passed on
    recording = clinic.recording_of(person)
    done = clinic.reviewed("recording", "keystrokes", recording["id"], "--key", key, person=ruth)
    assert TYPED in done.text, done.all
    assert person.password not in done.text and clinic.shadow.password not in done.text, "neither the sign-in nor the target's logon"
    played = clinic.reviewed("recording", "play", recording["id"], "--speed", "1000", person=ruth)
    assert "keys" in played.text and TYPED not in played.text
    other = clinic.reviewed("recording", "keystrokes", recording["id"], "--key", clinic.home / "escrow-key.txt", person=ruth, check=False)
    assert other.status == 1 and "sealed to another key" in other.errors and TYPED not in other.all
