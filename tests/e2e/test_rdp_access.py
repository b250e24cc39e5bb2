"""Access on request and in an emergency, asked for in the lobby: the same questions as in a terminal, then the target's screen by itself."""
import time

import pytest
from hospital import rdp
from hospital.rdp_scene import answer, changes, clinic, leave, lobby, until  # noqa: F401


def request_of(clinic, person, within=10):
    return until(lambda: [one for one in clinic.json("request", "list") if one["person"] == person.name], within)[0]


def ask(clinic, client, person, where="ct-1"):
    answer(client, person.fresh_code)
    answer(client, "the worklist hangs")
    answer(client, "")  # as long as may be
    return request_of(clinic, person)


def test_asked_for_in_the_lobby_approved_and_it_connects_by_itself(clinic):
    person, dana = clinic.staff(), clinic.person("admins")
    with clinic.xfreerdp(person, "ct-1") as client:
        request = ask(clinic, client, person)
        assert request["state"] == "requested" and not clinic.sessions(person)
        clinic.reviewed("request", "approve", str(request["id"]), "--for", "20m", person=dana)
        clinic.connected(client)
        assert clinic.json("request", "show", str(request["id"]))["state"] == "active"
    # A grant covers every connection while it lasts.
    with clinic.session(person, "ct-1") as client:
        assert client.lives()


def test_a_denial_is_shown_and_nothing_is_reached(clinic):
    person, dana = clinic.staff(), clinic.person("admins")
    with clinic.xfreerdp(person, "ct-1") as client:
        request = ask(clinic, client, person)
        before = client.display.picture()
        clinic.reviewed("request", "deny", str(request["id"]), "--reason", "not tonight", person=dana)
        changes(client, before, 10)
        time.sleep(1)
        assert not clinic.sessions(person)
    assert not [one for one in clinic.audit(person=person.name) if one["kind"] == "session.start"]


def test_a_revoked_approval_ends_the_desktop(clinic):
    person, dana = clinic.staff(), clinic.person("admins")
    with clinic.xfreerdp(person, "ct-1") as client:
        request = ask(clinic, client, person)
        clinic.reviewed("request", "approve", str(request["id"]), person=dana)
        clinic.connected(client)
        clinic.reviewed("request", "revoke", str(request["id"]), "--reason", "wrong machine", person=dana)
        until(lambda: not clinic.sessions(person), 15)
        leave(client)


def test_more_time_is_asked_for_from_inside_the_session(clinic):
    person, dana = clinic.staff(), clinic.person("admins")
    with clinic.xfreerdp(person, "ct-1") as client:
        request = ask(clinic, client, person)
        clinic.reviewed("request", "approve", str(request["id"]), "--for", "20m", person=dana)
        clinic.connected(client)
        client.display.click(400, 300)  # the keys are the window's
        typed = len(clinic.shadow.cart.typed())
        client.display.key("x", "Control_L", "Alt_L", "Shift_L")
        asked = until(lambda: [one for one in clinic.audit(person=person.name) if one["kind"] == "access.extension-asked"], 10)
        assert len(asked) == 1
        client.display.type("done")
        until(lambda: clinic.shadow.cart.typed()[typed:].endswith("done"), 10)
        assert "x" not in clinic.shadow.cart.typed()[typed:].lower(), "Anteroom's own keys went to the target"


def extensions(clinic, person):
    return [one for one in clinic.audit(person=person.name) if one["kind"] == "access.extension-asked"]


def test_other_clicks_and_keys_at_the_strip_are_the_targets(clinic):
    """A click on a sentence that does not invite to it, and AltGr: mstsc sends it as Ctrl and the Alt on the right (Polish: AltGr+Shift+X is a letter)."""
    person, dana = clinic.staff(), clinic.person("admins")
    with clinic.xfreerdp(person, "ct-1") as client:
        request = ask(clinic, client, person)
        clinic.reviewed("request", "approve", str(request["id"]), "--for", "20m", person=dana)
        clinic.connected(client)
        before = len(clinic.shadow.cart.clicks())
        client.display.click(300, 8)  # "recorded, until ..." stands there
        until(lambda: (1, 300, 8) in clinic.shadow.cart.clicks()[before:], 40)
        typed = len(clinic.shadow.cart.typed())
        client.display.key("x", "Control_L", "Alt_R", "Shift_L")
        until(lambda: "x" in clinic.shadow.cart.typed()[typed:].lower(), 40)
        assert not extensions(clinic, person)


