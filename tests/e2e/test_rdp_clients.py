"""Remmina, as many Linux desktops have it: a prepared profile, the code in the lobby, the target's picture, keys and mouse."""
import pytest
from hospital.display import found
from hospital.rdp_scene import awake, clinic, lobby, until  # noqa: F401


def test_remmina_with_a_saved_profile_reaches_the_target(clinic):
    if not found("remmina"):
        pytest.skip("not installed: remmina")
    person = clinic.staff()
    with clinic.remmina(person, "pacs-1") as client:
        lobby(client, 40)
        awake(client)
        clinic.signed_in(client, person, within=40)
        cart = clinic.shadow.cart
        typed, clicked = len(cart.typed()), len(cart.clicks())
        client.display.click(400, 300)
        client.display.type("gantry 7")
        until(lambda: cart.typed()[typed:] == "gantry 7", 15)
        assert (1, 400, 300) in cart.clicks()[clicked:]
        clinic.shadow.cart.tell("picture 5")
        try:
            clinic.connected(client, within=20)
        finally:
            clinic.shadow.cart.tell("picture")
        (live,) = clinic.sessions(person)
        assert live["target"] == "pacs-1"
    until(lambda: not clinic.sessions(person), 15)
    assert clinic.recording_of(person)["state"] == "complete"


def test_remmina_with_a_wrong_saved_password_gets_no_session(clinic):
    if not found("remmina"):
        pytest.skip("not installed: remmina")
    person = clinic.staff()
    person.password, right = "not the one", person.password
    with clinic.remmina(person, "pacs-1") as client:
        lobby(client, 40)
        awake(client)
        client.display.type(person.fresh_code())
        client.display.key("Return")
        until(lambda: clinic.audit(kind="login.refused", person=person.name), 20)
        assert not clinic.sessions(person)
    person.password = right
