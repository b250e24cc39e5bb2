"""TOTP (RFC 6238, SHA-1, six digits, 30 s), and codes that are good once: a step that was handed out is not handed out again."""
import base64
import hashlib
import hmac
import struct
import threading
import time
import urllib.parse

STEP = 30


def code_at(secret, step):
    digest = hmac.new(secret, struct.pack(">Q", step), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7FFFFFFF) % 1000000:06d}"


def secret_of(uri):
    text = urllib.parse.parse_qs(urllib.parse.urlsplit(uri).query)["secret"][0]
    return base64.b32decode(text + "=" * (-len(text) % 8))


class Codes:
    """One person's code generator. The broker takes the step that is now, the one before and the one after."""

    def __init__(self, uri):
        self.uri = uri
        self.secret = secret_of(uri)
        self.used = set()
        self.lock = threading.Lock()

    def current(self):
        return code_at(self.secret, int(time.time()) // STEP)

    def left(self):
        return STEP - time.time() % STEP

    def wrong(self):
        """Six digits that are no code now, nor in the next two minutes."""
        now = int(time.time()) // STEP
        near = {code_at(self.secret, step) for step in range(now - 3, now + 6)}
        return next(text for text in (f"{number:06d}" for number in range(1, 99)) if text not in near)

    def fresh(self):
        # The step before is the first to go stale: not handed out when it could be stale on arrival.
        return self.first_of(lambda step: ([step - 1] if self.left() > 8 else []) + [step, step + 1])

    def lasting(self):
        """One that is good for a minute at least: that of the step after."""
        return self.first_of(lambda step: [step + 1])

    def first_of(self, candidates):
        while True:
            with self.lock:
                for candidate in candidates(int(time.time()) // STEP):
                    if candidate > max(self.used, default=0):  # a step before one that was used is spent with it
                        self.used.add(candidate)
                        return code_at(self.secret, candidate)
            time.sleep(self.left() + 0.05)
