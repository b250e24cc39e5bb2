"""A desktop that is left alone: silence is silence in both directions, so what moves, or is copied, is at work; and nothing else is."""
import time

from hospital.rdp_scene import clinic, leave, until  # noqa: F401

TARGETS = ("shadow", "xrdp")
IDLE, LONGER = "8s", 20
COPIED_IDLE, COPIED_LONGER = "20s", 45  # a copy takes seconds where the machine is busy


def patience(clinic, target, idle=IDLE):
    document = clinic.document()
    for rule in document["rules"]:
        if rule["id"] == target:
            rule["idle"] = idle
    clinic.apply_policy(document)


def ends_silent(clinic, person, client):
    until(lambda: not clinic.sessions(person), 60)
    leave(client, 60)
    (end,) = clinic.audit(kind="session.end", person=person.name)
    assert end["fields"]["reason"] == "idle", end


def test_who_watches_what_moves_is_not_cut_and_who_sees_it_rest_is(clinic):  # noqa: F811
    patience(clinic, "cart-1")
    person = clinic.staff()
    with clinic.session(person, "cart-1") as client:
        try:
            clinic.shadow.cart.tell(f"scroll {LONGER}")  # comes back when it is over
            assert clinic.sessions(person) and client.lives(), "cut while the picture moved"
            ends_silent(clinic, person, client)
        finally:
            clinic.shadow.cart.tell("picture")


def test_what_is_copied_keeps_a_still_desktop_open_and_what_is_refused_does_not(clinic):  # noqa: F811
    patience(clinic, "desk-1", COPIED_IDLE)
    person = clinic.staff()
    with clinic.session(person, "desk-1", "+clipboard", target=clinic.xrdp) as client:
        until_then = time.monotonic() + COPIED_LONGER
        number = 0
        while time.monotonic() < until_then:
            number += 1
            client.display.clipboard(f"copied {number}")
            until(lambda: clinic.xrdp.display.pasted() == f"copied {number}", 40, 0.5)
        assert clinic.sessions(person) and client.lives(), "cut while texts were copied"
        ends_silent(clinic, person, client)
    patience(clinic, "bare-1")
    person = clinic.staff()
    with clinic.session(person, "bare-1", "+clipboard", target=clinic.xrdp) as client:
        began = time.monotonic()
        while clinic.sessions(person):
            assert time.monotonic() - began < 60, "kept open by what does not pass"
            client.display.clipboard(f"refused {time.monotonic()}")
            time.sleep(0.5)
        leave(client, 60)
