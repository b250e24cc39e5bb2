#!/usr/bin/python3
"""What runs on a target's screen: a picture of its own, and a report of every key and click that arrived, as JSON lines.

A program by itself (cart.py REPORT), told by lines on its standard input what to show:
    picture [SEED] | calm [SEED] | blank | flip | move | say TEXT | scroll SECONDS | noise SECONDS RATE | work SECONDS
It answers each with the line `done`. With `flip`, each click turns a square's colour, as fast as it can.
"""
import json
import random
import select
import sys
import time

from Xlib import X, XK, display

SQUARE = (96, 96, 64, 64)  # x, y, width, height
WHITE, BLACK, RED, BLUE = 0xffffff, 0x000000, 0xd02020, 0x2040c0


def picture_of(width, height, seed=4711, noise=True):
    """Gradients, fine lines, noise and plain areas: what each kind of encoder likes least."""
    chance = random.Random(seed)
    out = bytearray()
    for y in range(height):
        row = bytearray(width * 4)
        kind = (y * 8 // height)
        if kind in (0, 5):
            row[0::4] = bytes((x * 255 // width) for x in range(width))
            row[1::4] = bytes([y & 255]) * width
            row[2::4] = bytes(255 - (x * 255 // width) for x in range(width))
        elif kind == 1:
            row[0::4] = row[1::4] = row[2::4] = bytes(255 * ((x ^ y) & 1) for x in range(width))
        elif kind == 2 and noise:
            row = bytearray(chance.randbytes(width * 4))
        elif kind == 2:
            row[0::4] = row[1::4] = row[2::4] = bytes(255 * (chance.random() < 0.2) for _ in range(width // 4)) * 4
        elif kind in (3, 6):
            row[0::4], row[1::4], row[2::4] = b"\x60" * width, b"\x40" * width, b"\x20" * width
        else:
            row[0::4], row[1::4], row[2::4] = (bytes((x * step + y) & 255 for x in range(width)) for step in (1, 2, 3))
        out += row
    return bytes(out)


class Cart:
    def __init__(self, report):
        self.report = open(report, "a", buffering=1)
        self.x = display.Display()
        screen = self.x.screen()
        self.width, self.height = screen.width_in_pixels, screen.height_in_pixels
        self.window = screen.root.create_window(0, 0, self.width, self.height, 0, screen.root_depth, X.InputOutput, X.CopyFromParent, background_pixel=0x203040, override_redirect=1,
                                                event_mask=X.ExposureMask | X.KeyPressMask | X.KeyReleaseMask | X.ButtonPressMask | X.ButtonReleaseMask | X.PointerMotionMask)
        self.window.map()
        self.gc = self.window.create_gc(foreground=WHITE, background=0x203040, font=self.x.open_font("fixed"), graphics_exposures=0)
        self.kept = self.window.create_pixmap(self.width, self.height, screen.root_depth)
        self.flips, self.colour, self.moves, self.held = False, False, False, 0
        self.x.sync()
        self.window.set_input_focus(X.RevertToParent, X.CurrentTime)
        self.x.sync()

    # ---- what is shown

    def show_picture(self, data):
        lines = 200000 // (self.width * 4)
        for top in range(0, self.height, lines):
            high = min(lines, self.height - top)
            self.kept.put_image(self.gc, 0, top, self.width, high, X.ZPixmap, 24, 0, data[top * self.width * 4:(top + high) * self.width * 4])
        self.expose()

    def expose(self):
        self.window.copy_area(self.gc, self.kept, 0, 0, self.width, self.height, 0, 0)

    def fill(self, colour, x, y, width, height):
        self.gc.change(foreground=colour)
        self.window.fill_rectangle(self.gc, x, y, width, height)

    def text(self, x, y, text):
        self.gc.change(foreground=WHITE)
        self.window.image_text(self.gc, x, y, text.encode("latin-1", "replace"))

    def blank(self):
        self.gc.change(foreground=0x203040)
        self.kept.fill_rectangle(self.gc, 0, 0, self.width, self.height)
        self.expose()

    def lines_of_text(self, number):
        return f"{number:06d} " + " ".join(f"{(number * 7919 + column * 104729) % 99991:05d}" for column in range(20))

    def scroll(self, seconds, rate=25):
        """The whole window, as a long text is scrolled: three lines a step."""
        number, step = 0, 39
        self.blank()
        for _ in self.beats(seconds, rate):
            self.window.copy_area(self.gc, self.window, 0, step, self.width, self.height - step, 0, 0)
            self.fill(0x203040, 0, self.height - step, self.width, step)
            for line in range(3):
                self.text(4, self.height - step + 11 + 13 * line, self.lines_of_text(number))
                number += 1

    def noise(self, seconds, rate):
        """A window of 320x240 whose every pixel changes, as a film's do."""
        frames = [random.randbytes(320 * 240 * 4) for _ in range(8)]
        for number in self.beats(seconds, rate):
            data = frames[number % len(frames)]
            for top in range(0, 240, 120):
                self.window.put_image(self.gc, 200, 200 + top, 320, 120, X.ZPixmap, 24, 0, data[top * 1280:(top + 120) * 1280])

    def work(self, seconds):
        """A desktop in use: bursts of text, a window that moves, pauses."""
        self.blank()
        number = 0
        for beat in self.beats(seconds, 10):
            phase = beat % 60
            if phase < 20:  # text comes in bursts
                self.text(4, 20 + 13 * (number % 50), self.lines_of_text(number))
                number += 1
            elif phase < 30:  # a window is moved
                self.expose()
                self.fill(0xc0c0c0, 100 + 20 * (phase - 20), 150 + 8 * (phase - 20), 300, 200)
                self.text(110 + 20 * (phase - 20), 170 + 8 * (phase - 20), "a window that is moved")
            # else: somebody reads

    def beats(self, seconds, rate):
        began, number = time.monotonic(), 0
        while time.monotonic() - began < seconds:
            yield number
            self.x.sync()
            self.events()
            number += 1
            time.sleep(max(0, began + number / rate - time.monotonic()))

    # ---- what arrives

    def note(self, **fact):
        self.report.write(json.dumps(fact) + "\n")

    def events(self):
        while self.x.pending_events():
            event = self.x.next_event()
            if event.type == X.Expose and event.count == 0:
                self.expose()
            elif event.type in (X.ButtonPress, X.ButtonRelease):
                if event.type == X.ButtonPress and self.flips and event.detail == 1:
                    self.colour = not self.colour
                    self.fill(RED if self.colour else BLUE, *SQUARE)
                    self.x.flush()
                self.note(what="button", number=event.detail, down=event.type == X.ButtonPress, x=event.root_x, y=event.root_y)
            elif event.type in (X.KeyPress, X.KeyRelease):
                shifted = bool(event.state & (X.ShiftMask | X.LockMask))
                symbol = self.x.keycode_to_keysym(event.detail, int(shifted)) or self.x.keycode_to_keysym(event.detail, 0)
                self.note(what="key", name=name_of(symbol), text=self.x.lookup_string(symbol) or "", down=event.type == X.KeyPress, state=event.state)
            elif event.type == X.MotionNotify and self.moves:
                self.note(what="move", x=event.root_x, y=event.root_y)

    def told(self, line):
        word, _, rest = line.strip().partition(" ")
        numbers = [float(one) for one in rest.split()] if word in ("scroll", "noise", "work") else []
        if word in ("picture", "calm"):
            self.show_picture(picture_of(self.width, self.height, int(rest or 4711), word == "picture"))
        elif word == "blank":
            self.blank()
        elif word == "flip":
            self.flips, self.colour = True, False
            self.fill(BLUE, *SQUARE)
        elif word == "move":
            self.moves = True
        elif word == "say":
            self.text(200, 60, rest)
        elif numbers:
            getattr(self, word)(*numbers)
        self.x.sync()
        print("done", flush=True)

    def run(self):
        while True:
            self.events()
            ready, _, _ = select.select([self.x.fileno(), sys.stdin], [], [])
            if sys.stdin in ready:
                line = sys.stdin.readline()
                if not line:
                    return
                self.told(line)


def name_of(symbol):
    return next((name[3:] for name in dir(XK) if name.startswith("XK_") and getattr(XK, name) == symbol), hex(symbol))


if __name__ == "__main__":
    Cart(sys.argv[1]).run()
