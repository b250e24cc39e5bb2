"""An X display of its own (Xvfb), with eyes and hands: its picture as bytes, its keyboard and its mouse. No window manager, nobody else."""
import os
import pathlib
import select
import shutil
import struct
import subprocess
import time
import zlib

from .sshd import die_with_parent

try:  # who only asks whether there is a display needs none of it
    from Xlib import X, XK, display as xlib
    from Xlib.ext import randr, xtest
    from Xlib.protocol import display as wire, event
except ImportError:
    xlib = None

# Names of keys for characters that are not their own name.
NAMES = {" ": "space", "\n": "Return", "\r": "Return", "\t": "Tab", "+": "plus", "-": "minus", "_": "underscore", ".": "period", ",": "comma", ":": "colon", ";": "semicolon",
         "/": "slash", "\\": "backslash", "'": "apostrophe", '"': "quotedbl", "!": "exclam", "?": "question", "#": "numbersign", "@": "at", "=": "equal", "(": "parenleft",
         ")": "parenright", "*": "asterisk", "&": "ampersand", "%": "percent", "$": "dollar", "<": "less", ">": "greater", "|": "bar", "~": "asciitilde", "^": "asciicircum",
         "[": "bracketleft", "]": "bracketright", "{": "braceleft", "}": "braceright", "`": "grave", "\x1b": "Escape", "\b": "BackSpace"}


def found(program):
    """Where it is; servers are where only root looks."""
    return shutil.which(program, path="/usr/bin:/bin:/usr/sbin:/sbin:" + os.environ.get("PATH", ""))


def missing(*programs):
    """What is not installed of these, and of what a display takes."""
    return [name for name in ("Xvfb", *programs) if not found(name)] + ([] if xlib else ["python3-xlib"])


class Picture:
    """Pixels, 32 bits each: B, G, R and one byte that means nothing and is 255 here."""

    def __init__(self, width, height, data):
        self.width, self.height = width, height
        self.data = opaque(data)

    def pixel(self, x, y):
        at = (y * self.width + x) * 4
        blue, green, red = self.data[at:at + 3]
        return red, green, blue

    def crop(self, x, y, width, height):
        lines = (self.data[((y + line) * self.width + x) * 4:][:width * 4] for line in range(height))
        return Picture(width, height, b"".join(lines))

    def differing(self, other):
        """How many pixels differ; all of them where the sizes do."""
        if (self.width, self.height) != (other.width, other.height):
            return max(self.width * self.height, other.width * other.height)
        if self.data == other.data:
            return 0
        return sum(a != b for a, b in zip(memoryview(self.data).cast("I"), memoryview(other.data).cast("I")))

    def loudest(self, other):
        """The largest difference of a colour's channel."""
        return max(abs(a - b) for a, b in zip(self.data, other.data))

    def error(self, other):
        """The mean square error of the channels."""
        return sum((a - b) ** 2 for a, b in zip(self.data, other.data)) / (self.width * self.height * 3)

    def colours(self):
        return len(set(memoryview(self.data).cast("I")))

    def save(self, path):
        rows = (b"\0" + self.rgb(line) for line in range(self.height))

        def chunk(kind, body):
            return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        head = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        pathlib.Path(path).write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"".join(rows), 1)) + chunk(b"IEND", b""))
        return path

    def rgb(self, line):
        row = self.data[line * self.width * 4:(line + 1) * self.width * 4]
        out = bytearray(self.width * 3)
        out[0::3], out[1::3], out[2::3] = row[2::4], row[1::4], row[0::4]
        return bytes(out)


def opaque(data):
    out = bytearray(data)
    out[3::4] = b"\xff" * (len(out) // 4)
    return bytes(out)


def read_png(path):
    """A PNG of 8 bits a channel, colours with or without alpha, not interlaced."""
    data = pathlib.Path(path).read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n", "no PNG"
    at, body = 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        content = data[at + 8:at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length:at + 12 + length])[0] == zlib.crc32(kind + content), "a chunk's checksum"
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", content)
            assert depth == 8 and colour in (2, 6) and not interlace, (depth, colour, interlace)
        elif kind == b"IDAT":
            body += content
        at += 12 + length
    wide = 3 if colour == 2 else 4
    lines, before = zlib.decompress(body), bytearray(width * wide)
    out = bytearray(width * height * 4)
    for line in range(height):
        start = line * (width * wide + 1)
        before = unfiltered(lines[start], bytearray(lines[start + 1:start + 1 + width * wide]), before, wide)
        row = memoryview(out)[line * width * 4:(line + 1) * width * 4]
        row[0::4], row[1::4], row[2::4] = before[2::wide], before[1::wide], before[0::wide]
    return Picture(width, height, bytes(out))


