"""A viewer of a session, recorded or live, at the console's WebSocket: what it was shown as text, and as a picture."""
import json
import struct
import time
import zlib

from .display import Picture


class Canvas:
    """A desktop's picture, drawn by binary messages: R G B A."""

    def __init__(self):
        self.width = self.height = 0
        self.pixels, self.complete, self.at = bytearray(), False, None

    def draw(self, message):
        kind, flags, x, y, width, height, screen_width, screen_height, zero, self.at = struct.unpack("<BBHHHHHHHd", message[:24])
        assert kind == 1 and zero == 0 and x + width <= screen_width and y + height <= screen_height, message[:24]
        if flags & 2 or (screen_width, screen_height) != (self.width, self.height):
            self.width, self.height, self.pixels = screen_width, screen_height, bytearray(screen_width * screen_height * 4)
        band = zlib.decompress(message[24:])
        assert len(band) == width * height * 4
        for line in range(height):
            at = ((y + line) * screen_width + x) * 4
            self.pixels[at:at + width * 4] = band[line * width * 4:(line + 1) * width * 4]
        self.complete = bool(flags & 1)

    def picture(self):
        out = bytearray(self.pixels)
        out[0::4], out[2::4] = self.pixels[2::4], self.pixels[0::4]
        return Picture(self.width, self.height, bytes(out))


class Replay:
    def __init__(self, api, ticket):
        self.socket = api.watch(ticket)
        self.canvas, self.text, self.said, self.seeks, self.upto = Canvas(), "", [], 0, None

    def take(self, timeout=20):
        """The next message, which is kept; none once it is closed."""
        message = self.socket.receive(timeout)
        if isinstance(message, bytes):
            self.canvas.draw(message)
            return {"kind": "picture"}
        if message is None:
            return None
        if message["kind"] == "show":
            self.text += message["text"]
        elif message["kind"] == "upto":
            self.upto = message["at"]
        elif message["kind"] == "sought":
            self.text, self.upto, self.canvas = "", None, Canvas()
        self.said.append(message)
        return message

    def until(self, wanted, timeout=30):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            message = self.take(max(0.1, deadline - time.monotonic()))
            assert message is not None, f"closed after {self.said[-3:]}"
            if wanted(message):
                return message
        raise AssertionError(f"not within {timeout} s; at the end {self.said[-3:]}")

    def kind(self, kind, timeout=30, **members):
        """The first such message that comes, or has come."""
        def fits(message):
            return message["kind"] == kind and all(message[name] == value for name, value in members.items())
        return next((one for one in self.said if fits(one)), None) or self.until(fits, timeout)

    def ask(self, command):
        self.socket.send(json.dumps(command))

    def want(self, at):
        self.ask({"want": at})
        self.until(lambda message: message["kind"] == "upto" and message["at"] >= at)

    def seek(self, at):
        """Everything that stands at that moment has been shown."""
        self.seeks += 1
        self.ask({"seek": self.seeks, "to": at})
        self.until(lambda message: message["kind"] == "sought" and message["seek"] == self.seeks)
        if self.upto is None:
            self.until(lambda message: message["kind"] == "upto")

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def ticket_for(api, session):
    reply = api.decide(f"/api/recordings/{session}/open")
    assert reply.status == 200, reply
    return reply.json["ticket"]


def replay(api, session):
    return Replay(api, ticket_for(api, session))
