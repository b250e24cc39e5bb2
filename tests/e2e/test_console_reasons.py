"""What people write and type in a hurry: a reason over several lines costs nobody their code, and a recovery code can be typed on a phone."""
import re

import pytest

from hospital.anteroom import Person, new_source
from hospital.codes import Codes
from hospital.console import ConsoleHospital
from hospital.visitor import PHONE, Visitor, open_browser


@pytest.fixture(scope="module")
def hospital():
    here = ConsoleHospital()
    try:
        yield here.open()
    finally:
        here.close()


@pytest.fixture(scope="module")
def driver(hospital):
    here = open_browser(hospital)
    yield here
    here.close()


def refusals(hospital, person):
    return hospital.audit(kind="console.refused", person=person.name)


def test_an_emergency_is_opened_by_one_code_however_its_reason_was_typed(hospital, driver):
    clara = hospital.person("clinical")
    with Visitor(driver, hospital, PHONE) as window:
        window.borrow(hospital.api(clara)).go("/")
        window.button("Break the glass…").click()
        reason = window.page.getByLabel("Why it cannot wait")
        reason.fill("Die Pumpe schließt nicht, für Größe " + "ü" * 300)
        window.button("Break the glass", exact=True).click()
        window.see(re.compile(r"^Too long by 140 characters"))
        assert window.page.getByLabel("Code", exact=True).count() == 0, "no factor is asked for what would be refused"
        assert window.look("small") == [] and window.inspect() == []
        reason.fill("Die Pumpe schließt nicht.\u0007\nDer Patient\u200b wartet.\u2028Jetzt.")
        window.button("Break the glass", exact=True).click()
        window.page.getByLabel("Code", exact=True).fill(clara.fresh_code())
        window.button("Break the glass with code").click()
        window.until("location.pathname.startsWith('/requests/')")
        window.see("Die Pumpe schließt nicht. Der Patient wartet. Jetzt.")
        assert window.went_wrong() == []
    assert refusals(hospital, clara) == []


def enrolled(hospital):
    """Somebody with recovery codes: (person, codes)."""
    name = "rika"
    person = Person(name, hospital.json("person", "invite", name, "--group", "staff")["code"], None, new_source())
    guest = hospital.api(source=person.source)
    guest.sign_in(person, code="")
    begun = guest.post("/api/me/codes/begin").json
    person.password, person.codes = "a scanner with a view", Codes(begun["uri"])
    reply = guest.post("/api/me/enrol", {"nonce": begun["nonce"], "password": person.password, "code": person.fresh_code()})
    assert reply.status == 200, reply
    return person, reply.json["recovery"]


def keyboard(window):
    return window.page.evaluate("(() => { const { inputMode, autocomplete } = document.querySelector('[name=code]'); return [inputMode, autocomplete, document.activeElement.name]; })()")


def test_a_recovery_code_is_typed_on_a_phone_to_sign_in_and_to_decide(hospital, driver):
    person, recovery = enrolled(hospital)
    with Visitor(driver, hospital, PHONE) as window:
        window.go("/me")
        window.page.getByLabel("Name", exact=True).fill(person.name)
        window.page.getByLabel("Password", exact=True).fill(person.password)
        window.button("Use a recovery code").tap()
        assert keyboard(window) == ["text", "off", "code"]
        window.button("Use a code from the app").tap()
        assert keyboard(window) == ["numeric", "one-time-code", "code"]
        window.button("Use a recovery code").tap()
        assert window.look("small") == [] and window.look("covered") == [] and window.inspect() == []
        window.page.keyboard.type(recovery[0].upper())
        window.page.keyboard.press("Enter")
        window.heading("My security").waitFor()
        window.button("Make new recovery codes").click()
        window.page.getByRole("dialog").getByRole("button", name="Use a recovery code").tap()
        assert keyboard(window) == ["text", "off", "code"]
        assert window.look("small") == [] and window.look("covered") == [] and window.inspect() == []
        window.page.getByLabel("Recovery code", exact=True).fill(recovery[0])
        window.button("Make with code").click()
        window.page.getByRole("alert").first().waitFor()  # it has been used
        window.page.getByLabel("Recovery code", exact=True).fill(recovery[1])
        window.button("Make with code").click()
        window.heading("Your recovery codes").waitFor()
        assert window.went_wrong() == []