def unfiltered(kind, row, above, wide):
    """PNG's filters (RFC 2083 section 6)."""
    if kind == 0:
        return row
    for i in range(len(row)):
        left, up, corner = (row[i - wide] if i >= wide else 0), above[i], (above[i - wide] if i >= wide else 0)
        if kind == 4:
            guess = left + up - corner
            near = [abs(guess - one) for one in (left, up, corner)]
            add = (left, up, corner)[near.index(min(near))]
        else:
            add = (left, up, (left + up) // 2)[kind - 1]
        row[i] = (row[i] + add) & 255
    return row


class Display:
    def __init__(self, folder, width=1024, height=768, name="x", depth=24):
        self.width, self.height = width, height
        self.log = pathlib.Path(folder) / f"{name}.log"
        inside, outside = os.pipe()
        self.process = subprocess.Popen(["Xvfb", "-displayfd", str(outside), "-screen", "0", f"{width}x{height}x{depth}", "-nolisten", "tcp", "-noreset", "-r", "-dpi", "96"],  # a key that is held up on its way is not repeated
                                        stdin=subprocess.DEVNULL, stdout=self.log.open("ab"), stderr=subprocess.STDOUT, pass_fds=(outside,), start_new_session=True,
                                        preexec_fn=die_with_parent)
        os.close(outside)
        self.number = read_line(inside, 15)
        os.close(inside)
        if not self.number:
            raise RuntimeError("Xvfb does not start: " + self.log.read_text()[-2000:])
        self.open()

    def open(self):
        self.name = f":{self.number}"
        # The library keeps one table of events for all servers, and they number their extensions differently: each gets its own.
        wire.Display.event_classes = dict(event.event_class)
        self.x = xlib.Display(self.name)
        self.x.display.event_classes = wire.Display.event_classes
        self.root = self.x.screen().root
        self.keys = {}

    def env(self, **more):
        return {"PATH": os.defpath, "DISPLAY": self.name, "LANG": "C.UTF-8", **more}

    # ---- eyes

    def picture(self, x=0, y=0, width=None, height=None):
        width, height = width or self.width, height or self.height
        lines = max(1, (1 << 20) // (width * 4))  # in pieces: the answer's length is bounded
        data = b"".join(self.root.get_image(x, y + top, width, min(lines, height - top), X.ZPixmap, 0xffffffff).data for top in range(0, height, lines))
        return Picture(width, height, data)

    def pixel(self, x, y):
        blue, green, red = self.root.get_image(x, y, 1, 1, X.ZPixmap, 0xffffffff).data[:3]
        return red, green, blue

    def until(self, what, within=10, every=0.05):
        """The first picture that `what` holds for."""
        deadline = time.monotonic() + within
        while True:
            seen = self.picture()
            if what(seen):
                return seen
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {within} s; what is on the screen: {seen.save(self.log.with_suffix('.png'))}")
            time.sleep(every)

    def until_like(self, other, within=10, edge=0):
        """Until this display shows exactly what the other one does, pixel by pixel; `edge`: lines at the top and the bottom that are not looked at."""
        deadline = time.monotonic() + within
        while True:
            mine, its = (one.picture(0, edge, other.width, other.height - 2 * edge) for one in (self, other))
            differing = mine.differing(its)
            if differing == 0:
                return mine
            if time.monotonic() > deadline:
                saved = mine.save(self.log.with_suffix(".png")), its.save(other.log.with_suffix(".png"))
                raise AssertionError(f"{differing} pixels differ after {within} s: {saved[0]} and {saved[1]}")
            time.sleep(0.1)

    def still(self, for_seconds=0.5, within=10):
        """The picture, once it has not changed for a while."""
        deadline, seen, since = time.monotonic() + within, self.picture(), time.monotonic()
        while time.monotonic() - since < for_seconds:
            assert time.monotonic() < deadline, f"it never rests: {seen.save(self.log.with_suffix('.png'))}"
            time.sleep(0.05)
            now = self.picture()
            if now.data != seen.data:
                seen, since = now, time.monotonic()
        return seen

    def pointer(self):
        at = self.root.query_pointer()
        return at.root_x, at.root_y

    # ---- hands

    def move(self, x, y):
        xtest.fake_input(self.x, X.MotionNotify, x=x, y=y)
        self.x.sync()

    def button(self, number, down):
        xtest.fake_input(self.x, X.ButtonPress if down else X.ButtonRelease, number)
        self.x.sync()

    def click(self, x=None, y=None, number=1):
        if x is not None:
            self.move(x, y)
        self.button(number, True)
        self.button(number, False)

    def wheel(self, lines):
        for _ in range(abs(lines)):
            self.click(number=5 if lines > 0 else 4)

    def key(self, name, *held):
        """One key, by its X name, with others held."""
        codes = [self.code(one)[0] for one in held]
        code, shifted = self.code(name)
        if shifted:
            codes.append(self.code("Shift_L")[0])
        for one in codes + [code]:
            xtest.fake_input(self.x, X.KeyPress, one)
        for one in [code] + codes[::-1]:
            xtest.fake_input(self.x, X.KeyRelease, one)
        self.x.sync()

    def code(self, name):
        """(key code, whether with Shift)"""
        if name not in self.keys:
            symbol = XK.string_to_keysym(name)
            # The keys in the middle first: some characters are on a further key, which no other machine would know.
            found = sorted((code > 94, index, code) for code, index in self.x.keysym_to_keycodes(symbol) if index < 2)
            assert symbol and found, f"no key for {name!r}"
            self.keys[name] = found[0][2], found[0][1] == 1
        return self.keys[name]

    def type(self, text, pause=0.012):
        for one in text:
            self.key(NAMES.get(one, one))
            time.sleep(pause)

    # ---- the rest

    def resize(self, width, height):
        """The screen itself becomes another size (RandR): no larger than it was made, and without its one monitor, whose size is fixed."""
        for crtc in self.root.xrandr_get_screen_resources().crtcs:
            randr.SetCrtcConfig(display=self.x.display, opcode=self.x.display.get_extension_major(randr.extname), crtc=crtc, timestamp=X.CurrentTime, config_timestamp=X.CurrentTime,
                                x=0, y=0, mode=0, rotation=1, outputs=[])
        randr.set_screen_size(self.root, width, height, width * 254 // 960, height * 254 // 960)
        self.x.sync()
        self.width, self.height = width, height

    def clipboard(self, text, selection="clipboard"):
        """Puts a text where other programs paste from."""
        subprocess.run(["xclip", "-selection", selection, "-in"], env=self.env(), input=text.encode(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, timeout=10)

    def pasted(self, selection="clipboard", target="UTF8_STRING"):
        """What a program that pastes would get; nothing where there is nothing."""
        try:
            done = subprocess.run(["xclip", "-selection", selection, "-out", "-target", target], env=self.env(), capture_output=True, timeout=5)
        except subprocess.TimeoutExpired:
            return ""
        return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""

    def close(self):
        try:
            self.x.close()
        except Exception:  # the server may be gone
            pass
        end(self.process)


class Desktop(Display):
    """A display that somebody else serves."""

    def __init__(self, number, folder, width, height, process=None, name="x"):
        self.number, self.width, self.height, self.process = number, width, height, process
        self.log = pathlib.Path(folder) / f"{name}.log"
        self.open()


def resize_window(display, width, height):
    """As a person would drag its corner: the one window there is becomes another size."""
    shown = [one for one in display.root.query_tree().children if one.get_attributes().map_state == X.IsViewable]
    for one in shown:
        one.configure(width=width, height=height)
    display.x.sync()


def read_line(descriptor, within):
    text, deadline = b"", time.monotonic() + within
    while not text.endswith(b"\n"):
        if not select.select([descriptor], [], [], max(0, deadline - time.monotonic()))[0]:
            return ""
        some = os.read(descriptor, 64)
        if not some:
            return ""
        text += some
    return text.decode().strip()


def end(process, within=5):
    if process and process.poll() is None:
        process.terminate()
        try:
            process.wait(within)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
