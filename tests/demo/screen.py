#!/usr/bin/python3
"""What stands on the demo's desktops: a telemedicine cart that looks like a viewer of pictures. It shows the time, what is typed and where was clicked.

Everything on it is made up; there is no patient.
"""
import select
import time

from Xlib import X, XK, display

DARK, PANEL, LINE, WHITE, GREY, GREEN, AMBER = 0x10161d, 0x1d2732, 0x3a4a5a, 0xf0f4f8, 0x9aa8b6, 0x4cc38a, 0xe0a030
WORKLIST = ["07:40  CT  head            done", "08:05  MR  knee, left      done", "08:30  CT  thorax          open", "09:10  US  abdomen         waiting", "09:45  XR  hand, right     waiting"]


def slice_of(size):
    """A grey picture of ellipses, as a slice through a head would look to somebody who has never seen one."""
    shapes = [(0.5, 0.5, 0.42, 0.47, 230), (0.5, 0.5, 0.38, 0.43, 70), (0.36, 0.45, 0.08, 0.2, 25), (0.64, 0.45, 0.08, 0.2, 25), (0.5, 0.28, 0.14, 0.1, 105), (0.55, 0.72, 0.05, 0.04, 160)]
    out = bytearray()
    for y in range(size):
        for x in range(size):
            grey = 8
            for cx, cy, rx, ry, value in shapes:
                if ((x / size - cx) / rx) ** 2 + ((y / size - cy) / ry) ** 2 <= 1:
                    grey = value + (x * 7 + y * 13) % 9
            out += bytes((grey, grey, grey, 0))
    return bytes(out)


class Screen:
    def __init__(self):
        self.x = display.Display()
        screen = self.x.screen()
        self.width, self.height = screen.width_in_pixels, screen.height_in_pixels
        self.window = screen.root.create_window(0, 0, self.width, self.height, 0, screen.root_depth, background_pixel=DARK, override_redirect=1,
                                                event_mask=X.ExposureMask | X.KeyPressMask | X.ButtonPressMask)
        self.window.map()
        self.gc = self.window.create_gc(font=self.font("-misc-fixed-medium-r-normal--20-*-iso8859-1"))
        self.typed, self.marks, self.size = "", [], min(420, self.height - 260)
        self.slice = slice_of(self.size)
        self.x.sync()
        self.window.set_input_focus(X.RevertToParent, X.CurrentTime)

    def font(self, name):
        return self.x.open_font(name if self.x.list_fonts(name, 1) else "fixed")

    def fill(self, colour, *area):
        self.gc.change(foreground=colour)
        self.window.fill_rectangle(self.gc, *area)

    def text(self, colour, x, y, text):
        self.gc.change(foreground=colour)
        self.window.draw_text(self.gc, x, y, text.encode("latin-1", "replace"))

    def draw(self):
        self.fill(DARK, 0, 0, self.width, self.height)
        self.fill(PANEL, 0, 0, self.width, 48)
        self.text(WHITE, 20, 31, "Telemedicine cart 1  -  ward 4")
        self.text(AMBER, 380, 31, "demo, no patient is real")
        left = 40
        for line in range(0, self.size, 60):
            high = min(60, self.size - line)
            self.window.put_image(self.gc, left, 90 + line, self.size, high, X.ZPixmap, 24, 0, self.slice[line * self.size * 4:(line + high) * self.size * 4])
        self.text(GREY, left, 90 + self.size + 26, "CT head, slice 14 of 32   W 80  L 40")
        for row, line in enumerate(WORKLIST):
            self.fill(PANEL if row != 2 else LINE, left + self.size + 40, 90 + row * 40, self.width - self.size - 120, 34)
            self.text(GREEN if "done" in line else WHITE, left + self.size + 52, 113 + row * 40, line)
        self.fill(PANEL, left, self.height - 110, self.width - 80, 60)
        self.text(GREY, left + 12, self.height - 122, "Note (type here; Enter clears it)")
        self.text(WHITE, left + 12, self.height - 72, self.typed[-80:] + "_")
        for x, y in self.marks[-20:]:
            self.gc.change(foreground=GREEN)
            self.window.line(self.gc, x - 8, y, x + 8, y)
            self.window.line(self.gc, x, y - 8, x, y + 8)
        self.clock()

    def clock(self):
        self.fill(PANEL, self.width - 130, 8, 120, 32)
        self.text(WHITE, self.width - 120, 31, time.strftime("%H:%M"))
        self.x.flush()

    def event(self, event):
        if event.type == X.ButtonPress and event.detail == 1:
            self.marks.append((event.event_x, event.event_y))
        elif event.type == X.KeyPress:
            symbol = self.x.keycode_to_keysym(event.detail, int(bool(event.state & X.ShiftMask)))
            if symbol == XK.XK_Return:
                self.typed, self.marks = "", []
            elif symbol == XK.XK_BackSpace:
                self.typed = self.typed[:-1]
            elif 32 <= symbol < 256:
                self.typed = (self.typed + chr(symbol))[-400:]
        self.draw()

    def run(self):
        self.draw()
        while True:
            while self.x.pending_events():
                self.event(self.x.next_event())
            if not select.select([self.x.fileno()], [], [], 60 - time.time() % 60)[0]:
                self.clock()


if __name__ == "__main__":
    Screen().run()
