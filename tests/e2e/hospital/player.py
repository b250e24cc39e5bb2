"""Somebody who looks at a recording in their browser: the player of the console's replay, and what its canvas really shows."""
import base64
import hashlib
import json
import re
import time

from .display import Picture

CANVAS = "document.querySelector('.desktop canvas')"
SLIDER = "document.querySelector('[role=slider]')"
# The pixels that are on the screen now: R G B A. The pointer is drawn above them and is none of them.
PIXELS = f"(() => {{ const it = {CANVAS}; return it && it.width > 0 ? it.getContext('2d').getImageData(0, 0, it.width, it.height) : null; }})()"
# From now on each picture that is shown is noted by its hash, with the second that the player stood at.
FILM = f"""(() => {{
    window.__film = [];
    const look = async () => {{
        const pixels = {PIXELS};
        const at = Number({SLIDER}?.getAttribute('aria-valuenow') ?? -1);
        if (pixels) {{
            const hash = [...new Uint8Array(await crypto.subtle.digest('SHA-256', pixels.data))].map((one) => one.toString(16).padStart(2, '0')).join('');
            if (window.__film.at(-1)?.[1] !== hash) window.__film.push([at, hash]);
        }}
        setTimeout(look, 40);
    }};
    void look();
    return 0;
}})()"""


def rgba(picture):
    out = bytearray(picture.data)
    out[0::4], out[2::4] = picture.data[2::4], picture.data[0::4]
    return bytes(out)


def known_by(picture):
    return hashlib.sha256(rgba(picture)).hexdigest()


# Before that it knows neither what there is nor how long it is.
CONNECTED = "document.querySelector('[role=slider]') && !document.body.innerText.includes('Connecting…')"
# A busy machine would come too late from outside.
PAUSE_AT_ONCE = """{
    window.__paused = false;
    const looks = setInterval(() => {
        const pause = document.querySelector('.controls [aria-label=Pause]');
        if (!pause || document.body.innerText.includes('Connecting…')) return;
        clearInterval(looks);
        pause.click();
        window.__paused = true;
    }, 20);
}"""


class Player:
    """A Visitor at /replay/ID."""

    def __init__(self, window, session):
        self.window, self.session = window, session

    def open(self, moment="", name=re.compile("^Play"), playing=True):
        self.window.go(f"/replay/{self.session}{moment}")
        self.window.button(name).first().click()
        if not playing:
            self.window.page.evaluate(PAUSE_AT_ONCE)
        self.window.button("Play with passkey").click()
        self.window.until(CONNECTED if playing else CONNECTED + " && window.__paused")  # of two who pause it, the later one would stop what is played afterwards
        return self if playing else self.pause()

    def slider(self):
        return self.window.page.getByRole("slider", name="Position")

    def position(self):
        return int(self.slider().getAttribute("aria-valuenow"))

    def pause(self):
        """It may have come to its end meanwhile: then it stands too."""
        self.window.page.evaluate("document.querySelector('.controls [aria-label=Pause]')?.click()")
        self.window.button("Play", exact=True).waitFor()
        return self

    def play(self):
        self.window.button("Play", exact=True).click()
        return self

    def click_at(self, seconds):
        """On the seek bar, where that moment is."""
        self.slider().scrollIntoViewIfNeeded()
        box = self.slider().boundingBox()
        length = int(self.slider().getAttribute("aria-valuemax"))
        self.window.page.mouse.click(box["x"] + box["width"] * min(1, seconds / length), box["y"] + box["height"] / 2)
        return self

    # ---- what it shows

    def picture(self):
        """What the canvas shows; nothing where it has no picture yet."""
        found = self.window.page.evaluate(f"""(() => {{ const it = {PIXELS}; if (!it) return null; let out = '';
            for (let at = 0; at < it.data.length; at += 30000) out += String.fromCharCode(...it.data.subarray(at, at + 30000));
            return [it.width, it.height, btoa(out)]; }})()""")
        if not found:
            return None
        width, height, text = found
        data = bytearray(base64.b64decode(text))
        data[0::4], data[2::4] = data[2::4], data[0::4]
        return Picture(width, height, bytes(data))

    def hash(self):
        return self.window.page.evaluate(f"(async () => {{ const it = {PIXELS}; return it && [...new Uint8Array(await crypto.subtle.digest('SHA-256', it.data))].map((one) => one.toString(16).padStart(2, '0')).join(''); }})()")

    def until_like(self, picture, pictures, timeout=40):
        """Until the canvas is this picture, pixel by pixel; else what it was instead is left in a folder."""
        wanted, deadline = known_by(picture), time.monotonic() + timeout
        while self.hash() != wanted:
            if time.monotonic() > deadline:
                pictures.mkdir(parents=True, exist_ok=True)
                shown = self.picture()
                saved = [one.save(pictures / f"{name}.png") for one, name in ((picture, "target"), (shown, "canvas")) if one]
                raise AssertionError(f"not the target's picture within {timeout} s, at {self.position()} s: {saved}; {shown and shown.differing(picture)} pixels differ")
            time.sleep(0.1)

    def film(self):
        self.window.page.evaluate(FILM)

    def filmed(self, pictures):
        """Which of the pictures it has shown so far, in order: (number, the second that the player stood at)."""
        known = {known_by(one): number for number, one in enumerate(pictures)}
        return [(known[name], at) for at, name in json.loads(self.window.page.evaluate("JSON.stringify(window.__film)")) if name in known]
