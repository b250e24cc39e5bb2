"""A person in front of a browser: signs in, has a passkey in their phone, and looks at a page with a ruler."""
import base64
import json
import pathlib
import time

from cryptography.hazmat.primitives import serialization

from .browser import HERE, Driver, public_key_pin
from .passkey import b64

PHONE, DESK = (390, 844), (1440, 900)
LOOK = (HERE / "look.js").read_text()
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def open_browser(house, *options):
    """A browser that trusts this hospital's certificate and no other that it could not check."""
    return Driver(f"--ignore-certificate-errors-spki-list={public_key_pin(house.certificate)}", "--lang=en-US", *options)


class Visitor:
    def __init__(self, driver, house, size=DESK, scheme="light", motion="no-preference", **more):
        self.driver, self.house, self.size = driver, house, size
        opened = driver.here.open(viewport={"width": size[0], "height": size[1]}, colorScheme=scheme, reducedMotion=motion, locale="en-US", timezoneId="UTC", baseURL=house.origin,
                                  hasTouch=size[0] < 600, permissions=["clipboard-read", "clipboard-write"], **more)
        self.context, self.page, self.wrongs = opened["context"], opened["page"], opened["wrongs"]
        self.cdp = None

    def __getattr__(self, name):
        """Playwright's page: what it offers is offered here."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.page, name)

    def js(self, function, *given):
        return self.page.evaluate(f"({function})({', '.join(json.dumps(one) for one in given)})")

    def go(self, path="/"):
        self.page.goto(self.house.origin + path)
        return self

    def button(self, name, **more):
        return self.page.getByRole("button", name=name, **more)

    def heading(self, name, **more):
        return self.page.getByRole("heading", name=name, **more)

    def see(self, text, timeout=40, **more):
        """Waits until a text is on the page."""
        self.page.getByText(text, **more).first().waitFor(state="visible", timeout=timeout * 1000)

    def until(self, expression, timeout=40):
        """Waits until an expression of the page's is true; its value."""
        deadline = time.monotonic() + timeout
        while True:
            found = self.page.evaluate(expression)
            if found:
                return found
            assert time.monotonic() < deadline, f"not within {timeout} s: {expression}; the page: {self.text()[:1500]}"
            time.sleep(0.05)

    def until_drawn(self, text, gone=False):
        """Looks at the terminal until a text stands in it, or none any more: what is out of sight is not drawn."""
        self.until(f"""(() => {{ const rows = document.querySelector('.xterm-rows'); rows?.scrollIntoView({{ block: 'center' }});
            return rows && rows.innerText.includes({json.dumps(text)}) !== {json.dumps(gone)}; }})()""")

    def text(self):
        return self.page.evaluate("document.body.innerText")

    def where(self):
        return self.page.evaluate("location.pathname + location.search + location.hash")

    # ---- who

    def borrow(self, api):
        """The console session of a caller of the API: signed in without the page for it."""
        self.context.addCookies([{"name": "__Host-anteroom", "value": api.token, "url": self.house.origin, "secure": True, "httpOnly": True, "sameSite": "Strict"}])
        return self

    def authenticator(self, passkey=None):
        """A phone with its screen lock (CTAP2, user verification); with a passkey that the API's caller made."""
        self.cdp = self.context.newCDPSession(self.page)
        self.cdp.send("WebAuthn.enable", {"enableUI": False})
        made = self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": {"protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "internal", "hasResidentKey": True,
                                                                              "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True}})
        self.device = made["authenticatorId"]
        if passkey:
            key = passkey.key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            self.cdp.send("WebAuthn.addCredential", {"authenticatorId": self.device, "credential": {
                "credentialId": base64.b64encode(passkey.id).decode(), "isResidentCredential": True, "rpId": passkey.rp, "privateKey": base64.b64encode(key).decode(),
                "userHandle": base64.b64encode(passkey.user).decode(), "signCount": passkey.counter}})
        return self

    def credentials(self):
        return self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.device})["credentials"]

    # ---- the ruler

    def look(self, what):
        return self.page.evaluate(f"{LOOK}.{what}()")

    def inspect(self):
        return self.driver.here.inspect(self.page, WCAG)

    def went_wrong(self):
        return self.wrongs.take()

    def tab_through(self, limit=400):
        """Every stop of the Tab key once, in the order of the page, seen and marked; and out again."""
        self.page.evaluate(f"window.__look = {LOOK}")
        stops = self.page.evaluate("window.__look.mark()")
        wrong, visited = [], []
        for _ in range(min(limit, 2 * len(stops) + 24)):
            self.page.keyboard.press("Tab")
            now = self.page.evaluate("window.__look.focus()")
            if now["at"] < 0:
                if visited and now["name"] == "the page itself":
                    break
                if now["name"] != "the page itself":
                    wrong.append(f"the focus is on {now['name']}, which nobody expects")
                continue
            if visited and now["at"] == visited[-1] and now["parts"]:
                continue  # day, month, year: stops within one field
            if visited and now["at"] == visited[0]:
                break
            if now["at"] in visited:
                wrong.append(f"{now['name']} holds the focus")
                break
            if visited and now["at"] < visited[-1]:
                wrong.append(f"{now['name']} comes after {stops[visited[-1]]}")
            if not now["shows"]:
                wrong.append(f"{now['name']} does not show that it has the focus")
            if not now["seen"]:
                wrong.append(f"{now['name']} has the focus and is not in sight")
            visited.append(now["at"])
        wrong += [f"{stops[at]} is never reached" for at in range(len(stops)) if at not in visited]
        return wrong

    def double_text(self):
        self.page.evaluate("document.documentElement.style.fontSize = '200%'")
        self.until_laid_out()

    def until_laid_out(self):
        """What follows a window's size (a terminal that is drawn anew, a picture that is pinned or not any more) follows it a little later."""
        self.page.evaluate("""(async () => {
            const boxes = () => JSON.stringify([...document.querySelectorAll('main *')].map((one) => Object.values(one.getBoundingClientRect().toJSON()).map(Math.round)));
            for (let last = '', same = 0, times = 0; same < 5 && times < 80; times += 1) {
                await new Promise((done) => setTimeout(() => requestAnimationFrame(done), 80));
                const now = boxes();
                [same, last] = [now === last ? same + 1 : 0, now];
            }
        })()""")

    def picture(self, path, mask=()):
        pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
        return self.page.screenshot(path=str(path), animations="disabled", caret="hide", mask=list(mask), maskColor="#808080")

    def close(self):
        self.context.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def credential_id(credential):
    return b64(base64.b64decode(credential["credentialId"]))