def test_a_click_on_the_warning_that_invites_to_it_asks_for_more_time(clinic):
    person, dana = clinic.staff(), clinic.person("admins")
    with clinic.xfreerdp(person, "ct-1") as client:
        request = ask(clinic, client, person)
        clinic.reviewed("request", "approve", str(request["id"]), "--for", "80s", person=dana)
        clinic.connected(client)

        def clicked():
            client.display.click(300, 8)
            return extensions(clinic, person)
        asked = until(clicked, 70, 1)  # the warning comes a minute before the end
        assert len(asked) == 1
        before = len(clinic.shadow.cart.clicks())
        client.display.click(400, 300)
        until(lambda: (1, 400, 300) in clinic.shadow.cart.clicks()[before:], 40)
        assert len(extensions(clinic, person)) == 1


def test_the_glass_is_broken_in_the_lobby(clinic):
    person = clinic.staff()
    with clinic.xfreerdp(person, "er-1") as client:
        answer(client, person.fresh_code)
        answer(client, "break-glass")
        answer(client, "patient on the table")
        answer(client, "YES")
        clinic.connected(client)
    used = [one for one in clinic.audit(person=person.name) if one["kind"] in ("break-glass.used", "session.start")]
    assert [one["kind"] for one in used] == ["break-glass.used", "session.start"]
    assert [one for one in clinic.json("break-glass", "list", "--all") if one["person"] == person.name]


def test_the_lobby_that_waits_is_left_by_escape(clinic):
    person = clinic.staff()
    with clinic.xfreerdp(person, "ct-1") as client:
        request = ask(clinic, client, person)
        leave(client)  # the first Escape leaves; one more closes what is said then
    assert clinic.json("request", "show", str(request["id"]))["state"] == "requested"
    assert not clinic.workers()


# ---- .rdp files

@pytest.fixture
def ticket(clinic):
    def make(person, where="pacs-1", code=None):
        file = clinic.home / f"ticket-{next(clinic.counter)}.rdp"
        clinic.reviewed("ticket", "rdp", where, "--out", str(file), person=person, code=code)
        return file
    return make


def from_file(clinic, person, file):
    """xfreerdp reads it; what is not in it (no certificate is known here) stands behind it."""
    return clinic.client([rdp.XFREERDP, str(file), "/cert:ignore", "-grab-keyboard", "/size:1024x768", "/log-level:INFO"])


def test_a_ticket_opens_the_desktop_without_a_question(clinic, ticket):
    person = clinic.staff()
    file = ticket(person)
    assert file.stat().st_mode & 0o077 == 0, "what it holds opens a session"
    with from_file(clinic, person, file) as client:
        clinic.connected(client)
        (live,) = clinic.sessions(person)
        assert live["target"] == "pacs-1"
    start = clinic.audit(kind="session.start", person=person.name)[0]
    assert "ticket" in str(start["fields"]), start


def test_a_ticket_used_twice_leads_to_the_lobby_and_is_audited(clinic, ticket):
    person = clinic.staff()
    file = ticket(person)
    with from_file(clinic, person, file) as client:
        clinic.connected(client)
    until(lambda: not clinic.sessions(person), 10)
    with from_file(clinic, person, file) as client:
        lobby(client)
        time.sleep(1)
        assert not clinic.sessions(person)
    assert [one for one in clinic.audit(person=person.name) if "refused" in one["kind"] and "ticket" in str(one)], clinic.audit(person=person.name)


def test_a_ticket_whose_token_was_changed_opens_nothing(clinic, ticket):
    person = clinic.staff()
    file = ticket(person)
    text = file.read_bytes()
    secret = clinic.home / "changed.rdp"
    wide = text.decode("utf-16") if text[:2] in (b"\xff\xfe", b"\xfe\xff") else text.decode()
    lines = [line[:-6] + "AAAAAA" if "password" in line.lower() or "shell" in line.lower() else line for line in wide.splitlines()]
    secret.write_text("\r\n".join(lines) + "\r\n")
    with from_file(clinic, person, secret) as client:
        lobby(client)
        time.sleep(1)
        assert not clinic.sessions(person)
